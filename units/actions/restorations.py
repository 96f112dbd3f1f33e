"""A database that was put back from an old copy: held until somebody owns up to what was lost.

Between the copy and the loss the body has gone on: mails have left, checkpoints were published, people
hold receipts. A database that does not know of it must not do it again as if nothing had been.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Max, Min

from units.actions import checkpoints, register, verification
from units.models import RegisterCheckpoint, RegisterEpoch, RegisterLink, Restoration


class NothingPutBack(Exception):
    """Nothing says that this database was put back."""


def is_open() -> bool:
    """Say whether it is written down that the database was put back and nobody has owned up yet."""
    return Restoration.objects.filter(epoch=None).exists()


def is_unanswered(*, at: datetime) -> bool:
    """Say whether the database was put back and nobody has owned up yet: then nothing may be sent.

    Nobody has to remember it. `restore` writes a row; of a copy that was put back by other means
    the folder beside the deployment tells, and the row is written here. `at`: real time.
    """
    if is_open():
        return True
    return verification.is_put_back() and _write_down(at)


@transaction.atomic
def _write_down(at: datetime) -> bool:
    """Write the row unless somebody owns up this very moment; return whether nobody has."""
    if not register.take_turn(register.SEQUENCER_LOCK):
        return True  # this time; it is asked again within seconds
    if not verification.is_put_back():
        return False
    if not is_open():
        Restoration.objects.create(put_back_at=at)
    return True


def lost() -> tuple[int, int] | None:
    """Return the first and last place that was published and is not here any more; None: unknown.

    What was done since the copy was put back stands at places of what is lost. Raises ValueError and
    PlaceSilent as `checkpoints.newest_copy`.
    """
    newest = checkpoints.newest_copy(outside_too=True)
    if newest is None or RegisterCheckpoint.objects.filter(sha256=newest.sha256.hex()).exists():
        return None
    last = Restoration.objects.filter(epoch=None).aggregate(seq=Min("backup_seq"))["seq"]
    if last is None:
        last = RegisterLink.objects.aggregate(seq=Max("seq"))["seq"] or 0
    return (last + 1, newest.said["last_seq"]) if newest.said["last_seq"] > last else None


@transaction.atomic
def answer(*, reason: str, at: datetime, unseen: bool = False) -> RegisterEpoch:
    """Own up to the loss: begin a new epoch, which ends what was held. Return it.

    `at`: real time. `unseen`: it was put back by other means, and no checkpoint that was published
    since tells so. Raises NothingPutBack; RegisterBusy, ValueError, PlaceSilent as
    `checkpoints.open_epoch`.
    """
    if not register.take_turn(register.SEQUENCER_LOCK):
        raise checkpoints.RegisterBusy("The register is being numbered: stop web and jobs first.")
    if not unseen and not is_open() and not verification.is_put_back():
        raise NothingPutBack
    epoch = checkpoints.open_epoch(reason=reason, at=at)
    if not Restoration.objects.filter(epoch=None).update(epoch=epoch):
        Restoration.objects.create(put_back_at=at, epoch=epoch)
    return epoch
