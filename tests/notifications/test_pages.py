"""Inbox, kept mail and the bucket of what could not be delivered: whose, how many, what if none."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments.actions import cases
from notifications.actions import deliveries
from notifications.models import Notice
from tests.factories.clocks import local, make_scene
from tests.factories.notices import MORNING, make_told, read_register
from tests.factories.readers import person
from tests.factories.units import RoleGrantFactory, UserFactory
from units import clock
from units.models import DemonstrationClock

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept_mail(settings, tmp_path):
    """A demonstration at 17 January 2024, 09:00, whose letters are kept in a folder of its own."""
    settings.DEMO, settings.EMAIL_URL, settings.DATA_DIR = True, "", tmp_path
    offset = (clock.real_now() - MORNING).total_seconds()
    DemonstrationClock.objects.create(offset_seconds=offset)
    return tmp_path / "mail"


def text_of(response) -> str:
    """Return what a reader sees of a page, without markup and line breaks."""
    text = re.sub(r"<[^>]*>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text)


def cost_of(browser: Client, path: str) -> int:
    browser.get(path)  # warm
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    return len(queries)


# --- the inbox ------------------------------------------------------------------------------------


def test_an_empty_inbox_says_what_will_come():
    page = text_of(person(UserFactory()).get("/inbox/"))
    assert "No messages." in page
    assert "What concerns you arrives here by itself" in page


def test_an_empty_inbox_says_so_in_vietnamese_too():
    browser = person(UserFactory(language="vi"), **{"Accept-Language": "vi"})
    page = text_of(browser.get("/inbox/"))
    assert "Chưa có thông báo." in page
    assert "tự động đến đây" in page


def test_the_inbox_costs_the_same_for_one_and_three():
    told = make_told()
    browser = person(told.head)
    one = cost_of(browser, "/inbox/")
    for day in (date(2024, 1, 24), date(2024, 2, 7)):  # the second one brings two messages
        cases.sweep(at=local(day))
        read_register(at=local(day))
    assert Notice.objects.filter(recipient=told.head).count() == 3
    assert cost_of(browser, "/inbox/") == one


def test_each_line_says_what_why_and_is_whole():
    told = make_told()
    for day in (date(2024, 1, 24), date(2024, 2, 7)):
        cases.sweep(at=local(day))
        read_register(at=local(day))
    page = text_of(person(told.head).get("/inbox/"))
    number = told.version.commitment.number
    assert f"Reminder: sign commitment {number}" in page
    assert f"Please explain: commitment {number}" in page
    assert "explain to your supervisor, by 19/02/2024, why" in page
    assert "because you hold the office" in page
    assert "%(" not in page


def test_a_line_says_how_late_it_was_when_it_was_sent():
    told = make_told()
    for day in (date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 2)):
        cases.sweep(at=local(day))
        read_register(at=local(day))
    page = text_of(person(told.head).get("/inbox/"))  # years later
    assert "Days late: 1 (01/02/2024)." in page


def test_everybody_sees_their_own_and_nothing_that_was_cancelled():
    scene = make_scene()
    mine, other = make_told(scene), make_told(scene)
    page = text_of(person(mine.head).get("/inbox/"))
    assert mine.version.commitment.number in page
    assert other.version.commitment.number not in page
    Notice.objects.update(state="cancelled", end_reason="settled")
    assert "No messages." in text_of(person(mine.head).get("/inbox/"))


def test_nobody_gets_in_without_a_login():
    for path in ("/inbox/", "/mail/"):
        answer = Client().get(path)
        assert (answer.status_code, "/login/" in answer["Location"]) == (302, True)


def test_opening_one_marks_it_read_and_leads_to_the_matter(kept_mail):
    told = make_told()
    browser = person(told.head)
    assert "Inbox 1" in text_of(browser.get("/inbox/"))

    answer = browser.post(f"/inbox/{told.notice.pk}/read/")

    assert answer.status_code == 302
    assert answer["Location"] == f"/commitments/{told.version.commitment.ref}/"
    assert told.notice.read_at is not None
    page = text_of(browser.get("/inbox/"))
    assert "Inbox 1" not in page
    assert " new " not in page


def test_a_look_at_the_list_marks_nothing_read():
    told = make_told()
    person(told.head).get("/inbox/")
    assert told.notice.read_at is None


def test_the_notice_of_another_cannot_be_opened_and_get_changes_nothing():
    told = make_told()
    path = f"/inbox/{told.notice.pk}/read/"
    assert person(told.scene.supervisor).post(path).status_code == 404
    assert person(told.head).get(path).status_code == 405
    assert told.notice.read_at is None


def test_a_long_inbox_goes_on_behind_a_link_that_nobody_forges(monkeypatch):
    monkeypatch.setattr("notifications.web.inbox.PAGE", 1)
    scene = make_scene()
    told = make_told(scene)
    cases.sweep(at=local(date(2024, 1, 24)))
    read_register(at=local(date(2024, 1, 24)))
    browser = person(told.head)
    first = browser.get("/inbox/").content.decode()
    (more,) = re.findall(r'href="(\?after=[^"]+)"', first)
    second = browser.get(f"/inbox/{more}").content.decode()
    opened = [re.findall(r"/inbox/(\d+)/read/", page) for page in (first, second)]
    assert [len(found) for found in opened] == [1, 1]
    assert opened[0] != opened[1]
    assert 'href="?after=' not in second
    assert browser.get("/inbox/?after=1").status_code == 404


# --- kept mail ------------------------------------------------------------------------------------


def test_kept_mail_without_a_letter_says_so(kept_mail):
    reader = RoleGrantFactory(role="supervisor").person
    page = text_of(person(reader).get("/mail/"))
    assert "No letter yet." in page
    assert "no mail leaves this machine" in page
    assert not kept_mail.exists()


def test_a_kept_letter_is_listed_and_read_as_its_recipient_reads_it(kept_mail):
    told = make_told(language="vi")
    deliveries.send(at=MORNING)
    browser = person(told.scene.planner)

    listed = browser.get("/mail/")
    assert told.head.email in text_of(listed)
    assert "Nhắc việc" in text_of(listed)
    (path,) = re.findall(r'href="(/mail/[^"]+\.eml/)"', listed.content.decode())
    letter = text_of(browser.get(path))
    assert "Kính gửi" in letter
    assert str(told.notice.uuid) in letter


def test_the_list_of_kept_mail_costs_the_same_for_one_and_three(kept_mail):
    scene = make_scene()
    make_told(scene)
    deliveries.send(at=MORNING)
    browser = person(scene.planner)
    one = cost_of(browser, "/mail/")
    for _place in range(2):
        make_told(scene)
    deliveries.send(at=MORNING)
    assert len(list(kept_mail.iterdir())) == 3
    assert cost_of(browser, "/mail/") == one


@pytest.mark.parametrize("name", ["nothing.eml", "..%2Fdata.sqlite3", ".draft-x", "a.txt"])
def test_no_other_file_is_a_letter(kept_mail, name):
    kept_mail.mkdir()
    (kept_mail / ".draft-x").write_text("Half a letter.")
    (kept_mail / "a.txt").write_text("Something else.")
    reader = RoleGrantFactory(role="supervisor").person
    assert person(reader).get(f"/mail/{name}/").status_code == 404


def test_kept_mail_is_for_those_who_steer_and_for_the_demonstration(kept_mail, settings):
    told = make_told()
    assert person(told.head).get("/mail/").status_code == 404
    assert person(told.scene.planner).get("/mail/").status_code == 200
    settings.DEMO = False
    assert person(told.scene.planner).get("/mail/").status_code == 404


def test_a_folder_with_half_a_letter_lists_the_whole_ones(kept_mail):
    told = make_told()
    deliveries.send(at=MORNING)
    (kept_mail / ".draft-abc").write_bytes(b"Subject: half")
    page = text_of(person(told.scene.planner).get("/mail/"))
    assert "half" not in page


# --- the queue ------------------------------------------------------------------------------------


def test_what_could_not_be_delivered_says_whom_to_telephone(kept_mail):
    told = make_told(phone="0912 345 678")
    Notice.objects.update(state="dead", end_reason="550 no such user")
    supervisor = RoleGrantFactory(
        role="supervisor", unit=told.scene.district, person=told.scene.supervisor
    ).person
    page = text_of(person(supervisor).get("/queue/?bucket=undelivered"))
    for word in (told.head.full_name, told.head.email, "0912 345 678", "550 no such user"):
        assert word in page
    assert "Tell this person by telephone" in page


def test_the_bucket_costs_the_same_for_one_and_three(kept_mail):
    scene = make_scene()
    RoleGrantFactory(role="supervisor", unit=scene.district, person=scene.supervisor)
    make_told(scene)
    Notice.objects.update(state="dead", end_reason="550 no such user")
    browser = person(scene.supervisor)
    one = cost_of(browser, "/queue/?bucket=undelivered")
    for _place in range(2):
        make_told(scene)
    Notice.objects.update(state="dead", end_reason="550 no such user")
    assert cost_of(browser, "/queue/?bucket=undelivered") == one


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("no-address", "Không có địa chỉ thư điện tử."),
        ("", "Mất kết nối hai lần; thư có thể đã đến."),
    ],
)
def test_a_reason_of_ours_is_said_in_the_readers_language(kept_mail, reason, said):
    told = make_told(email="")
    RoleGrantFactory(role="supervisor", unit=told.scene.district, person=told.scene.supervisor)
    state = {"state": "dead"} if reason else {"state": "unknown", "doubts": 2}
    Notice.objects.update(end_reason=reason, **state)
    type(told.head).objects.update(language="vi")
    browser = person(told.scene.supervisor, **{"Accept-Language": "vi"})
    page = text_of(browser.get("/queue/?bucket=undelivered"))
    assert told.head.full_name in page
    assert f"Nhắc việc: {said} Hãy báo" in page
