"""Pages of the addresses of programs: for whoever administers their unit; a secret is shown once."""

import re

import pytest

from notifications.actions import webhooks
from notifications.models import WebhookDelivery, WebhookEndpoint
from tests.factories.readers import person as browser_of
from tests.factories.units import ApiClientFactory, OrgUnitFactory, RoleGrantFactory
from tests.factories.webhooks import hint
from units import clock
from units.models import RegisterEntry, RoleGrant

pytestmark = pytest.mark.django_db
URL = "https://1.1.1.1/hints"
LIST, NEW = "/clients/warehouse/webhooks/", "/clients/warehouse/webhooks/new/"


@pytest.fixture
def program():
    return ApiClientFactory(ref="warehouse", owner_unit=OrgUnitFactory(), name="Warehouse")


@pytest.fixture
def boss(program):
    """The browser of an administrator of its unit, who has logged in just now."""
    who = RoleGrantFactory(role="administrator", unit=program.owner_unit).person
    browser = browser_of(who)
    proved(browser, who, ago=1)
    return browser


def proved(browser, who, *, ago: int) -> None:
    session = browser.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": clock.real_now().timestamp() - ago}
    ]
    session["account_authentication_methods_user"] = str(who.pk)
    session.save()


def text_of(response, status=200) -> str:
    assert response.status_code == status, response.content[:500]
    return response.content.decode()


def made(program) -> WebhookEndpoint:
    now = clock.real_now()
    return webhooks.create(url=URL, types=None, by=program.user, at=now, real_at=now).endpoint


def secret_in(page: str) -> str:
    [found] = re.findall(r"data-secret>(whsec_[^<]+)<", page)
    return found


def key_in(page: str) -> str:
    [found] = re.findall(r'name="once" value="([^"]{16,64})"', page)
    return found


def test_a_form_that_is_sent_twice_is_done_once(program, boss):
    asked = {"url": URL, "types": ["unit"], "once": key_in(text_of(boss.get(NEW)))}
    first, second = boss.post(NEW, asked), boss.post(NEW, asked)
    row = WebhookEndpoint.objects.get()
    assert first["Location"] == second["Location"] == f"/webhooks/{row.ref}/"
    assert secret_in(text_of(boss.get(second["Location"])))  # not lost with the first answer
    text_of(boss.post(NEW, asked | {"url": f"{URL}/other"}, follow=True))  # another wish
    assert WebhookEndpoint.objects.count() == 2
    test = {"once": key_in(text_of(boss.get(f"/webhooks/{row.ref}/")))}
    for _each in range(2):
        assert boss.post(f"/webhooks/{row.ref}/test/", test).status_code == 302
    assert WebhookDelivery.objects.filter(type="webhook").count() == 1


def test_a_refused_form_leaves_its_key_free(program, boss):
    asked = {"url": "http://1.1.1.1/", "types": ["unit"], "once": key_in(text_of(boss.get(NEW)))}
    assert key_in(text_of(boss.post(NEW, asked), 422)) == asked["once"]
    text_of(boss.post(NEW, asked | {"url": URL}, follow=True))
    assert WebhookEndpoint.objects.count() == 1


def test_an_address_goes_through_its_life(program, boss):
    assert "No address yet" in text_of(boss.get(LIST))
    page = text_of(boss.post(NEW, {"url": URL, "types": ["unit", "report"]}, follow=True))
    row = WebhookEndpoint.objects.get()
    first, at = secret_in(page), f"/webhooks/{row.ref}/"
    assert row.types == ["unit", "report"]
    assert "data-secret" not in text_of(boss.get(at))
    assert "called within seconds" in text_of(boss.post(f"{at}test/", follow=True))
    assert WebhookDelivery.objects.get().type == "webhook"
    asked = {"old_lives_hours": "1", "version": row.etag_version}
    assert secret_in(text_of(boss.post(f"{at}secret/", asked, follow=True))) != first
    assert row.secrets.count() == 2
    asked = {"from_seq": "1", "version": "2"}
    assert "0 hints will be sent." in text_of(boss.post(f"{at}replay/", asked, follow=True))
    paused = text_of(boss.post(f"{at}pause/", {"version": "2"}, follow=True))
    assert "An administrator has paused it." in paused
    text_of(boss.post(f"{at}resume/", {"version": "2"}), 412)  # of a page that is old
    text_of(boss.post(f"{at}resume/", {"version": "3"}, follow=True))
    assert "No address yet" in text_of(boss.post(f"{at}remove/", {"version": "4"}, follow=True))
    acts = RegisterEntry.objects.filter(subject_kind="webhook").order_by("pk")
    assert [entry.kind.partition(".")[2] for entry in acts] == [
        "create",
        "rotate",
        "change",
        "change",
        "remove",
    ]
    assert {entry.actor.kind for entry in acts} == {"human"}


