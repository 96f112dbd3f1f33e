"""The working calendar on its page: proposed by one administrator, approved by another."""

from datetime import date

import pytest

from tests.factories.units import CalendarDayFactory, UserFactory
from units.models import CalendarDay, RegisterEntry, WorkingCalendar

pytestmark = pytest.mark.django_db
FORM = {"day": "2024-05-04", "kind": "open", "label": "Làm bù", "source": "QĐ 1"}


@pytest.fixture
def as_who(client):
    def seat(who):
        client.cookies["django_language"] = "en"
        client.force_login(who)
        return client

    return seat


@pytest.fixture
def first():
    return UserFactory(username="first", full_name="First", roles=["administrator"])


@pytest.fixture
def second():
    return UserFactory(username="second", full_name="Second", roles=["administrator"])


def test_one_proposes_another_approves(as_who, first, second):
    page = as_who(first).post("/calendar/2024/", FORM, follow=True).content.decode()
    assert "04/05/2024" in page
    assert "Proposed. It counts once another administrator approves." in page
    day = CalendarDay.objects.get()
    assert "Approve<" not in page  # not by the one who proposed
    assert as_who(first).post(f"/calendar/days/{day.pk}/approve/").status_code == 422
    page = as_who(second).post(f"/calendar/days/{day.pk}/approve/", follow=True).content.decode()
    assert "Second" in page
    day.refresh_from_db()
    assert day.approved_by == second
    assert WorkingCalendar.objects.get().version == 2
    assert RegisterEntry.objects.get().kind == "calendar.approve"


def test_the_public_holidays_are_proposed_and_one_is_withdrawn(as_who, first):
    page = as_who(first).post("/calendar/2024/propose/", follow=True).content.decode()
    assert "01/01/2024" in page
    day = CalendarDay.objects.get(date=date(2024, 1, 1))
    as_who(first).post(f"/calendar/days/{day.pk}/withdraw/")
    assert not CalendarDay.objects.filter(pk=day.pk).exists()


def test_a_day_that_stands_there_already_comes_back_filled(as_who, first):
    CalendarDayFactory(date=date(2024, 5, 4))
    page = as_who(first).post("/calendar/2024/", FORM)
    assert page.status_code == 422
    assert "stands in the calendar already" in page.content.decode()
    assert 'value="Làm bù"' in page.content.decode()


def test_everybody_reads_what_counts_and_changes_nothing(as_who, first):
    CalendarDayFactory(date=date(2024, 5, 1), label="Lao động", approved=True)
    CalendarDayFactory(date=date(2024, 5, 2), label="Chưa duyệt")
    reader = as_who(UserFactory())
    page = reader.get("/calendar/2024/").content.decode()
    assert "Lao động" in page
    assert "Chưa duyệt" not in page
    assert "Propose" not in page
    for path in ("2024/", "2024/propose/", "days/1/approve/", "days/1/withdraw/"):
        assert reader.post(f"/calendar/{path}", FORM).status_code == 404
    assert reader.get("/calendar/1999/").status_code == 404
    assert reader.get("/calendar/").status_code == 200


def test_an_empty_year_teaches(as_who):
    page = as_who(UserFactory()).get("/calendar/2031/").content.decode()
    assert "No day of this year differs" in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_costs_the_same_for_one_and_three(
    number, as_who, first, django_assert_num_queries
):
    for place in range(number):
        CalendarDayFactory(date=date(2024, 5, 1 + place), approved=True)
    client = as_who(first)
    with django_assert_num_queries(9):
        client.get("/calendar/2024/")


def test_what_a_day_moves_is_read_before_it_counts(as_who, first, second):
    day = CalendarDayFactory(date=date(2024, 5, 2), proposed_by=first)
    path = f"/calendar/days/{day.pk}/"
    assert path in as_who(second).get("/calendar/2024/").content.decode()
    page = as_who(second).get(path).content.decode()
    assert "Approving it would move the next step of 0 clocks." in page
    assert f'action="{path}approve/"' in page
    assert "Another administrator approves" in as_who(first).get(path).content.decode()
    as_who(second).post(f"{path}approve/")
    page = as_who(second).get(path).content.decode()
    assert "Withdrawing it would move the next step of 0 clocks." in page
    assert as_who(UserFactory()).get(path).status_code == 404
