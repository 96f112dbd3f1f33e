"""One row about a reporting duty, as grid, page, queue and home show it; figures in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from commitments.actions import inspections
from commitments.enums import IndicatorKind, Qualifier
from commitments.enums.reports import DutyState, ReportState
from commitments.models import IndicatorDefinition, Report, ReportingDuty
from commitments.rules.reports import answer_in_parts
from commitments.rules.targets import decimals_of, format_quantity
from commitments.rules.words import measured
from commitments.web.forms.reports import AnswerForm
from commitments.web.words import language, words_of

OPEN = {ReportState.DRAFT, ReportState.SUBMITTED}
TAGS: Mapping[str, str] = {  # state -> class of its tag
    DutyState.AWAITED: "due",
    DutyState.IN_REVIEW: "issued",
    DutyState.VERIFIED: "in_force",
    DutyState.MISSING: "late",
    DutyState.WAIVED: "voided",
    ReportState.DRAFT: "draft",
    ReportState.SUBMITTED: "issued",
    ReportState.RETURNED: "returned",
    ReportState.RESTATED: "superseded",
}


class Counted(NamedTuple):
    """What records say by the end of a period about a share of distinct units."""

    numerator: int
    denominator: int

    def differs_from(self, report: Report | None) -> bool:
        """Say whether a report gives other figures than the records."""
        if report is None or report.numerator is None or report.denominator is None:
            return False
        return (report.numerator, report.denominator) != self


@dataclass(frozen=True)
class Row:
    """`counted` None: no units are counted one by one. `report`: the newest that the reader may see. `previous`: the verified one of an earlier
    period. `form` None: nothing can be typed. `days_late` 0: in time, or it is in."""

    duty: ReportingDuty
    report: Report | None
    verified: Report | None
    previous: Report | None
    days_late: int
    plan: str
    expected: str
    form: AnswerForm | None = None
    fault: Any = ""
    counted: Counted | None = None

    @property
    def said(self) -> str:
        """What the newest report says, in words."""
        return said_in(self.report, self.duty.target.indicator)

    @property
    def said_before(self) -> str:
        """What was verified for an earlier period."""
        return said_in(self.previous, self.duty.target.indicator)

    @property
    def said_verified(self) -> str:
        """What counts for this period."""
        return said_in(self.verified, self.duty.target.indicator)

    @property
    def tag(self) -> tuple[str, str]:
        """The state as people see it, and its class: a returned draft is no plain draft."""
        state, report = self.duty.state, self.report
        if state == DutyState.AWAITED and self.duty.resubmit_by:
            return pgettext("report", "Returned"), "returned"
        if report is not None and report.state == ReportState.DRAFT:
            return (
                (_("Being restated"), "draft")
                if state == DutyState.VERIFIED
                else (str(ReportState.DRAFT.label), "draft")
            )
        return str(DutyState(state).label), TAGS[DutyState(state)]

    @property
    def reason(self) -> str:
        """Why the last report was returned; "" once it is in again."""
        if not self.duty.resubmit_by:
            return ""
        sent_back = [one for one in self.reports if one.state == ReportState.RETURNED]
        return sent_back[0].return_reason if sent_back else ""

    @property
    def lacks_a_file(self) -> bool:
        """Say whether it cannot be handed in before a file is added to it; lists prefetch them."""
        if self.form is None or not self.duty.target.needs_evidence:
            return False
        return self.report is None or not self.report.evidence.all()

    @property
    def reports(self) -> list[Report]:
        """What the reader may see, the newest first."""
        return getattr(self.duty, "shown", [])


def said_in(report: Report | None, indicator: IndicatorDefinition) -> str:
    """Return what a report says, in words of the reader's language; "" without an answer."""
    if report is None:
        return ""
    if report.nothing_to_report:
        return _("nothing to report")
    if report.is_true is not None:
        return _("yes") if report.is_true else _("no")
    words = {
        Qualifier.OVER: _("over %(figure)s"),
        Qualifier.NEARLY: _("nearly %(figure)s"),
        Qualifier.ABOUT: _("about %(figure)s"),
    }
    figure = _figure(report, indicator)
    pattern = words.get(Qualifier(report.qualifier)) if figure else None
    return pattern % {"figure": figure} if pattern else figure


