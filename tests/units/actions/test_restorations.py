"""A database that was put back is noticed by itself, holds, and is owned up to once."""

import json
import shutil
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from tests.factories.register import AT, closed, entries
from tests.units.actions.test_register import in_threads
from units import tasks
from units.actions import checkpoints, drill, restorations, verification
from units.models import (
    RegisterCheckpoint,
    RegisterEpoch,
    RegisterLink,
    Restoration,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("register_places")]


def lose_what_is_published() -> None:
    """Let the database be an old copy of itself, as somebody puts it back who knows nothing of us."""
    entries(2)
    closed()
    entries(3)
    last = closed()
    drill._lift("default")
    drill._old_dump(drill.Scene("default", last, 3, 5))


def put_back() -> Restoration:
    return Restoration.objects.create(put_back_at=AT, backup_made_at=AT, backup_seq=2)


def test_a_database_that_nobody_has_put_back_is_not_held():
    entries(1)
    closed()
    assert not restorations.is_unanswered(at=AT)
    assert restorations.lost() is None
    assert not Restoration.objects.exists()


def test_what_restore_has_written_holds_even_where_no_checkpoint_tells():
    entries(1)
    put_back()
    assert not verification.is_put_back()
    assert restorations.is_unanswered(at=AT)


def test_a_copy_put_back_by_other_means_is_noticed_and_written_down_once():
    lose_what_is_published()
    assert not restorations.is_open()
    assert restorations.is_unanswered(at=AT)
    assert restorations.is_unanswered(at=AT)
    row = Restoration.objects.get()
    assert (row.put_back_at, row.backup_made_at, row.epoch) == (AT, None, None)
    assert restorations.lost() == (3, 5)


def test_owning_up_ends_it_and_names_what_was_published_last():
    lose_what_is_published()
    newest = checkpoints.newest_copy()
    put_back()
    epoch = restorations.answer(reason="the disk died", at=AT)
    assert (epoch.number, epoch.after_seq, epoch.reason) == (2, 2, "the disk died")
    assert json.loads(epoch.text)["checkpoint"] == newest.sha256.hex()
    assert Restoration.objects.get().epoch == epoch
    assert not restorations.is_unanswered(at=AT)


def test_what_was_done_before_somebody_owns_up_hides_no_loss():
    lose_what_is_published()
    put_back()
    entries(4)
    assert restorations.lost() == (3, 5)
    restorations.answer(reason="forgotten for a day", at=AT)
    entries(1)
    closed()
    assert {f.code for f in verification.verify().findings} == {"trigger-missing"}  # we lifted them


def test_with_the_machine_lost_a_folder_outside_tells_what_was_published(register_places):
    lose_what_is_published()
    put_back()
    shutil.rmtree(register_places / "beside")
    assert restorations.lost() == (3, 5)
    restorations.answer(reason="the house burnt down", at=AT)
    assert not {f.code for f in verification.verify().findings} & {"checkpoint-missing"}


def test_it_is_done_once_and_refused_where_nothing_was_put_back():
    lose_what_is_published()
    restorations.answer(reason="x", at=AT)
    with pytest.raises(restorations.NothingPutBack):
        restorations.answer(reason="x", at=AT)
    assert RegisterEpoch.objects.count() == 2
    restorations.answer(reason="a copy nobody can see", at=AT, unseen=True)
    assert Restoration.objects.filter(epoch=3).count() == 1


def test_a_copy_that_is_no_checkpoint_lets_nothing_begin(settings):
    entries(1)
    put_back()
    settings.REGISTER_COPIES.mkdir()
    (settings.REGISTER_COPIES / "0009-00000001.json").write_text("{}")
    with pytest.raises(ValueError, match="This is no checkpoint"):
        restorations.answer(reason="x", at=AT)
    assert restorations.is_open()


def test_nothing_is_closed_or_published_until_then(register_places):
    lose_what_is_published()
    entries(60)
    made = RegisterCheckpoint.objects.count()
    tasks.make_checkpoint()
    assert RegisterCheckpoint.objects.count() == made
    restorations.answer(reason="x", at=AT)
    tasks.make_checkpoint()  # years after the last one of this test: due
    assert RegisterCheckpoint.objects.count() > made
    assert RegisterCheckpoint.objects.latest("pk").epoch_id == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_own_up_at_once_begin_one_epoch(monkeypatch):
    entries(2)
    put_back()
    meet, begin = Barrier(2), checkpoints.open_epoch

    def begin_when_both_have_looked(**told):
        with suppress(BrokenBarrierError):  # under the lock only one of them ever gets here
            meet.wait(timeout=1)
        return begin(**told)

    monkeypatch.setattr(checkpoints, "open_epoch", begin_when_both_have_looked)
    results = in_threads(*[lambda: restorations.answer(reason="x", at=AT)] * 2)
    refused = [one for one in results if isinstance(one, Exception)]
    assert len(refused) == 1
    assert isinstance(refused[0], restorations.NothingPutBack | checkpoints.RegisterBusy)
    assert RegisterEpoch.objects.count() == 2
    assert RegisterLink.objects.count() == 2
