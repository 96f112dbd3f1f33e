"""Very many waiting things at once: copies of a few true ones, made by the database itself."""

from datetime import date

from django.db import connection, models

from commitments.enums import ClockKind
from commitments.models import BacklogCase, CaseClock
from tests.factories.clocks import Scene, start
from tests.factories.units import START, OrgUnitFactory
from units.enums import Tree, UnitKind
from units.models import Appointment, OrgEdge, OrgUnit, OrgUnitVersion, Position, User

NUMBERS = (
    "WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {upto}) "
)


def copy(model: type[models.Model], source: str, **instead: str) -> int:
    """Insert one row of `model` for each row that `source` gives; return how many.

    `source`: what follows FROM, in which the row that is copied is called `t`. `instead`: columns
    that differ, as SQL. Names and texts are ours alone: nothing from outside comes here.
    """
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = [instead.get(column, f't."{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(values)} FROM {source}"
        )
        return cursor.rowcount


def make_crowd(
    scene: Scene, *, size: int, due_on: date = date(2024, 3, 13), units: int = 10
) -> CaseClock:
    """Let `size` backlog cases of `units` communes wait, each with its clock; return one clock.

    Every commune has a head in office, who is waited for. All clocks are due at the same instant.
    """
    units = min(units, size)
    unit = OrgUnitFactory(under=scene.district)
    case = scene.case(assigned=True, unit=unit, original_due_on=due_on)
    clock = start(case, due_on=due_on, kind=ClockKind.CASE)
    _add_heads(scene, units - 1, prefix=f"{case.ref}-of")
    each = size // units
    _copy_case(case, size - each * (units - 1) - 1, of=f"p.id = {case.office_id}")
    _copy_case(case, each, of=f"p.ref LIKE '{case.ref}-of-%'")
    copy(
        CaseClock,
        f"(SELECT * FROM {CaseClock._meta.db_table} WHERE id = {clock.pk}) t, "
        f"{BacklogCase._meta.db_table} c WHERE c.source_ref = '{case.ref}'",
        case_id="c.id",
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return clock


def _add_heads(scene: Scene, count: int, *, prefix: str) -> None:
    """Let there be `count` more communes under the district, each with a head of its own."""
    names = [f"{prefix}-{place}" for place in range(count)]
    units = OrgUnit.objects.bulk_create(
        OrgUnit(ref=name, kind=UnitKind.COMMUNE, valid_from=START) for name in names
    )
    OrgUnitVersion.objects.bulk_create(
        OrgUnitVersion(unit=unit, name_vi=f"Xã {unit.ref}", valid_from=START) for unit in units
    )
    OrgEdge.objects.bulk_create(
        OrgEdge(parent=scene.district, child=unit, tree=Tree.ADMIN, valid_from=START)
        for unit in units
    )
    offices = Position.objects.bulk_create(
        Position(
            ref=unit.ref,
            unit=unit,
            title_vi="Chủ tịch",
            title_en="Chair",
            tree=Tree.ADMIN,
            is_head=True,
            valid_from=START,
        )
        for unit in units
    )
    people = User.objects.bulk_create(
        User(
            username=name,
            full_name=f"Người {name}",
            language="en",
            email=f"{name}@example.org",
            password="!",
        )
        for name in names
    )
    Appointment.objects.bulk_create(
        Appointment(ref=person.username, person=person, position=office, valid_from=START)
        for person, office in zip(people, offices, strict=True)
    )


def _copy_case(case: BacklogCase, copies: int, *, of: str) -> None:
    """Copy `case` so often for each office that `of` names."""
    if copies < 1:
        return
    copy(
        BacklogCase,
        f"(SELECT * FROM {BacklogCase._meta.db_table} WHERE id = {case.pk}) t, "
        f"({NUMBERS.format(upto=copies)} SELECT i FROM numbers) n, "
        f"{Position._meta.db_table} p WHERE {of}",
        unit_id="p.unit_id",
        office_id="p.id",
        ref="t.ref || '-' || p.id || '-' || n.i",
        number="t.number || '-' || p.id || '-' || n.i",
        source_ref="t.ref",
    )
