"""Cases that the system registers: a report that never came, a target that is far behind or unmet, a
step that was missed. People make them clear, or cancel them with a reason; nothing takes one back.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from commitments.actions import backlog, carryovers, results
from commitments.enums import (
    ClockKind,
    IndicatorKind,
    PeriodState,
    TargetState,
    VerdictAgainst,
    VerdictValue,
)
from commitments.enums.backlog import CaseKind, CaseState
from commitments.enums.reports import DutyState, ReportState
from commitments.models import (
    BacklogCase,
    Carryover,
    CaseClock,
    CaseRule,
    Milestone,
    Period,
    Report,
    ReportingDuty,
    Target,
    Verdict,
)
from commitments.rules import openings as rules
from commitments.rules.lights import Thresholds
from commitments.rules.results import judge
from commitments.rules.standings import stands
from units import clock
from units.actions.guards import unique_or
from units.enums import Provenance
from units.errors import Conflict

BATCH = 100
OF_TARGETS = [CaseKind.TARGET, CaseKind.CARRYOVER]


@dataclass(frozen=True)
class Cause:
    """Why a case is opened. `title`: says it in the language that holds when it is called."""

    key: str
    kind: CaseKind
    target: Target
    due_on: date
    title: Callable[[], str]


@transaction.atomic
def rule_in_force(*, on: date) -> CaseRule:
    """Return the newest version of the rule in force on `on`.

    Before anybody has written one, the rule of the house becomes version 1, in force from `on`: what
    fell before the day on which the system first looked stays with the people.
    """
    found = CaseRule.objects.filter(in_force_from__lte=on).order_by("-version").first()
    if found is not None:
        return found
    house = {"in_force_from": on, "red_periods": rules.RED_PERIODS}
    return CaseRule.objects.get_or_create(version=1, defaults=house)[0]


class Opening:
    """One run over all causes at the instant `at`; `batch` does the next part of it.

    Any number of runs may go at once, and each may be killed: a cause has one case.
    """

    def __init__(self, *, at: datetime) -> None:
        self.at, self.on = at, clock.local_date(at)
        self.rule = rule_in_force(on=self.on)
        self.since = CaseRule.objects.earliest("version").in_force_from
        self.after = 0  # the key of the last target that was looked at
        thresholds = results.rules_in_force(on=self.on)
        self.thresholds: Thresholds = results.thresholds_of(thresholds)

    def batch(self) -> int:
        """Open cases for up to BATCH causes or targets; return how many were looked at, 0 at the end."""
        if adopted := self.adopt():
            return adopted
        opened = sum(self.open(cause) for cause in [*self.reports(), *self.verdicts()])
        if opened:
            return opened
        chunk = list(self._assigned().filter(pk__gt=self.after).order_by("pk")[:BATCH])
        for cause in self.standings(chunk) if chunk else ():
            self.open(cause)
        self.after = chunk[-1].pk if chunk else self.after
        return len(chunk)

    @transaction.atomic
    def adopt(self) -> int:
        """Start the clock of up to BATCH cases that were registered before assigning had one; return
        how many. What has waited so long has the full time from now on."""
        its = CaseClock.objects.filter(case=OuterRef("pk"), kind=ClockKind.ASSIGN)
        lost = BacklogCase.objects.filter(~Exists(its), state=CaseState.REGISTERED).order_by("pk")
        rows = list(lost.select_for_update(of=("self",), no_key=True)[:BATCH])
        started = CaseClock.objects.filter(case__in=rows, kind=ClockKind.ASSIGN)
        known = set(started.values_list("case", flat=True))  # by another run, while this one waited
        for case in rows:
            if case.pk not in known:
                backlog.await_assignment(case, at=self.at)
        return len(rows)

    def open(self, cause: Cause) -> bool:
        """Register the case of one cause; say whether this run did, for another may be faster."""
        target = cause.target
        with transaction.atomic():
            period = Period.objects.select_for_update(of=("self",), no_key=True).get(
                pk=target.period_id
            )
            number = backlog.next_number(period)
            case = BacklogCase(
                ref=backlog.free_ref(period, number),
                number=number,
                kind=cause.kind,
                **_in_both(cause.title),
                unit_id=target.unit_id,
                assigner_unit_id=period.owner_id,
                origin_period=period,
                target=target,
                original_due_on=cause.due_on,
                current_due_on=cause.due_on,
                registered_at=self.at,
                rule=self.rule,
                opened_for=cause.key,
                provenance=backlog.mark_of(target, period),
            )
            try:
                with unique_or(Conflict(_("This cause has its case."), code="cause-has-case")):
                    case.save(force_insert=True)
            except Conflict:
                return False
            backlog.enter(
                case,
                "register",
                by=None,
                at=self.at,
                data={
                    "kind": case.kind,
                    "unit": target.unit.ref,
                    "original_due_on": case.original_due_on.isoformat(),
                    "opened_for": cause.key,
                    "rule_version": self.rule.version,
                },
            )
            backlog.await_assignment(case, at=self.at)
        return True

    # --- causes that rows say by themselves -------------------------------------------------------

    def reports(self) -> Iterator[Cause]:
        """Reports that had not come when they were locked."""
        lost = ReportingDuty.objects.filter(state=DutyState.MISSING, locks_on__gte=self.since)
        for duty in _without_case(lost, "report")[:BATCH].select_related(
            "period", *_to("target__")
        ):
            yield Cause(
                rules.key("report", duty.ref),
                CaseKind.REPORT,
                duty.target,
                duty.due_on,
                lambda duty=duty: (  # type: ignore[misc]
                    _("Report missing: %(code)s %(name)s, %(period)s")
                    % {
                        "code": duty.target.code,
                        "name": duty.target.indicator.name,
                        "period": duty.period.name,
                    }
                ),
            )

    def verdicts(self) -> Iterator[Cause]:
        """Targets of a year that is over, with the verdict that they are unmet; no published ones."""
        unmet = Verdict.objects.filter(
            against=VerdictAgainst.ADJUSTED,
            verdict=VerdictValue.UNMET,
            provenance__in=[Provenance.LIVE, Provenance.SYNTHETIC],
            target__period__ends_on__gte=self.since,
        ).exclude(target__state=TargetState.WITHDRAWN)
        same = Q(target=OuterRef("target"), kind__in=OF_TARGETS)
        chain = Q(carryovers__next_target=OuterRef("target"))  # carried over from an earlier year
        open_ones = BacklogCase.objects.open().filter(same | chain)
        carried = Carryover.objects.filter(target=OuterRef("target"))  # a planner saw to it
        found = _without_case(unmet, "verdict", of="target__ref")
        found = found.filter(~Exists(open_ones), ~Exists(carried))
        for verdict in found[:BATCH].select_related(*_to("target__")):
            target = verdict.target
            yield Cause(
                rules.key("verdict", target.ref),
                CaseKind.TARGET,
                target,
                carryovers.first_due_on(target),
                lambda target=target: _("Target not met: %(what)s") % {"what": target},  # type: ignore[misc]
            )

    # --- causes that follow from how targets stand ------------------------------------------------

    def _assigned(self) -> QuerySet[Target]:
        """Return the assigned targets of running years that have something to be judged by."""
        verified = Report.objects.filter(
            state=ReportState.VERIFIED,
            duty__target=OuterRef("pk"),
            duty__period__ends_on__gte=self.since,
        )
        return Target.objects.filter(
            Exists(verified) | Q(indicator__kind=IndicatorKind.MILESTONE),
            state=TargetState.ASSIGNED,
            period__state=PeriodState.OPEN,
            period__ends_on__gte=self.since,
        ).select_related(*_to(""))

    def standings(self, targets: list[Target]) -> Iterator[Cause]:
        """Targets whose light stays red, and steps that were missed, among these."""
        keys = [target.pk for target in targets]
        found = results.of(
            Target.objects.filter(pk__in=keys), at=self.at, thresholds=self.thresholds
        )
        lines = {line.said["pk"]: line for line in found.lines}
        busy = set(
            BacklogCase.objects.open()
            .filter(target__in=keys, kind__in=OF_TARGETS)
            .values_list("target", flat=True)
        )
        steps = self._steps(keys)
        for target in targets:
            line = lines[target.pk]
            if target.indicator.kind == IndicatorKind.MILESTONE:
                yield from self._missed(target, line, steps.get(target.pk, []))
            elif target.pk not in busy:
                yield from self._red(target, line)

    def _red(self, target: Target, line: results.Line) -> Iterator[Cause]:
        course = [
            (
                row.ends_on,
                judge(
                    line.terms,
                    line.rows[: place + 1],
                    on=row.ends_on,
                    ends_on=target.period.ends_on,
                    thresholds=self.thresholds,
                ).light,
            )
            for place, row in enumerate(line.rows)
            if row.ends_on >= self.since
        ]
        since = rules.red_since(course, periods=self.rule.red_periods)
        if since is None:
            return
        key = rules.key("light", target.ref, since)
        if not BacklogCase.objects.filter(opened_for=key).exists():
            yield Cause(
                key,
                CaseKind.TARGET,
                target,
                since,
                lambda: _("Target far behind: %(what)s") % {"what": target},
            )

    def _steps(self, keys: list[int]) -> dict[int, list[Milestone]]:
        """Return the steps of the newest revision of each of these targets."""
        newest: dict[int, list[Milestone]] = {}
        rows = Milestone.objects.filter(revision__target__in=keys).select_related("revision")
        for step in rows.order_by("revision__n", "due_on", "ordinal"):
            held = newest.setdefault(step.revision.target_id, [])
            if held and held[0].revision_id != step.revision_id:
                held.clear()
            held.append(step)
        return newest

    def _missed(
        self, target: Target, line: results.Line, steps: list[Milestone]
    ) -> Iterator[Cause]:
        lost = ReportingDuty.objects.filter(target=target, state=DutyState.MISSING)
        named = {step.ordinal: step for step in steps}
        for step in rules.missed(
            steps_of(steps),
            reached(line),
            list(lost.values_list("period__starts_on", "period__ends_on")),
            on=self.on,
        ):
            key = rules.key("milestone", target.ref, step.ordinal, step.due_on)
            there = BacklogCase.objects.filter(opened_for=key)
            if step.due_on >= self.since and not there.exists():
                yield Cause(
                    key,
                    CaseKind.MILESTONE,
                    target,
                    step.due_on,
                    lambda title=named[step.ordinal]: (  # type: ignore[misc]
                        _("Step missed: %(step)s (%(what)s)")
                        % {"step": title_of(title), "what": target}
                    ),
                )


def steps_of(steps: list[Milestone]) -> list[rules.Step]:
    """Return steps as the rules read them."""
    return [rules.Step(step.ordinal, step.due_on, Fraction(step.weight)) for step in steps]


def reached(line: results.Line) -> list[tuple[date, Fraction | None]]:
    """Return how much of a task was done at the end of each verified period, in percent."""
    return [
        (row.ends_on, stands(line.terms, line.rows[: place + 1]).actual.value)
        for place, row in enumerate(line.rows)
    ]


def title_of(step: Milestone) -> str:
    """Return what a step is called in the language that holds."""
    return step.title_en if get_language() == "en" and step.title_en else step.title_vi


def _without_case(rows: QuerySet, rule: str, of: str = "ref") -> QuerySet:
    """Leave out what has its case already, by the key of its cause."""
    key = Concat(Value(f"{rule}/"), OuterRef(of))
    return rows.filter(~Exists(BacklogCase.objects.filter(opened_for=key))).order_by("pk")


def _to(target: str) -> list[str]:
    return [f"{target}{name}" for name in ("period", "indicator", "unit")]


def _in_both(say: Callable[[], str]) -> dict[str, str]:
    said = {}
    for field, language in (("title", "vi"), ("title_en", "en")):
        with override(language):
            said[field] = say()[:300]
    return said
