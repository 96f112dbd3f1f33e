"""Units and offices: founded, renamed, put under a superior, ended; each act with one entry."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from tests.factories.places import AT
from tests.factories.units import (
    START,
    AppointmentFactory,
    HeadFactory,
    OrgEdgeFactory,
    OrgUnitFactory,
    OversightFactory,
    PositionFactory,
    RoleGrantFactory,
)
from units.actions import organisation, register
from units.enums import Tree, UnitKind
from units.errors import Conflict, Invalid, NotAllowed, StaleVersion
from units.models import OrgEdge, OrgUnit, OrgUnitVersion, RegisterEntry
from units.querysets.organisation import subtree

pytestmark = pytest.mark.django_db
TODAY, DAY = date(2024, 2, 2), timedelta(days=1)
JULY = date(2025, 7, 1)
A, P = Tree.ADMIN, Tree.PARTY


def create(place, **changes):
    told = {"kind": UnitKind.COMMUNE, "name_vi": "Xã Ba", "by": place.by, "at": AT}
    return organisation.create_unit(**(told | changes))


def rename(place, **changes):
    told = {"unit_id": place.commune.pk, "name_vi": "Phường Một", "from_on": JULY, "expected": 1}
    return organisation.rename_unit(**({"by": place.by, "at": AT} | told | changes))


def put(place, unit, parent, **changes):
    told = {"unit_id": unit.pk, "parent_id": parent.pk if parent else None, "tree": A}
    told |= {"from_on": JULY, "by": place.by, "at": AT}
    return organisation.put_under(**({"expected": 1} | told | changes))


def end(place, unit, **changes):
    told = {"unit_id": unit.pk, "end_on": JULY, "by": place.by, "expected": 1, "at": AT}
    return organisation.end_unit(**(told | changes))


# --- founding -------------------------------------------------------------------------------------


def test_a_unit_is_founded_with_name_place_and_one_entry(place, entries):
    party = OrgUnitFactory(party_committee=True)
    unit = create(
        place,
        name_vi="  Xã  Đạo Đức ",
        name_en="Dao Duc",
        official_code=" 08950 ",
        code_system="gso",
        under={A: place.district.pk, P: party.pk},
    )

    version = unit.versions.get()
    assert (unit.ref, unit.valid_from, unit.etag_version) == ("xa-dao-duc", TODAY, 1)
    assert (version.name_vi, version.official_code, version.code_system) == (
        "Xã Đạo Đức",
        "08950",
        "gso",
    )
    edges = unit.edges_up.values_list("parent", "tree", "valid_from", "valid_to")
    assert set(edges) == {(place.district.pk, A, TODAY, None), (party.pk, P, TODAY, None)}
    assert entries() == [("unit.create", "unit/xa-dao-duc", 1, place.by)]
    entry = RegisterEntry.objects.get()
    assert (entry.published, register.data_of(entry)) == (
        True,
        {"name": "Xã Đạo Đức", "kind": "commune"},
    )


def test_a_name_typed_with_loose_marks_is_entered_in_one_form(place):
    loose = "Xa\u0303 Hai"  # as some keyboards send it
    unit = create(place, name_vi=loose)
    rename(place, unit_id=unit.pk, name_vi=loose)
    assert unit.name == "Xã Hai"
    names = {register.data_of(entry)["name"] for entry in RegisterEntry.objects.all()}
    assert names == {"Xã Hai"}


def test_two_units_of_one_name_have_two_references(place):
    assert [create(place).ref for _time in range(3)] == ["xa-ba", "xa-ba-2", "xa-ba-3"]


def test_a_code_without_a_code_has_no_system(place):
    assert create(place, code_system="gso").versions.get().code_system == ""


@pytest.mark.parametrize("ref", ["new", "Xa-Ba", "xa--ba", "xã", "commune", "x" * 41])
def test_a_reference_is_short_ascii_and_its_own(ref, place, refusal):
    assert refusal(Invalid, create, place=place, ref=ref) == "ref-invalid"


def test_the_first_day_of_a_unit_is_the_bodys_day(place):
    late = AT.replace(hour=17)  # midnight has passed in the body
    assert create(place, at=late).valid_from == TODAY + DAY
    assert create(place, at=late - timedelta(seconds=1)).valid_from == TODAY


def test_a_code_belongs_to_one_unit_at_a_time(place, refusal):
    coded = {"official_code": "08950", "code_system": "gso"}
    first = create(place, **coded, valid_from=START)
    assert refusal(Conflict, create, place=place, **coded) == "code-taken"
    assert refusal(Conflict, rename, place=place, **coded) == "code-taken"
    create(place, official_code="08950", code_system="other")
    rename(place, unit_id=first.pk, name_vi="Xã Ba")  # gives the code away from July on
    before = coded | {"from_on": JULY - DAY}
    assert refusal(Conflict, rename, place=place, **before) == "code-taken"
    rename(place, **coded)


def test_one_code_and_one_name_mean_other_units_at_other_times(place):
    """G-28: a district and a commune of the same name; a code that a merger passes on."""
    coded = {"official_code": "08950", "code_system": "gso", "valid_from": START}
    district = create(place, kind=UnitKind.DISTRICT, name_vi="Bình Xuyên", valid_from=START)
    small = create(place, name_vi="xã Hương Sơn", **coded)
    end(place, district)
    end(place, small)
    commune = create(place, name_vi="xã Bình Xuyên", **(coded | {"valid_from": JULY}))

    def called(text, day):
        return list(OrgUnit.objects.called(text, on=day).values_list("ref", "kind"))

    june, august = date(2024, 6, 1), date(2025, 8, 1)
    assert called("08950", june) == [(small.ref, "commune")]
    assert called("08950", august) == [(commune.ref, "commune")]
    assert called("Bình Xuyên", june) == [(district.ref, "district")]
    assert called("Bình Xuyên", august) == [(commune.ref, "commune")]
    assert (called("08950", JULY - DAY), called("08950", JULY)) == (
        [(small.ref, "commune")],
        [(commune.ref, "commune")],
    )
    assert len({district.ref, small.ref, commune.ref}) == 3


def test_a_unit_is_founded_under_what_exists_and_is_administered(place, refusal):
    unit = create(place, by=place.local, under={A: place.commune.pk})
    assert unit.edges_up.get().parent == place.commune
    for by, under in (
        (place.local, None),
        (place.local, {A: place.other.pk}),
        (place.local, {A: place.commune.pk, P: place.other.pk}),
        (place.nobody, {A: place.commune.pk}),
    ):
        code = refusal(NotAllowed, create, place=place, by=by, under=under)
        assert code == "create-unit-not-allowed"
    early = {"under": {A: place.district.pk}, "valid_from": START - DAY}
    assert refusal(Invalid, create, place=place, **early) == "unit-not-there"
    create(place, **(early | {"valid_from": START}))


def test_a_unit_without_a_name_is_refused_and_leaves_nothing(place):
    with pytest.raises(ValidationError, match="name_vi"):
        create(place, name_vi=" ", ref="nameless")
    with pytest.raises(ValidationError, match="kind"):
        create(place, kind="empire")
    assert OrgUnit.objects.count() == 3
    assert not RegisterEntry.objects.exists()


# --- names and codes ------------------------------------------------------------------------------


def test_a_new_name_leaves_the_old_one_to_its_days(place, entries):
    done = rename(place, name_en="Ward One", official_code="1", code_system="gso")

    assert (done.ref, done.etag_version) == ("commune", 2)
    spans = done.versions.order_by("valid_from").values_list("name_vi", "valid_from", "valid_to")
    assert list(spans) == [("Xã Một", START, JULY), ("Phường Một", JULY, None)]
    assert entries() == [("unit.rename", "unit/commune", 2, place.by)]
    assert list(OrgUnit.objects.called("Xã Một", on=JULY - DAY)) == [done]
    assert list(OrgUnit.objects.called("Xã Một", on=JULY)) == []


def test_a_name_begins_after_the_one_before(place, refusal):
    assert refusal(Invalid, rename, place=place, from_on=START) == "name-not-after"
    rename(place, from_on=START + DAY)
    again = {"from_on": START + DAY, "expected": 2}
    assert refusal(Invalid, rename, place=place, **again) == "name-not-after"


def test_a_name_needs_right_version_and_a_unit_that_lasts(place, refusal):
    assert refusal(NotAllowed, rename, place=place, by=place.nobody) == "rename-unit-not-allowed"
    assert refusal(StaleVersion, rename, place=place, expected=0) == "unit-changed"
    rename(place, by=place.local)
    assert refusal(StaleVersion, rename, place=place, expected=1) == "unit-changed"
    end(place, place.commune, expected=2, end_on=JULY + DAY)
    assert refusal(Conflict, rename, place=place, expected=3) == "unit-ended"


def test_a_refused_name_changes_nothing(place):
    with pytest.raises(ValidationError):
        rename(place, name_vi="x" * 201)
    place.commune.refresh_from_db()
    assert place.commune.etag_version == 1
    assert OrgUnitVersion.objects.get(unit=place.commune).valid_to is None


def test_an_administrators_grant_reaches_down_every_line(place):
    OrgEdgeFactory(parent=place.other, child=place.commune, tree=P)
    over = RoleGrantFactory(role="administrator", unit=place.other).person
    assert rename(place, by=over).etag_version == 2


# --- superiors ------------------------------------------------------------------------------------


def test_a_unit_is_put_under_another_superior_from_a_day_on(place, entries):
    done = put(place, place.commune, place.other)

    assert done.etag_version == 2
    spans = done.edges_up.order_by("valid_from").values_list("parent", "valid_from", "valid_to")
    assert list(spans) == [(place.district.pk, START, JULY), (place.other.pk, JULY, None)]
    assert entries() == [("unit.put_under", "unit/commune", 2, place.by)]
    data = register.data_of(RegisterEntry.objects.get())
    assert data == {"tree": "admin", "parent": "other"}
    assert place.commune.pk not in subtree([(place.other.pk, A)], day=JULY - DAY)
    assert place.commune.pk in subtree([(place.other.pk, A)], day=JULY)


def test_under_nobody_and_back_leaves_a_gap_and_never_two_superiors(place, refusal):
    put(place, place.commune, None)
    assert place.commune.edges_up.get().valid_to == JULY
    put(place, place.commune, place.other, from_on=JULY - 30 * DAY, expected=2)
    spans = place.commune.edges_up.order_by("valid_from").values_list("valid_from", "valid_to")
    assert list(spans) == [(START, JULY - 30 * DAY), (JULY - 30 * DAY, None)]
    put(place, place.commune, None, expected=3, from_on=JULY)
    put(place, place.commune, place.district, expected=4, from_on=JULY + DAY)
    assert list(spans.all())[1:] == [(JULY - 30 * DAY, JULY), (JULY + DAY, None)]
    late = {"unit": place.commune, "parent": place.other, "expected": 5}
    assert refusal(Invalid, put, place=place, **late, from_on=JULY + DAY) == "edge-not-after"


def test_the_two_lines_are_apart(place):
    """Dual subordination is two trees: what is a circle in one of them is none across both."""
    put(place, place.district, place.commune, tree=P)
    assert subtree([(place.commune.pk, P)], day=JULY) == {place.commune.pk, place.district.pk}
    assert subtree([(place.commune.pk, A)], day=JULY) == {place.commune.pk}
    lines = place.commune.edges_up.values_list("tree", flat=True)
    put(place, place.commune, place.other, tree=Tree.FRONT)
    assert set(lines) == {"admin", "front"}


@pytest.mark.parametrize("below", ["district", "commune", "village"])
def test_no_unit_stands_under_itself_or_what_stands_under_it(below, place, refusal):
    village = OrgUnitFactory(ref="village", under=place.commune)
    parent = {"district": place.district, "commune": place.commune, "village": village}[below]
    assert refusal(Invalid, put, place=place, unit=place.district, parent=parent) == "cycle"
    assert OrgEdge.objects.count() == 3


def test_no_circle_closes_on_a_later_day(place, refusal):
    first, second = OrgUnitFactory(), OrgUnitFactory()
    put(place, first, second, from_on=JULY)
    early = {"unit": second, "parent": first, "from_on": JULY - DAY}
    assert refusal(Invalid, put, place=place, **early) == "cycle"
    put(place, first, None, from_on=JULY + DAY, expected=2)
    assert refusal(Invalid, put, place=place, **early) == "cycle"
    put(place, second, first, from_on=JULY + DAY)


def test_a_superior_exists_on_that_day(place, refusal):
    end(place, place.other)
    late = {"unit": place.commune, "parent": place.other}
    assert refusal(Invalid, put, place=place, **late) == "unit-not-there"
    assert refusal(Conflict, put, place=place, unit=place.other, parent=None, expected=2) == (
        "unit-ended"
    )
    early = {"unit": OrgUnitFactory(valid_from=JULY), "parent": place.district}
    assert refusal(Invalid, put, place=place, **early, from_on=JULY - DAY) == "unit-not-there"
    put(place, **early)


def test_only_who_administers_both_superiors_moves_a_unit(place, refusal):
    """Else the administrator of a commune would take it out of sight of those who watch it."""
    village = OrgUnitFactory(under=place.commune)
    hamlet = OrgUnitFactory(under=village)
    for unit, parent in ((place.commune, None), (village, place.other), (village, place.district)):
        code = refusal(NotAllowed, put, place=place, unit=unit, parent=parent, by=place.local)
        assert code == "put-under-not-allowed"
    put(place, hamlet, place.commune, by=place.local)


def test_a_stale_page_moves_nothing(place, refusal):
    put(place, place.commune, place.other)
    stale = {"unit": place.commune, "parent": place.district, "from_on": JULY + DAY}
    assert refusal(StaleVersion, put, place=place, **stale) == "unit-changed"


# --- the end of a unit ----------------------------------------------------------------------------


def test_a_unit_ends_with_all_that_hangs_on_it(place, entries):
    head = HeadFactory(position__unit=place.commune, position__ref="chair", ref="ap-chair")
    left = AppointmentFactory(position=head.position, valid_from=date(2010, 1, 1), valid_to=START)
    watch = OversightFactory(position=head.position)
    watched = OversightFactory(unit=place.commune)
    PositionFactory(unit=place.commune, valid_to=date(2021, 1, 1))

    done = end(place, place.commune)

    for row in (done.versions.get(), done.edges_up.get(), head.position, head, watch, watched):
        row.refresh_from_db()
        assert row.valid_to == JULY
    left.refresh_from_db()
    assert (done.valid_to, left.valid_to) == (JULY, START)
    assert entries() == [
        ("appointment.end", "appointment/ap-chair", 2, place.by),
        ("oversight.end", f"oversight/{watch.pk}", None, place.by),
        ("position.end", "position/chair", 2, place.by),
        ("oversight.end", f"oversight/{watched.pk}", None, place.by),
        ("unit.end", "unit/commune", 2, place.by),
    ]


def test_a_unit_ends_once_after_it_began_and_with_nothing_under_it(place, refusal):
    ask = {"place": place, "unit": place.commune}
    assert refusal(NotAllowed, end, **ask, by=place.nobody) == "end-unit-not-allowed"
    assert refusal(StaleVersion, end, **ask, expected=2) == "unit-changed"
    assert refusal(Invalid, end, **ask, end_on=START) == "end-not-after"
    assert refusal(Conflict, end, place=place, unit=place.district) == "units-under-it"
    end(place, place.commune)
    for later in (JULY, JULY + DAY):
        assert refusal(Invalid, end, **ask, expected=2, end_on=later) == "already-ended"
    end(place, place.other)
    end(place, place.district)


@pytest.mark.parametrize("ahead", ["name", "superior", "office", "term", "watch", "watched"])
def test_a_unit_does_not_end_before_what_is_to_begin(ahead, place, refusal):
    later = {"valid_from": JULY}
    if ahead == "name":
        rename(place)
    elif ahead == "superior":
        put(place, place.commune, place.other)
    elif ahead == "watched":
        OversightFactory(unit=place.commune, **later)
    elif ahead == "office":
        PositionFactory(unit=place.commune, **later)
    else:
        position = PositionFactory(unit=place.commune)
        {"term": AppointmentFactory, "watch": OversightFactory}[ahead](position=position, **later)
    seen = OrgUnit.objects.get(pk=place.commune.pk).etag_version
    ask = {"place": place, "unit": place.commune, "expected": seen}
    assert refusal(Conflict, end, **ask) == "begins-later"
    assert place.commune.versions.filter(valid_to=None).exists()
    end(**(ask | {"end_on": JULY + DAY}))


def test_an_earlier_end_of_a_name_or_an_edge_stays(place):
    place.commune.edges_up.update(valid_to=date(2023, 1, 1))
    end(place, place.commune)
    assert place.commune.edges_up.get().valid_to == date(2023, 1, 1)
