"""Units and people from a workbook: checked as a whole, applied as a whole, equal when it comes back."""

import io
import re
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.utils import translation

from tests.factories.places import AT
from tests.factories.units import (
    AppointmentFactory,
    HeadFactory,
    OrgUnitFactory,
    PositionFactory,
    UserFactory,
)
from tests.factories.workbooks import SHEET, sheet_xml, with_parts, with_sheet, workbook
from units.actions import exports, faults, imports, organisation, people, workbooks
from units.enums import ImportState
from units.errors import Conflict, Invalid, NotAllowed, StaleVersion, WrongState
from units.models import Appointment, OrganisationImport, OrgUnit, Position, RegisterEntry, User
from units.rules import columns
from units.rules import imports as rules
from units.rules import sheets as cells

pytestmark = pytest.mark.django_db

WARD = {"ref": "ward", "kind": "Ward", "name_vi": "Phường Ba", "under_admin": "district"}
WARD |= {"valid_from": "01/01/2024"}
UNDER_WARD = {"ref": "a-school", "kind": "Other", "name_vi": "Trường", "under_admin": "ward"}
CHAIR = {"ref": "ward-chair", "unit": "ward", "title_vi": "Chủ tịch", "is_head": "x"}
CHAIR |= {"valid_from": "01/01/2024"}
LUA = {"username": "Lua", "full_name": "Nguyễn Thị Lụa", "email": "Lua@Example.org"}
HOLDS = {"person": "lua", "office": "ward-chair", "valid_from": "02/02/2024"}


def book(**tables):
    return workbook(of=columns.TABLES, **tables)


def sound(**changes):
    """A workbook whose rows need each other, and stand in the wrong order."""
    rows = {"units": [UNDER_WARD, WARD], "offices": [CHAIR], "people": [LUA]}
    return book(**(rows | {"appointments": [HOLDS]} | changes))


def kept(*, by, data=None):
    """Return a workbook that waits, and the digest of its check."""
    data = data or sound()
    waiting = imports.upload(file_name="people.xlsx", data=data, by=by, at=AT)
    return waiting, imports.check(data=data, by=by, at=AT).digest


def apply(place, data=None):
    waiting, seen = kept(by=place.by, data=data)
    return imports.apply(import_id=waiting.pk, seen=seen, by=place.by, at=AT)


def told(place, data):
    found = imports.check(data=data, by=place.by, at=AT)
    return [(fault.table, fault.row, fault.column, fault.code) for fault in found.faults]


def test_a_workbook_is_applied_as_a_whole(place, entries):
    done = apply(place)
    assert done.changes == 5
    school = OrgUnit.objects.get(ref="a-school")
    assert [edge.parent.ref for edge in school.edges_up.all()] == ["ward"]
    assert school.valid_from == date(2024, 2, 2)  # no day is written: the day of the body
    head = Appointment.objects.select_related("person", "position__unit").get()
    assert (head.person.username, head.person.email) == ("lua", "lua@example.org")
    assert (head.position.ref, head.position.unit.ref, head.position.is_head) == (
        "ward-chair",
        "ward",
        True,
    )
    assert not head.person.has_usable_password()
    assert list(User.objects.to_invite(real_at=AT)).count(head.person) == 1
    assert [kind for kind, *_more in entries()] == [
        *("import.upload", "unit.create", "unit.create", "position.create"),
        *("person.create", "appointment.create", "import.apply"),
    ]
    row = OrganisationImport.objects.get()
    assert (row.state, row.content) == (ImportState.APPLIED, None)


