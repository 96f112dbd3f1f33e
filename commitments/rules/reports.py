"""Reports: which act leads where, when they fall due, what an answer must say, and discipline."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from commitments.enums import IndicatorKind, Qualifier, Stage
from commitments.enums.reports import DutyState, ReportAct, ReportState, RollOver
from commitments.rules.targets import WHOLE, decimals_of

D, R = DutyState, ReportState


class Move(NamedTuple):
    """One line of the table. `report` None among the sources: nothing is open.

    `duty_to`, `report_to` None: it stays as it is. A duty with a verified value stays verified
    whatever is done to the report that is to replace it.
    """

    duty: frozenset[DutyState]
    report: frozenset[ReportState | None]
    duty_to: DutyState | None
    report_to: ReportState | None


_WRITTEN = frozenset({D.AWAITED, D.VERIFIED})
_READ = frozenset({D.IN_REVIEW, D.VERIFIED})
_ANY: frozenset[ReportState | None] = frozenset({None, *R})
MOVES: Mapping[ReportAct, Move] = {
    ReportAct.SAVE: Move(_WRITTEN, frozenset({None, R.DRAFT}), None, R.DRAFT),  # None: starts it
    ReportAct.SUBMIT: Move(_WRITTEN, frozenset({R.DRAFT}), D.IN_REVIEW, R.SUBMITTED),
    ReportAct.RECALL: Move(_READ, frozenset({R.SUBMITTED}), D.AWAITED, R.DRAFT),
    ReportAct.RETURN: Move(_READ, frozenset({R.SUBMITTED}), D.AWAITED, R.RETURNED),  # + draft n+1
    ReportAct.VERIFY: Move(_READ, frozenset({R.SUBMITTED}), D.VERIFIED, R.VERIFIED),  # last level
    ReportAct.RESTATE: Move(frozenset({D.VERIFIED}), frozenset({None}), None, R.DRAFT),  # n+1
    ReportAct.LOCK: Move(frozenset({D.AWAITED}), _ANY, D.MISSING, None),
    ReportAct.UNLOCK: Move(frozenset({D.MISSING}), _ANY, D.AWAITED, None),
    ReportAct.WAIVE: Move(frozenset({D.AWAITED, D.MISSING}), _ANY, D.WAIVED, None),
}


def is_listed(act: ReportAct, duty: str, report: str | None) -> bool:
    """Say whether the table lists `act` for a duty in this state whose open report is in that one.

    `report` None: none is open. A first report is started where it is awaited; one that follows a
    verified report needs a reason, so there `restate` begins it.
    """
    move = MOVES[act]
    if act == ReportAct.SAVE and duty == D.VERIFIED and report is None:
        return False
    return duty in move.duty and report in move.report


def duty_after(act: ReportAct, duty: str, *, has_verified: bool) -> str:
    """Return the state of the duty after `act`. `has_verified`: a verified value stands."""
    if has_verified and act in {ReportAct.SUBMIT, ReportAct.RECALL, ReportAct.RETURN}:
        return D.VERIFIED
    return MOVES[act].duty_to or duty


# --- days -----------------------------------------------------------------------------------------


class Days(NamedTuple):
    """When a report opens, falls due and is locked. `locks_on`: the last day on which it is taken."""

    opens_on: date
    due_on: date
    locks_on: date


def days_of(
    ends_on: date,
    *,
    opens_after: int,
    due_after: int,
    locks_after: int,
    roll_over: str,
    is_open: Callable[[date], bool],
) -> Days:
    """Return the days of a report about the period that ends on `ends_on`, which counts as day 0.

    Due day and lock move on from a closed day to the next open one if `roll_over` says so; the
    opening never moves. Raises ValueError where a year passes without an open day.

    >>> days_of(date(2024, 3, 31), opens_after=-5, due_after=5, locks_after=20,
    ...         roll_over="forward", is_open=lambda day: day.weekday() < 5)[1:]
    (datetime.date(2024, 4, 5), datetime.date(2024, 4, 22))
    """

    def rolled(day: date) -> date:
        if roll_over != RollOver.FORWARD:
            return day
        for _ in range(366):
            if is_open(day):
                return day
            day += timedelta(days=1)
        raise ValueError(f"The calendar has no open day for a year, up to {day}.")

    return Days(
        ends_on + timedelta(days=opens_after),
        rolled(ends_on + timedelta(days=due_after)),
        rolled(ends_on + timedelta(days=locks_after)),
    )


# --- answers --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a report says. None: not said, which is not 0. Numbers are as the indicator counts them;
    a percentage is in percent points. `about_width`: how far “about” may be off, above 0."""

    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    is_true: bool | None = None
    nothing_to_report: bool = False
    qualifier: str = Qualifier.EXACT
    about_width: Decimal | None = None
    stage: str = Stage.FINAL
    narrative: str = ""
    cause: str = ""
    next_steps: str = ""


