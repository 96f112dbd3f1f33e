"""The feed: whoever follows it holds what the collections show, and nothing else, whatever happens."""

import json
from datetime import timedelta

import pytest

from config.api_urls import feeds
from tests.api.acts_in_order import ACTS, Year, make_year
from tests.api.described import is_problem, judged
from tests.factories.body import NOW
from tests.factories.mirror import Mirror
from tests.factories.readers import machine, person
from units.actions import register
from units.api.changes import NDJSON
from units.enums import Scope
from units.http import feed, lines

pytestmark = pytest.mark.django_db
READS = [
    Scope.ORG_READ,
    Scope.PLANS_READ,
    Scope.COMMITMENTS_READ,
    Scope.REPORTS_READ,
    Scope.CASES_READ,
    Scope.CHANGES_READ,
]


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(settings) -> None:
    settings.API_FEED_PER_MINUTE = settings.API_READS_PER_MINUTE = 100_000


@pytest.fixture
def year() -> Year:
    return make_year()


def start(client, **query) -> dict:
    path = "/api/v1/changes/start"
    return judged(client.get(path, query), path)


def changes(client, cursor: str, **query) -> dict:
    path = "/api/v1/changes"
    return judged(client.get(path, {"after": cursor, **query}), path)


def mirrors_of(year: Year, **options) -> list[Mirror]:
    """Return one client of the district and one of each commune."""
    units = (year.body.committee, year.body.commune, year.body.other)
    return [Mirror(machine(unit, *READS), **options) for unit in units]


# Years in which each act changes something; the copies are compared after every fourth.
YEARS = [
    """
found a unit, rename a unit, appoint, end an appointment, rename a head, edit the plan, add a group,
begin another plan, draw up a target, edit a target, assign a target, revise a target,
draft a commitment, edit the draft, discard the draft, draft a commitment, issue, sign, sign beside,
countersign, amend, discard the draft, void, void as the second, split in two, split for one, split in two,
save a report, submit a report, rename a reporter, take a report back, submit a report,
return a report, submit a report, verify a report, restate a report, waive a report, waive a month,
lock what is missing, register a case, edit a case, assign a case, let ladders climb, explain,
judge the explanation, ask for an extension, decline the extension, ask for an extension,
grant the extension, suspend a case, resume a case, resolve a case, give a case back, resolve a case,
close a case, ask to reopen, reopen a case, cancel a case,
withdraw a target, end an office, move a unit
    """,
    "draft a commitment, issue, return, answer",
]


def acts_of(text: str) -> list[str]:
    return [name.strip() for name in text.replace("\n", " ").split(",")]


def test_no_act_is_left_out():
    assert {name for text in YEARS for name in acts_of(text)} == ACTS.keys()


@pytest.mark.parametrize(
    ("acts", "restarts"), list(zip(YEARS, [(1, 1, 0), (0, 0, 0)], strict=True))
)
def test_after_the_acts_of_a_year_every_copy_is_what_the_collections_show(year, acts, restarts):
    mirrors = mirrors_of(year)
    since = []
    for name in acts_of(acts):
        assert year.do(name), name
        since.append(name)
        for mirror in mirrors:
            mirror.poll()
        if len(since) == 4 or name == acts_of(acts)[-1]:
            for mirror in mirrors:
                assert mirror.copy == mirror.view(), since
            since = []
    # a unit was founded under the district, and the other commune came under the first
    assert tuple(mirror.restarts for mirror in mirrors) == restarts


# --- what a page says ---------------------------------------------------------------------------------


def test_a_change_is_told_once_as_it_is_now(year):
    client = machine(year.body.committee, *READS)
    cursor = start(client)["cursor"]
    year.do("edit the plan")
    year.do("edit the plan")
    found = changes(client, cursor)
    [change] = found["changes"]
    assert (change["type"], change["ref"], change["op"]) == ("plan", "2024", "upsert")
    assert change["data"] == client.get("/api/v1/plans/2024/").json()
    assert change["data"]["name_en"] == "The year 2"
    assert found["has_more"] is False
    assert changes(client, found["cursor"])["changes"] == []


