"""A number is used once its owner has typed in the code that went there, and not before."""

import json
import re
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection, transaction

from notifications.actions import deliveries, post, telephones
from notifications.models import Notice, Preference, Telephone, TelephoneCode
from notifications.models import telephones as models
from tests import receiver
from tests.constraints import again, change, named, refused
from tests.factories.notices import read_register
from tests.factories.texts import NUMBER, give_number, set_up
from tests.factories.units import UserFactory
from units import clock
from units.errors import Conflict, Invalid, Refused
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def there(tmp_path, settings):
    with receiver.running(tmp_path) as running:
        set_up(settings, running)
        yield running


def ask(person, number="0912 345 678", *, real_at=None) -> TelephoneCode:
    now = real_at or clock.real_now()
    return telephones.ask(number=number, by=person, at=now, real_at=now)


def verify(person, code, *, real_at=None) -> Telephone:
    now = real_at or clock.real_now()
    return telephones.verify(code=code, by=person, at=now, real_at=now)


def refusal(error, act, *args, **more) -> str:
    with pytest.raises(error) as found, transaction.atomic():
        act(*args, **more)
    return found.value.code


def wrong(row) -> str:
    return f"{(int(telephones.code_of(row)) + 1) % 1_000_000:06d}"


# --- the walk -------------------------------------------------------------------------------------


def test_a_number_is_entered_proved_by_the_code_that_came_and_then_chosen(there, client_of):
    user = UserFactory(email="an@example.org", phone="0912.345.678", language="en")
    client = client_of(user)
    page = client.get("/inbox/telephone/").content.decode()
    assert 'value="0912.345.678"' in page  # what the administration has on file is offered
    assert "sms" not in client.get("/inbox/preferences/").content.decode()
    client.post("/inbox/telephone/", {"number": "0912.345.678"})
    now = clock.business_now()
    read_register(at=now)
    assert deliveries.send(at=now, channel="sms") == 1
    said = json.loads(there.calls[0].body)["data"]
    code = re.search(r"\b[0-9]{6}\b", said["plain"])[0]
    assert said["to"] == NUMBER
    assert not Telephone.objects.exists()

    inbox = client.get("/inbox/").content.decode()
    assert "A code for your telephone number" in inbox
    assert code not in inbox  # else whoever is logged in could prove any number
    entries = " ".join(RegisterEntry.objects.values_list("text", flat=True))
    assert "912345678" not in entries
    assert code not in entries

    answer = client.post("/inbox/telephone/code/", {"code": f" {code[:3]} {code[3:]}"}, follow=True)
    assert "The number is proved" in answer.content.decode()
    assert telephones.of(user).number == NUMBER
    client.post(
        "/inbox/preferences/",
        {"channels": "sms+email", "daily": "no", "quiet_from": "20:00", "quiet_to": "07:00"},
    )
    assert Preference.objects.get(person=user).channels == ["sms", "email"]
    read_register(at=now)
    message = Notice.objects.get(message="telephone-verified")  # by another way than the number
    assert (message.channel, message.recipient) == ("email", user)

    client.post("/inbox/telephone/remove/")
    assert telephones.of(user) is None
    kinds = list(RegisterEntry.objects.order_by("pk").values_list("kind", flat=True))
    assert [kind for kind in kinds if kind.startswith("telephone.")] == [
        "telephone.ask",
        "telephone.verify",
        "telephone.remove",
    ]


def test_a_code_that_was_replaced_is_not_sent(there):
    user = UserFactory()
    ask(user)
    ask(user, "0987654321")
    now = clock.business_now()
    read_register(at=now)
    while deliveries.send(at=now, channel="sms"):
        pass
    assert [json.loads(call.body)["data"]["to"] for call in there.calls] == ["+84987654321"]
    states = Notice.objects.filter(message="telephone-code").order_by("pk")
    assert list(states.values_list("state", flat=True)) == ["cancelled", "accepted"]


def test_until_the_new_number_is_proved_the_old_one_is_used(there):
    user = UserFactory()
    give_number(user)
    row = ask(user, "0987654321")
    assert telephones.of(user).number == NUMBER
    verify(user, telephones.code_of(row))
    assert telephones.of(user).number == "+84987654321"


# --- what is refused ------------------------------------------------------------------------------


def test_a_wrong_code_is_counted_and_the_fifth_ends_it(there):
    user = UserFactory()
    row = ask(user)
    assert [guessed(user, wrong(row)) for _ in range(5)] == [
        *["telephone-code-wrong"] * 4,
        "telephone-code-over",
    ]
    assert guessed(user, telephones.code_of(row)) == "telephone-code-over"
    row.refresh_from_db()
    assert (row.guesses, row.ended_at is not None) == (5, True)
    assert not Telephone.objects.exists()


def guessed(person, code) -> str:
    """Return with which code a guess is refused; what it has written stays, as on a page."""
    with pytest.raises(Refused) as found:
        verify(person, code)
    return found.value.code


