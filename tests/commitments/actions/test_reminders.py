"""A row put aside: for oneself, for a reason, not past its day; back by itself, and no clock knows."""

from contextlib import suppress
from datetime import date, timedelta
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection, transaction

from commitments.actions import backlog, cases, drafts, reminders, resolutions
from commitments.enums import VersionAct
from commitments.models import (
    CaseClock,
    CommitmentVersion,
    Reminder,
    ReportingDuty,
)
from commitments.models import reminders as models
from notifications.models import Notice
from tests.constraints import again, change, named, refused
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.body import NOW, make_body
from tests.factories.clocks import local
from tests.factories.notices import read_register
from tests.factories.readers import person
from tests.factories.reports import OPENED, make_desk
from tests.factories.rounds import ReportRoundFactory, owed_in, round_of
from tests.factories.units import RoleGrantFactory, UserFactory
from units import clock
from units.actions import register
from units.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from units.models import DemonstrationClock, RegisterEntry

pytestmark = pytest.mark.django_db
TODAY = date(2024, 2, 2)  # the day of NOW; what is issued then is to be signed by 20 February
TUESDAY = date(2024, 2, 6)
BACK = local(TUESDAY)


@pytest.fixture
def body(settings):
    """A demonstration in which it is NOW."""
    settings.DEMO = True
    offset = (clock.real_now() - NOW).total_seconds()
    DemonstrationClock.objects.create(offset_seconds=offset)
    return make_body()


def put(about, by, *, until=TUESDAY, reason="They sign on Monday.", at=NOW) -> Reminder:
    return reminders.snooze(about=about, until=until, reason=reason, by=by, at=at)


def code_of(error: type[Refused], do, *args, **asked) -> str:
    with pytest.raises(error) as refusal:
        do(*args, **asked)
    return refusal.value.code


def entries() -> list[str]:
    found = RegisterEntry.objects.filter(kind__startswith="desk.").order_by("pk")
    return list(found.values_list("kind", flat=True))


# --- until when -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "code"),
    [
        (TODAY, "snooze-in-the-past"),
        (TODAY - timedelta(days=1), "snooze-in-the-past"),
        (date(2024, 2, 21), "snooze-too-long"),  # the day after it is due
    ],
)
def test_not_into_the_past_and_not_past_the_day_it_is_due(until, code, body):
    version = body.issued()
    assert code_of(Invalid, put, version, body.supervisor, until=until) == code
    assert put(version, body.supervisor, until=date(2024, 2, 20)).remind_at == local(
        date(2024, 2, 20)
    )


def test_what_waits_for_nothing_is_put_aside_for_thirty_days_at_most(body):
    draft = body.draft()
    longest = TODAY + timedelta(days=30)
    late = longest + timedelta(days=1)
    assert code_of(Invalid, put, draft, body.planner, until=late) == "snooze-too-long"
    put(draft, body.planner, until=longest)


def test_what_is_late_is_not_put_aside(body):
    version = body.issued()
    at = local(date(2024, 2, 20), 9)
    tomorrow = date(2024, 2, 21)
    refused_ = code_of(Invalid, put, version, body.supervisor, until=tomorrow, at=at)
    assert refused_ == "snooze-too-long"


def test_it_needs_a_reason_a_person_and_no_second_time(body):
    version = body.issued()
    assert code_of(Invalid, put, version, body.supervisor, reason=" ") == "snooze-needs-reason"
    assert code_of(NotAllowed, put, version, UserFactory(machine=True)) == "human-only"
    gone = CommitmentVersion(pk=0)
    assert code_of(NotFound, put, gone, body.supervisor) == "not-found"
    put(version, body.supervisor)
    assert code_of(Conflict, put, version, body.supervisor) == "snoozed-already"
    put(version, body.planner)  # everybody for themselves
    assert entries() == ["desk.snooze", "desk.snooze"]


# --- back again -----------------------------------------------------------------------------------