def test_what_is_dropped_arrives_as_a_deletion_at_those_who_could_see_it(year):
    year.do("split in two")
    district, other = (
        Mirror(machine(unit, *READS)) for unit in (year.body.committee, year.body.other)
    )
    ref = next(ref for ref in district.copy["target"] if ref.endswith("-1-2"))
    year.do("split for one")
    gone = [change for change in district.poll() if change["op"] == "delete"]
    assert [(row["type"], row["ref"], row["reason"]) for row in gone] == [
        ("target", ref, "out_of_scope")
    ]
    assert "data" not in gone[0]
    told = [(row["type"], row["op"]) for row in other.poll()]
    assert told == [("plan", "upsert")]  # the part was planned: the commune never knew of it


def test_each_type_needs_its_scope_and_the_feed_one_of_its_own(year):
    committee = year.body.committee
    client = machine(committee, Scope.ORG_READ, Scope.CHANGES_READ)
    assert start(client)["types"] == ["unit", "appointment"]
    is_problem(client.get("/api/v1/changes/start?types=unit,plan"), 403, "scope-missing")
    is_problem(
        machine(committee, Scope.ORG_READ).get("/api/v1/changes/start"), 403, "scope-missing"
    )
    is_problem(
        machine(committee, Scope.CHANGES_READ).get("/api/v1/changes/start"), 403, "scope-missing"
    )
    assert start(client, types="appointment,unit") == start(client)


def test_a_person_follows_what_the_person_sees(year):
    client = person(year.body.supervisor)
    mirror = Mirror(client)
    year.do("draw up a target")
    mirror.poll()
    assert mirror.copy == mirror.view()


def test_the_stream_has_the_changes_of_the_pages_and_ends_with_the_cursor(year):
    client = machine(year.body.committee, *READS)
    cursor = start(client)["cursor"]
    for name in ("edit the plan", "draw up a target", "submit a report"):
        year.do(name)
    answer = client.get(
        "/api/v1/changes", {"after": cursor}, headers={"Accept": "application/x-ndjson"}
    )
    assert answer["Content-Type"] == "application/x-ndjson"
    *lines, last = [json.loads(line) for line in b"".join(answer).splitlines()]
    pages = changes(client, cursor)
    assert lines == pages["changes"]
    assert last == {"cursor": pages["cursor"], "has_more": False}


def test_nothing_new_is_a_304_and_anything_new_is_not(year):
    client = machine(year.body.committee, *READS)
    first = client.get("/api/v1/changes", {"after": start(client)["cursor"]})
    asked = {"after": first.json()["cursor"]}
    tag = {"If-None-Match": first["ETag"]}
    assert client.get("/api/v1/changes", asked, headers=tag).status_code == 304
    year.do("edit the plan")
    answer = client.get("/api/v1/changes", asked, headers=tag)
    assert (answer.status_code, len(answer.json()["changes"])) == (200, 1)


def test_a_page_passes_over_the_business_of_others_and_says_so(year, monkeypatch):
    client = machine(year.body.other, *READS)
    cursor = start(client)["cursor"]
    monkeypatch.setattr(feed, "LOOKED_AT", 1)
    year.do("appoint")  # in the other commune: an office, and somebody in it
    found = changes(client, cursor)
    assert (found["changes"], found["has_more"]) == ([], True)
    assert changes(client, found["cursor"])["has_more"] is False


def test_a_page_ends_before_it_has_too_many_objects(year):
    client = machine(year.body.committee, *READS)
    cursor = start(client)["cursor"]
    for act in ("draw up a target", "assign a target", "edit the plan", "add a group"):
        year.do(act)
    sizes, seen = [], set()
    while True:
        found = changes(client, cursor, limit=3)
        sizes.append(len(found["changes"]))
        seen |= {(row["type"], row["ref"]) for row in found["changes"]}
        cursor = found["cursor"]
        if not found["has_more"]:
            break
    # the new target and the plan; then one act alone: both with twelve reports; the plan, twice
    assert sizes == [2, 14, 1]
    assert len(seen) == 14


