"""P7: the first page of the queue, however many commitments stand behind it, against its SQL alone."""

import resource
import statistics
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments.enums import PeriodKind, PeriodState, VersionState
from commitments.models import Commitment, CommitmentVersion, Document, Period
from tests.benchmarks.measuring import Pair, Result, by_turns, exponent
from tests.factories.body import enrol
from tests.factories.units import (
    AppointmentFactory,
    OrgUnitFactory,
    PositionFactory,
    RoleGrantFactory,
    UserFactory,
)
from units.enums import Role, Tree
from units.models import Appointment, OrgEdge, OrgUnit, OrgUnitVersion, Position, User

TITLE = "first page of the queue, and its SQL alone"
SIZES = {"small": (10, 1_000, 10_000), "full": (10, 10_000, 100_000, 1_000_000)}
UNITS = 1_000  # at most; more commitments are those of further years
BATCH = 2_000
THEN = datetime(2024, 2, 2, 2, 0, tzinfo=UTC)
STATES = (  # of ten commitments in a row
    *[VersionState.IN_FORCE] * 6,
    *[VersionState.ISSUED] * 2,
    VersionState.SIGNED,
    VersionState.SETTLED,
)


class Scene:
    """A district with its supervisor; `grow` adds units and commitments."""

    def __init__(self) -> None:
        self.district = OrgUnitFactory(district=True)
        self.office = PositionFactory(unit=self.district, party_head=True)
        AppointmentFactory(position=self.office)
        self.supervisor: User = UserFactory()
        enrol(self.supervisor)  # whoever has no second factor is led to it first
        RoleGrantFactory(person=self.supervisor, role=Role.SUPERVISOR, unit=self.district)
        self.holder: User = UserFactory()
        self.heads: list[Position] = []
        self.years: list[Period] = []
        self.size = 0

    def grow(self, size: int) -> None:
        """Let there be `size` commitments."""
        self._add_units(min(size, UNITS) - len(self.heads))
        while self.size < size:
            places = range(self.size, min(size, self.size + BATCH))
            self._add_commitments(places)
            self.size = places[-1] + 1
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _add_units(self, count: int) -> None:
        first, since = len(self.heads), date(2020, 1, 1)
        units = OrgUnit.objects.bulk_create(
            OrgUnit(ref=f"many-{n}", kind="commune", valid_from=since)
            for n in range(first, first + count)
        )
        OrgUnitVersion.objects.bulk_create(
            OrgUnitVersion(unit=unit, name_vi=f"Xã {unit.ref}", valid_from=since) for unit in units
        )
        OrgEdge.objects.bulk_create(
            OrgEdge(parent=self.district, child=unit, tree=Tree.ADMIN, valid_from=since)
            for unit in units
        )
        heads = Position.objects.bulk_create(
            Position(
                ref=f"head-of-{unit.ref}",
                unit=unit,
                title_vi="Chủ tịch",
                tree=Tree.ADMIN,
                is_head=True,
                valid_from=since,
            )
            for unit in units
        )
        Appointment.objects.bulk_create(
            Appointment(ref=f"ap-{head.ref}", person=self.holder, position=head, valid_from=since)
            for head in heads
        )
        self.heads += heads

    def _year(self, n: int) -> Period:
        while len(self.years) <= n:
            year = 2024 - len(self.years)
            self.years.append(
                Period.objects.create(
                    code=str(year),
                    kind=PeriodKind.YEAR,
                    owner=self.district,
                    name_vi=f"Năm {year}",
                    starts_on=date(year, 1, 1),
                    ends_on=date(year, 12, 31),
                    state=PeriodState.OPEN,
                )
            )
        return self.years[n]

    def _add_commitments(self, places: range) -> None:
        documents = Document.objects.bulk_create(
            Document(
                uuid=uuid.uuid4(),
                code=f"{place:017}",
                content="{}",
                content_sha256="0" * 64,
                terms_sha256="0" * 64,
                language="vi",
                created_at=THEN,
            )
            for place in places
        )
        commitments = Commitment.objects.bulk_create(
            Commitment(
                ref=f"many-{place}",
                number=f"{place}/CK",
                period=self._year(place // UNITS),
                assigner_unit=self.district,
                unit_id=self.heads[place % UNITS].unit_id,
            )
            for place in places
        )
        CommitmentVersion.objects.bulk_create(
            _version(commitment, document, place, head=self.heads[place % UNITS], by=self.office)
            for commitment, document, place in zip(commitments, documents, places, strict=True)
        )


def _version(commitment, document, place: int, *, head: Position, by: Position):
    state = STATES[place % len(STATES)]
    done = state in {VersionState.IN_FORCE, VersionState.SETTLED}
    return CommitmentVersion(
        commitment=commitment,
        n=1,
        state=state,
        first_undertaker=head,
        assigner=by,
        sign_by=date(2024, 2, 20) + timedelta(days=place % 300),
        document=document,
        issued_at=THEN,
        signed_at=THEN if done or state == VersionState.SIGNED else None,
        in_force_at=THEN if done else None,
        settled_at=THEN if state == VersionState.SETTLED else None,
    )


def measure(*, sizes: Sequence[int], rounds: int) -> Result:
    """Grow one body through `sizes`; at each, measure the page beside the SQL that it asks."""
    scene, result, costs, numbers = Scene(), Result("P7", TITLE), [], []
    client = Client(headers={"Accept-Language": "en", "Host": "localhost"})
    client.force_login(scene.supervisor)
    client.get("/queue/")  # what a process does once
    for size in sizes:
        scene.grow(size)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get("/queue/")
        assert answer.status_code == 200
        asked = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
        numbers.append(len(asked))  # a login also notes, once a minute, that it was used
        floor, ours = by_turns(
            lambda asked=asked: _ask(asked), lambda: client.get("/queue/"), rounds=rounds
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        result.pairs.append(Pair(f"{size:,} commitments", "ms", floor, ours, peak))
        costs.append(statistics.median(ours))
    result.exponent = exponent(sizes, costs)
    same = len(set(numbers)) == 1
    result.notes += [
        (
            f"Queries of the page at each size: {', '.join(map(str, numbers))}"
            f"{'' if same else ' (a defect: they differ)'}."
        ),
        (
            f"Page at {sizes[-1]:,} against page at {sizes[1]:,}: {costs[-1] / costs[1]:.2f} "
            "(goal at 1,000,000 against 10,000: at most 1.5). Goal against the SQL alone: at most 4."
        ),
    ]
    return result


def _ask(statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            cursor.fetchall()