def _figure(report: Report, indicator: IndicatorDefinition) -> str:
    uom = indicator.uom.label
    if report.value is not None:
        if indicator.kind == IndicatorKind.GRADE:
            return indicator.grades(language()).get(int(report.value), str(report.value))
        figure = _written(report.value, indicator.decimals)
        return measured(figure, uom, language=language())
    if report.numerator is None or report.denominator is None:
        return ""
    share = report.numerator / report.denominator * 100
    if indicator.kind == IndicatorKind.GROWTH:
        share -= 100
    decimals = max(indicator.decimals, 1)
    parts = f"{_written(report.numerator, 6)}/{_written(report.denominator, 6)}"
    return f"{parts} = {format_quantity(share, decimals=decimals, language=language())} %"


def _written(value: Decimal, most: int) -> str:
    return format_quantity(value, decimals=min(most, decimals_of(value)), language=language())


def days_late(duty: ReportingDuty, *, on: date) -> int:
    """Return the days since the due day of a report that has not come, or must be mended; else 0."""
    if duty.state == DutyState.AWAITED and duty.resubmit_by:
        return max(0, (on - duty.resubmit_by).days)
    waiting = duty.state in {DutyState.AWAITED, DutyState.MISSING}
    return max(0, (on - duty.due_on).days) if waiting and not duty.first_submitted_at else 0


def rows_for(
    duties: Iterable[ReportingDuty],
    *,
    on: date,
    writable: bool = False,
    typed: Any = None,
    faults: Mapping[int, Any] | None = None,
    filled: bool = False,
) -> list[Row]:
    """Return one row per duty, in order; a constant number of queries.

    `duties`: `for_rows().with_open(user, at=at)`. `writable`: rows that can be written get their
    form; `typed`: what was posted, `faults`: what stands in the way, by duty. `filled`: a form
    without a draft begins with what records propose.
    """
    duties = list(duties)
    shares = {  # nothing else counts units one by one
        duty.target_id for duty in duties if duty.target.indicator.kind == IndicatorKind.RATIO
    }
    tallies = inspections.tallies(shares, on=on)
    earlier: dict[int, list[Report]] = {}
    known = Report.objects.counting().select_related("duty__period")
    for report in known.filter(duty__target__in=[duty.target_id for duty in duties]):
        earlier.setdefault(report.duty.target_id, []).append(report)
    rows = []
    for duty in duties:
        shown: list[Report] = duty.shown
        newest = shown[0] if shown else None
        draft = newest if newest is not None and newest.state in OPEN else None
        takes = writable and _takes(duty, draft, on=on)
        counted = _counted(tallies.get(duty.target_id), duty)
        before = [
            one
            for one in earlier.get(duty.target_id, ())
            if one.duty.period.ends_on < duty.period.ends_on
        ]
        rows.append(
            Row(
                duty=duty,
                report=newest,
                verified=next((one for one in shown if one.state == ReportState.VERIFIED), None),
                previous=max(before, key=lambda one: one.duty.period.ends_on, default=None),
                days_late=days_late(duty, on=on),
                plan=words_of(duty.target),
                expected=_expected(duty),
                form=AnswerForm(duty, draft, typed, proposed=counted if filled else None)
                if takes
                else None,
                fault=(faults or {}).get(duty.pk, ""),
                counted=counted,
            )
        )
    return rows


def _counted(tally: inspections.Tally | None, duty: ReportingDuty) -> Counted | None:
    if tally is None:
        return None
    return Counted(len(tally.upto(duty.period.ends_on)), len(tally.among))


def _takes(duty: ReportingDuty, draft: Report | None, *, on: date) -> bool:
    """Say whether something may be typed: what the action asks again under its lock."""
    if draft is not None:
        return draft.state == ReportState.DRAFT and duty.state in {
            DutyState.AWAITED,
            DutyState.VERIFIED,
        }
    return duty.state == DutyState.AWAITED and duty.opens_on <= on


def _expected(duty: ReportingDuty) -> str:
    """Return what the roadmap expects by the end of the period; "" where it has no point there."""
    current = duty.target.current
    points = current.roadmap.all() if current else ()
    for point in points:
        if point.period_id == duty.period_id:
            decimals = 1 if answer_in_parts(duty.target.indicator.kind) else 6
            return _written(point.value, decimals)
    return ""
