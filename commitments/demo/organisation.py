"""The demonstration district built by the ordinary acts: units, people, offices, roles, calendar."""

from dataclasses import dataclass, field
from datetime import datetime

from commitments.demo import ceremony
from commitments.demo.district import BEGINNING, CLOSED_2024, OPEN_2024, PASSWORD, UNITS
from commitments.demo.offices import ACTING, NO_ROLE, OFFICES, ROLES
from units.actions import appointments, calendars, organisation, people
from units.enums import AppointmentMode, DayKind, Provenance, Role, Tree
from units.models import OrgUnit, Position, User

WRONG_ADDRESSES = {"cau": "cau@trung-tam.invalid"}  # no mail server takes a letter for her
SECOND = ("tram2", "Tôn Thị Trâm")  # a second administrator: nobody grants a role to oneself


@dataclass
class District:
    """What was built, by reference and user name."""

    founder: User
    units: dict[str, OrgUnit] = field(default_factory=dict)
    offices: dict[str, Position] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)


def build(*, at: datetime) -> District:
    """Build everything that the year needs; the founder is the installation's first administrator."""
    founder = people.make_first_administrator(
        username="sang-lap", full_name="Quản trị khởi tạo", password=PASSWORD, at=at
    )
    User.objects.filter(pk=founder.pk).update(provenance=Provenance.SYNTHETIC)
    district = District(founder)
    for unit in UNITS:
        district.units[unit.ref] = organisation.create_unit(
            ref=unit.ref,
            kind=unit.kind,
            name_vi=unit.name_vi,
            name_en=unit.name_en,
            official_code=unit.code,
            code_system=unit.code_system,
            valid_from=unit.valid_from,
            under={tree: district.units[ref].pk for tree, ref in unit.under.items()},
            provenance=unit.provenance,
            source_ref=unit.source,
            by=founder,
            at=at,
        )
    for office in OFFICES:
        made = organisation.create_position(
            ref=office.ref,
            unit_id=district.units[office.unit].pk,
            title_vi=office.title_vi,
            title_en=office.title_en,
            tree=office.tree,
            is_head=office.is_head,
            valid_from=BEGINNING,
            provenance=Provenance.SYNTHETIC,
            by=founder,
            at=at,
        )
        district.offices[office.ref] = made
        appointments.appoint(
            person_id=person(district, *office.holder, at=at).pk,
            position_id=made.pk,
            valid_from=BEGINNING,
            provenance=Provenance.SYNTHETIC,
            by=founder,
            at=at,
        )
        if office.watches:
            for tree, root in ((Tree.ADMIN, "bx"), (Tree.PARTY, "bx-hu")):
                appointments.add_oversight(
                    position_id=made.pk,
                    unit_id=district.units[root].pk,
                    level=office.watches,
                    tree=tree,
                    valid_from=BEGINNING,
                    by=founder,
                    at=at,
                )
    _grant(district, at=at)
    _keep_calendar(district, at=at)
    return district


def person(district: District, username: str, full_name: str, *, at: datetime) -> User:
    """Return the person, made at the first call: with the known password and an authenticator.

    The password is hashed once for all: fifty hashes, made slow on purpose, would take seconds.
    """
    if username not in district.people:
        made = people.create_person(
            username=username,
            full_name=full_name,
            email=WRONG_ADDRESSES.get(username, f"{username}@binh-xuyen.example"),
            invited=True,
            provenance=Provenance.SYNTHETIC,
            by=district.founder,
            at=at,
        ).person
        made.password = district.founder.password
        made.save(update_fields=["password"])
        ceremony.enrol(made)
        district.people[username] = made
    return district.people[username]


def _grant(district: District, *, at: datetime) -> None:
    for username, full_name, role, units in ROLES:
        for root in units or (None,):
            people.grant_role(
                person_id=person(district, username, full_name, at=at).pk,
                role=role,
                unit_id=district.units[root].pk if root else None,
                valid_from=BEGINNING,
                by=district.founder,
                at=at,
            )
    person(district, *NO_ROLE, at=at)
    person(district, *ACTING[1], at=at)


def _keep_calendar(district: District, *, at: datetime) -> None:
    """Propose and approve the days of 2024, by two administrators."""
    second = person(district, *SECOND, at=at)
    people.grant_role(
        person_id=second.pk,
        role=Role.ADMINISTRATOR,
        unit_id=None,
        valid_from=BEGINNING,
        by=district.founder,
        at=at,
    )
    days = [(day, label, DayKind.CLOSED) for day, label in CLOSED_2024]
    days += [(day, label, DayKind.OPEN) for day, label in OPEN_2024]
    for day, label, kind in days:
        proposed = calendars.propose_day(
            day=day, kind=kind, label=label, source="minh họa", by=district.founder, at=at
        )
        calendars.approve_day(day_id=proposed.pk, by=second, at=at)


def appoint_acting(district: District, *, at: datetime) -> None:
    """Give the Farmers' Union its acting head, whose decision is shown when signing."""
    office, (username, full_name), valid_from, valid_to, decision = ACTING
    appointments.appoint(
        person_id=person(district, username, full_name, at=at).pk,
        position_id=district.offices[office].pk,
        mode=AppointmentMode.ACTING,
        acting_reason="absence",
        valid_from=valid_from,
        valid_to=valid_to,
        decision_number=decision,
        decision_on=valid_from,
        provenance=Provenance.SYNTHETIC,
        by=district.founder,
        at=at,
    )
