"""What the database refuses about notices, whatever the code believes."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from notifications.models import (
    ChannelState,
    DeliveryAttempt,
    FeedPosition,
    Notice,
    Preference,
    SetAside,
)
from notifications.models import notices as models
from tests.constraints import again, change, named, refused
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.notices import MORNING, make_told
from tests.factories.units import UserFactory

pytestmark = pytest.mark.django_db
LEASE = {"lease_token": uuid.uuid4(), "lease_until": MORNING}


def make_try(**fields) -> DeliveryAttempt:
    row = {"channel": "email", "number": 1, "lease_token": uuid.uuid4(), "started_at": MORNING}
    return DeliveryAttempt.objects.create(notice=make_told().notice, **(row | fields))


def test_one_entry_tells_one_person_once_of_a_kind():
    notice = make_told().notice
    with refused("notice_once"):
        again(notice)
    again(notice, kind="request")  # of another kind it may


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "leased"},
        {"state": "leased", "lease_token": LEASE["lease_token"]},
        {"state": "leased", "lease_until": MORNING},
        LEASE,
    ],
)
def test_who_is_leased_has_a_token_and_nobody_else(changes):
    notice = make_told().notice
    with refused("notice_leased_has_token"):
        change(notice, **changes)
    change(notice, state="leased", **LEASE)


def test_what_is_about_an_account_awaits_nothing():
    notice = make_told().notice
    with refused("notice_about_an_account_awaits_nothing"):
        change(notice, version=None)
    change(notice, version=None, awaits="", awaits_recipient=False)


def test_a_notice_is_about_one_thing():
    notice = make_told().notice
    with refused("notice_about_one_thing"):
        change(notice, case=BacklogCaseFactory())
    change(notice, version=None, case=BacklogCaseFactory())


@pytest.mark.parametrize("state", ["cancelled", "dead", "withheld"])
def test_what_is_not_sent_has_a_reason(state):
    notice = make_told().notice
    with refused("notice_unsent_has_reason"):
        change(notice, state=state)
    change(notice, state=state, end_reason="settled")


def test_everybody_is_told_in_an_office_or_a_role():
    notice = make_told().notice
    with refused("notice_has_office_or_role"):
        change(notice, position=None)
    change(notice, position=None, role="planner")


def test_what_goes_with_others_knows_its_leader():
    told = make_told()
    notice, other = told.notice, make_told(told.scene).notice
    with refused("notice_gathered_has_leader"):
        change(notice, state="gathered")
    with refused("notice_leads_not_itself"):
        change(notice, led_by=notice)
    change(notice, state="gathered", led_by=other)


def test_a_try_has_its_own_number():
    row = make_try()
    with refused("attempt_once"):
        again(row)
    again(row, number=2)


@pytest.mark.parametrize("changes", [{"outcome": "lost"}, {"ended_at": MORNING}])
def test_a_try_ends_with_an_outcome(changes):
    row = make_try()
    with refused("attempt_ends_with_outcome"):
        change(row, **changes)
    change(row, outcome="lost", ended_at=MORNING)


@pytest.mark.parametrize("changes", [{"broken_since": MORNING}, {"next_try_at": MORNING}])
def test_a_broken_channel_knows_when_it_is_tried_next(changes):
    row = ChannelState.objects.create(channel="email")
    with refused("channel_broken_has_next_try"):
        change(row, **changes)
    change(row, broken_since=MORNING, next_try_at=MORNING + timedelta(minutes=1))


def test_an_entry_is_set_aside_once_for_each_consumer():
    row = SetAside.objects.create(consumer="notices", seq=1, error="It is broken.", at=MORNING)
    with refused("setaside_once"):
        again(row)
    again(row, consumer="webhooks")


def test_the_database_refuses_a_notice_on_behalf_of_its_recipient_or_about_an_account():
    notice = make_told().notice
    with refused("notice_on_behalf_of_another"):
        change(notice, on_behalf_of=notice.recipient)
    with refused("notice_on_behalf_is_no_account"):
        change(notice, on_behalf_of=UserFactory(), version=None, awaits="", awaits_recipient=False)


def test_a_notice_falls_back_on_the_other_channel_and_the_inbox_sends_nothing():
    notice = make_told().notice
    for channel, fallbacks in (("email", "email"), ("sms", "inbox"), ("inbox", "sms")):
        with refused("notice_falls_back_on_another_channel"):
            change(notice, channel=channel, fallbacks=fallbacks, state="accepted")
    with refused("notice_for_the_inbox_is_not_sent"):
        change(notice, channel="inbox")
    change(notice, channel="inbox", state="accepted")
    change(notice, channel="sms", fallbacks="email", state="pending")


def test_no_constraint_goes_without_a_test():
    source = Path(__file__).read_text(encoding="utf-8")
    assert {name for name in named(models) if f'refused("{name}")' not in source} == set()


def test_rows_say_what_they_are():
    told = make_told()
    assert str(told.notice) == f"sign-due to {told.head.pk} (pending)"
    assert str(FeedPosition.objects.get()).startswith("notices at ")
    assert str(SetAside(consumer="notices", seq=7)) == "notices 7"
    assert str(Preference(person=told.head, channels=["inbox"])).endswith("by ['inbox']")
    assert str(ChannelState(channel="email")) == "email well"
    assert str(ChannelState(channel="email", broken_since=MORNING)) == "email broken"
    row = DeliveryAttempt(notice=told.notice, channel="email", number=1, outcome="lost")
    assert str(row) == f"{told.notice.pk} email 1 lost"
    assert Notice.objects.count() == 1
