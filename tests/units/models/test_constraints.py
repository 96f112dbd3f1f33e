"""What the database itself refuses of units, offices, people, roles, calendars, tokens and entries."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.apps import apps
from django.db import transaction

from tests.constraints import again, change, refused
from tests.factories.register import entries, publication, touch, unsigned
from tests.factories.units import (
    START,
    ApiTokenFactory,
    AppointmentFactory,
    CalendarDayFactory,
    OrgEdgeFactory,
    OrgUnitFactory,
    OversightFactory,
    PositionFactory,
    RoleGrantFactory,
    UserFactory,
    WorkingCalendarFactory,
)
from units.actions import register
from units.models import (
    DemonstrationClock,
    FactorReset,
    FeedKept,
    IdempotencyRecord,
    Invitation,
    OrganisationImport,
    RegisterEpoch,
    RegisterLink,
    RegisterPrivate,
    RegisterReach,
    RegisterVerification,
    Restoration,
)
from units.origin import Origin, acting_from

pytestmark = pytest.mark.django_db
AT = datetime(2024, 2, 2, 2, 0, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
YEAR = timedelta(days=365)
LATER = date(2024, 1, 1)


def changed(factory, /, *, by=None, **traits):
    """Return a builder: a row of `factory`, and the function that changes it as `by` says."""

    def rows():
        row = factory(**traits)
        return lambda: change(row, **(by(row) if callable(by) else by))

    return rows


def repeated(factory, /, *, by=None, **traits):
    """Return a builder: a row of `factory`, and the function that writes it again as `by` says."""

    def rows():
        row = factory(**traits)
        return lambda: again(row, **(by(row) if callable(by) else by or {}))

    return rows


def new_ref(row):
    return {"ref": f"{row.ref}-2"}


def version(**traits):
    return OrgUnitFactory(**traits).versions.get()


def nameless():
    unit = OrgUnitFactory()
    unit.versions.all().delete()
    return unit


def workbook(**changes):
    fields = {"file_name": "people.xlsx", "content": b"PK", "size": 2, "sha256": "0" * 64}
    fields |= {"uploaded_by": UserFactory(), "uploaded_at": AT, "ref": uuid.uuid4()}
    return OrganisationImport.objects.create(**(fields | changes))


def invitation(**changes):
    person, by = UserFactory(), UserFactory()
    told = {"sent_to": "a@example.org", "invited_at": AT, "expires_at": AT + DAY}
    return Invitation.objects.create(
        uuid=uuid.uuid4(), person=person, invited_by=by, **(told | changes)
    )


def factor_reset(**changes):
    told = {"reason": "lost", "asked_at": AT, "expires_at": AT + DAY} | changes
    return FactorReset.objects.create(person=UserFactory(), asked_by=UserFactory(), **told)


def confirmed(**changes):
    return factor_reset(confirmed_by=UserFactory(), confirmed_at=AT, **changes)


def vouched():
    return UserFactory(password_given_by=UserFactory(), password_vouched_by=UserFactory())


def entry(**changes):
    told = {"kind": "unit.rename", "subject": "unit/a", "subject_version": 1, "by": None, "at": AT}
    with transaction.atomic():
        return register.append(reach=[OrgUnitFactory()], **(told | changes))


def reach():
    return RegisterReach.objects.filter(entry=entry()).first()


def private():
    with acting_from(Origin(ip="192.0.2.7")):
        return RegisterPrivate.objects.get(entry=entry())


def epoch():
    entries(1)
    return RegisterEpoch.objects.get()


def link():
    entries(1)
    return RegisterLink.objects.get()


def next_link(**changes):
    """Return what stands behind `link()` in the chain, with `changes`."""
    told = {"seq": 2, "prev_hash": b"p" * 32, "leaf_hash": b"f" * 32, "link_hash": b"l" * 32}
    return lambda _row: {"entry": entry()} | told | changes


def checkpoint():
    entries(1)
    return unsigned()


def next_checkpoint(**changes):
    """Return what follows `checkpoint()`, with `changes`."""
    return {"number": 2, "first_seq": 2, "last_seq": 2, "previous": "2" * 64} | changes


def answer(**changes):
    entries(1)
    return publication(**changes)


def verification():
    return RegisterVerification.objects.create(started_at=AT, ended_at=AT, entries=0, exposed=0)


def kept(**changes):
    fields = {"key": "k" * 16, "method": "POST", "path": "/", "fingerprint": "0" * 64}
    fields |= {"status": 201, "expires_at": AT}
    return IdempotencyRecord.objects.create(holder=UserFactory(), **(fields | changes))


def put_back():
    return Restoration.objects.create(put_back_at=AT, backup_made_at=AT, backup_seq=0)


def empty(row):
    return {"valid_to": row.valid_from}


def one_day(row):
    return {"valid_to": row.valid_from + DAY}


RANGES = {
    "orgunit_range_not_empty": OrgUnitFactory,
    "orgunitversion_range_not_empty": version,
    "orgedge_range_not_empty": OrgEdgeFactory,
    "position_range_not_empty": PositionFactory,
    "appointment_range_not_empty": AppointmentFactory,
    "oversight_range_not_empty": OversightFactory,
    "rolegrant_range_not_empty": RoleGrantFactory,
}
REFUSED = [
    *[(name, changed(factory, by=empty)) for name, factory in RANGES.items()],
    ("feedline_once", repeated(lambda: touch().line)),
    ("feedtouch_once", repeated(touch)),
    ("feedkept_is_one_row", lambda: lambda: FeedKept.objects.create(pk=2)),
    ("feedkept_forgets_what_was_kept", lambda: lambda: FeedKept.objects.create(pk=1, floor=1)),
    ("idempotency_key_has_one_answer_per_holder", repeated(kept)),
    ("idempotency_key_has_16_to_64_signs", changed(kept, by={"key": "k" * 15})),
    *[
        ("idempotency_keeps_effects_and_lasting_refusals", changed(kept, by={"status": status}))
        for status in (199, 300, 400, 401, 403, 404, 408, 410, 428, 429, 500, 503)
    ],
    ("restoration_knows_its_backup_or_not", changed(put_back, by={"backup_seq": None})),
    ("restoration_comes_after_its_backup", changed(put_back, by={"put_back_at": AT - SECOND})),
    ("orgunit_sourced_has_ref", changed(OrgUnitFactory, by={"provenance": "sourced"})),
    ("orgunit_sourced_has_ref", changed(OrgUnitFactory, by={"provenance": "derived"})),
    ("orgunitversion_one_open", repeated(version, by={"valid_from": LATER})),
    (
        "orgunitversion_code_one_open_holder",
        repeated(version, name__code="08950", by=lambda row: {"unit": nameless()}),
    ),
    ("orgedge_not_to_itself", changed(OrgEdgeFactory, by=lambda row: {"parent": row.child})),
    (
        "orgedge_one_open_parent",
        repeated(OrgEdgeFactory, by=lambda row: {"parent": OrgUnitFactory()}),
    ),
    ("position_one_open_head", repeated(PositionFactory, head=True, by=new_ref)),
    ("appointment_one_open_titular", repeated(AppointmentFactory, by=new_ref)),
    ("appointment_one_open_acting", repeated(AppointmentFactory, acting=True, by=new_ref)),
    (
        "appointment_acting_has_reason",
        changed(AppointmentFactory, acting=True, by={"acting_reason": ""}),
    ),
    ("appointment_acting_has_reason", changed(AppointmentFactory, by={"acting_reason": "vacant"})),
    *[
        ("appointment_delegate_is_bounded", changed(AppointmentFactory, delegate=True, by=missing))
        for missing in ({"valid_to": None}, {"decision_number": ""}, {"form": ""}, {"scope": []})
    ],
    ("oversight_one_open", repeated(OversightFactory)),
    (
        "user_machine_has_no_personnel_no",
        changed(UserFactory, machine=True, by={"personnel_no": "7"}),
    ),
    (
        "user_personnel_no_once",
        repeated(UserFactory, personnel_no="7", by={"username": "somebody-else"}),
    ),
    (
        "user_password_takes_two_administrators",
        changed(vouched, by=lambda row: {"password_vouched_by": row.password_given_by}),
    ),
    (
        "user_password_takes_two_administrators",
        changed(vouched, by=lambda row: {"password_vouched_by": row}),
    ),
    ("user_password_takes_two_administrators", changed(vouched, by={"password_given_by": None})),
    (
        "rolegrant_not_by_itself",
        changed(RoleGrantFactory, by=lambda row: {"granted_by": row.person}),
    ),
    ("rolegrant_one_open_everywhere", repeated(RoleGrantFactory)),
    (
        "workingcalendar_mask_has_an_open_day",
        changed(WorkingCalendarFactory, by={"week_mask": "0000000"}),
    ),
    ("calendarday_once", repeated(CalendarDayFactory)),
    (
        "demonstrationclock_is_one_row",
        lambda: lambda: DemonstrationClock.objects.create(id=2, offset_seconds=0),
    ),
    (
        "token_expires_within_a_year",
        changed(ApiTokenFactory, by=lambda row: {"expires_at": row.created_at}),
    ),
    (
        "token_expires_within_a_year",
        changed(ApiTokenFactory, by=lambda row: {"expires_at": row.created_at + YEAR + SECOND}),
    ),
    ("organisationimport_one_waiting", repeated(workbook, by={"ref": uuid.uuid4()})),
    ("organisationimport_kept_while_waiting", changed(workbook, by={"content": None})),
    (
        "organisationimport_ended_has_time",
        changed(workbook, by={"state": "dropped", "content": None}),
    ),
    ("invitation_one_open", repeated(invitation)),
    ("invitation_expires", changed(invitation, by={"expires_at": AT})),
    ("invitation_used_or_revoked", changed(invitation, by={"used_at": AT, "revoked_at": AT})),
    ("invitation_not_by_itself", changed(invitation, by=lambda row: {"invited_by": row.person})),
    ("factorreset_one_open", repeated(factor_reset)),
    ("factorreset_has_reason", changed(factor_reset, by={"reason": ""})),
    ("factorreset_expires", changed(factor_reset, by={"expires_at": AT})),
    ("factorreset_confirmed_together", changed(confirmed, by={"confirmed_at": None})),
    ("factorreset_confirmed_together", changed(factor_reset, by={"confirmed_at": AT})),
    ("factorreset_confirmed_together", changed(confirmed, by={"withdrawn_at": AT})),
    *[
        ("factorreset_takes_two_administrators", changed(confirmed, by=one))
        for one in (
            lambda row: {"asked_by": row.person},
            lambda row: {"confirmed_by": row.asked_by},
            lambda row: {"confirmed_by": row.person},
        )
    ],
    ("registerentry_subject_version_once", repeated(entry)),
    ("registerreach_once", repeated(reach)),
    ("registerprivate_once", repeated(private)),
    ("registerepoch_counts_from_one", repeated(epoch, by={"number": 0})),
    ("registerepoch_counts_from_one", repeated(epoch, by={"number": 2, "after_seq": -1})),
    (
        "registerlink_follows_one",
        repeated(link, by=lambda row: next_link(prev_hash=row.prev_hash)(row)),
    ),
    (
        "registerlink_hash_once",
        repeated(link, by=lambda row: next_link(link_hash=row.link_hash)(row)),
    ),
    *[
        ("registerlink_hashes_have_32_bytes", repeated(link, by=next_link(**{name: b"x" * 31})))
        for name in ("leaf_hash", "prev_hash", "link_hash")
    ],
    ("registercheckpoint_number_once", repeated(checkpoint, by=next_checkpoint(number=1))),
    (
        "registercheckpoint_follows_one",
        repeated(checkpoint, by=lambda row: next_checkpoint(previous=row.previous)),
    ),
    (
        "registercheckpoint_covers_once",
        repeated(checkpoint, by=next_checkpoint(first_seq=1, last_seq=1)),
    ),
    *[
        ("registercheckpoint_covers_something", repeated(checkpoint, by=next_checkpoint(**one)))
        for one in ({"first_seq": 0}, {"first_seq": 3}, {"number": 0})
    ],
    ("registerpublication_done_once", repeated(answer)),
    (
        "registerverification_ends_after_it_starts",
        changed(verification, by={"ended_at": AT - SECOND}),
    ),
]


def granted_over_a_unit():
    return RoleGrantFactory(unit=OrgUnitFactory())


REFUSED += [("rolegrant_one_open", repeated(granted_over_a_unit))]
ENDED = {"valid_from": START - YEAR, "valid_to": START}
TAKEN = [
    *[changed(factory, by=one_day) for factory in RANGES.values()],
    changed(OrgUnitFactory, by={"provenance": "sourced", "source_ref": "Nghị quyết 1"}),
    changed(OrgUnitFactory, by={"provenance": "synthetic"}),
    repeated(version, by=ENDED),
    repeated(version, name__code="1", by=lambda row: ENDED | {"unit": OrgUnitFactory()}),
    repeated(OrgEdgeFactory, by={"tree": "party"}),
    repeated(OrgEdgeFactory, by=ENDED),
    repeated(PositionFactory, head=True, by=lambda row: new_ref(row) | {"tree": "party"}),
    repeated(PositionFactory, by=new_ref),
    repeated(AppointmentFactory, by=lambda row: new_ref(row) | ENDED),
    repeated(
        AppointmentFactory,
        by=lambda row: new_ref(row) | {"mode": "acting", "acting_reason": "absence"},
    ),
    repeated(AppointmentFactory, delegate=True, by=new_ref),
    repeated(OversightFactory, by={"level": "leader_in_charge"}),
    repeated(UserFactory, by={"username": "somebody-else"}),
    vouched,
    repeated(RoleGrantFactory, by={"role": "verifier"}),
    repeated(RoleGrantFactory, by=lambda row: {"unit": OrgUnitFactory()}),
    repeated(granted_over_a_unit, by=ENDED),
    changed(WorkingCalendarFactory, by={"week_mask": "0000001"}),
    changed(ApiTokenFactory, by=lambda row: {"expires_at": row.created_at + YEAR}),
    changed(ApiTokenFactory, by=lambda row: {"expires_at": row.created_at + SECOND}),
    lambda: lambda: DemonstrationClock.objects.create(offset_seconds=-1.5),
    repeated(invitation, used_at=AT),
    confirmed,
    repeated(confirmed),
    repeated(entry, subject_version=None),
    repeated(entry, by={"subject_version": 2}),
    repeated(epoch, by={"number": 2}),
    repeated(link, by=next_link()),
    repeated(checkpoint, by=next_checkpoint()),
    repeated(checkpoint, by=next_checkpoint(last_seq=3)),
    repeated(answer, ok=False),
    repeated(answer, ok=False, by={"ok": True}),
    changed(verification, by={"ended_at": AT + SECOND}),
    repeated(kept, by={"key": "k" * 17}),
    repeated(kept, by=lambda row: {"holder": UserFactory()}),
    changed(kept, by={"key": "k" * 64}),
    *[changed(kept, by={"status": status}) for status in (None, 200, 204, 299, 409, 412, 422)],
]


@pytest.mark.parametrize(("name", "rows"), REFUSED, ids=[name for name, _rows in REFUSED])
def test_the_database_refuses(name, rows):
    do = rows()
    with refused(name):
        do()


@pytest.mark.parametrize("rows", TAKEN)
def test_the_database_takes_what_just_keeps_the_rule(rows):
    do = rows()
    with transaction.atomic():
        if callable(do):
            do()


def test_every_named_constraint_of_the_app_is_tried():
    promised = {
        constraint.name
        for model in apps.get_app_config("units").get_models()
        for constraint in model._meta.constraints
    }
    assert promised == {name for name, _rows in REFUSED}
