"""Two supervisors at one queue: who works on what, notes, and views of one's own."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from commitments.actions import desk
from commitments.models import Hold, SavedView
from notifications import audiences
from tests.constraints import again, change, refused
from tests.factories.body import NOW, make_body
from tests.factories.units import RoleGrantFactory
from units.errors import Conflict, Invalid, NotAllowed
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def body():
    return make_body()


@pytest.fixture
def version(body):
    return body.issued()


@pytest.fixture
def other(body):
    return RoleGrantFactory(role="supervisor", unit=body.committee).person


def code_of(error, do, **asked) -> str:
    with pytest.raises(error) as caught:
        do(**asked)
    return caught.value.code


def desk_entries() -> list[str]:
    found = RegisterEntry.objects.filter(kind__startswith="desk.").order_by("pk")
    return list(found.values_list("kind", flat=True))


def holder(version):
    return Hold.objects.get(version=version, released_at=None).person


def test_a_row_is_taken_by_one_and_named_to_the_other(body, version, other):
    asked = {"version_id": version.pk, "at": NOW}
    desk.take(by=body.supervisor, **asked)
    desk.take(by=body.supervisor, **asked)  # once more changes nothing
    with pytest.raises(Conflict, match=r"^Supervisor ") as caught:
        desk.take(by=other, **asked)
    assert caught.value.code == "row-taken"
    assert desk_entries() == ["desk.take"]


def test_taking_over_tells_the_one_before(body, version, other):
    asked = {"version_id": version.pk, "at": NOW}
    desk.take(by=body.supervisor, **asked)
    desk.take(by=other, over=True, **asked)
    assert holder(version) == other
    entry = RegisterEntry.objects.filter(kind="desk.take").last()
    [told] = audiences.recipients(entry, at=NOW)
    assert (told.person, told.message) == (body.supervisor, "row-taken-over")


def test_handing_over_tells_the_one_after(body, version, other):
    asked = {"version_id": version.pk, "at": NOW}
    desk.take(by=body.supervisor, **asked)
    desk.hand_over(to=other, by=body.supervisor, **asked)
    assert holder(version) == other
    entry = RegisterEntry.objects.get(kind="desk.hand_over")
    [told] = audiences.recipients(entry, at=NOW)
    assert (told.person, told.message) == (other, "row-handed-over")
    again_asked = {"to": other, "by": body.supervisor, **asked}
    assert code_of(Conflict, desk.hand_over, **again_asked) == "row-not-yours"


def test_a_row_goes_to_a_supervisor_of_the_unit_only(body, version):
    asked = {"version_id": version.pk, "by": body.supervisor, "at": NOW}
    desk.take(**asked)
    assert code_of(Invalid, desk.hand_over, to=body.supervisor, **asked) == "hand-over-to-oneself"
    assert code_of(Invalid, desk.hand_over, to=body.planner, **asked) == "not-a-supervisor"
    assert holder(version) == body.supervisor


def test_a_row_put_back_is_free(body, version, other):
    asked = {"version_id": version.pk, "at": NOW}
    desk.take(by=body.supervisor, **asked)
    assert code_of(Conflict, desk.release, by=other, **asked) == "row-not-yours"
    desk.release(by=body.supervisor, **asked)
    desk.take(by=other, **asked)
    assert desk_entries() == ["desk.take", "desk.release", "desk.take"]


def test_notes_are_kept_in_order_and_stand_in_the_register(body, version, other):
    asked = {"version_id": version.pk, "at": NOW}
    desk.note(text=" Telephoned, signs tomorrow. ", by=body.supervisor, **asked)
    desk.note(text="Not reached.", by=other, **asked)
    assert list(version.notes.order_by("pk").values_list("text", flat=True)) == [
        "Telephoned, signs tomorrow.",
        "Not reached.",
    ]
    assert code_of(Invalid, desk.note, text="  ", by=other, **asked) == "note-empty"
    assert desk_entries() == ["desk.note", "desk.note"]


def test_the_same_words_within_minutes_are_one_note(body, version, other):
    asked = {"version_id": version.pk, "text": "Not reached.", "by": body.supervisor}
    first = desk.note(**asked, at=NOW)
    assert desk.note(**asked, at=NOW + timedelta(minutes=9)) == first  # back, and sent again
    desk.note(**asked | {"by": other}, at=NOW + timedelta(minutes=9))
    desk.note(**asked, at=NOW + timedelta(minutes=9))  # after what the other one wrote
    desk.note(**asked, at=NOW + timedelta(minutes=19))  # telephoned anew
    assert version.notes.count() == 4
    assert desk_entries() == ["desk.note"] * 4


@pytest.mark.parametrize("act", ["take", "release", "note"])
def test_nobody_but_a_supervisor_works_the_desk(act, body, version):
    asked = {"version_id": version.pk, "at": NOW} | ({"text": "x"} if act == "note" else {})
    for who in (body.planner, body.secretary, body.assigner):
        code = code_of(NotAllowed, getattr(desk, act), by=who, **asked)
        assert code == f"{act}-row-not-allowed"
    assert desk_entries() == []


def test_a_view_is_kept_without_its_page_and_replaced_by_its_name(body):
    desk.keep_view(name="Late", query="bucket=late&after=xyz&q=&unit=a", by=body.supervisor)
    assert SavedView.objects.get().query == "bucket=late&unit=a"
    desk.keep_view(name=" Late ", query="bucket=refused", by=body.supervisor)
    assert SavedView.objects.get().query == "bucket=refused"
    assert code_of(Invalid, desk.keep_view, name="", query="", by=body.supervisor) == (
        "view-needs-name"
    )


def test_views_are_few_and_ones_own(body, other):
    for place in range(desk.MOST_VIEWS):
        view = desk.keep_view(name=f"View {place}", query="bucket=late", by=body.supervisor)
    asked = {"name": "One more", "query": "", "by": body.supervisor}
    assert code_of(Invalid, desk.keep_view, **asked) == "too-many-views"
    desk.drop_view(view_id=view.pk, by=other)
    assert SavedView.objects.count() == desk.MOST_VIEWS
    desk.drop_view(view_id=view.pk, by=body.supervisor)
    assert SavedView.objects.count() == desk.MOST_VIEWS - 1


@pytest.mark.django_db(transaction=True)
def test_two_who_take_one_row_at_once_leave_one_hold(monkeypatch):
    body = make_body()
    version = body.issued()
    other = RoleGrantFactory(role="supervisor", unit=body.committee).person
    both_are_here, results = Barrier(2), []

    def take(who) -> None:
        try:
            both_are_here.wait(timeout=5)
            desk.take(version_id=version.pk, by=who, at=NOW)
            results.append("taken")
        except Conflict as refused_one:
            results.append(refused_one.code)
        finally:
            connection.close()

    threads = [Thread(target=take, args=[who]) for who in (body.supervisor, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["row-taken", "taken"]
    assert Hold.objects.count() == 1


def test_the_database_refuses_what_a_desk_never_is(body, version, other):
    hold = desk.take(version_id=version.pk, by=body.supervisor, at=NOW)
    with refused("hold_one_open"):
        again(hold)
    with refused("hold_released_after_taken"):
        change(hold, released_at=NOW - timedelta(seconds=1))
    with refused("hold_handed_over_by_another"):
        change(hold, handed_over_by=body.supervisor)
    with refused("note_has_text"):
        again(desk.note(version_id=version.pk, text="x", by=other, at=NOW), text="")
    view = desk.keep_view(name="Late", query="", by=other)
    with refused("savedview_name_once"):
        again(view)
    with refused("savedview_has_name"):
        change(view, name="")