def test_what_is_wrong_comes_back_with_what_was_typed(program, boss):
    page = text_of(boss.post(NEW, {"url": "http://1.1.1.1/a", "types": ["unit"]}), 422)
    assert "not an address that can be called" in page
    assert "http://1.1.1.1/a" in page
    text_of(boss.post(NEW, {"url": URL, "types": ["webhook"]}), 422)
    assert not WebhookEndpoint.objects.exists()
    row = made(program)
    WebhookEndpoint.objects.update(state="paused", reason="person")
    asked = {"from_seq": "1", "version": row.etag_version}
    assert "Make it active first" in text_of(boss.post(f"/webhooks/{row.ref}/replay/", asked), 422)
    text_of(boss.post(f"/webhooks/{row.ref}/test/"), 409)
    text_of(boss.post(f"/webhooks/{row.ref}/elsewhere/"), 404)


def test_a_secret_is_drawn_for_a_login_that_was_proved_lately(program, boss):
    row = made(program)
    proved(boss, RoleGrant.objects.get().person, ago=3600)
    for at, asked in (
        (NEW, {"url": URL, "types": ["unit"]}),
        (f"/webhooks/{row.ref}/secret/", {"old_lives_hours": "1", "version": row.etag_version}),
    ):
        answer = boss.post(at, asked)
        assert answer.status_code == 302
        assert "reauthenticate" in answer["Location"]
    assert WebhookEndpoint.objects.get().secrets.count() == 1


def test_others_find_nothing(program, boss):
    row = made(program)
    stranger = browser_of(RoleGrantFactory(role="administrator", unit=OrgUnitFactory()).person)
    for at in (LIST, NEW, f"/webhooks/{row.ref}/", f"/webhooks/{row.ref}/secret/"):
        text_of(stranger.get(at), 404)
    text_of(stranger.post(f"/webhooks/{row.ref}/remove/", {"version": "1"}), 404)
    text_of(browser_of(program.user).get(LIST), 403)
    assert WebhookEndpoint.objects.get() == row
    assert LIST in text_of(boss.get("/clients/warehouse/"))


def test_a_program_without_the_scope_says_what_to_do(program, boss):
    program.scopes = ["org:read"]
    program.save()
    page = text_of(boss.get(LIST))
    assert "webhooks:manage" in page
    assert NEW not in page


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_for_one_and_three(program, boss, count, django_assert_num_queries):
    rows = [made(program) for _one in range(count)]
    for _one in range(count):
        hint(rows[0])
    boss.get(LIST)
    with django_assert_num_queries(COST["list"]):
        assert text_of(boss.get(LIST)).count(URL) == count
    with django_assert_num_queries(COST["log"]):
        assert text_of(boss.get(f"/webhooks/{rows[0].ref}/")).count("a test</th>") == count


COST = {"list": 9, "log": 10}


def test_the_log_goes_on_page_by_page_from_the_newest(program, boss, monkeypatch):
    monkeypatch.setattr("notifications.web.webhooks.OF_A_PAGE", 2)
    row = made(program)
    for _one in range(3):
        hint(row)
    first = text_of(boss.get(f"/webhooks/{row.ref}/"))
    assert first.count("a test</th>") == 2
    [more] = re.findall(r'href="([^"]+after=[^"]+)"', first)
    rest = text_of(boss.get(more.replace("&amp;", "&")))
    assert rest.count("a test</th>") == 1
    text_of(boss.get(f"/webhooks/{row.ref}/?after=invented"), 404)