def test_what_is_exported_changes_nothing_when_it_comes_back(place):
    apply(place)
    AppointmentFactory(position__unit=place.other, acting=True)
    PositionFactory(unit=place.commune, party_head=True)
    HeadFactory(position__unit=place.commune, valid_to=date(2024, 12, 1))
    OrgUnitFactory(ref="gone", valid_to=date(2021, 1, 1))
    for language in ("vi", "en"):
        for make in (exports.export, exports.template):
            data = make(by=place.by, at=AT, language=language)
            found = imports.check(data=data, by=place.by, at=AT)
            assert (found.faults, found.changes, found.language) == ([], 0, language)
    assert sum(map(len, imports.check(data=data, by=place.by, at=AT).entries.values())) == 0


def test_people_who_exist_become_what_the_row_says_and_an_empty_cell_asks_for_nothing(place):
    lua = people.create_person(
        username="lua", full_name="Lụa", email="old@example.org", phone="1", by=place.by, at=AT
    ).person
    done = apply(place, book(people=[LUA | {"phone": ""}]))
    lua.refresh_from_db()
    assert (lua.full_name, lua.email, lua.phone) == ("Nguyễn Thị Lụa", "lua@example.org", "1")
    assert [entry.change for entry in done.entries["people"]] == ["changed"]


FAULTS = [
    ({"units": [WARD | {"ref": "Ward 3"}]}, [("units", 2, "ref", "not-a-ref")]),
    ({"units": [WARD, WARD]}, [("units", 3, "ref", "code-twice")]),
    ({"units": [WARD | {"kind": "Planet"}]}, [("units", 2, "kind", "choice-unknown")]),
    (
        {"units": [WARD | {"under_admin": "distrikt"}]},
        [("units", 2, "under_admin", "unit-unknown")],
    ),
    (
        {"units": [WARD | {"under_admin": "a-school", "valid_from": ""}, UNDER_WARD]},
        [("units", 3, "under_admin", "cycle")],
    ),
    ({"units": [WARD | {"under_admin": "ward"}]}, [("units", 2, "under_admin", "cycle")]),
    (
        {"units": [WARD | {"valid_from": "01/01/2019"}]},
        [("units", 2, "under_admin", "unit-not-there")],
    ),
    (
        {"units": [WARD | {"ref": "commune", "name_vi": "Xã Khác", "valid_from": ""}]},
        [("units", 2, "kind", "units-differ"), ("units", 2, "name_vi", "units-differ")],
    ),
    (
        {"units": [WARD | {"official_code": "1"}, UNDER_WARD | {"official_code": "1"}]},
        [("units", 3, "official_code", "official-code-taken")],
    ),
    ({"offices": [CHAIR | {"unit": "wart"}]}, [("offices", 2, "unit", "unit-unknown")]),
    ({"offices": [CHAIR | {"unit": "gone"}]}, [
        ("offices", 2, "unit", "unit-ends"),
    ]),
    ({"offices": [CHAIR | {"unit": "other", "ref": "b"}]}, [
        ("offices", 2, "is_head", "head-exists"),
    ]),
    ({"units": [WARD], "offices": [CHAIR, CHAIR | {"ref": "b"}]}, [
        ("offices", 3, "is_head", "head-exists"),
    ]),
    ({"people": [LUA | {"username": "lụa mới"}]}, [("people", 2, "username", "not-a-username")]),
    ({"people": [LUA | {"username": "a-machine"}]}, [("people", 2, "username", "username-taken")]),
    ({"people": [LUA, LUA | {"username": "LUA"}]}, [("people", 3, "username", "code-twice")]),
    ({"people": [LUA | {"email": "lua at home"}]}, [("people", 2, "email", "not-an-address")]),
    ({"people": [LUA | {"full_name": ""}]}, [("people", 2, "full_name", "cell-empty")]),
    (
        {"people": [LUA | {"personnel_no": "7"}, LUA | {"username": "b", "personnel_no": "7"}]},
        [("people", 3, "personnel_no", "personnel-no-taken")],
    ),
    ({"appointments": [HOLDS]}, [
        ("appointments", 2, "office", "office-unknown"),
        ("appointments", 2, "person", "person-unknown"),
    ]),
    (
        {"units": [WARD], "offices": [CHAIR], "people": [LUA, LUA | {"username": "b"}],
         "appointments": [HOLDS, HOLDS | {"person": "b", "valid_from": "01/06/2024"}]},
        [("appointments", 3, "office", "office-twice")],
    ),
    ({"people": [LUA], "appointments": [HOLDS | {"office": "other-chair"}]}, [
        ("appointments", 2, "office", "office-held"),
    ]),
    ({"appointments": [HOLDS | {"office": "other-chair", "person": "holder"}]}, [
        ("appointments", 2, "office", "appointment-differs"),
    ]),
    (
        {"appointments": [
            HOLDS | {"office": "other-chair", "person": "holder", "valid_from": "01/01/2020",
                     "decision_number": "another"}
        ]},
        [("appointments", 2, "decision_number", "appointments-differ")],
    ),
    ({"people": [LUA], "appointments": [HOLDS | {"office": "free", "mode": "Acting"}]}, [
        ("appointments", 2, "acting_reason", "acting-reason-missing"),
    ]),
    (
        {"people": [LUA], "appointments": [
            HOLDS | {"office": "free", "acting_reason": "The office is vacant"}
        ]},
        [("appointments", 2, "acting_reason", "acting-reason-of-titular")],
    ),
    ({"people": [LUA], "appointments": [HOLDS | {"office": "free", "last_on": "01/02/2024"}]}, [
        ("appointments", 2, "last_on", "ends-before"),
    ]),
    ({"people": [LUA], "appointments": [HOLDS | {"office": "free", "valid_from": "1/2/2019"}]}, [
        ("appointments", 2, "valid_from", "office-begins-later"),
    ]),
    ({"people": [LUA], "appointments": [HOLDS | {"office": "ending"}]}, [
        ("appointments", 2, "last_on", "office-ends"),
    ]),
    ({"offices": [CHAIR | {"ref": "past", "unit": "commune"}]}, [
        ("offices", 2, "ref", "office-ended"),
    ]),
    ({"offices": [CHAIR | {"ref": "free", "unit": "commune", "title_vi": "Phó", "is_head": "", "valid_from": ""}]}, [
        ("offices", 2, "title_vi", "offices-differ"),
    ]),
    ({"people": [LUA | {"username": "oneself"}]}, [("people", 2, "username", "change-oneself")]),
]  # fmt: skip


