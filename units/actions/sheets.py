"""Units, offices, people and appointments as they are, in rows like those of their workbook."""

from datetime import date, datetime

from units import clock
from units.enums import AppointmentMode, UserKind
from units.models import Appointment, OrgEdge, OrgUnit, Position, User
from units.rules import imports as rules
from units.rules.organisation import Edge
from units.rules.refs import tidy
from units.rules.sheets import Row


def take(*, by: User, at: datetime) -> rules.Known:
    """Return units, offices, people and appointments in rows like those of the sheets."""
    today = clock.local_date(at)
    units = list(OrgUnit.objects.prefetch_related("versions", "edges_up__parent").order_by("pk"))
    offices = list(Position.objects.select_related("unit").order_by("unit_id", "rank", "pk"))
    staff = list(User.objects.people().order_by("username"))
    held = list(
        Appointment.objects.exclude(mode=AppointmentMode.DELEGATE)
        .select_related("person", "position")
        .order_by("position__unit_id", "position_id", "valid_from")
    )
    lines: dict[str, list[Edge]] = {}
    for row in OrgEdge.objects.all():
        edge = Edge(row.parent_id, row.child_id, row.valid_from, row.valid_to)
        lines.setdefault(row.tree, []).append(edge)
    ends = {unit.ref: unit.valid_to for unit in units if unit.valid_to is not None}
    rows = {unit.ref: _unit_row(unit, today) for unit in units}
    holdings = {_held(row): row for row in held}
    return rules.Known(
        today=today,
        present={
            "units": rows,
            "offices": {
                row.ref: _office_row(row)
                for row in offices
                if row.valid_to is None or row.valid_to > today
            },
            "people": {person.username: _person_row(person) for person in staff},
        },
        offices={
            row.ref: rules.Office(
                row.unit.ref, row.tree, row.is_head, row.valid_from, rules.last_on(row.valid_to)
            )
            for row in offices
        },
        held=list(holdings),
        decisions={
            key: {
                "decision_number": tidy(row.decision_number),
                "decision_on": row.decision_on,
                "acting_reason": row.acting_reason,
            }
            for key, row in holdings.items()
        },
        lines=lines,
        numbers={unit.ref: unit.pk for unit in units},
        begun={unit.ref: unit.valid_from for unit in units},
        ended=ends,
        codes={
            (row["code_system"], row["official_code"]): ref
            for ref, row in rows.items()
            if row["official_code"] and ref not in ends
        },
        numbers_of_staff={row.personnel_no: row.username for row in staff if row.personnel_no},
        oneself=by.username,
        machines=frozenset(
            User.objects.exclude(kind=UserKind.HUMAN).values_list("username", flat=True)
        ),
    )


def _unit_row(unit: OrgUnit, today: date) -> Row:
    version = unit.version_on(today)
    superiors = {
        edge.tree: edge.parent.ref
        for edge in unit.edges_up.all()
        if edge.valid_from <= today and (edge.valid_to is None or edge.valid_to > today)
    }
    return {
        "ref": unit.ref,
        "kind": unit.kind,
        **{
            name: tidy(getattr(version, name)) if version else ""
            for name in ("name_vi", "name_en", "short_name", "official_code", "code_system")
        },
        **{column: superiors.get(tree, "") for tree, column in rules.SUPERIORS.items()},
        "valid_from": unit.valid_from,
    }


def _office_row(row: Position) -> Row:
    return {
        "ref": row.ref,
        "unit": row.unit.ref,
        "title_vi": tidy(row.title_vi),
        "title_en": tidy(row.title_en),
        "tree": row.tree,
        "is_head": row.is_head,
        "valid_from": row.valid_from,
    }


def _person_row(person: User) -> Row:
    names = ("username", "full_name", "email", "phone", "personnel_no", "language")
    return {name: tidy(getattr(person, name)) for name in names}


def _held(row: Appointment) -> rules.Held:
    return rules.Held(
        row.person.username,
        row.position.ref,
        row.mode,
        row.valid_from,
        rules.last_on(row.valid_to),
    )
