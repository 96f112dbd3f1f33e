"""The desk through the pages: filters, a row with its holder and notes, views, the list as a file."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest

from commitments.actions import desk
from commitments.models import Hold, SavedView
from notifications.models import Notice
from tests.commitments.actions.test_issuing import make_drafts
from tests.factories.body import NOW, SIGN_BY, make_body
from tests.factories.units import RoleGrantFactory
from units import clock
from units.models import DemonstrationClock

pytestmark = pytest.mark.django_db


@pytest.fixture
def body(settings):
    """Business time is 2 February 2024, 09:00 of the body."""
    settings.DEMO = True
    DemonstrationClock.objects.create(offset_seconds=clock.real_now().timestamp() - NOW.timestamp())
    return make_body()


@pytest.fixture
def other(body):
    return RoleGrantFactory(role="supervisor", unit=body.committee, person__full_name="Bé").person


@pytest.fixture
def desk_of(client):
    """Return a function that seats somebody at the desk."""

    def seat(who):
        client.cookies["django_language"] = "en"
        client.force_login(who)
        return client

    return seat


def listed(page) -> list[str]:
    """Return the units of the rows, in order."""
    return [entry["row"].version.commitment.unit.name for entry in page.context["rows"]]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("", ["Commune 0", "Commune 1", "First Commune"]),
        ("q=Commune 1", ["Commune 1"]),
        ("q=Secretary", ["First Commune"]),  # who heads it
        ("q=nothing", []),
        ("unit=bx-c0", ["Commune 0"]),
        ("field=socio_economic", ["Commune 0", "Commune 1", "First Commune"]),
        ("field=defence", []),
        ("late=1", []),
        ("held=mine", ["Commune 0"]),
        ("held=free", ["Commune 1", "First Commune"]),
        ("held=mine&q=Commune 1", []),
        ("held=aside", []),
    ],
)
def test_filters_and_counts_agree(filters, found, body, desk_of):
    drafts = make_drafts(body, 2)
    body.draft()
    desk.take(version_id=drafts[0].pk, by=body.supervisor, at=NOW)
    page = desk_of(body.supervisor).get(f"/queue/?bucket=drafts&{filters}&sort=unit")
    assert sorted(listed(page)) == found
    counts = {tab.key: tab.count for tab in page.context["tabs"]}
    assert counts["drafts"] == len(found)


@pytest.mark.parametrize("filters", ["unit=nowhere", "after=forged"])
def test_an_address_that_leads_nowhere_is_not_found(filters, body, desk_of):
    assert desk_of(body.supervisor).get(f"/queue/?{filters}").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_queue_costs_the_same_for_one_and_three(
    number, body, desk_of, django_assert_num_queries
):
    for draft in make_drafts(body, number):
        desk.take(version_id=draft.pk, by=body.supervisor, at=NOW)
        desk.note(version_id=draft.pk, text="x", by=body.supervisor, at=NOW)
    client = desk_of(body.supervisor)
    with django_assert_num_queries(43):
        client.get("/queue/?bucket=drafts")


def test_two_supervisors_see_who_has_a_row(body, other, desk_of):
    version = body.issued()
    where = f"/queue/rows/{version.pk}/"
    page = desk_of(body.supervisor).post(f"{where}take/", {"back": where}, follow=True)
    assert "You have it since" in page.content.decode()
    page = desk_of(other).get("/queue/?bucket=awaiting").content.decode()
    assert "Supervisor</span>" in page
    page = desk_of(other).post(f"{where}take/", follow=True).content.decode()
    assert "Supervisor works on" in page
    assert "Take it over" in page
    desk_of(other).post(f"{where}take/", {"over": "yes"})
    assert Hold.objects.get(released_at=None).person == other


def test_a_row_is_handed_over_and_put_back(body, other, desk_of):
    version = body.issued()
    where = f"/queue/rows/{version.pk}/"
    client = desk_of(body.supervisor)
    client.post(f"{where}take/")
    page = client.post(f"{where}hand-over/", {"to": other.username}, follow=True).content.decode()
    assert "It is handed over to Bé" in page
    page = desk_of(other).post(f"{where}release/", follow=True).content.decode()
    assert "Nobody works on it." in page


def test_a_note_is_kept_and_an_empty_one_comes_back(body, desk_of):
    version = body.issued()
    where = f"/queue/rows/{version.pk}/"
    client = desk_of(body.supervisor)
    assert client.post(where, {"text": " "}).status_code == 422
    page = client.post(where, {"text": "<b>Telephoned</b>"}, follow=True).content.decode()
    assert "&lt;b&gt;Telephoned&lt;/b&gt;" in page
    assert "1 note" in client.get("/queue/?bucket=awaiting").content.decode()


def test_the_unit_finds_neither_notes_nor_rows(body, desk_of):
    version = body.issued()
    for who in (body.secretary, body.planner, body.assigner):
        assert desk_of(who).get(f"/queue/rows/{version.pk}/").status_code == 404
        assert desk_of(who).post(f"/queue/rows/{version.pk}/take/").status_code == 404
    assert not Hold.objects.exists()
    assert not Notice.objects.exists()


def test_a_supervisor_whose_role_has_ended_is_refused_the_next_act(body, desk_of):
    version = body.issued()
    client = desk_of(body.supervisor)
    assert client.get(f"/queue/rows/{version.pk}/").status_code == 200
    body.supervisor.role_grants.update(valid_to=clock.local_date(NOW))
    assert client.post(f"/queue/rows/{version.pk}/take/").status_code == 404
    assert not Hold.objects.exists()


def test_back_leads_only_to_this_site(body, desk_of):
    version = body.issued()
    where = f"/queue/rows/{version.pk}/take/"
    answer = desk_of(body.supervisor).post(where, {"back": "https://elsewhere.example/"})
    assert answer["Location"] == f"/queue/rows/{version.pk}/"


def test_a_view_is_kept_offered_and_removed(body, desk_of):
    client = desk_of(body.supervisor)
    kept = client.post("/queue/views/", {"name": "Mine", "query": "bucket=drafts&held=mine"})
    assert kept["Location"] == "/queue/?bucket=drafts&held=mine"
    assert ">Mine</a>" in client.get("/queue/").content.decode()
    client.post(f"/queue/views/{SavedView.objects.get().pk}/drop/")
    assert not SavedView.objects.exists()


def test_the_whole_bucket_leaves_as_a_file_that_no_spreadsheet_runs(body, desk_of):
    for draft in make_drafts(body, 3):
        draft.commitment.unit.versions.update(name_en="=cmd()")
    answer = desk_of(body.supervisor).get("/queue/?bucket=drafts&export=csv")
    assert answer["Content-Disposition"] == 'attachment; filename="queue-drafts.csv"'
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0][:3] == ["Number", "Version", "Unit"]
    assert [row[2] for row in rows[1:]] == ["'=cmd()"] * 3
    assert {row[5] for row in rows[1:]} == {"20/02/2024"}


def test_the_whole_bucket_leaves_as_a_workbook_with_real_days(body, desk_of):
    for draft in make_drafts(body, 3):
        draft.commitment.unit.versions.update(name_en="=cmd()")
    answer = desk_of(body.supervisor).get("/queue/?bucket=drafts&export=xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="queue-drafts.xlsx"'
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert [cell.value for cell in sheet[1]][:3] == ["Number", "Version", "Unit"]
    row = sheet[2]
    assert (row[2].value, row[2].data_type) == ("=cmd()", "s")
    assert (row[1].value, row[5].value.date()) == (1, SIGN_BY)
    assert sheet.max_row == 4


def test_lateness_counts_whole_days(body, desk_of):
    version = body.issued(sign_by=clock.local_date(NOW))
    DemonstrationClock.objects.update(
        offset_seconds=clock.real_now().timestamp() - (NOW + timedelta(days=1)).timestamp()
    )
    client = desk_of(body.supervisor)
    assert listed(client.get("/queue/?bucket=late&late=1")) == ["First Commune"]
    assert listed(client.get("/queue/?bucket=late&late=8")) == []
    assert version.pk
