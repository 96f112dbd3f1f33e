"""Who is told of corrective actions: of each step, of what is said to be done, and what is decided."""

from datetime import date

import pytest
from django.test import Client

from commitments.actions import cases, corrections, deputies
from commitments.enums.backlog import CorrectionAct
from commitments.models import CaseClock, CorrectiveAction
from notifications import messages
from notifications.actions.facts import facts_of
from notifications.enums import CancelReason
from notifications.models import Notice
from tests.commitments.actions.test_correction_acts import at_nine
from tests.commitments.actions.test_corrections import settled, write
from tests.factories.body import NOW, make_body, person
from tests.factories.notices import read_register
from tests.factories.units import RoleGrantFactory

pytestmark = pytest.mark.django_db
STEPS = {  # the day on which each fires, who is told and what
    date(2024, 3, 22): ("secretary", "correction-due", "reminder"),
    date(2024, 4, 1): ("secretary", "correction-late", "reminder"),
    date(2024, 4, 8): ("supervisor", "correction-late-watch", "escalation"),
    date(2024, 4, 15): ("leader", "correction-late-watch", "escalation"),
}


@pytest.fixture
def body():
    made = settled(make_body())
    write(made)
    return made


def told_on(day):
    """Sweep and read the register on a morning; return the notices that come of it."""
    at = at_nine(day)
    cases.sweep(at=at)
    read_register(at=at)
    return Notice.objects.with_matter().filter(correction__isnull=False, created_at=at)


def told(kind):
    rows = Notice.objects.filter(link__entry__kind=kind)
    return sorted(rows.values_list("recipient__username", "message", "kind"))


def said_done(body, **changes):
    told = {
        "target_id": body.targets[0].pk,
        "note": "Đã bố trí.",
        "by": body.secretary,
        "expected": CorrectiveAction.objects.get().etag_version,
        "at": NOW,
    }
    return corrections.finish(**(told | changes))


def decided(body, act=corrections.confirm, **changes):
    told = {
        "target_id": body.targets[0].pk,
        "by": body.assigner,
        "expected": CorrectiveAction.objects.get().etag_version,
        "at": NOW,
    }
    return act(**(told | changes))


def test_each_step_tells_whom_the_ladder_names(body):
    found = {
        day: sorted(told_on(day).values_list("recipient__username", "message", "kind"))
        for day in STEPS
    }
    assert found == {day: [one] for day, one in STEPS.items()}
    assert Notice.objects.get(message="correction-due").position == body.first


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_message_says_what_and_leads_to_the_page_of_the_target(body, language):
    notices = [(day, notice) for day in STEPS for notice in told_on(day)]
    said_done(body)
    read_register(at=NOW)
    decided(body, corrections.take_back, reason="Chưa có.")
    said_done(body)
    decided(body)
    read_register(at=NOW)
    more = Notice.objects.with_matter().filter(correction__isnull=False, created_at=NOW)
    notices += [(NOW.date(), notice) for notice in more]
    assert {notice.message for _day, notice in notices} == {
        "correction-due",
        "correction-late",
        "correction-late-watch",
        "correction-done",
        "correction-taken-back",
        "correction-confirmed",
    }
    for day, notice in notices:
        facts = facts_of(notice, at=at_nine(day), language=language)
        made = messages.compose(notice.message, facts, language=language)
        assert facts["url"].endswith("/targets/2024-t1/")
        assert facts["office"] or facts["role"]
        for words in ("N01.1", facts["title"], facts["unit"]):
            assert words in made.text
    first = facts_of(notices[1][1], at=at_nine(date(2024, 4, 1)), language="en")
    assert (first["due"], first["days"]) == ("31/03/2024", "1")
    assert first["remedy"] == "Bố trí vốn trong quý I."


