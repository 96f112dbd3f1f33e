"""Corrective actions: to each target that was not met, or of which nobody can say, its own side or a
planner writes the cause, the remedy, who answers for it and by when."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.enums import PeriodState
from commitments.models import CorrectiveAction, Target, Verdict
from units import clock
from units.actions import register
from units.enums import Provenance
from units.errors import Conflict, Invalid, NotAllowed, StaleVersion
from units.models import Position, User


@transaction.atomic
def write(
    *,
    target_id: int,
    cause: str,
    reason: str,
    remedy: str,
    office_id: int,
    due_on: date,
    by: User,
    expected: int,
    at: datetime,
    provenance: Provenance = Provenance.LIVE,
) -> CorrectiveAction:
    """Write the corrective action of a target, or write it anew; return it.

    `expected`: the version that was read, 0 where none was written. `office_id`: an office of the
    unit that carries the target; `due_on`: today or later. Raises NotAllowed
    (write-correction-not-allowed), Conflict (correction-not-asked: no verdict asks for it),
    StaleVersion (correction-changed), Invalid (correction-incomplete, office-elsewhere, due-past).
    """
    rows = Target.objects.select_for_update(of=("self",), no_key=True)
    target = rows.select_related("period", "unit").get(pk=target_id)
    if not permissions.may_correct(by, target, at=at):
        raise NotAllowed(
            _(
                "The corrective action for %(code)s is written by the unit that carries it, or by a planner."
            )
            % {"code": target.code},
            code="write-correction-not-allowed",
        )
    require_asked(target)
    held = CorrectiveAction.objects.filter(target=target).first()
    if expected != (held.etag_version if held else 0):
        raise StaleVersion(
            _(
                "The corrective action for %(code)s has changed since you opened it. Read it, then write yours."
            )
            % {"code": target.code},
            code="correction-changed",
        )
    said = {"cause": cause, "reason": reason.strip(), "remedy": remedy.strip()}
    _require_complete(said)
    row = held or CorrectiveAction(target=target, etag_version=0)
    row.cause, row.reason, row.remedy = said.values()
    row.office = _office_of(target, office_id, at=at)
    row.due_on, row.written_on = due_on, clock.local_date(at)
    row.written_by, row.provenance = by, provenance
    if row.due_on < row.written_on:
        text = _("Choose today or a later day: what is past cannot be promised.")
        raise Invalid(text, code="due-past", fields={"due_on": [text]})
    row.etag_version += 1
    row.full_clean(exclude=["target"])
    row.save()
    register.append(
        kind=f"correction.{'revise' if held else 'write'}",
        subject=f"correction/{target.ref}",
        subject_version=row.etag_version,
        reach={target.unit_id, target.assigner_id},
        by=by,
        at=at,
        data=said
        | {"target": target.ref, "office": row.office.ref, "due_on": row.due_on.isoformat()},
    )
    return row


def require_asked(target: Target) -> None:
    """Raise Conflict (correction-not-asked) unless a recorded verdict on `target` asks for one."""
    closing = target.period.state in {PeriodState.CLOSING, PeriodState.CLOSED}
    if not closing or not Verdict.objects.asking().filter(target=target).exists():
        raise Conflict(
            _(
                "%(code)s asks for no corrective action: it has no verdict “unmet” or “indeterminate” of a year that is being settled."
            )
            % {"code": target.code},
            code="correction-not-asked",
        )


def _require_complete(said: dict[str, str]) -> None:
    missing = [name for name, value in said.items() if not value]
    if missing:
        text = _("This must not be empty. Fill it in, then send again.")
        raise Invalid(
            _("A corrective action says the cause, what stood in the way, and the remedy."),
            code="correction-incomplete",
            fields={name: [text] for name in missing},
        )


def _office_of(target: Target, office_id: int, *, at: datetime) -> Position:
    offices = Position.objects.in_force(clock.local_date(at)).filter(unit=target.unit_id)
    office = offices.filter(pk=office_id).first()
    if office is None:
        text = _("Choose an office of the unit that carries the target.")
        raise Invalid(text, code="office-elsewhere", fields={"office": [text]})
    return office
