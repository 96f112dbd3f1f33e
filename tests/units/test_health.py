"""What the status page says of the register."""

from datetime import timedelta

import pytest
from django.utils import translation

from tests.factories.register import AT, closed, entries
from units import health
from units.actions import checkpoints, drill, verification
from units.models import RegisterCheckpoint, RegisterVerification

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("register_places")]


def figures(at=AT) -> dict[str, tuple[str, bool]]:
    with translation.override("en"):
        return {str(label): (str(value), well) for label, value, well in health.figures(at)}


def test_a_new_installation_has_nothing_to_look_at():
    found = figures()
    assert found["Check of the whole register"] == ("not yet: it comes each night", True)
    assert all(well for _value, well in found.values())
    assert "Database put back from an old copy" not in found


def test_a_good_register_is_well(register_places):
    entries(3)
    closed()
    verification.verify_nightly(at=AT)
    last = RegisterVerification.objects.get()
    found = figures(last.ended_at)
    assert found["Check of the whole register"] == ("3 entries, all as they were written", True)
    assert found["Entries newer than the last checkpoint"] == ("0", True)
    assert found[str(register_places / "outside")] == ("1 checkpoint is published", True)
    late = figures(last.ended_at + timedelta(hours=51))
    assert late["Check of the whole register"][1] is False  # the night was missed twice


def test_what_was_found_is_shown_with_its_place(register_places):
    entries(3)
    closed()
    drill._lift("default")
    drill._edit(drill._scene("default"))
    verification.verify_nightly(at=AT)
    value, well = figures()["Check of the whole register"]
    assert not well
    assert value.startswith("entry 2: the entry is not the one that was registered (entry-changed)")


def test_a_place_that_fails_is_shown_with_its_answer(register_places):
    (register_places / "outside").write_text("no folder")
    entries(1)
    closed()
    value, well = figures()[str(register_places / "outside")]
    assert (value, well) == ("1 checkpoint is missing: File exists", False)


def test_a_checkpoint_that_is_overdue_is_shown():
    entries(1)
    one = closed()
    entries(2)
    label = "Entries newer than the last checkpoint"
    assert figures(one.made_at + timedelta(hours=2))[label] == ("2", True)
    assert figures(one.made_at + timedelta(hours=3))[label] == ("2", False)


def test_a_database_put_back_is_shown():
    entries(1)
    closed()
    entries(3)
    closed()
    drill._lift("default")
    drill._old_dump(drill.Scene("default", RegisterCheckpoint.objects.latest("pk"), 3, 4))
    value, well = figures()["Database put back from an old copy"]
    assert (value.startswith("No message is sent and nothing is published"), well) == (True, False)
    checkpoints.open_epoch(reason="put back", at=AT)
    assert "Database put back from an old copy" not in figures()
