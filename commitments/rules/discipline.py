"""Reporting and doing in time: what is expected is the denominator, and late is not missing."""

from datetime import date
from fractions import Fraction
from typing import NamedTuple

from commitments.rules.figures import HUNDRED


class Reporting(NamedTuple):
    """Shares in percent of what is expected; None where nothing is expected, shown “–”."""

    completeness: Fraction | None
    timeliness: Fraction | None


def reporting(*, expected: int, on_time: int, late: int) -> Reporting:
    """Return how complete and how timely reports came in; waived duties are not `expected`.

    What has not come in before the lock is not in yet, after it missing: both leave the shares as
    they are. Source: F-20, G-17.
    """
    if not expected:
        return Reporting(None, None)
    return Reporting(
        Fraction(on_time + late, expected) * HUNDRED, Fraction(on_time, expected) * HUNDRED
    )


COLOURS = (  # of completeness in percent: at least, colour; below the last one: red
    (Fraction(100), "green"),
    (Fraction(80), "amber"),
    (Fraction(0), "red"),
)


def colour(completeness: Fraction | None) -> str:
    """Return how completeness is shown: green is all of it, amber at least 80 %, else red; grey where
    nothing is expected. The lower bound of amber is that of the traffic light (F-14)."""
    if completeness is None:
        return "grey"
    return next(name for least, name in COLOURS if completeness >= least)


class Tasks(NamedTuple):
    """Shares in percent of the tasks that were due; None where none was. `on_time_of_done`: of those
    that are done."""

    done: Fraction | None
    on_time: Fraction | None
    on_time_of_done: Fraction | None


def tasks(*, done: int, done_on_time: int, overdue: int) -> Tasks:
    """Return how many due tasks are done, and how many were done in time; both are always shown.

    `overdue`: open and past their day; what is open in time is not due. Source: F-21, G-16.
    """
    due = done + overdue
    return Tasks(
        Fraction(done, due) * HUNDRED if due else None,
        Fraction(done_on_time, due) * HUNDRED if due else None,
        Fraction(done_on_time, done) * HUNDRED if done else None,
    )


class Age(NamedTuple):
    """Days since the original due day and days since the current one, both 0 or more."""

    age: int
    overdue: int


def age_of(*, original_due: date, current_due: date, on: date) -> Age:
    """Return how old a case is, which no extension resets, and how long it is overdue. Source: F-24.

    `on`: today, or the day it was closed.
    """
    return Age(max(0, (on - original_due).days), max(0, (on - current_due).days))
