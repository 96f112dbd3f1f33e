"""Who is told of reports that a unit owes: once for all of them, with the way to them, until they come."""

from datetime import date

import pytest
from django.test import Client

from commitments.actions import cases
from commitments.models import CaseClock, ReportRound
from notifications import messages
from notifications.actions import deliveries
from notifications.actions.facts import facts_of
from notifications.enums import CancelReason
from notifications.models import Notice
from tests.factories.notices import read_register
from tests.factories.reports import OPENED, make_desk
from tests.factories.rounds import morning, owed_in, round_of

pytestmark = pytest.mark.django_db


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def step_on(day: int, desk):
    """Sweep and read the register on a morning of April; return the notices about the commune."""
    at = morning(date(2024, 4, day))
    cases.sweep(at=at)
    read_register(at=at)
    return Notice.objects.with_matter().filter(round=round_of(desk), created_at=at)


def test_each_step_tells_each_person_once_whatever_the_number_of_reports():
    desk = make_desk()
    assert len(owed_in(round_of(desk))) == 3

    told = {
        day: sorted(step_on(day, desk).values_list("recipient__username", "message", "kind"))
        for day in (2, 8, 10, 15)
    }
    unit = ("chair", "reporter", "secretary")
    assert told == {
        2: [(who, "report-due", "reminder") for who in unit],
        8: [(who, "report-late", "reminder") for who in unit],
        10: [("supervisor", "report-late-watch", "escalation")],
        15: [("leader", "report-late-watch", "escalation")],
    }


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_message_says_how_many_why_and_what_follows_and_leads_there(language):
    desk = make_desk()
    found = {}
    for day in (2, 8, 10, 15):
        for notice in step_on(day, desk):
            facts = facts_of(notice, at=morning(date(2024, 4, day)), language=language)
            found[notice.recipient.username, notice.message] = messages.compose(
                notice.message, facts, language=language
            )
            assert facts["url"].endswith("/reports/?unit=bx-first&period=2024-03")
            assert facts["office"] or facts["role"]
            assert bool(facts["when"]) == (day != 15)

    for message in found.values():
        assert "3 báo cáo" in message.text or "3 reports" in message.text
    first = found["secretary", "report-due"]
    if language == "en":
        assert first.subject == "Reminder: First Commune owes 3 reports by 05/04/2024"


def test_one_report_leads_to_its_own_page():
    desk = make_desk()
    *others, last = owed_in(round_of(desk))
    for duty in others:
        desk.filed(duty)
    notice = step_on(2, desk).get(recipient=desk.reporter)

    client = client_of(desk.reporter)
    client.cookies["django_language"] = "en"
    response = client.post(f"/inbox/{notice.pk}/read/")
    assert (response.status_code, response.url) == (302, f"/reports/{last.ref}/")
    assert "Reminder: First Commune owes 1 report by" in client.get("/inbox/").content.decode()


def test_what_waits_to_be_sent_is_cancelled_by_the_last_report():
    desk = make_desk()
    told = step_on(2, desk)
    assert {row.state for row in told} == {"pending"}
    *others, last = owed_in(round_of(desk))
    for duty in others:
        desk.filed(duty, at=OPENED)
    read_register(at=OPENED)
    assert {row.state for row in told.all()} == {"pending"}

    desk.filed(last, at=OPENED)
    read_register(at=OPENED)
    ends = set(told.values_list("state", "end_reason"))
    assert ends == {("cancelled", CancelReason.SETTLED)}


@pytest.mark.parametrize("count", [1, 3])
def test_the_inbox_costs_the_same_for_one_and_three(count, django_assert_num_queries):
    desk = make_desk()
    at = morning(date(2024, 7, 2))
    late = ReportRound.objects.filter(unit=desk.body.commune, due_on__lt=at.date()).order_by(
        "due_on"
    )
    CaseClock.objects.exclude(round__in=late.values("pk")[:count]).delete()
    cases.sweep(at=at)
    read_register(at=at)
    client = client_of(desk.body.leader)
    assert Notice.objects.filter(recipient=desk.body.leader).count() == count
    assert client.get("/inbox/").content.decode().count("First Commune") >= count
    with django_assert_num_queries(INBOX):
        client.get("/inbox/")


INBOX = 9


def test_a_letter_leaves_for_whom_the_step_names_and_none_once_the_reports_are_in(server):
    """From the duty to the mail server and back: the whole way, but for the broker's wakes."""
    desk = make_desk()
    step_on(2, desk)
    deliveries.send(at=morning(date(2024, 4, 2), 9))
    sent = about_march(server.messages)
    assert {row["To"].addresses[0].username for row in sent} == {"chair", "reporter", "secretary"}
    assert "/reports/?unit=bx-first&period=2024-03" in sent[0].get_body(("plain",)).get_content()

    cases.sweep(at=morning(date(2024, 4, 8)))
    for duty in owed_in(round_of(desk)):  # after the step fired, before it is told
        desk.filed(duty, at=morning(date(2024, 4, 8)))
    read_register(at=morning(date(2024, 4, 8)))
    before = len(server.messages)
    deliveries.send(at=morning(date(2024, 4, 8), 9))
    assert about_march(server.messages[before:]) == []


def about_march(letters):
    """Return those about the reports that the commune owes by 5 April."""
    about = "First Commune", "05/04/2024"
    return [row for row in letters if all(word in str(row["Subject"]) for word in about)]
