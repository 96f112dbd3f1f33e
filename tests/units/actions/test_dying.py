"""A process that dies while the register is numbered, closed or published: each step whole or undone."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as project
from django.db import connection, connections

from tests.dying import DIED
from tests.factories.register import AT, closed, entry
from tests.units.actions.dying import CLOSING
from units.actions import checkpoints, register, verification
from units.models import (
    RegisterCheckpoint,
    RegisterLink,
    RegisterPending,
    RegisterPublication,
)
from units.rules import checkpoints as rules

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "0001-00000001.json"
ORDER = list(CLOSING)


def let_die(point: str, settings) -> None:
    """Let another process close the register and die at `point`."""
    name = str(connection.settings_dict["NAME"])
    connections.close_all()
    told = {
        "REGISTER_KEY_FILE": str(settings.REGISTER_KEY_FILE),
        "REGISTER_COPIES": str(settings.REGISTER_COPIES),
        "REGISTER_PUBLISH": ",".join(settings.REGISTER_PUBLISH),
        "REGISTER_ORIGIN": settings.REGISTER_ORIGIN,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.units.actions.dying", name, point],
        cwd=project.BASE_DIR,
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == DIED, done.stderr


@pytest.mark.parametrize("point", CLOSING)
def test_a_kill_while_the_register_is_closed_leaves_each_step_undone_or_whole(
    point, settings, register_places, monkeypatch
):
    checkpoints.fingerprint()  # draws the key
    with monkeypatch.context() as quiet:
        quiet.setattr(register, "_sequence_quietly", lambda: None)  # the writer died as well
        written = [entry(n) for n in range(3)]

    let_die(point, settings)

    def left():
        copies = [
            (folder / NAME).read_text()
            for folder in (register_places / "beside", register_places / "outside")
            if (folder / NAME).exists()
        ]
        return (
            RegisterPending.objects.count(),
            RegisterLink.objects.count(),
            RegisterCheckpoint.objects.count(),
            len(copies),
            RegisterPublication.objects.filter(ok=True).count(),
        )

    done = ORDER.index(point)
    assert left() == (
        (3, 0, 0, 0, 0)
        if done < ORDER.index("numbered")
        else (0, 3, 0, 0, 0)
        if done < ORDER.index("checkpoint")
        else (0, 3, 1, 0, 0)
        if point == "checkpoint"
        else (0, 3, 1, 1, 0)
        if point == "put"
        else (0, 3, 1, 1, 1)
        if point == "noted"
        else (0, 3, 1, 2, 2)
    )

    register.sequence()  # whoever comes next ends it, and nothing is there twice
    one = closed(at=AT)
    assert left() == (0, 3, 1, 2, 2)
    assert list(RegisterLink.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3]
    assert rules.read((register_places / "outside" / NAME).read_text()) == one.signed
    found = verification.verify()
    assert (found.findings, found.exposed) == ([], 0)
    receipts = checkpoints.receipts_of(written)
    assert [receipt["checkpoint"] for receipt in receipts] == [one.signed.as_json()] * 3
