"""`manage.py demo`: a district whose year has been played, once, marked, and only where it belongs."""

import hashlib
import io

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings

from commitments.demo import year
from tests.factories.units import OrgUnitFactory, UserFactory
from units.models import DemonstrationClock, RegisterEntry, User


def said(*words: str) -> str:
    """Return what `manage.py demo` says."""
    out = io.StringIO()
    call_command("demo", *words, stdout=out)
    return out.getvalue()


def contents() -> dict[str, str]:
    """Return a hash of the rows of every table."""
    return {
        model._meta.db_table: hashlib.sha256(
            repr(list(model._base_manager.order_by("pk").values_list())).encode()
        ).hexdigest()
        for model in apps.get_models()
    }


@pytest.mark.django_db
@override_settings(DEMO=True)
@pytest.mark.parametrize("make", [UserFactory, OrgUnitFactory])
def test_database_with_other_data_is_left_alone(make):
    make()
    before = contents()
    with pytest.raises(CommandError, match="holds data that the demonstration did not load"):
        said()
    assert contents() == before
    assert not DemonstrationClock.objects.exists()


@pytest.mark.django_db
@override_settings(DEMO=False)
@pytest.mark.parametrize("word", ["--json", "--personas", "--move-clock=1"])
def test_outside_a_demonstration_nothing_is_told(word):
    with pytest.raises(CommandError, match="The demonstration is off"):
        said(word)
    assert not User.objects.exists()


@pytest.mark.django_db
@override_settings(DEMO=True)
def test_year_that_breaks_off_leaves_nothing(monkeypatch):
    def breaks(self):
        assert RegisterEntry.objects.exists()  # much has been written by then
        raise RuntimeError("in the middle of the year")

    monkeypatch.setattr(year.Year, "settle_2023", breaks)
    before = contents()
    with pytest.raises(RuntimeError, match="in the middle"):
        said()
    assert contents() == before
