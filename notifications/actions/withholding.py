"""Notices of a database that was put back: they may have left before, so a person decides."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from notifications.enums import CancelReason, NoticeState, Outcome, WithheldReason
from notifications.models import DeliveryAttempt, Notice
from units.actions import register
from units.actions.guards import require_administrator
from units.errors import WrongState
from units.models import User

UNSENT = (
    NoticeState.PENDING,
    NoticeState.HELD,
    NoticeState.GATHERED,
    NoticeState.LEASED,
    NoticeState.UNKNOWN,
)


@transaction.atomic
def withhold(*, real_at: datetime) -> int:
    """Let nothing that is on its way leave by itself; return how many notices that are.

    Leases end; an attempt that had begun has an unknown end.
    """
    unsent = Notice.objects.filter(state__in=UNSENT)
    DeliveryAttempt.objects.filter(notice__in=unsent, outcome="").update(
        outcome=Outcome.LOST, ended_at=real_at, code="put back"
    )
    return unsent.update(
        state=NoticeState.WITHHELD,
        end_reason=WithheldReason.RESTORE,
        led_by=None,
        lease_token=None,
        lease_until=None,
        next_try_at=None,
    )


@transaction.atomic
def decide(*, uuids: Collection[UUID] | None, send: bool, by: User, at: datetime) -> int:
    """Let withheld notices leave (`send`), or end them unsent; return how many.

    `uuids` None: all of them. What leaves is looked at once more when it is sent, so what has been
    settled meanwhile, or overtaken, does not. Raises NotAllowed (release-notices-not-allowed),
    WrongState (release-notices-not-from-decided) where none of them is withheld any more.
    """
    require_administrator(by, None, at=at, act="release-notices")
    rows = Notice.objects.withheld()
    if uuids is not None:
        rows = rows.filter(uuid__in=uuids)
    if send:
        count = rows.update(state=NoticeState.PENDING, end_reason="")
    else:
        count = rows.update(state=NoticeState.CANCELLED, end_reason=CancelReason.DROPPED)
    if not count:
        raise WrongState(
            _("None of these notices is withheld any more. Load the list again."),
            code="release-notices-not-from-decided",
        )
    register.append(
        kind="notice.release" if send else "notice.drop",
        subject="notice/withheld",
        subject_version=None,
        reach=[],
        by=by,
        at=at,
        data={"count": count},
    )
    return count
