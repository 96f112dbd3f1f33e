"""Lines that are kept ready: nobody can tell by what is read whether there are any."""

import json
from datetime import timedelta

import pytest

from config.api_urls import feeds
from tests.api.acts_in_order import Year, make_year
from tests.api.described import is_problem
from tests.api.test_changes import READS, YEARS, acts_of, changes, mirrors_of, start
from tests.factories.body import NOW
from tests.factories.readers import machine, person
from units import clock
from units.http import feed, lines
from units.models import FeedKept, FeedLine, FeedTouch, RegisterLink

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(settings) -> None:
    settings.API_FEED_PER_MINUTE = settings.API_READS_PER_MINUTE = 100_000
    settings.SITE_URL = "http://testserver"


@pytest.fixture
def year() -> Year:
    return make_year()


def keep(limit: int = 500) -> None:
    while lines.keep(feeds, at=clock.job_now(), limit=limit):
        pass


def in_order(told: list[dict]) -> list[dict]:
    return sorted(told, key=lambda change: (change["seq"], change["type"], change["ref"]))


def test_copies_from_kept_lines_are_what_the_collections_show(year):
    mirrors = mirrors_of(year, limit=3)
    names = acts_of(YEARS[0])
    for count, name in enumerate(names, 1):
        year.do(name)
        if count % 2:
            keep(limit=7)
        if count % 5 == 0 or count == len(names):
            for mirror in mirrors:
                mirror.poll()
                assert mirror.copy == mirror.view(), names[:count]
    assert FeedKept.objects.get().seq > 0


def test_a_page_of_kept_lines_says_what_a_page_of_acts_says(year):
    body = year.body
    readers = [machine(unit, *READS) for unit in (body.committee, body.commune, body.other)]
    readers.append(person(body.supervisor))
    cursors = [start(reader)["cursor"] for reader in readers]
    for name in acts_of(YEARS[0])[:45]:
        if name not in {"found a unit", "move a unit"}:
            year.do(name)
    before = [changes(*one, limit=1000) for one in zip(readers, cursors, strict=True)]
    assert {change["op"] for page in before for change in page["changes"]} == {"upsert", "delete"}
    keep()
    after = [changes(*one, limit=1000) for one in zip(readers, cursors, strict=True)]
    for acts, kept in zip(before, after, strict=True):
        assert in_order(kept["changes"]) == in_order(acts["changes"])
        assert [row["seq"] for row in kept["changes"]] == [row["seq"] for row in acts["changes"]]
        assert kept["cursor"] == acts["cursor"]


def test_a_kept_body_is_read_and_one_of_another_day_or_site_is_not(year, settings):
    client = machine(year.body.committee, *READS)
    cursor = start(client)["cursor"]
    year.do("rename a unit")
    keep()
    FeedLine.objects.filter(kind="unit").update(body=json.dumps({"ref": "kept"}))
    said = [change["data"]["ref"] for change in changes(client, cursor)["changes"]]
    assert said == ["kept"]
    today = clock.local_date(clock.job_now())
    FeedLine.objects.update(day=today - timedelta(days=1))
    assert changes(client, cursor)["changes"][0]["data"]["ref"] != "kept"
    FeedLine.objects.update(day=today)
    settings.SITE_URL = "http://elsewhere.example"
    assert changes(client, cursor)["changes"][0]["data"]["ref"] != "kept"


def test_lines_of_another_release_are_dropped_and_made_again(year):
    year.do("edit the plan")
    keep()
    kept = FeedKept.objects.get()
    assert kept.seq == RegisterLink.objects.latest("seq").seq
    FeedLine.objects.update(body="{}")
    FeedKept.objects.update(form="of another release")
    client = machine(year.body.committee, *READS)
    request = client.get("/api/v1/changes/start").wsgi_request
    assert lines.kept_to(feeds, request) == 0
    keep()
    assert lines.kept_to(feeds, request) == kept.seq
    assert not FeedLine.objects.filter(body="{}").exists()


def test_an_object_that_is_gone_leaves_no_body(year):
    for name in ("split in two", "split for one"):
        year.do(name)
        keep()
    gone = FeedLine.objects.filter(kind="target", body=None).values_list("ref", flat=True)
    assert [ref.endswith("-1-2") for ref in gone] == [True]
    assert not FeedLine.objects.filter(kind="commitment").exclude(body=None).exists()


def test_what_is_forgotten_leaves_no_touches_and_no_line_that_nothing_touches(year, settings):
    year.do("draw up a target")
    year.do("edit the plan")
    keep()
    kept = FeedKept.objects.get().seq
    year.do("edit the plan")
    keep()
    late = NOW + timedelta(days=settings.FEED_RETENTION_DAYS)
    assert lines.forget(at=late - timedelta(seconds=1)) == 0
    assert lines.forget(at=late) == FeedKept.objects.get().floor > kept
    assert (FeedTouch.objects.count(), FeedLine.objects.count()) == (0, 0)
    assert lines.forget(at=late) == 0
    year.do("edit the plan")
    keep()
    assert [line.kind for line in FeedLine.objects.all()] == ["plan"]


def test_lines_of_another_release_are_made_again_from_the_floor_on(year, settings):
    year.do("edit the plan")
    keep()
    lines.forget(at=NOW + timedelta(days=settings.FEED_RETENTION_DAYS))
    FeedKept.objects.update(form="of another release")
    year.do("draw up a target")
    keep()
    kept = FeedKept.objects.get()
    assert 0 < kept.floor < kept.seq == RegisterLink.objects.latest("seq").seq
    assert set(FeedLine.objects.values_list("kind", flat=True)) == {"plan", "target"}


def test_a_page_whose_beginning_is_forgotten_while_it_is_read_is_no_page(year, monkeypatch):
    """Its touches may be gone by then: what it would leave out must not be passed over."""
    client = machine(year.body.committee, *READS)
    cursor = start(client)["cursor"]
    year.do("edit the plan")
    keep()

    def read_late(*args, **kwargs):
        lines.forget(at=NOW + timedelta(days=4000))
        return read(*args, **kwargs)

    read = lines.between
    monkeypatch.setattr(lines, "between", read_late)
    is_problem(client.get("/api/v1/changes", {"after": cursor}), 410, "cursor-expired")


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_of_lines_costs_the_same_for_one_and_for_three(
    year, count, django_assert_num_queries
):
    client = machine(year.body.committee, *READS)
    cursor = start(client)["cursor"]
    for _each in range(count):
        year.do("draw up a target")
    keep()
    with django_assert_num_queries(9):
        assert len(changes(client, cursor)["changes"]) == count + 1  # and their plan


def test_nothing_new_asks_two_questions(year, django_assert_num_queries):
    client = machine(year.body.committee, *READS)
    first = client.get("/api/v1/changes", {"after": start(client)["cursor"]})
    asked = {"after": first.json()["cursor"]}
    with django_assert_num_queries(2):  # whose token it is, and where the register ends
        answer = client.get("/api/v1/changes", asked, headers={"If-None-Match": first["ETag"]})
    assert answer.status_code == 304


def test_a_page_ends_where_the_kept_lines_end_and_goes_on_behind_them(year):
    client = machine(year.body.committee, *READS)
    cursor = start(client)["cursor"]
    year.do("edit the plan")
    keep()
    year.do("rename a unit")
    first = changes(client, cursor)
    assert [change["type"] for change in first["changes"]] == ["plan"]
    assert first["has_more"] is True
    second = changes(client, first["cursor"])
    assert [change["type"] for change in second["changes"]] == ["unit"]
    assert second["has_more"] is False
    assert feed.end().seq == RegisterLink.objects.latest("seq").seq
