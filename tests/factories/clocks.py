"""A unit that is waited for, with everybody who watches it, and clocks that run on it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from commitments.actions import cases
from commitments.enums import ClockKind
from commitments.models import BacklogCase, CaseClock, CommitmentVersion, StepFired
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.commitments_versions import CommitmentFactory, CommitmentVersionFactory
from tests.factories.units import (
    AppointmentFactory,
    OrgUnitFactory,
    OversightFactory,
    PositionFactory,
    RoleGrantFactory,
    WorkingCalendarFactory,
)
from units.models import OrgUnit, User
from units.permissions import holder_at

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TET = [date(2024, 1, 1), *(date(2024, 2, day) for day in range(8, 15))]  # closed in 2024
MAY = [date(2024, 4, 18), date(2024, 4, 29), date(2024, 4, 30), date(2024, 5, 1)]
SWAP = [date(2024, 5, 4)]  # a Saturday worked in exchange


def local(day: date, hour: int = 8, minute: int = 0) -> datetime:
    """Return the instant at which the body's clocks show that hour of `day`."""
    return datetime.combine(day, time(hour, minute), tzinfo=ZONE).astimezone(UTC)


@dataclass
class Scene:
    """A district, one of its communes, and who holds which office there."""

    district: OrgUnit
    commune: OrgUnit
    supervisor: User
    leader: User
    committee: User
    planner: User

    def version(self, *, elsewhere: bool = False, **traits) -> CommitmentVersion:
        """Make a version of the commune's commitment; by default issued, one undertaker.

        `elsewhere`: of another commune of the district. `in_order`: undertakers sign in order.
        """
        unit = OrgUnitFactory(under=self.district) if elsewhere else self.commune
        commitment = CommitmentFactory(
            assigner_unit=self.district, unit=unit, in_order=traits.pop("in_order", False)
        )
        return CommitmentVersionFactory(commitment=commitment, **(traits or {"issued": True}))

    def case(self, **traits) -> BacklogCase:
        """Make a backlog case of the commune, assigned by the district; by default assigned."""
        places = {"unit": self.commune, "assigner_unit": self.district}
        return BacklogCaseFactory(**(places | (traits or {"assigned": True})))


def make_scene(*, supervisor_by_role: bool = False, standing_committee: bool = True) -> Scene:
    """Build the scene with the body's calendar of 2024. Watching offices stand in the district."""
    WorkingCalendarFactory(closed=TET + MAY, opened=SWAP)
    district = OrgUnitFactory(district=True, name="Huyện A", name__en="District A")
    commune = OrgUnitFactory(name="Xã B", name__en="Commune B", under=district)
    watching = {}
    for level, name in (
        ("supervisor", "Supervisor"),
        ("leader_in_charge", "Leader in charge"),
        ("standing_committee", "Standing committee"),
    ):
        office = PositionFactory(unit=district, title_vi=name, title_en=name)
        watching[level] = AppointmentFactory(position=office).person
        if (level == "supervisor" and supervisor_by_role) or (
            level == "standing_committee" and not standing_committee
        ):
            continue
        OversightFactory(position=office, unit=district, level=level)
    if supervisor_by_role:
        RoleGrantFactory(person=watching["supervisor"], role="supervisor", unit=district)
    planner = RoleGrantFactory(role="planner", unit=district).person
    return Scene(
        district,
        commune,
        watching["supervisor"],
        watching["leader_in_charge"],
        watching["standing_committee"],
        planner,
    )


def start(
    subject: CommitmentVersion | BacklogCase,
    *,
    due_on: date | None = date(2024, 1, 31),
    at: datetime | None = None,
    kind: ClockKind = ClockKind.SIGN,
) -> CaseClock:
    """Start a clock through the action; by default on 2 January 2024 at nine."""
    with transaction.atomic():
        return cases.start(
            subject=subject, kind=kind, at=at or local(date(2024, 1, 2), 9), due_on=due_on
        )


def head_of(version: CommitmentVersion, *, at: datetime) -> User:
    """Return who holds the first undertaker's office."""
    holder = holder_at(version.first_undertaker_id, at=at)
    assert holder is not None
    return holder.person


def decisions(clock: CaseClock) -> list[tuple]:
    """Return (decision, level, repeat, day, who) of every step of `clock`, in order."""
    return [
        (
            row.decision,
            row.level,
            row.repeat,
            row.decided_at.astimezone(ZONE).date(),
            [one["person"] for one in row.addressees],
        )
        for row in StepFired.objects.filter(clock=clock).order_by("decided_at", "level", "repeat")
    ]


def sweep_days(first: date, last: date, *, hour: int = 8) -> None:
    """Sweep once on every day from `first` to `last`, at `hour`."""
    day = first
    while day <= last:
        cases.sweep(at=local(day, hour))
        day += timedelta(days=1)
