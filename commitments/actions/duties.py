"""Reporting duties: made when a target is assigned, locked when nothing came, unlocked, waived."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import ladders, rounds
from commitments.enums import PeriodKind, PeriodState, TargetState
from commitments.enums.reports import DutyState, ReportAct, RollOver
from commitments.models import Period, ReportingDuty, ReportingRule, Target
from commitments.querysets.targets import TargetQuerySet
from commitments.rules import reports as rules
from units import clock
from units.actions import register
from units.actions.guards import require_within
from units.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion, WrongState
from units.models import User
from units.rules import texts

CANNOT = {
    ReportAct.LOCK: _("%(what)s cannot be locked: it is “%(state)s”."),
    ReportAct.UNLOCK: _(
        "%(what)s cannot be unlocked: it is “%(state)s”. Only a missing report can."
    ),
    ReportAct.WAIVE: _(
        "%(what)s cannot be waived: it is “%(state)s”. Only one that has not come can."
    ),
}


def what(duty: ReportingDuty) -> str:
    """Return how messages name a duty: target and period."""
    return _("The report on %(code)s for %(period)s") % {
        "code": duty.target.code,
        "period": duty.period.name,
    }


def lock(duty_id: int) -> ReportingDuty:
    """Return the duty with its row locked until the transaction ends. Raises NotFound."""
    rows = ReportingDuty.objects.select_related(
        "rule", "period", "round", "target__period", "target__indicator__scale"
    )
    duty = rows.select_for_update(of=("self",), no_key=True).filter(pk=duty_id).first()
    if duty is None:
        raise NotFound(
            _("There is no such report to be made. Open the list of reports."),
            code="duty-not-found",
        )
    return duty


def require_plan_open(duty: ReportingDuty) -> None:
    """Raise Conflict (plan-closed) where the books of the plan are closed."""
    if duty.target.period.state == PeriodState.CLOSED:
        raise Conflict(
            _("%(what)s cannot be changed any more: the plan is closed.") % {"what": what(duty)},
            code="plan-closed",
        )


def enter(
    duty: ReportingDuty, act: ReportAct, *, by: User | None, at: datetime, **data: Any
) -> None:
    """Write the register entry of an act on a duty; both sides may see it."""
    register.append(
        kind=f"duty.{act}",
        subject=f"duty/{duty.ref}",
        subject_version=duty.etag_version,
        reach={duty.unit_id, duty.target.assigner_id},
        by=by,
        at=at,
        data={"state": duty.state, "target": duty.target.ref, "period": duty.period.code} | data,
    )


# --- when targets are reported --------------------------------------------------------------------


def rule_of(plan: Period) -> ReportingRule:
    """Return the newest rule of `plan`; before anybody has written one, the one of the house.

    Monthly, open 5 days before the month ends, due on the 5th after it, locked on the 20th, both on
    the next open day; 3 working days to mend; one level of verification.
    """
    found = plan.reporting_rules.order_by("-version").first()
    if found is not None:
        return found
    return ReportingRule.objects.get_or_create(
        plan=plan, version=1, defaults={"period_kind": PeriodKind.MONTH}
    )[0]


@transaction.atomic
def define_rule(
    *,
    plan_id: int,
    by: User,
    at: datetime,
    period_kind: PeriodKind = PeriodKind.MONTH,
    opens_after: int = -5,
    due_after: int = 5,
    locks_after: int = 20,
    roll_over: RollOver = RollOver.FORWARD,
    resubmit_days: int = 3,
    levels: int = 1,
    exempt_unit_id: int | None = None,
) -> ReportingRule:
    """Write the next version of when and how the targets of a plan are reported.

    Days count from the last day of the period (day 0). `exempt_unit_id`: a unit whose targets are
    the whole that others carry. Duties that exist keep their rule. Raises NotAllowed,
    ValidationError.
    """
    plan = Period.objects.select_for_update(of=("self",), no_key=True).get(pk=plan_id)
    if not permissions.plans_in_person(by, plan.owner_id, at=at):
        raise NotAllowed(
            _("Only a planner of %(plan)s says when its targets are reported.")
            % {"plan": plan.name},
            code="define-rule-not-allowed",
        )
    last = plan.reporting_rules.aggregate(last=Max("version"))["last"] or 0
    rule = ReportingRule(
        plan=plan,
        version=last + 1,
        period_kind=period_kind,
        opens_after=opens_after,
        due_after=due_after,
        locks_after=locks_after,
        roll_over=roll_over,
        resubmit_days=resubmit_days,
        levels=levels,
        exempt_unit_id=exempt_unit_id,
    )
    rule.full_clean()
    rule.save()
    register.append(
        kind="duty.define_rule",
        subject=f"reporting_rule/{plan.code}-{rule.version}",
        subject_version=None,
        reach=[plan.owner_id],
        by=by,
        at=at,
        data={"plan": plan.code, "period_kind": period_kind, "levels": levels},
    )
    return rule


@transaction.atomic
def generate(targets: Sequence[Target], *, at: datetime) -> int:
    """Make the duties of these targets, all of one plan and just assigned; return how many.

    A period whose last day to report has passed is not asked for any more. A target that is split
    among units is reported by its parts. Runs in the transaction of whoever assigns.
    """
    if not targets:
        return 0
    plan = targets[0].period
    rule = rule_of(plan)
    split = set(
        Target.objects.filter(parent__in=targets)
        .exclude(state=TargetState.WITHDRAWN)
        .values_list("parent_id", flat=True)
    )
    periods = _still_asked(plan, rule, at=at)
    rows = [
        ReportingDuty(
            ref=f"{target.ref}-{part.code}",
            target=target,
            period=part,
            unit_id=target.unit_id,
            rule=rule,
            **days._asdict(),
        )
        for target in targets
        if target.pk not in split and target.unit_id != rule.exempt_unit_id
        for part, days in periods
    ]
    rounds.join(rows, at=at)
    return len(ReportingDuty.objects.bulk_create(rows))


def _still_asked(plan: Period, rule: ReportingRule, *, at: datetime) -> list[tuple[Period, Any]]:
    """Return the periods of a plan whose last day to report has not passed, with their days."""
    calendar, today = ladders.body_calendar(), clock.local_date(at)
    parts = [plan] if rule.period_kind == PeriodKind.YEAR else plan.children.all()
    periods = []
    for part in parts:
        days = rules.days_of(
            part.ends_on,
            opens_after=rule.opens_after,
            due_after=rule.due_after,
            locks_after=rule.locks_after,
            roll_over=rule.roll_over,
            is_open=calendar.is_open,
        )
        if part.kind == rule.period_kind and days.locks_on >= today:
            periods.append((part, days))
    return periods


def catch_up(*, at: datetime, limit: int = 50) -> int:
    """Make the duties of assigned targets that have none; return how many targets got some.

    For what was assigned before there were duties, or was split when it was. A plan of which no
    period is asked any more is passed over, so that it never hides another. The system acts.
    """
    served = 0
    plans = Period.objects.filter(
        state__in=[PeriodState.PLANNING, PeriodState.OPEN], ends_on__gte=clock.local_date(at)
    )
    for plan in plans.filter(Exists(_bare(OuterRef("pk")))).order_by("pk"):
        rule = rule_of(plan)
        if not _still_asked(plan, rule, at=at):
            continue
        bare = _bare(plan.pk).exclude(unit=rule.exempt_unit_id).order_by("pk")
        for pk in list(bare.values_list("pk", flat=True)[: limit - served]):
            served += _serve(pk, at=at)
    return served


def _bare(plan: Any) -> TargetQuerySet:
    """Return the assigned targets of a plan that nobody is asked to report, and that are not split."""
    parts = Target.objects.filter(parent=OuterRef("pk")).exclude(state=TargetState.WITHDRAWN)
    return Target.objects.filter(
        ~Exists(ReportingDuty.objects.filter(target=OuterRef("pk"))),
        ~Exists(parts),
        period=plan,
        state=TargetState.ASSIGNED,
    )


@transaction.atomic
def _serve(pk: int, *, at: datetime) -> int:
    """Make the duties of one target, unless another did so or it was withdrawn; return 0 or 1."""
    locked = Target.objects.select_for_update(of=("self",), no_key=True)
    target = locked.select_related("period").get(pk=pk)
    if target.state != TargetState.ASSIGNED or target.duties.exists():
        return 0
    made = generate([target], at=at)
    if not made:
        return 0
    register.append(
        kind="duty.generate",
        subject=f"target/{target.ref}",
        subject_version=None,
        reach={target.unit_id, target.assigner_id},
        by=None,
        at=at,
        data={"duties": made},
    )
    return 1


# --- lock, unlock, waive --------------------------------------------------------------------------


def lock_due(*, at: datetime, limit: int = 200) -> int:
    """Lock duties behind their last day to which nothing ever came; return how many were looked at.

    The system acts, each duty in its own transaction; any number of copies may run.
    """
    today = clock.local_date(at)
    due = ReportingDuty.objects.to_lock(at=at, on=today).order_by("locks_on", "pk")
    found = list(due.values_list("pk", flat=True)[:limit])
    for pk in found:
        with transaction.atomic():
            duty = lock(pk)
            if ReportingDuty.objects.to_lock(at=at, on=today).filter(pk=pk).exists():
                move(duty, ReportAct.LOCK, by=None, at=at)
    return len(found)


@transaction.atomic
def waive(*, duty_id: int, reason: str, by: User, expected: int, at: datetime) -> ReportingDuty:
    """Let a report that has not come fall away: it is expected no more. By an assigner.

    Raises NotAllowed, StaleVersion (duty-changed), WrongState (waive-not-from-<state>), Invalid
    (reason-missing).
    """
    duty = lock(duty_id)
    require(permissions.may_waive(by, duty.target.period, at=at), ReportAct.WAIVE, duty)
    require_move(ReportAct.WAIVE, duty, expected)
    said = said_in(reason)
    duty.waiver_reason = said
    return move(duty, ReportAct.WAIVE, "waiver_reason", by=by, at=at, reason=said)


@transaction.atomic
def waive_period(*, period_id: int, reason: str, by: User, at: datetime) -> int:
    """Let every report of one period that has not come fall away, e.g. of a month before the targets
    were assigned; return how many. One act, one register entry. By an assigner.

    Raises NotAllowed (waive-not-allowed), Invalid (reason-missing).
    """
    period = Period.objects.select_related("parent", "owner").get(pk=period_id)
    plan = period.parent or period
    if not permissions.may_waive(by, plan, at=at):
        raise NotAllowed(
            _("Only an assigner of %(plan)s waives its reports. Ask the office that assigns.")
            % {"plan": plan.name},
            code="waive-not-allowed",
        )
    said = said_in(reason)
    waiting = ReportingDuty.objects.filter(
        period=period, state__in=[DutyState.AWAITED, DutyState.MISSING]
    )
    done, units = _waive_all(waiting, said, at=at)
    register.append(
        kind="duty.waive_period",
        subject=f"period/{period.code}",
        subject_version=None,
        reach={plan.owner_id, *units},
        by=by,
        at=at,
        data={"period": period.code, "reason": said, "duties": done},
    )
    return done


def waive_of_target(target: Target, *, reason: str, at: datetime) -> int:
    """Waive whatever has not come of a target that is being withdrawn; return how many.

    Runs in the transaction of the withdrawal, whose register entry speaks for it.
    """
    waiting = target.duties.filter(state__in=[DutyState.AWAITED, DutyState.MISSING])
    return _waive_all(waiting, reason, at=at)[0]


def _waive_all(
    waiting: QuerySet[ReportingDuty], reason: str, *, at: datetime
) -> tuple[int, set[int]]:
    """Waive these duties and end the clocks of rounds in which nothing is left; return how many,
    and their units."""
    rows = waiting.select_for_update(of=("self",), no_key=True).order_by("pk")
    locked = list(rows.values_list("pk", "unit", "round"))
    done = ReportingDuty.objects.filter(pk__in=[pk for pk, _unit, _round in locked]).update(
        state=DutyState.WAIVED, waiver_reason=reason, etag_version=F("etag_version") + 1
    )
    keys = {key for _pk, _unit, key in locked if key is not None}
    for kind in rounds.WAITS.values():
        rounds.settle(keys, kind=kind, at=at)
    return done, {unit for _pk, unit, _round in locked}


def said_in(reason: str) -> str:
    """Return what was typed. Raises Invalid (reason-missing, text-too-long)."""
    if not (said := reason.strip()):
        fields = {"reason": [_("Write a reason.")]}
        raise Invalid(_("Say why."), code="reason-missing", fields=fields)
    require_within(said, field="reason", most=texts.ACCOUNT)
    return said


def require(allowed: bool, act: ReportAct, duty: ReportingDuty) -> None:
    if not allowed:
        raise NotAllowed(
            _("You hold no role that lets you do this to %(what)s. Ask the administrator.")
            % {"what": what(duty)},
            code=f"{act}-not-allowed",
        )


def require_move(act: ReportAct, duty: ReportingDuty, expected: int) -> None:
    if duty.etag_version != expected:
        raise StaleVersion(
            _("%(what)s has changed since you opened it. Read it again, then decide.")
            % {"what": what(duty)},
            code="duty-changed",
        )
    if duty.state not in rules.MOVES[act].duty:
        raise WrongState(
            CANNOT[act] % {"what": what(duty), "state": DutyState(duty.state).label},
            code=f"{act}-not-from-{duty.state}",
        )


def move(
    duty: ReportingDuty,
    act: ReportAct,
    *fields: str,
    by: User | None,
    at: datetime,
    owed_by: date | None = None,
    **data: Any,
) -> ReportingDuty:
    """Write the state that follows from `act`, its round and its entry.

    `owed_by`: the day by which the report is owed again; None: as before."""
    before, duty.state = duty.state, rules.MOVES[act].duty_to or duty.state
    duty.etag_version += 1
    duty.save(update_fields=["state", "etag_version", *fields])
    data |= rounds.follow(duty, before, at=at, due_on=owed_by)
    enter(duty, act, by=by, at=at, **data)
    return duty
