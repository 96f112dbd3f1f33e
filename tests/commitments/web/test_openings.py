"""Cases that the system registered, as a supervisor meets them: in the queue, and told why."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.actions import duties, openings
from commitments.models import BacklogCase, CaseRule, ReportingDuty
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.reports import AFTER_LOCK, make_desk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
QUEUE = "/queue/?bucket=cases_opened"


@pytest.fixture
def desk():
    """A desk whose reports on January got lost, three of them of the commune."""
    made = make_desk()
    ReportingDuty.objects.exclude(period=made.months[0]).update(
        state="waived", waiver_reason="Not asked."
    )
    while duties.lock_due(at=AFTER_LOCK):
        pass
    CaseRule.objects.create(version=1, in_force_from=date(2024, 1, 1), red_periods=2)
    return made


def open_all():
    opening = openings.Opening(at=AFTER_LOCK)
    while opening.batch():
        pass
    return list(BacklogCase.objects.exclude(opened_for="").order_by("pk"))


def test_a_supervisor_finds_them_in_the_queue_and_none_by_hand(desk, client_of):
    client = client_of(desk.body.supervisor)
    by_hand = BacklogCaseFactory(assigner_unit=desk.body.committee, unit=desk.body.commune)
    found = {case.ref for case in open_all()}
    page = client.get(QUEUE).content.decode()
    assert {*re.findall(r'href="/cases/([^"/]+)/"', page)} - {"agenda"} == found
    assert by_hand.ref not in page


def test_the_bucket_costs_the_same_for_one_and_three(desk, client_of):
    client = client_of(desk.body.supervisor)
    every, costs = open_all(), []
    for shown in (1, 3):
        hidden = [case.pk for case in every[shown:]]
        BacklogCase.objects.filter(pk__in=hidden).update(
            state="cancelled", outcome="No.", ended_on=date(2024, 4, 24)
        )
        client.get(QUEUE)
        with CaptureQueriesContext(connection) as queries:
            client.get(QUEUE)
        costs.append(len(queries))
        BacklogCase.objects.update(state="registered", outcome="", ended_on=None)
    assert costs[0] == costs[1], [query["sql"] for query in queries]


@pytest.mark.parametrize(
    ("language", "why", "title"),
    [
        ("vi", "vẫn chưa có báo cáo", "Thiếu báo cáo: N01.1"),
        ("en", "It had not come when it was locked", "Report missing: N01.1"),
    ],
)
def test_the_page_of_a_case_says_why_it_was_opened(language, why, title, desk, client_of):
    case = open_all()[0]
    client = client_of(desk.body.supervisor)
    client.cookies["django_language"] = language
    page = client.get(f"/cases/{case.ref}/").content.decode()
    assert why in page
    assert title in page
    assert f'href="/targets/{desk.body.targets[0].ref}/"' in page


def test_a_title_that_a_person_writes_is_the_title_in_both_languages(desk, client_of):
    case = open_all()[0]
    client = client_of(desk.body.supervisor)
    client.cookies["django_language"] = "en"
    client.post(f"/cases/{case.ref}/edit/", {"version": case.etag_version, "title": "Nợ báo cáo"})
    case.refresh_from_db()
    assert (case.title, case.title_en) == ("Nợ báo cáo", "")
    assert "Nợ báo cáo" in client.get(f"/cases/{case.ref}/").content.decode()