# --- cursors ------------------------------------------------------------------------------------------


def test_a_cursor_serves_nobody_else(year):
    cursor = start(machine(year.body.committee, *READS))["cursor"]
    other = machine(year.body.committee, *READS)
    is_problem(other.get("/api/v1/changes", {"after": cursor}), 400, "cursor-mismatch")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "invalid-parameter"),
        ({"after": "x"}, "cursor-invalid"),
        ({"after": "x", "limit": "0"}, "invalid-parameter"),
        ({"after": "x", "limit": "1001"}, "invalid-parameter"),
        ({"after": "x", "types": "unit"}, "unknown-parameter"),
    ],
)
def test_a_wrong_question_is_named(year, query, code):
    is_problem(machine(year.body.committee, *READS).get("/api/v1/changes", query), 400, code)


def test_an_unknown_type_is_named(year):
    client = machine(year.body.committee, *READS)
    problem = is_problem(
        client.get("/api/v1/changes/start?types=unit,cat"), 400, "invalid-parameter"
    )
    assert "cat" in problem["detail"]


def test_a_changed_scope_begins_anew(year):
    client = machine(year.body.commune, *READS)
    cursor = start(client)["cursor"]
    year.do("move a unit")
    problem = is_problem(client.get("/api/v1/changes", {"after": cursor}), 410, "scope-changed")
    fresh = client.get(problem["restart"]).json()
    assert changes(client, fresh["cursor"])["changes"] == []


def test_a_register_put_back_from_a_backup_begins_anew(year):
    client = machine(year.body.committee, *READS)
    year.do("edit the plan")
    cursor = start(client)["cursor"]
    register.open_epoch(checkpoint=None, reason="restored", at=NOW)
    is_problem(client.get("/api/v1/changes", {"after": cursor}), 410, "history-changed")


def test_a_client_that_was_away_for_too_long_begins_anew(year, settings):
    client = machine(year.body.committee, *READS)
    old = start(client)["cursor"]
    year.do("edit the plan")
    while lines.keep(feeds, at=NOW):
        pass
    read = changes(client, old)["cursor"]
    year.do("rename a unit")
    late = NOW + timedelta(days=settings.FEED_RETENTION_DAYS, seconds=1)
    assert lines.forget(at=NOW + timedelta(days=1)) == 0
    while lines.forget(at=late):
        pass
    problem = is_problem(client.get("/api/v1/changes", {"after": old}), 410, "cursor-expired")
    lines_too = client.get("/api/v1/changes", {"after": old}, headers={"Accept": NDJSON})
    is_problem(lines_too, 410, "cursor-expired")
    assert [row["type"] for row in changes(client, read)["changes"]] == ["unit"]
    fresh = client.get(problem["restart"]).json()
    assert changes(client, fresh["cursor"])["changes"] == []


def test_another_history_is_noticed_even_if_nobody_has_said_so(year):
    client = machine(year.body.committee, *READS)
    year.do("edit the plan")
    last = feed.end()
    request = client.get("/api/v1/changes/start").wsgi_request
    forged = last._replace(link="0" * 16)
    cursor = feed.cursor_of(request, ["unit"], forged, feed.view_of(request))
    is_problem(client.get("/api/v1/changes", {"after": cursor}), 410, "history-changed")


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_costs_the_same_for_one_and_for_three(year, count, django_assert_num_queries):
    client = machine(year.body.committee, *READS)
    cursor = start(client)["cursor"]
    for _each in range(count):
        year.do("draw up a target")
    with django_assert_num_queries(15):
        assert len(changes(client, cursor)["changes"]) == count + 1  # and their plan
