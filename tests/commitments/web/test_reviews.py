"""What the ladder will do about a report that awaits a decision, on its page and in the queue."""

from datetime import date

import pytest

from commitments.actions import cases
from commitments.enums import ClockKind
from commitments.models import CaseClock
from tests.factories.reports import make_desk
from tests.factories.rounds import morning

pytestmark = pytest.mark.django_db
NEXT = "Next automatic step"


@pytest.mark.parametrize("state", ["in_review", "resubmitted"])
def test_page_and_queue_name_the_next_step_of_who_verifies(state, client_of):
    desk = make_desk()
    duty = desk.duty(state)
    client = client_of(desk.verifier)
    for address in (f"/reports/{duty.ref}/", "/queue/?bucket=to_verify"):
        page = client.get(address).content.decode()
        assert page.count(NEXT) == 1
        assert "Level 0, 05/04/2024 08:00" in page


def test_who_verifies_says_that_it_is_seen_and_hands_it_on(client_of):
    desk = make_desk()
    duty = desk.duty("in_review")
    cases.sweep(at=morning(date(2024, 4, 5)))
    row = CaseClock.objects.get(kind=ClockKind.VERIFY)
    own, other = client_of(desk.verifier), client_of(desk.reporter)
    assert f"/clocks/{row.pk}/" in own.get(f"/reports/{duty.ref}/").content.decode()
    assert f"/clocks/{row.pk}/" not in other.get(f"/reports/{duty.ref}/").content.decode()


def test_what_awaits_a_decision_is_put_aside_by_nobody(client_of):
    desk = make_desk()
    awaited, submitted = desk.duty(), desk.duty("in_review", place=1)
    client = client_of(desk.body.supervisor)
    assert client.get(f"/reports/{awaited.ref}/").context["aside"] is not None
    assert client.get(f"/reports/{submitted.ref}/").context["aside"] is None
