"""Verdicts that a source states; computing them comes with the reports."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments.enums import PeriodState, VerdictAgainst, VerdictBasis, VerdictValue
from commitments.models import Target, Verdict
from units.actions import register
from units.enums import Role
from units.errors import Conflict, Invalid, NotAllowed
from units.models import User
from units.permissions import has_role


@transaction.atomic
def assert_verdict(
    *,
    target_id: int,
    verdict: VerdictValue,
    as_of: date,
    source_ref: str,
    by: User,
    at: datetime,
    against: VerdictAgainst = VerdictAgainst.ADJUSTED,
) -> Verdict:
    """Record what `source_ref` says about a target of a plan that is closing; return it.

    Raises NotAllowed (assert-verdict-not-allowed) unless `by` is an assigner over the assigning
    unit, Conflict (period-not-closing, verdict-exists), Invalid (source-missing).
    """
    target = (
        Target.objects.select_for_update(of=("self",), no_key=True)
        .select_related("period")
        .get(pk=target_id)
    )
    if not has_role(by, Role.ASSIGNER, target.assigner_id, at=at):
        raise NotAllowed(
            _("Only an assigner records a verdict on %(code)s. Ask the office that assigned it.")
            % {"code": target.code},
            code="assert-verdict-not-allowed",
        )
    if target.period.state != PeriodState.CLOSING:
        raise Conflict(
            _(
                "A verdict on %(code)s waits until its plan is closing. Begin to close the plan first."
            )
            % {"code": target.code},
            code="period-not-closing",
        )
    if not source_ref.strip():
        raise Invalid(
            _("Name the source of the verdict on %(code)s.") % {"code": target.code},
            code="source-missing",
            fields={"source_ref": [_("Name the source, such as a report or a decision.")]},
        )
    if target.verdicts.filter(against=against).exists():
        raise Conflict(
            _("%(code)s already has that verdict; it stays as it was recorded.")
            % {"code": target.code},
            code="verdict-exists",
        )
    row = Verdict.objects.create(
        target=target,
        against=against,
        verdict=verdict,
        basis=VerdictBasis.ASSERTED,
        as_of=as_of,
        source_ref=source_ref.strip(),
        recorded_by=by,
    )
    register.append(
        kind="verdict.assert",
        subject=f"verdict/{target.ref}-{against}",
        subject_version=None,
        reach={target.unit_id, target.assigner_id},
        by=by,
        at=at,
        data={
            "target": target.ref,
            "verdict": verdict,
            "basis": row.basis,
            "source": row.source_ref,
        },
    )
    return row
