"""The desk: what a tab counts is what its list shows, and more rows cost nothing more."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.actions import cases
from commitments.enums import VersionAct
from commitments.models import CaseClock, Commitment, CommitmentVersion
from commitments.querysets.queue import CONDITIONS
from tests.commitments.web.test_pages import fill
from tests.factories.body import NOW, come_into_office, make_body, person
from units import clock
from units.models import RegisterVerification

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
TRAITS = {
    "late": "issued",
    "awaiting": "issued",
    "returned": "returned",
    "refused": "refused",
    "to_countersign": "signed",
    "drafts": "draft",
    "not_taken_over": "in_force",
    "in_force": "in_force",
}


def put_into(bucket, body, count):
    """Add `count` rows to `bucket`."""
    fill(body, count, **{TRAITS[bucket]: True}, issued_at=NOW - timedelta(days=9))
    if bucket == "not_taken_over":
        for version in CommitmentVersion.objects.order_by("-pk")[:count]:
            come_into_office(
                version.first_undertaker, person(f"next-{version.pk}"), on=date(2024, 2, 1)
            )
    if bucket == "late":
        CommitmentVersion.objects.update(sign_by=date(2024, 2, 1))


def counted(page, label_of_current=r'aria-current="page"'):
    return int(re.search(rf'{label_of_current}>[^<]*<span class="count">(\d+)', page).group(1))


def test_every_bucket_is_tried():
    assert set(TRAITS) == set(CONDITIONS)


@pytest.mark.parametrize("bucket", TRAITS)
def test_a_bucket_costs_the_same_for_one_and_three(bucket, client_of):
    body = make_body()
    client, address, costs = client_of(body.supervisor), f"/queue/?bucket={bucket}", []
    for added in (1, 2):
        put_into(bucket, body, added)
        client.get(address)  # warm: content types and the like
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address).content.decode()
        costs.append(len(queries))
    assert counted(page) == 3
    assert costs[0] == costs[1], [query["sql"] for query in queries]


@pytest.mark.parametrize("bucket", TRAITS)
def test_what_a_tab_counts_under_a_filter_is_what_its_list_shows(bucket, client_of):
    body = make_body()
    put_into(bucket, body, 3)
    one = CommitmentVersion.objects.select_related("commitment__unit").first()
    client = client_of(body.supervisor)
    for query, found in (
        (f"unit={one.commitment.unit.ref}", 1),
        (f"q={one.commitment.number}", 1),
        ("q=nowhere", 0),
        ("", 3),
    ):
        page = client.get(f"/queue/?bucket={bucket}&{query}").content.decode()
        rows = {*re.findall(r'href="/commitments/([^"/?]+)/"', page)}
        assert (counted(page), len(rows)) == (found, found), query


def test_the_step_that_is_shown_is_the_one_that_fires(client_of):
    body = make_body()
    version = body.issued()
    page = client_of(body.supervisor).get("/queue/?bucket=awaiting").content.decode()
    waiting = CaseClock.objects.with_ladder().get(version=version)
    step = cases.next_step(waiting)
    assert step.at == waiting.next_action_at
    assert f"{clock.local_date(step.at):%d/%m}" in page

    assert cases.sweep(at=step.at) == 1
    fired = waiting.fired.latest("pk")
    assert (fired.level, fired.decision) == (step.level, "fired")
    waiting.refresh_from_db()
    assert waiting.next_action_at > step.at


def test_lateness_goes_with_the_act_and_is_stored_nowhere(client_of):
    body = make_body()
    version = body.issued()
    CommitmentVersion.objects.filter(pk=version.pk).update(sign_by=date(2024, 2, 1))
    client = client_of(body.supervisor)
    before = CommitmentVersion.objects.values().get(pk=version.pk)
    assert counted(client.get("/queue/?bucket=late").content.decode()) == 1
    assert CommitmentVersion.objects.values().get(pk=version.pk) == before
    for who in (body.secretary, body.chair):
        body.act(VersionAct.SIGN, version, who)
    assert counted(client.get("/queue/?bucket=late").content.decode()) == 0
    assert counted(client.get("/queue/?bucket=to_countersign").content.decode()) == 1


def test_numbers_are_sorted_as_people_count_on_every_page(client_of):
    body = make_body()
    put_into("awaiting", body, 30)
    wanted = [f"KT-{place}" for place in range(1, 30)] + ["KT-030"]
    for number, row in zip(reversed(wanted), Commitment.objects.order_by("pk"), strict=True):
        Commitment.objects.filter(pk=row.pk).update(number=number)
    client, shown, address = client_of(body.supervisor), [], "/queue/?bucket=awaiting&sort=number"
    while address:
        page = client.get(address)
        shown += [entry["row"].version.commitment.number for entry in page.context["rows"]]
        address = page.context["more"]
    assert shown == wanted


def test_what_is_late_is_not_offered_to_be_put_aside(client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.supervisor)
    row = f"/queue/rows/{version.pk}/"
    for day, bucket, offered in (
        (20, "awaiting", True),
        (2, "awaiting", False),
        (1, "late", False),
    ):
        due_on = date(2024, 2, day)
        CommitmentVersion.objects.update(sign_by=due_on)
        CaseClock.objects.update(due_on=due_on)
        for address in (f"/queue/?bucket={bucket}", row):
            page = client.get(address).content.decode()
            assert version.commitment.number in page
            assert (f'href="{row}snooze/"' in page) == offered, address
    assert "What is late is not put aside." in client.get(row).content.decode()


def test_a_register_that_is_not_as_it_was_written_is_said_above_the_queue(client_of):
    body = make_body()
    client = client_of(body.supervisor)
    assert 'role="alert"' not in client.get("/queue/").content.decode()
    RegisterVerification.objects.create(
        started_at=clock.real_now(),
        ended_at=clock.real_now() + timedelta(seconds=1),
        entries=3,
        exposed=0,
        findings=[["entry-changed", 2, "the entry is not the one that was registered"]],
    )
    page = client.get("/queue/").content.decode()
    assert 'role="alert"' in page
    assert "seq 2: the entry is not the one that was registered [entry-changed]" in page
