"""Unmet targets that go on: as a backlog case whose age counts from when the target was first due,
as a target of the next plan, or as both."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from commitments import permissions
from commitments.actions import backlog, revisions, targets
from commitments.enums import PeriodState, TargetOrigin, TargetState, VerdictAgainst, VerdictValue
from commitments.enums.backlog import CaseKind
from commitments.models import BacklogCase, Carryover, CorrectiveAction, Period, Target
from commitments.rules.targets import Step
from units.actions import register
from units.errors import Conflict, Invalid, NotAllowed
from units.models import User
from units.querysets.ordering import as_counted

OF_TARGETS = [CaseKind.TARGET, CaseKind.CARRYOVER]
DRAWN_UP_IN = [PeriodState.PLANNING, PeriodState.OPEN]


@dataclass(frozen=True)
class New:
    """A target of the next plan that is drawn up like the one before. `group_id`: of that plan."""

    group_id: int
    code: str


def next_plans(target: Target) -> QuerySet[Period]:
    """Return the plans of the same unit that begin after that of `target` and may still be drawn up,
    the next one first."""
    later = Period.objects.years().filter(
        owner=target.assigner_id, starts_on__gt=target.period.ends_on, state__in=DRAWN_UP_IN
    )
    return later.order_by("starts_on", "code")


def next_targets(target: Target, plan: Period) -> QuerySet[Target]:
    """Return the targets of the same unit in `plan` to which nothing is carried over yet."""
    taken = Carryover.objects.filter(next_target=OuterRef("pk"))
    found = Target.objects.filter(~Exists(taken), period=plan, unit=target.unit_id)
    return found.exclude(state=TargetState.WITHDRAWN).order_by(as_counted("code"), "pk")


def first_due_on(target: Target) -> date:
    """Return the day from which the age of `target` counts: the first due date of its chain."""
    before = Carryover.objects.filter(next_target=target).first()
    return before.first_due_on if before else target.period.ends_on


@transaction.atomic
def carry(
    *,
    target_id: int,
    by: User,
    at: datetime,
    as_case: bool = False,
    next_target_id: int | None = None,
    new: New | None = None,
) -> Carryover:
    """Accept the offer to carry an unmet target over; return how it goes on.

    `as_case`: as a backlog case; one that is open about the target, or about an earlier one of its
    chain, becomes this case, so that no matter has two. `next_target_id`, `new`: as a target of a
    later plan, there already or drawn up now. What was not chosen may be added by a second call.
    Raises NotAllowed (carry-not-allowed), Conflict (carry-not-offered, carried-already), Invalid
    (carry-where, next-target-unfit), and what `targets.create_target` raises.
    """
    target = _lock(target_id)
    if not permissions.plans_in_person(by, target.assigner_id, at=at):
        raise NotAllowed(
            _("Only a planner carries %(code)s over. Ask the office that assigned it.")
            % {"code": target.code},
            code="carry-not-allowed",
        )
    _require_offered(target)
    linked = next_target_id is not None or new is not None
    if not as_case and not linked:
        raise Invalid(
            _(
                "Choose how %(code)s goes on: as a backlog case, as a target of the next plan, or both."
            )
            % {"code": target.code},
            code="carry-where",
        )
    row = Carryover.objects.filter(target=target).first()
    if row and ((as_case and row.case_id) or (linked and row.next_target_id)):
        raise Conflict(
            _("%(code)s is carried over already. Read how it goes on.") % {"code": target.code},
            code="carried-already",
        )
    first = row is None
    if row is None:
        row = Carryover(
            target=target, first_due_on=first_due_on(target), accepted_by=by, accepted_at=at
        )
    if linked:
        row.next_target = (
            _draw_up(target, new, by=by, at=at) if new else _fitting(target, next_target_id or 0)
        )
    if as_case:
        row.case = _case_of(row, by=by, at=at)
    row.save()
    register.append(
        kind=f"carryover.{'accept' if first else 'extend'}",
        subject=f"carryover/{target.ref}",
        subject_version=None,
        reach={target.unit_id, target.assigner_id},
        by=by,
        at=at,
        data={
            "target": target.ref,
            "first_due_on": row.first_due_on.isoformat(),
            "case": row.case.ref if row.case else "",
            "next_target": row.next_target.ref if row.next_target else "",
        },
    )
    return row


def _lock(target_id: int) -> Target:
    """Return the target with its row locked, after that of its plan, from which numbers come."""
    plan = Target.objects.values_list("period", flat=True).get(pk=target_id)
    Period.objects.select_for_update(of=("self",), no_key=True).get(pk=plan)
    rows = Target.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("period", "indicator", "unit").get(pk=target_id)


def is_offered(target: Target) -> bool:
    """Say whether `target` may be carried over: its year is being settled, its verdict is “unmet”."""
    if target.state == TargetState.WITHDRAWN:
        return False
    if target.period.state not in {PeriodState.CLOSING, PeriodState.CLOSED}:
        return False
    unmet = target.verdicts.filter(against=VerdictAgainst.ADJUSTED, verdict=VerdictValue.UNMET)
    return unmet.exists()


def _require_offered(target: Target) -> None:
    if not is_offered(target):
        raise Conflict(
            _("%(code)s is not to be carried over: only a target with the verdict “unmet” is.")
            % {"code": target.code},
            code="carry-not-offered",
        )


def _fitting(target: Target, next_target_id: int) -> Target:
    rows = Target.objects.select_for_update(of=("self",), no_key=True)
    found = rows.filter(pk=next_target_id, period__in=next_plans(target)).first()
    if found is None or not next_targets(target, found.period).filter(pk=found.pk).exists():
        text = _(
            "Choose a target of the same unit in a later plan to which nothing is carried over yet."
        )
        raise Invalid(text, code="next-target-unfit", fields={"next_target": [text]})
    return found


def _draw_up(target: Target, new: New, *, by: User, at: datetime) -> Target:
    """Draw the target up in the next plan as it stood last, without its roadmap."""
    said = target.revisions.order_by("-n").first()
    plan = next_plans(target).filter(groups=new.group_id).first()
    if said is None or plan is None:
        text = _("Choose a task group of the next plan.")
        raise Invalid(text, code="next-target-unfit", fields={"group": [text]})
    steps = tuple(
        Step(step.title_vi, _in_year(step.due_on, plan), step.weight, step.title_en)
        for step in revisions.wanted_of(said).steps
    )
    return targets.create_target(
        period_id=plan.pk,
        group_id=new.group_id,
        indicator_id=target.indicator_id,
        unit_id=target.unit_id,
        code=new.code,
        wanted=revisions.wanted_of(said, roadmap=(), steps=steps),
        origin=TargetOrigin(target.origin),
        needs_evidence=target.needs_evidence,
        by=by,
        at=at,
    )


def _in_year(day: date, plan: Period) -> date:
    """Return the same day of the year of `plan`; of 29 February the last of that month."""
    try:
        return day.replace(year=plan.starts_on.year)
    except ValueError:
        return day.replace(year=plan.starts_on.year, day=28)


def _case_of(row: Carryover, *, by: User, at: datetime) -> BacklogCase:
    """Return the case as which a target goes on: the open one about it or its chain, else a new one."""
    target = row.target
    earlier = BacklogCase.objects.open().filter(carryovers__next_target=target).first()
    if earlier is not None:
        return earlier
    about = BacklogCase.objects.open().filter(target=target, kind__in=OF_TARGETS)
    held = about.select_for_update(of=("self",), no_key=True).order_by("pk").first()
    if held is not None:
        if held.kind != CaseKind.CARRYOVER:
            before, held.kind, held.etag_version = (
                held.kind,
                CaseKind.CARRYOVER,
                held.etag_version + 1,
            )
            held.save(update_fields=["kind", "etag_version"])
            backlog.enter(held, "carry", by=by, at=at, data={"from": before, "kind": held.kind})
        return held
    return _register(row, by=by, at=at)


def _register(row: Carryover, *, by: User, at: datetime) -> BacklogCase:
    target, plan = row.target, row.target.period
    number = backlog.next_number(plan)
    known = CorrectiveAction.objects.filter(target=target).first()
    said = {}
    for field, language in (("title", "vi"), ("title_en", "en")):
        with override(language):
            said[field] = (_("Carried over: %(what)s") % {"what": target})[:300]
    case = BacklogCase.objects.create(
        ref=backlog.free_ref(plan, number),
        number=number,
        kind=CaseKind.CARRYOVER,
        **said,
        unit_id=target.unit_id,
        assigner_unit_id=plan.owner_id,
        origin_period=plan,
        target=target,
        original_due_on=row.first_due_on,
        current_due_on=row.first_due_on,
        cause=known.cause if known else "",
        office=known.office if known else None,
        task=known.remedy if known else "",
        registered_at=at,
        registered_by=by,
        provenance=backlog.mark_of(target, plan),
    )
    backlog.enter(
        case,
        "register",
        by=by,
        at=at,
        data={
            "kind": case.kind,
            "unit": target.unit.ref,
            "original_due_on": case.original_due_on.isoformat(),
        },
    )
    return case
