"""The desk of reports as the ladder sees it: its rounds, their clocks, and people who are told."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import factory
from factory.django import DjangoModelFactory

from commitments.models import CaseClock, ReportingDuty, ReportRound
from tests.factories.commitments_versions import year_of
from tests.factories.reports import Desk
from tests.factories.units import OrgUnitFactory
from units.models import OrgUnit

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DUE = date(2024, 4, 5)  # Friday: the reports of March


class ReportRoundFactory(DjangoModelFactory):
    """A round in which no duty stands, of a unit that nobody heads."""

    class Meta:
        model = ReportRound

    ref = factory.Sequence(lambda n: f"round-{n}")
    unit = factory.SubFactory(OrgUnitFactory)
    assigner = factory.SubFactory(OrgUnitFactory)
    period = factory.LazyFunction(lambda: year_of(OrgUnitFactory()))
    due_on = DUE


def morning(day: date, hour: int = 8) -> datetime:
    """Return the instant at which the body's clocks show that hour of `day`."""
    return datetime.combine(day, time(hour), tzinfo=ZONE).astimezone(UTC)


def round_of(desk: Desk, unit: OrgUnit | None = None, *, due_on: date = DUE) -> ReportRound:
    """Return the round of March of the commune, or of `unit`, that is due on `due_on`."""
    unit = unit or desk.body.commune
    return ReportRound.objects.get(unit=unit, period=desk.months[2], due_on=due_on)


def clock_of(round_: ReportRound, kind: str = "report") -> CaseClock:
    """Return the one clock of a kind that a round has."""
    return CaseClock.objects.get(round=round_, kind=kind)


def owed_in(round_: ReportRound) -> list[ReportingDuty]:
    """Return the duties of a round, by their targets."""
    return list(round_.duties.order_by("target__code", "pk"))
