"""Ladders as rows: kept as versions that never change, read back as the rules want them."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction

from commitments.enums.policies import LadderKey
from commitments.models import EscalationPolicy, EscalationStep
from commitments.rules import cases as rules
from units import clock
from units.enums import DayKind
from units.models import WorkingCalendar
from units.rules.calendars import Calendar

BODY_CALENDAR = "body"


class Ladder(NamedTuple):
    """One version of a ladder with everything its dates depend on."""

    key: str
    version: int
    policy: rules.Policy
    calendar: Calendar
    calendar_version: int
    opens_at: time
    zone: ZoneInfo


@transaction.atomic
def in_force(key: LadderKey, *, on: date) -> EscalationPolicy:
    """Return the newest version of the ladder `key` that is in force on the day `on`.

    Before anybody has written one, the default of the house becomes version 1. Two who need it
    first at once get the same one: its key is unique.
    """
    versions = EscalationPolicy.objects.filter(key=key).order_by("-version")
    found = versions.filter(in_force_from__lte=on).first() or versions.last()
    if found is not None:
        return found
    house = rules.DEFAULT_POLICIES[key]
    calendar, _made = WorkingCalendar.objects.get_or_create(key=BODY_CALENDAR)
    policy, made = EscalationPolicy.objects.get_or_create(
        key=key,
        version=1,
        defaults={"subject_kind": house.kind, "calendar": calendar, "in_force_from": on},
    )
    if made:
        EscalationStep.objects.bulk_create(
            EscalationStep(policy=policy, **columns_of(step)) for step in house.steps
        )
    return policy


def columns_of(step: rules.Step) -> dict[str, Any]:
    """Return `step` as the columns of an EscalationStep, plain enough for JSON."""
    return {
        "level": step.level,
        "offset_days": list(step.offsets),
        "audience": str(step.audience),
        "acts": list(step.acts),
        "explanation_days": step.explanation_days,
        "repeat_days": step.repeat_days,
        "channels": str(step.channels),
        "pace": str(step.pace),
    }


def step_of(columns: Mapping[str, Any]) -> rules.Step:
    """Return the rung that `columns_of` wrote; other keys are passed over."""
    return rules.Step(
        level=columns["level"],
        offsets=tuple(columns["offset_days"]),
        audience=columns["audience"],
        acts=tuple(columns["acts"]),
        explanation_days=columns["explanation_days"],
        repeat_days=columns["repeat_days"],
        channels=columns.get("channels", ""),  # what was proposed before steps named them has none
        pace=columns.get("pace", ""),
    )


def of(policy: EscalationPolicy) -> Ladder:
    """Return what the rules need of `policy`; no query if `with_ladder` has prefetched it.

    The calendar's version is read before its days: should somebody approve a day in between, the
    days are the newer ones and the clock counts as computed from the older version, which the
    recomputation mends.
    """
    row = policy.calendar
    return Ladder(
        key=policy.key,
        version=policy.version,
        policy=rules.Policy(
            policy.subject_kind,
            tuple(
                step_of(vars(step))
                for step in sorted(policy.steps.all(), key=lambda step: step.level)
            ),
            policy.ack_days,
        ),
        calendar=_days_of(row),
        calendar_version=row.version,
        opens_at=row.opens_at,
        zone=clock.body_zone(),
    )


def body_calendar() -> Calendar:
    """Return the body's working days; weekdays alone before anybody has entered a calendar."""
    rows = WorkingCalendar.objects.prefetch_related("days")
    row = rows.filter(key=BODY_CALENDAR).first()
    return _days_of(row) if row else Calendar(frozenset(range(5)))


def _days_of(row: WorkingCalendar) -> Calendar:
    """Return the week mask and the approved days of `row`; days nobody has approved do not count."""
    days = [day for day in row.days.all() if day.approved_by_id is not None]
    return Calendar(
        frozenset(place for place, mark in enumerate(row.week_mask) if mark == "1"),
        closed=frozenset(day.date for day in days if day.kind == DayKind.CLOSED),
        opened=frozenset(day.date for day in days if day.kind == DayKind.OPEN),
    )