IN_PARTS = frozenset({IndicatorKind.RATIO, IndicatorKind.GROWTH})
NOT_NEGATIVE = frozenset({IndicatorKind.COUNT})


def answer_in_parts(kind: str) -> bool:
    """Say whether a report of this kind gives two figures: of a ratio numerator and denominator, of
    growth this period's and the same period's of last year. Percent follow from them (F-8, F-10)."""
    return kind in IN_PARTS


def draft_problems(
    answer: Answer, *, kind: str, decimals: int, grades: Iterable[int] = ()
) -> list[tuple[str, str]]:
    """Return (field, code) for everything wrong in what has been filled in so far; [] if nothing.

    What is missing is no problem of a draft. `decimals`: the most that the indicator admits.
    `grades`: the ranks of its scale, if it has one.
    """
    found = []
    if answer.value is not None:
        if answer_in_parts(kind) or kind == IndicatorKind.BOOLEAN:
            found.append(("value", "answer-of-another-kind"))
        if decimals_of(answer.value) > decimals:
            found.append(("value", "too-many-decimals"))
        if kind in NOT_NEGATIVE and answer.value < 0:
            found.append(("value", "negative"))
        if kind == IndicatorKind.MILESTONE and not 0 <= answer.value <= WHOLE:
            found.append(("value", "not-in-whole"))
        ranks = {Decimal(rank) for rank in grades}
        if kind == IndicatorKind.GRADE and answer.value not in ranks:
            found.append(("value", "grade-unknown"))
    if not answer_in_parts(kind):
        parts = [name for name in ("numerator", "denominator") if getattr(answer, name) is not None]
        found += [(name, "answer-of-another-kind") for name in parts]
    if answer.denominator is not None and answer.denominator <= 0:
        found.append(("denominator", "denominator-not-positive"))
    if answer.is_true is not None and kind != IndicatorKind.BOOLEAN:
        found.append(("is_true", "answer-of-another-kind"))
    given = (answer.value, answer.numerator, answer.denominator, answer.is_true)
    if answer.nothing_to_report and any(one is not None for one in given):
        found.append(("nothing_to_report", "two-answers"))
    if answer.about_width is not None and answer.about_width <= 0:
        found.append(("about_width", "width-not-positive"))
    if answer.about_width is not None and answer.qualifier != Qualifier.ABOUT:
        found.append(("about_width", "width-without-about"))
    return found


def submit_problems(
    answer: Answer, *, kind: str, decimals: int, grades: Iterable[int] = ()
) -> list[tuple[str, str]]:
    """Return (field, code) for everything that stands in the way of submitting; [] if nothing.

    Beside what is wrong: the one answer must be there, in both parts where it has two, and “about”
    says how far it may be off. Source: `report_exactly_one_answer`, F-1, F-10.
    """
    found = draft_problems(answer, kind=kind, decimals=decimals, grades=grades)
    if not answer.nothing_to_report:
        wanted = ["value"]
        if answer_in_parts(kind):
            wanted = ["numerator", "denominator"]
        elif kind == IndicatorKind.BOOLEAN:
            wanted = ["is_true"]
        found += [(field, "answer-missing") for field in wanted if getattr(answer, field) is None]
    if answer.qualifier == Qualifier.ABOUT and answer.about_width is None:
        found.append(("about_width", "width-missing"))
    return found