@pytest.mark.parametrize(("tables", "faults"), FAULTS)
def test_every_fault_is_told_where_it_stands_and_nothing_is_written(tables, faults, place):
    OrgUnitFactory(ref="gone", valid_to=date(2021, 1, 1))
    UserFactory(username="a-machine", machine=True)
    User.objects.filter(pk=place.by.pk).update(username="oneself")
    place.by.refresh_from_db()
    HeadFactory(
        position__unit=place.other,
        position__ref="other-chair",
        person=UserFactory(username="holder"),
    )
    PositionFactory(ref="free", unit=place.commune, title_vi="Chủ tịch")
    PositionFactory(ref="ending", unit=place.commune, valid_to=date(2025, 1, 1))
    PositionFactory(ref="past", unit=place.commune, valid_to=date(2022, 1, 1))
    assert told(place, book(**tables)) == faults
    waiting, seen = kept(by=place.by, data=book(**tables))
    before = RegisterEntry.objects.count()
    with pytest.raises(Conflict) as refused:
        imports.apply(import_id=waiting.pk, seen=seen, by=place.by, at=AT)
    assert refused.value.code == "import-has-faults"
    assert RegisterEntry.objects.count() == before


def test_all_faults_come_at_once_and_in_the_order_of_the_sheets(place):
    data = book(
        units=[WARD | {"kind": "Planet", "under_admin": "nowhere"}],
        offices=[CHAIR | {"unit": "nowhere"}],
        people=[LUA | {"email": "@"}],
        appointments=[HOLDS | {"office": "nowhere", "valid_from": "31/02/2024"}],
    )
    assert [(table, column) for table, _row, column, _code in told(place, data)] == [
        *(("units", "kind"), ("units", "under_admin"), ("offices", "unit"), ("people", "email")),
        *(("appointments", "office"), ("appointments", "valid_from")),
    ]


