"""Verdicts: stated by a source, computed from what was verified, corrected with a reason."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import corrections, results
from commitments.enums import (
    PeriodState,
    TargetState,
    VerdictAgainst,
    VerdictBasis,
    VerdictValue,
    VersionState,
)
from commitments.models import CommitmentItem, Period, RuleSet, Target, Verdict
from commitments.rules import verdicts
from commitments.rules.figures import as_decimal
from commitments.rules.lights import Thresholds
from units import clock
from units.actions import register
from units.enums import Provenance
from units.errors import Conflict, Invalid, NotAllowed
from units.models import User

MINIMUM_COVERAGE = Decimal(80)  # percent; a house rule until somebody writes another version
STORED = Decimal("0.000001")


@transaction.atomic
def rule_set(*, on: date) -> RuleSet:
    """Return the newest version of the thresholds in force on `on`.

    Before anybody has written one, the rule of the house becomes version 1.
    """
    found = results.rules_in_force(on=on) or RuleSet.objects.order_by("version").first()
    if found is not None:
        return found
    house = Thresholds()
    return RuleSet.objects.get_or_create(
        version=1,
        defaults={
            "in_force_from": on,
            "green": house.green,
            "amber": house.amber,
            "margin": house.margin,
            "minimum_coverage": MINIMUM_COVERAGE,
        },
    )[0]


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
    provenance: Provenance = Provenance.LIVE,
) -> Verdict:
    """Record what `source_ref` says about a target of a plan that is closing; return it.

    Raises NotAllowed (assert-verdict-not-allowed) unless `by` is an assigner over the assigning
    unit, Conflict (period-not-closing, verdict-exists), Invalid (source-missing).
    """
    target = _lock(target_id)
    _require_assigner(target, "assert-verdict", by=by, at=at)
    _require_source(target, source_ref)
    _require_none(target, against)
    row = Verdict.objects.create(
        target=target,
        against=against,
        verdict=verdict,
        basis=VerdictBasis.ASSERTED,
        as_of=as_of,
        source_ref=source_ref.strip(),
        provenance=provenance,
        recorded_by=by,
    )
    _enter(row, "assert", by=by, at=at)
    return row


@transaction.atomic
def compute_verdict(*, target_id: int, by: User, at: datetime) -> list[Verdict]:
    """Conclude a target of a plan that is closing from what is known of it; return its verdicts.

    Against the adjusted target, and against the original too where it was revised. Without figures
    it is indeterminate. The version of the rules is kept with it. Raises NotAllowed
    (compute-verdict-not-allowed), Conflict (period-not-closing, verdict-exists, not-assigned).
    """
    target = _lock(target_id)
    _require_assigner(target, "compute-verdict", by=by, at=at)
    if target.state != TargetState.ASSIGNED:
        raise Conflict(
            _("%(code)s has no verdict: it is “%(state)s”. Only an assigned target is concluded.")
            % {"code": target.code, "state": TargetState(target.state).label},
            code="not-assigned",
        )
    _require_none(target, VerdictAgainst.ADJUSTED)
    on = clock.local_date(at)
    used = rule_set(on=on)
    family = Target.objects.filter(pk=target_id) | Target.objects.filter(parent=target_id)
    thresholds = results.thresholds_of(used)
    against: list[tuple[VerdictAgainst, int | None]] = [(VerdictAgainst.ADJUSTED, None)]
    if target.revisions.count() > 1:
        against.append((VerdictAgainst.ORIGINAL, 1))
    made = []
    for which, revision in against:
        lines = results.of(family, at=at, thresholds=thresholds, revision=revision).lines
        line = next(line for line in lines if line.said["pk"] == target_id)
        made.append(_computed(target, which, line, used=used, on=on, by=by))
        _enter(made[-1], "compute", by=by, at=at, rule_set=used.version)
    return made


@transaction.atomic
def compute_verdicts(*, plan_id: int, by: User, at: datetime) -> int:
    """Conclude every assigned target of a plan that has no verdict yet; return how many.

    All or none. Raises NotAllowed (compute-verdict-not-allowed), Conflict (period-not-closing).
    """
    plan = Period.objects.select_for_update(of=("self",), no_key=True).get(pk=plan_id)
    _require_assigner_of(plan, plan.owner_id, plan.name, "compute-verdict", by=by, at=at)
    waiting = plan.targets.filter(state=TargetState.ASSIGNED).exclude(
        verdicts__against=VerdictAgainst.ADJUSTED
    )
    found = list(waiting.order_by("pk").values_list("pk", flat=True))
    for pk in found:
        compute_verdict(target_id=pk, by=by, at=at)
    return len(found)


def _computed(
    target: Target,
    against: VerdictAgainst,
    line: results.Line,
    *,
    used: RuleSet,
    on: date,
    by: User,
) -> Verdict:
    reach = line.result.standing.reach
    low, high = (None, None) if reach is None else (reach.low, reach.high)
    more = verdicts.exceeded(reach, line.terms.demand) if line.result.kept is None else None
    marks = [figure.provenance for figure in line.result.standing.actual if figure.provenance]
    sources = {figure.source: None for figure in line.result.standing.actual if figure.source}
    return Verdict.objects.create(
        target=target,
        against=against,
        verdict=line.result.verdict.said,
        basis=VerdictBasis.COMPUTED,
        as_of=on,
        actual_low=None if low is None else as_decimal(low).quantize(STORED),
        actual_high=None if high is None else as_decimal(high).quantize(STORED),
        exceeded_by=_positive(more),
        rule_set=used,
        source_ref=" · ".join(sources)[:500],
        provenance=_mark(marks),
        recorded_by=by,
    )


def _positive(more: Any) -> Decimal | None:
    """Return an excess as it is stored; None where it vanishes at that precision."""
    kept = None if more is None else as_decimal(more).quantize(STORED)
    return kept if kept else None


def _mark(marks: Iterable[str]) -> Provenance:
    """Return the mark of what rests on figures with these marks: invented before published."""
    found = set(marks)
    if Provenance.SYNTHETIC in found:
        return Provenance.SYNTHETIC
    return Provenance.DERIVED if found - {Provenance.LIVE} else Provenance.LIVE


@transaction.atomic
def correct_verdict(
    *,
    target_id: int,
    verdict: VerdictValue,
    source_ref: str,
    by: User,
    at: datetime,
    against: VerdictAgainst = VerdictAgainst.ADJUSTED,
    provenance: Provenance = Provenance.LIVE,
) -> Verdict:
    """Replace a verdict of a plan that is closing by what `source_ref` says; return it.

    What stood before stays in the register. Raises as `assert_verdict`, and Conflict
    (verdict-missing: there is none to correct; verdict-settled: a settled commitment holds it, or
    the target is concluded).
    """
    target = _lock(target_id)
    _require_assigner(target, "correct-verdict", by=by, at=at)
    _require_source(target, source_ref)
    row = target.verdicts.select_for_update().filter(against=against).first()
    if row is None:
        raise Conflict(
            _("%(code)s has no verdict to correct. Record one.") % {"code": target.code},
            code="verdict-missing",
        )
    settled = CommitmentItem.objects.filter(
        revision__target=target, version__state=VersionState.SETTLED
    )
    if target.state == TargetState.CLOSED or settled.exists():
        raise Conflict(
            _("The verdict on %(code)s stands: it is settled.") % {"code": target.code},
            code="verdict-settled",
        )
    before = row.verdict
    row.verdict, row.basis = verdict, VerdictBasis.ASSERTED
    row.source_ref, row.provenance = source_ref.strip(), provenance
    row.as_of, row.recorded_by = clock.local_date(at), by
    row.actual_low = row.actual_high = row.exceeded_by = None
    row.save()
    _enter(row, "correct", by=by, at=at, before=before)
    corrections.follow(target_id, at=at)
    return row


def _lock(target_id: int) -> Target:
    rows = Target.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("period").get(pk=target_id)


def _require_assigner(target: Target, act: str, *, by: User, at: datetime) -> None:
    """Raise NotAllowed (<act>-not-allowed) unless `by` is an assigner over the assigning unit,
    Conflict (period-not-closing) unless the plan is closing."""
    _require_assigner_of(target.period, target.assigner_id, target.code, act, by=by, at=at)


def _require_assigner_of(
    plan: Period, unit_id: int, what: str, act: str, *, by: User, at: datetime
) -> None:
    if not permissions.may_conclude(by, unit_id, at=at):
        raise NotAllowed(
            _("Only an assigner records a verdict on %(code)s. Ask the office that assigned it.")
            % {"code": what},
            code=f"{act}-not-allowed",
        )
    if plan.state != PeriodState.CLOSING:
        raise Conflict(
            _(
                "A verdict on %(code)s waits until its plan is closing. Begin to close the plan first."
            )
            % {"code": what},
            code="period-not-closing",
        )


def _require_source(target: Target, source_ref: str) -> None:
    if not source_ref.strip():
        raise Invalid(
            _("Name the source of the verdict on %(code)s.") % {"code": target.code},
            code="source-missing",
            fields={"source_ref": [_("Name the source, such as a report or a decision.")]},
        )


def _require_none(target: Target, against: VerdictAgainst) -> None:
    if target.verdicts.filter(against=against).exists():
        raise Conflict(
            _("%(code)s already has that verdict; it stays as it was recorded.")
            % {"code": target.code},
            code="verdict-exists",
        )


def _enter(row: Verdict, act: str, *, by: User, at: datetime, **data: Any) -> None:
    target = row.target
    register.append(
        kind=f"verdict.{act}",
        subject=f"verdict/{target.ref}-{row.against}",
        subject_version=None,
        reach={target.unit_id, target.assigner_id},
        by=by,
        at=at,
        data={
            "target": target.ref,
            "verdict": row.verdict,
            "basis": row.basis,
            "source": row.source_ref,
            "as_of": row.as_of.isoformat(),
        }
        | data,
    )