@pytest.mark.parametrize(("minutes", "right"), [(9.9, True), (10, False)])
def test_a_code_lasts_ten_minutes(there, minutes, right):
    user = UserFactory()
    row = ask(user)
    later = row.made_at + timedelta(minutes=minutes)
    if right:
        assert verify(user, telephones.code_of(row), real_at=later).number == NUMBER
    else:
        asked = {"real_at": later}
        assert refusal(Conflict, verify, user, telephones.code_of(row), **asked) == (
            "telephone-code-over"
        )


def test_the_code_of_one_is_nothing_for_another(there):
    user, other = UserFactory(), UserFactory()
    row = ask(user)
    assert refusal(Conflict, verify, other, telephones.code_of(row)) == "telephone-code-over"


def test_three_codes_an_hour_for_a_person_and_for_a_number(there):
    now = clock.real_now()
    user, other = UserFactory(), UserFactory()
    for _ in range(3):
        ask(user, real_at=now)
    assert refusal(Conflict, ask, user, "0987654321", real_at=now) == "telephone-codes-too-many"
    assert refusal(Conflict, ask, other, real_at=now) == "telephone-codes-too-many"
    ask(other, "0987654321", real_at=now)
    ask(user, real_at=now + HOUR)
    ask(user, real_at=now + timedelta(days=2))
    assert TelephoneCode.objects.filter(person=user).count() == 1  # old ones are forgotten


def test_what_is_no_number_comes_back_as_it_was_typed(there, client_of):
    page = client_of(UserFactory(language="en")).post("/inbox/telephone/", {"number": "0243 12"})
    assert page.status_code == 422
    assert "no number of a mobile telephone" in page.content.decode()
    assert 'value="0243 12"' in page.content.decode()
    assert not TelephoneCode.objects.exists()


def test_a_page_says_when_there_is_no_code_any_more_and_when_it_is_wrong(there, client_of):
    user = UserFactory(language="en")
    client = client_of(user)
    page = client.post("/inbox/telephone/code/", {"code": "123456"})
    assert (page.status_code, "Ask for a new one" in page.content.decode()) == (409, True)
    row = ask(user)
    page = client.post("/inbox/telephone/code/", {"code": wrong(row)})
    assert (page.status_code, "Tries left: 4." in page.content.decode()) == (422, True)
    assert TelephoneCode.objects.get().guesses == 1


def test_without_a_gateway_nobody_enters_a_number(client_of):
    user = UserFactory(language="en")
    page = client_of(user).get("/inbox/telephone/").content.decode()
    assert "No gateway for text messages is set up here." in page
    assert refusal(Conflict, ask, user) == "texts-not-configured"
    assert "Your telephone" not in client_of(user).get("/inbox/preferences/").content.decode()


def test_a_demonstration_keeps_its_texts_with_its_letters(settings, tmp_path):
    settings.DEMO, settings.DATA_DIR = True, tmp_path
    row = ask(UserFactory(language="en"))
    now = clock.business_now()
    read_register(at=now)
    assert deliveries.send(at=now, channel="sms") == 1
    [kept] = post.newest(limit=5)
    assert kept.to == NUMBER
    assert telephones.code_of(row) in kept.subject


# --- the database ---------------------------------------------------------------------------------


def test_the_database_refuses_what_can_never_be(there):
    user = UserFactory()
    give_number(user)
    row = ask(user)
    broken = {
        "telephonecode_expires_later": {"expires_at": row.made_at},
        "telephonecode_guessed_wrong_too_often_is_over": {"guesses": 5},
        "telephonecode_has_its_country": {"number": "0912345678"},
    }
    for name, changes in broken.items():
        with refused(name):
            change(row, **changes)
    with refused("telephone_has_its_country"):
        change(telephones.of(user), number="0912345678")
    with refused("telephonecode_one_open"):
        again(row, uuid="11111111-1111-4111-8111-111111111111")
    assert {*named(models)} == {*broken, "telephone_has_its_country", "telephonecode_one_open"}


@pytest.mark.django_db(transaction=True)
def test_two_who_guess_at_once_use_up_two_guesses(there, monkeypatch):
    """Without the lock all of them read the same count, and each wrong guess counts for one of many."""
    user = UserFactory()
    row = ask(user)
    meet, results, save = Barrier(2), [], TelephoneCode.save

    def save_when_both_have_read(self, **kwargs):
        with suppress(BrokenBarrierError):
            meet.wait(timeout=0.3)
        save(self, **kwargs)

    monkeypatch.setattr(TelephoneCode, "save", save_when_both_have_read)

    def guess():
        try:
            verify(user, wrong(row))
        except (Invalid, Conflict) as error:
            results.append(error.code)
        finally:
            connection.close()

    threads = [Thread(target=guess) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["telephone-code-wrong"] * 2
    assert TelephoneCode.objects.get().guesses == 2