def test_it_comes_back_on_its_day_and_its_person_is_told_once(body):
    version = body.issued()
    row = put(version, body.supervisor)
    assert reminders.wake(at=BACK - timedelta(seconds=1)) == 0
    assert (reminders.wake(at=BACK), reminders.wake(at=BACK)) == (1, 0)
    row.refresh_from_db()
    assert (row.state, row.ended_at) == ("done", BACK)
    assert entries() == ["desk.snooze", "desk.wake"]
    read_register(at=BACK)
    told = Notice.objects.get(message="row-back")
    assert (told.recipient, told.version) == (body.supervisor, version)
    assert code_of(Conflict, reminders.take_back, about=version, by=body.supervisor, at=BACK)
    put(version, body.supervisor, until=date(2024, 2, 9), at=BACK)


def test_one_that_is_due_and_not_woken_yet_stands_in_nobodys_way(body):
    version = body.issued()
    put(version, body.supervisor)
    later = put(version, body.supervisor, until=date(2024, 2, 9), at=BACK + timedelta(hours=1))
    assert Reminder.objects.waiting().get() == later


def test_one_takes_back_what_is_ones_own(body):
    version = body.issued()
    put(version, body.supervisor)
    asked = {"about": version, "at": NOW}
    assert code_of(Conflict, reminders.take_back, by=body.planner, **asked) == "not-snoozed"
    reminders.take_back(by=body.supervisor, **asked)
    assert Reminder.objects.get().state == "cancelled"
    assert entries() == ["desk.snooze", "desk.unsnooze"]


def test_it_ends_when_the_commitment_moves_on_and_not_before(body):
    version = body.issued()
    row = put(version, body.supervisor)
    body.act(VersionAct.SIGN, version, body.secretary)  # one of two: it still awaits a signature
    row.refresh_from_db()
    assert row.state == "waiting"
    body.act(VersionAct.SIGN, version, body.chair)
    row.refresh_from_db()
    assert (row.state, row.ended_at is not None) == ("cancelled", True)


def test_no_clock_knows_of_it(body):
    version = body.issued()
    before = CaseClock.objects.values().get(version=version)
    put(version, body.supervisor, until=date(2024, 2, 20))
    assert CaseClock.objects.values().get(version=version) == before
    assert cases.sweep(at=before["next_action_at"]) == 1