def test_those_who_may_are_asked_to_confirm_each_by_the_own_role(body):
    said_done(body, by=body.chair)
    read_register(at=NOW)
    assert told("correction.finish") == [
        ("assigner", "correction-done", "request"),
        ("supervisor", "correction-done", "request"),
    ]
    asked = Notice.objects.filter(message="correction-done")
    assert dict(asked.values_list("recipient__username", "role")) == {
        "assigner": "assigner",
        "supervisor": "supervisor",
    }
    assert {row.due_on for row in asked} == {date(2024, 2, 9)}
    decided(body)
    read_register(at=NOW)
    ends = set(asked.values_list("state", "end_reason"))
    assert ends == {("cancelled", CancelReason.SETTLED)}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_whoever_does_not_confirm_is_reminded_and_then_who_stands_above(body, language):
    said_done(body)
    steps = {
        date(2024, 2, 12): "correction-confirm-late",
        date(2024, 2, 14): "correction-confirm-late-watch",
    }
    for day, message in steps.items():
        notices = told_on(day)
        assert {notice.message for notice in notices} == {message}
        for notice in notices:
            facts = facts_of(notice, at=at_nine(day), language=language)
            made = messages.compose(notice.message, facts, language=language)
            assert "09/02/2024" in made.text
            assert facts["office"] or facts["role"]
            assert facts["url"].endswith("/targets/2024-t1/")


def test_whoever_decides_hands_that_on(body):
    colleague = person("colleague")
    RoleGrantFactory(person=colleague, role="reporter", unit=body.commune)
    said_done(body)
    clock = CaseClock.objects.get(kind="verify")
    deputies.name(clock_id=clock.pk, deputy=colleague, task="Xem", by=body.supervisor, at=NOW)
    read_register(at=NOW)
    assert told("clock.delegate") == [("colleague", "confirmation-delegated", "request")]


def test_taken_back_asks_the_office_and_tells_whoever_said_so(body):
    reporter = person("reporter")
    RoleGrantFactory(person=reporter, role="reporter", unit=body.commune)
    said_done(body, by=reporter)
    decided(body, corrections.take_back, reason="Chưa có.")
    read_register(at=NOW)
    assert told("correction.finish") == []  # it was decided before anybody was told
    assert told("correction.take_back") == [
        ("reporter", "correction-taken-back", "result"),
        ("secretary", "correction-taken-back", "request"),
    ]


def test_confirmed_tells_whoever_said_so(body):
    said_done(body)
    decided(body)
    read_register(at=NOW)
    assert told("correction.confirm") == [("secretary", "correction-confirmed", "result")]


def test_written_and_written_anew_tells_nobody(body):
    write(body, expected=1, by=body.planner)
    read_register(at=NOW)
    assert told("correction.write") == told("correction.revise") == []


@pytest.mark.parametrize("act", [CorrectionAct.FINISH, CorrectionAct.REVISE])
def test_what_waits_to_be_sent_is_cancelled_once_it_is_done_or_has_another_day(body, act):
    reminded = told_on(date(2024, 3, 22))
    assert {row.state for row in reminded} == {"pending"}
    if act == CorrectionAct.FINISH:
        said_done(body)
    else:
        write(body, expected=1)
    read_register(at=NOW)
    ends = set(reminded.values_list("state", "end_reason"))
    assert ends == {("cancelled", CancelReason.SETTLED)}


def test_the_duty_may_be_handed_on_and_the_deputy_is_told(body):
    colleague = person("colleague")
    RoleGrantFactory(person=colleague, role="reporter", unit=body.commune)
    clock = CaseClock.objects.get(kind="correction")
    deputies.name(clock_id=clock.pk, deputy=colleague, task="Gom hồ sơ", by=body.secretary, at=NOW)
    read_register(at=NOW)
    deputies.take_back(clock_id=clock.pk, by=body.secretary, at=NOW)
    read_register(at=NOW)
    assert told("clock.delegate") == [("colleague", "correction-delegated", "request")]
    assert told("clock.undelegate") == [("colleague", "correction-undelegated", "result")]


@pytest.mark.parametrize("count", [1, 3])
def test_the_inbox_costs_the_same_for_one_and_three(body, count, django_assert_num_queries):
    for _n in range(count):
        said_done(body)
        decided(body, corrections.take_back, reason="Chưa có.")
    read_register(at=NOW)
    assert Notice.objects.filter(recipient=body.secretary).count() >= count
    client = Client()
    client.force_login(body.secretary)
    client.get("/inbox/")
    with django_assert_num_queries(6):
        assert "N01.1" in client.get("/inbox/").content.decode()