def test_merged_cells_formulas_and_unknown_sheets_are_faults(place):
    opened = openpyxl.load_workbook(io.BytesIO(book(people=[LUA, LUA | {"username": "b"}])))
    opened["People"].merge_cells("B2:B3")
    opened["People"]["C2"] = "=1+1"
    opened.create_sheet("Sheet9")
    stream = io.BytesIO()
    opened.save(stream)
    codes = {code for _table, _row, _column, code in told(place, stream.getvalue())}
    assert codes == {"merged", "formula", "cell-empty", "sheet-unknown"}


HOSTILE = {
    "not-a-workbook": lambda: b"PK",
    "unpacks-too-large": lambda: with_sheet(sheet_xml("<row><c/></row>") + " " * 100 * 2**20),
    "declares-entities": lambda: with_parts(
        {SHEET: '<!DOCTYPE x [<!ENTITY a "b">]>' + sheet_xml("")}
    ),
}


@pytest.mark.parametrize("code", HOSTILE)
def test_a_file_that_does_harm_is_not_kept(code, place):
    with pytest.raises(Invalid) as refused:
        imports.upload(file_name="x.xlsx", data=HOSTILE[code](), by=place.by, at=AT)
    assert refused.value.code == f"workbook-{code}"
    assert not OrganisationImport.objects.exists()


def test_what_has_changed_since_the_check_is_looked_at_again(place):
    waiting, seen = kept(by=place.by)
    organisation.create_unit(kind="ward", name_vi="Phường Ba", ref="ward", by=place.by, at=AT)
    with pytest.raises(StaleVersion) as refused:
        imports.apply(import_id=waiting.pk, seen=seen, by=place.by, at=AT)
    assert refused.value.code == "body-changed"
    assert not Position.objects.exists()


def test_only_who_administers_the_whole_body_imports(place):
    waiting, seen = kept(by=place.by)
    who = {"by": place.local, "at": AT}
    for act in (
        lambda: imports.check(data=sound(), **who),
        lambda: imports.upload(file_name="x", data=sound(), **who),
        lambda: imports.apply(import_id=waiting.pk, seen=seen, **who),
        lambda: imports.drop(import_id=waiting.pk, **who),
        lambda: exports.export(language="en", **who),
        lambda: exports.template(language="en", **who),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert OrganisationImport.objects.get().state == ImportState.WAITING


def test_a_workbook_waits_once_and_an_ended_one_stays_ended(place):
    first, _seen = kept(by=place.by)
    second, seen = kept(by=place.by)
    first.refresh_from_db()
    assert first.state == ImportState.DROPPED
    imports.drop(import_id=second.pk, by=place.by, at=AT)
    for act, code in (
        (lambda: imports.drop(import_id=second.pk, by=place.by, at=AT), "drop"),
        (lambda: imports.apply(import_id=second.pk, seen=seen, by=place.by, at=AT), "apply"),
    ):
        with pytest.raises(WrongState) as refused:
            act()
        assert refused.value.code == f"{code}-import-not-from-dropped"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_fault_has_words(language, place):
    text = Path(rules.__file__).read_text(encoding="utf-8")
    text += Path(cells.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', text))
    sentences = workbooks.FAULTS | faults.FAULTS
    assert named - set(sentences) == set()
    found = imports.check(data=book(people=[LUA | {"email": "@"}]), by=place.by, at=AT)
    with translation.override(language):
        said = faults.in_words(found.faults[0])
    assert (said.sheet, said.row, said.cell) == (
        {"vi": "Cán bộ", "en": "People"}[language],
        2,
        "C2",
    )
    assert "@" in said.what
