"""Leave to report after the lock: a supervisor asks with a reason, an assigner grants it, it runs out."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import duties
from commitments.enums.reports import ReportAct
from commitments.models import Unlock
from units import clock
from units.actions import register
from units.actions.guards import unique_or
from units.errors import Conflict, NotAllowed, NotFound
from units.models import User
from units.rules.dates import day_text

LASTS = timedelta(days=7)


@transaction.atomic
def ask(*, duty_id: int, reason: str, by: User, expected: int, at: datetime) -> Unlock:
    """Ask that a missing report may still be made. By a supervisor of the unit.

    Raises NotAllowed, StaleVersion, WrongState (unlock-not-from-<state>), Invalid (reason-missing),
    Conflict (unlock-asked).
    """
    duty = duties.lock(duty_id)
    duties.require(permissions.may_ask_unlock(by, duty.unit_id, at=at), ReportAct.UNLOCK, duty)
    duties.require_move(ReportAct.UNLOCK, duty, expected)
    said = duties.said_in(reason)
    asked = Conflict(
        _("Somebody has asked already to unlock this. Wait for the answer of the assigner."),
        code="unlock-asked",
    )
    with unique_or(asked):
        row = Unlock.objects.create(duty=duty, reason=said, requested_by=by, requested_at=at)
    duty.etag_version += 1
    duty.save(update_fields=["etag_version"])
    register.append(
        kind="duty.ask_unlock",
        subject=f"duty/{duty.ref}",
        subject_version=duty.etag_version,
        reach={duty.unit_id, duty.target.assigner_id},
        by=by,
        at=at,
        data={"reason": said},
    )
    return row


@transaction.atomic
def answer(
    *, unlock_id: int, granted: bool, by: User, at: datetime, lasts: timedelta = LASTS
) -> Unlock:
    """Grant what a supervisor asked, for `lasts`, or decline it. By an assigner, another person.

    What is submitted then is late. Raises NotFound, NotAllowed (unlock-own-request), WrongState,
    Conflict (unlock-answered).
    """
    asked = Unlock.objects.filter(pk=unlock_id).first()
    if asked is None:
        raise NotFound(_("Nobody has asked for this unlock."), code="unlock-not-found")
    duty = duties.lock(asked.duty_id)
    row = Unlock.objects.select_for_update(of=("self",), no_key=True).get(pk=unlock_id)
    duties.require(permissions.may_waive(by, duty.target.period, at=at), ReportAct.UNLOCK, duty)
    if row.requested_by_id == by.pk:
        raise NotAllowed(
            _("Another person grants the unlock that you asked for."), code="unlock-own-request"
        )
    if row.approved_at or row.declined_at:
        raise Conflict(_("This has been answered already."), code="unlock-answered")
    if not granted:
        row.declined_by, row.declined_at = by, at
        row.save(update_fields=["declined_by", "declined_at"])
        duty.etag_version += 1
        duty.save(update_fields=["etag_version"])
        register.append(
            kind="duty.decline_unlock",
            subject=f"duty/{duty.ref}",
            subject_version=duty.etag_version,
            reach={duty.unit_id, duty.target.assigner_id},
            by=by,
            at=at,
        )
        return row
    duties.require_move(ReportAct.UNLOCK, duty, duty.etag_version)
    row.approved_by, row.approved_at, row.expires_at = by, at, at + lasts
    row.save(update_fields=["approved_by", "approved_at", "expires_at"])
    until = clock.local_date(row.expires_at)
    asked_by, told = row.requested_by.username, day_text(until)
    duties.move(duty, ReportAct.UNLOCK, by=by, at=at, owed_by=until, asked_by=asked_by, until=told)
    return row
