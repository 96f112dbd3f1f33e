"""After a restore: own up to the loss, and let nothing old go on as if nothing had been."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Max

from commitments.actions import issuing
from commitments.models import Evidence
from config.backups import Refused, here, manifest
from notifications.actions import notices, webhooks, withholding
from units import clock
from units.actions import idempotency, register, restorations
from units.models import IdempotencyRecord, RegisterEpoch, Restoration

LOOKED_BACK = timedelta(hours=1)  # before the backup: what clients may have sent again since
LISTED = 200


@dataclass(frozen=True)
class Answer:
    """What was done, and what a person has to look at.

    `lost`: the first and last entry that were published and are gone; None: none is known of.
    `withheld`: notices that wait for a person. `webhooks`: addresses of
    programs that are paused. `logins`: that were ended. `sent`: the youngest
    requests of programs that the database still knows, to be compared with their logs.
    `files`: of evidence that no row names: of acts that are lost.
    """

    epoch: RegisterEpoch
    lost: tuple[int, int] | None
    withheld: int
    webhooks: int
    logins: int
    sent: list[IdempotencyRecord]
    files: int


@transaction.atomic
def answer(*, reason: str, unseen: bool = False) -> Answer:
    """Begin a new epoch and hold back what may have been done before: all of it, or nothing.

    Step-ups end with the logins that asked for them. Everybody whom an old entry concerns is told
    of it now, so that this is withheld with the rest. Raises Refused where jobs still run, and
    `restorations.answer`.
    """
    real_at = clock.real_now()
    backup = Restoration.objects.filter(epoch=None).aggregate(at=Max("backup_made_at"))["at"]
    lost = restorations.lost()
    epoch = restorations.answer(reason=reason, at=real_at, unseen=unseen)
    while register.sequence():
        pass
    while notices.dispatch(at=clock.job_now()):
        pass
    if notices.is_behind():
        raise Refused(
            "Another process tells people of the register: stop web, worker and jobs first."
        )
    withheld = withholding.withhold(real_at=real_at)
    paused = webhooks.pause_all()
    issuing.end_leases()
    UserSession.objects.all().delete()
    logins, _by_model = Session.objects.all().delete()
    return Answer(epoch, lost, withheld, paused, logins, _sent_last(backup), _files_of_nobody())


def _sent_last(backup: datetime | None) -> list[IdempotencyRecord]:
    """Return what programs sent in the last hour before the backup, the youngest first."""
    youngest = IdempotencyRecord.objects.aggregate(at=Max("expires_at"))["at"]
    if youngest is None:
        return []
    until = backup + idempotency.KEPT_FOR if backup else youngest
    rows = IdempotencyRecord.objects.filter(expires_at__gte=until - LOOKED_BACK)
    return list(rows.select_related("holder").order_by("-expires_at")[:LISTED])


def _files_of_nobody() -> int:
    named = set(Evidence.objects.values_list("file", flat=True))
    found = (here.data_dir() / "evidence").glob("*/*")
    names = (path.name for path in found if manifest.EVIDENCE.fullmatch(f"evidence/{path.name[:2]}/{path.name}"))  # fmt: skip
    return sum(UUID(name) not in named for name in names)
