"""Who is told of reports that await a decision, where the message leads, and when it is not sent."""

from datetime import date

import pytest
from django.test import Client

from commitments.actions import cases, deputies, verifications
from commitments.models import CaseClock
from notifications import messages
from notifications.actions.facts import facts_of, path_of
from notifications.enums import CancelReason
from notifications.models import Notice
from tests.factories.notices import read_register
from tests.factories.reports import OPENED, grant, make_desk
from tests.factories.rounds import morning
from units.enums import Role

pytestmark = pytest.mark.django_db
BUCKET = "/queue/?bucket=to_verify"
STEPS = {  # the day in April on which each fires, and what it says
    5: "report-verify-due",
    10: "report-verify-late",
    15: "report-verify-late-watch",
}


def told_on(day):
    """Sweep and read the register on a morning; return the notices of whoever verifies."""
    at = morning(date(2024, 4, day))
    cases.sweep(at=at)
    read_register(at=at)
    return Notice.objects.with_matter().filter(awaits="verify", created_at=at)


def verify(desk, report, at=OPENED):
    verifications.verify(report_id=report.pk, by=desk.verifier, expected=report.etag_version, at=at)


def test_each_step_tells_whom_the_ladder_names():
    desk = make_desk()
    desk.filed(desk.duty())
    found = {
        day: set(told_on(day).values_list("recipient__username", "message", "role"))
        for day in STEPS
    }
    both = {"verifier", "second"}
    assert {name for name, _message, _role in found[5] | found[10]} == both
    assert {(message, role) for _name, message, role in found[5] | found[10]} == {
        (STEPS[5], Role.VERIFIER),
        (STEPS[10], Role.VERIFIER),
    }
    assert {(name, message) for name, message, _role in found[15]} == {
        (desk.body.supervisor.username, STEPS[15])
    }


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_message_counts_what_awaits_a_decision_and_leads_there(language):
    desk = make_desk()
    first = desk.filed(desk.duty())
    desk.filed(desk.duty(place=1))
    notice = told_on(5).first()
    facts = facts_of(notice, at=notice.created_at, language=language)
    made = messages.compose(notice.message, facts, language=language)
    assert ("2 reports" if language == "en" else "2 báo cáo") in made.subject
    assert facts["url"].endswith(BUCKET)

    verify(desk, first)
    notice = Notice.objects.with_matter().get(pk=notice.pk)
    (left,) = notice.subject.under_review()
    assert path_of(notice.subject, notice.awaits) == f"/reports/{left.ref}/"


def test_the_inbox_leads_whoever_verifies_to_what_waits():
    desk = make_desk()
    for place in (0, 1):
        desk.filed(desk.duty(place=place))
    notice = told_on(5).get(recipient=desk.verifier)
    client = Client()
    client.force_login(desk.verifier)
    client.cookies["django_language"] = "en"
    assert (
        "Reminder: 2 reports of First Commune to verify by"
        in client.get("/inbox/").content.decode()
    )
    assert client.post(f"/inbox/{notice.pk}/read/").url == BUCKET


def test_whoever_sees_to_it_for_a_verifier_reads_what_it_is():
    desk = make_desk()
    desk.filed(desk.duty())
    row = CaseClock.objects.get(kind="verify")
    grant(desk.second, Role.VERIFIER, desk.body.commune)
    deputies.name(
        clock_id=row.pk, deputy=desk.second, task="Đọc giúp.", by=desk.verifier, at=OPENED
    )
    read_register(at=OPENED)
    notice = Notice.objects.with_matter().get(message="review-delegated")
    facts = facts_of(notice, at=OPENED, language="en")
    made = messages.compose(notice.message, facts, language="en")
    assert "the verification of 1 report of First Commune" in made.subject
    assert "by 09/04/2024" in made.text


def test_what_waits_to_be_sent_is_cancelled_once_the_first_is_decided():
    desk = make_desk()
    first = desk.filed(desk.duty())
    second = desk.filed(desk.duty(place=1), at=morning(date(2024, 4, 3), 9))
    told = told_on(5)
    pks = list(told.values_list("pk", flat=True))
    rows = Notice.objects.filter(pk__in=pks)
    assert {row.state for row in rows} == {"pending"}

    verify(desk, second)
    read_register(at=OPENED)
    assert {row.state for row in rows.all()} == {"pending"}

    verify(desk, first)
    read_register(at=OPENED)
    ends = set(rows.values_list("state", "end_reason"))
    assert ends == {("cancelled", CancelReason.SETTLED)}