def test_a_draft_that_is_discarded_takes_it_along(body):
    draft = body.draft()
    put(draft, body.planner)
    drafts.discard(version_id=draft.pk, expected=draft.etag_version, by=body.planner, at=NOW)
    assert not Reminder.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_put_aside_twice_at_once_leaves_one(monkeypatch):
    body = make_body()
    version = body.issued()
    both_have_looked, save, codes = Barrier(2), Reminder.save, []

    def save_when_both_have_looked(self, **fields):
        with suppress(BrokenBarrierError):  # under the lock only one of them ever gets here
            both_have_looked.wait(timeout=0.5)
        save(self, **fields)

    monkeypatch.setattr(Reminder, "save", save_when_both_have_looked)

    def try_it() -> None:
        try:
            put(version, body.supervisor)
            codes.append("put")
        except Conflict as error:
            codes.append(error.code)
        finally:
            connection.close()

    threads = [Thread(target=try_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["put", "snoozed-already"]


def test_the_database_refuses_a_reminder_that_cannot_be(body):
    row = put(body.issued(), body.supervisor)
    with refused("reminder_one_waiting"):
        again(row)
    with refused("reminder_has_reason"):
        change(row, reason="")
    with refused("reminder_lies_ahead"):
        change(row, remind_at=row.made_at)
    for half in ({"state": "done"}, {"ended_at": NOW}):
        with refused("reminder_waits_or_has_ended"):
            change(row, **half)
    change(row, state="done", ended_at=BACK)
    again(row, state="waiting", ended_at=None)
    with refused("reminder_about_one_thing"):
        change(row, version=None)
    case = put(BacklogCaseFactory(assigned=True), body.supervisor)
    with refused("reminder_one_waiting_about_case"):
        again(case)
    with refused("reminder_about_one_thing"):
        change(case, version=row.version)
    reports = put(ReportRoundFactory(), body.supervisor)
    with refused("reminder_one_waiting_about_round"):
        again(reports)
    assert set(named(models)) == {
        "reminder_one_waiting",
        "reminder_one_waiting_about_case",
        "reminder_one_waiting_about_round",
        "reminder_about_one_thing",
        "reminder_has_reason",
        "reminder_lies_ahead",
        "reminder_waits_or_has_ended",
    }


# --- of cases and of reports ----------------------------------------------------------------------


def test_a_case_is_put_aside_up_to_its_day_and_comes_back_with_its_own_words(body):
    case = BacklogCaseFactory(
        assigned=True,
        unit=body.commune,
        assigner_unit=body.committee,
        office=body.first,
        original_due_on=date(2024, 2, 7),
    )
    with transaction.atomic():
        backlog.start_clock(case, at=NOW)
    late = date(2024, 2, 8)
    assert code_of(Invalid, put, case, body.supervisor, until=late) == "snooze-too-long"
    put(case, body.supervisor)
    entry = RegisterEntry.objects.get(kind="desk.snooze")
    assert (entry.subject_kind, entry.subject_ref) == ("backlog_case", case.ref)
    assert set(entry.reach.values_list("unit", flat=True)) == {body.committee.pk}
    reminders.wake(at=BACK)
    read_register(at=BACK)
    told = Notice.objects.get(message="case-back")
    assert (told.recipient, told.case) == (body.supervisor, case)


def test_what_is_put_aside_of_a_case_ends_when_the_case_moves(body):
    case = BacklogCaseFactory(
        assigned=True, unit=body.commune, assigner_unit=body.committee, office=body.first
    )
    with transaction.atomic():
        backlog.start_clock(case, at=NOW)
    row = put(case, body.supervisor)
    resolutions.resolve(
        case_id=case.pk,
        outcome="Done",
        reference="1/QĐ",
        by=body.secretary,
        expected=case.etag_version,
        at=NOW,
    )
    row.refresh_from_db()
    assert row.state == "cancelled"


def test_reports_are_put_aside_together_until_they_have_come():
    desk = make_desk()
    round_ = round_of(desk)
    who, reports_ = desk.body.supervisor, ReportingDuty.objects.filter(round=round_)
    row = put(round_, who, until=date(2024, 4, 3), at=OPENED)
    seen = ReportingDuty.objects.filter(pk__in=reports_)
    assert not seen.not_put_aside_by(who, at=OPENED).exists()
    assert seen.not_put_aside_by(desk.body.planner, at=OPENED).count() == reports_.count()
    for duty in owed_in(round_):
        row.refresh_from_db()
        assert row.state == "waiting"
        desk.filed(duty)
    row.refresh_from_db()
    assert row.state == "cancelled"


def test_the_page_of_a_case_and_of_a_report_put_it_aside_and_only_who_steers_reads_why(body):
    case = BacklogCaseFactory(
        assigned=True,
        unit=body.commune,
        assigner_unit=body.committee,
        office=body.first,
        original_due_on=date(2024, 3, 7),
    )
    mine, theirs, where = reader(body.supervisor), reader(body.planner), f"/cases/{case.ref}/"
    assert f'href="{where}snooze/"' in mine.get(where).content.decode()
    done = mine.post(f"{where}snooze/", {"until": "2024-02-06", "reason": "Monday"})
    assert done["Location"] == "/queue/"
    assert "Monday" in theirs.get(where).content.decode()
    holder = reader(body.secretary)
    assert "Monday" not in holder.get(where).content.decode()
    assert holder.get(f"{where}snooze/").status_code == 404
    RoleGrantFactory(role="verifier", unit=body.other, person=body.secretary)  # steers elsewhere
    assert "Monday" not in holder.get(where).content.decode()
    mine.post(f"{where}take-back/")
    assert "Monday" not in theirs.get(where).content.decode()
    wrong = mine.post(f"{where}snooze/", {"until": "2024-05-06", "reason": "Monday"})
    assert wrong.status_code == 422


def test_a_report_is_put_aside_on_its_page_unless_it_is_late(settings):
    desk = make_desk()
    duty = owed_in(round_of(desk))[0]
    browser, where = reader(desk.body.supervisor), f"/reports/{duty.ref}/"
    assert "What is late is not put aside." in browser.get(where).content.decode()
    settings.DEMO = True
    since = clock.real_now().timestamp() - OPENED.timestamp()
    DemonstrationClock.objects.create(offset_seconds=since)
    assert f'href="{where}snooze/"' in browser.get(where).content.decode()
    page = browser.get(f"{where}snooze/").content.decode()
    assert "aside" in page
    assert reader(desk.reporter).get(f"{where}snooze/").status_code == 404
    assert browser.post(f"{where}take-back/", follow=True).status_code == 200


# --- pages ----------------------------------------------------------------------------------------


def reader(who):
    """Return the browser of `who`, in English."""
    browser = person(who)
    browser.cookies["django_language"] = "en"
    return browser


def queue_of(browser, query="bucket=awaiting"):
    """Return the page of the queue, the numbers of its rows and what its tab counts."""
    page = browser.get(f"/queue/?{query}")
    rows = [entry["row"].version.commitment.number for entry in page.context["rows"]]
    counts = {tab.key: tab.count for tab in page.context["tabs"]}
    return page.content.decode(), rows, counts["awaiting"]


def test_the_row_leaves_the_own_list_and_count_and_others_see_who(body):
    version = body.issued()
    other = RoleGrantFactory(role="supervisor", unit=body.committee).person
    mine, theirs = reader(body.supervisor), reader(other)
    number, where = version.commitment.number, f"/queue/rows/{version.pk}/"
    assert f'href="{where}snooze/"' in queue_of(mine)[0]
    form = mine.get(f"{where}snooze/").content.decode()
    assert "At most until 20/02/2024." in form

    wrong = mine.post(f"{where}snooze/", {"until": "2024-02-21", "reason": "Monday"})
    assert wrong.status_code == 422
    assert "At most until 20/02/2024: then it is due" in wrong.content.decode()
    assert "Monday" in wrong.content.decode()  # what was typed comes back
    done = mine.post(f"{where}snooze/", {"until": "2024-02-06", "reason": "Monday"})
    assert done["Location"] == "/queue/"

    assert queue_of(mine)[1:] == ([], 0)
    assert "awaiting" in {tab.key for tab in mine.get("/").context["empty"]}
    page, rows, count = queue_of(theirs)
    assert (rows, count) == ([number], 1)
    assert f"put aside by {body.supervisor.full_name} until 06/02/2024" in page
    assert "Monday" not in page  # the reason is for those who work the row
    assert "Monday" in theirs.get(where).content.decode()
    assert queue_of(mine, "bucket=awaiting&held=aside")[1:] == ([number], 1)
    history = person(body.secretary).get(f"/commitments/{version.commitment.ref}/")
    assert "desk." not in history.content.decode()

    assert "Let it come back now" in mine.get(f"{where}snooze/").content.decode()
    assert theirs.post(f"{where}take-back/", follow=True).status_code == 200
    assert queue_of(mine)[1:] == ([], 0)  # nobody takes back that of another
    mine.post(f"{where}take-back/")
    assert queue_of(mine)[1:] == ([number], 1)


def test_it_is_back_at_its_hour_whether_anybody_has_woken_it_or_not(body):
    version = body.issued()
    put(version, body.supervisor)
    seen = CommitmentVersion.objects.latest()
    asked = {"user": body.supervisor, "shown": False}
    assert not seen.put_aside_by(at=BACK - timedelta(seconds=1), **asked).exists()
    assert seen.put_aside_by(at=BACK, **asked).exists()


def test_what_stands_in_the_register_names_day_and_reason(body):
    put(body.issued(), body.supervisor)
    entry = RegisterEntry.objects.get(kind="desk.snooze")
    assert register.data_of(entry) == {"until": "2024-02-06", "reason": "They sign on Monday."}
