"""Who gets in with which token, what is kept of it, and when it ends."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Thread

import pytest
import time_machine
from django.db import IntegrityError, connection
from django.test import Client

from tests.api.described import is_problem
from tests.factories.readers import SECRET, machine, person, token_of, with_token
from tests.factories.units import ApiClientFactory, OrgUnitFactory, UserFactory
from units import clock
from units.actions import clients
from units.errors import Conflict, Invalid, NotAllowed
from units.models import ApiToken, RegisterEntry

UNITS = "/api/v1/units/"
DAY = timedelta(days=1)


def issued(client=None, *, lasts=30 * DAY, by=None, real_at=None) -> clients.Issued:
    """Issue a token by the action, as an administrator does."""
    return clients.issue_token(
        client_id=(client or ApiClientFactory()).pk,
        lasts=lasts,
        by=by or UserFactory(roles=["administrator"]),
        at=clock.business_now(),
        real_at=real_at or clock.real_now(),
    )


@pytest.mark.django_db
def test_token_of_the_action_opens_the_door():
    client = ApiClientFactory()
    body = with_token(issued(client).text).get(UNITS).json()
    assert [unit["ref"] for unit in body["results"]] == [client.owner_unit.ref]


@pytest.mark.django_db
def test_only_a_keyed_hash_is_kept(settings):
    done = issued()
    row = ApiToken.objects.get()
    prefix, secret = done.text.removeprefix("cs_").split("_", 1)
    kept = " ".join(str(value) for value in ApiToken.objects.values_list().get())
    assert row.prefix == prefix
    assert secret not in kept
    assert len(row.token_hash) == 64
    entries = RegisterEntry.objects.values_list("text", flat=True)
    assert not any(secret in text for text in entries)
    settings.TOKEN_PEPPER = "another pepper"
    is_problem(with_token(done.text).get(UNITS), 401, "token-invalid")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Token {}", "not-authenticated"),
        ("Basic {}", "not-authenticated"),
        ("{}", "not-authenticated"),
        ("Bearer", "token-invalid"),
        ("Bearer {} {}", "token-invalid"),
        ("Bearer x{}", "token-invalid"),
        ("bearer {}", None),
    ],
)
def test_only_a_bearer_is_read(header, code):
    text = token_of(ApiClientFactory())
    answer = Client(headers={"Authorization": header.format(text, text)}).get(UNITS)
    if code is None:
        assert answer.status_code == 200
    else:
        is_problem(answer, 401, code)
        assert answer["WWW-Authenticate"].startswith('Bearer realm="api"')


@pytest.mark.django_db
def test_a_token_elsewhere_than_in_the_header_is_not_looked_at():
    text = token_of(ApiClientFactory())
    for address in (f"{UNITS}?token={text}", f"{UNITS}?access_token={text}"):
        is_problem(Client().get(address), 401, "not-authenticated")
    is_problem(Client(headers={"Cookie": f"token={text}"}).get(UNITS), 401, "not-authenticated")


@pytest.mark.django_db
def test_a_bad_token_is_not_saved_by_a_login():
    browser = person(UserFactory(), Authorization=f"Bearer cs_00000000_{SECRET}")
    is_problem(browser.get(UNITS), 401, "token-invalid")


@pytest.mark.django_db
def test_who_does_not_hold_the_secret_learns_nothing():
    """A known prefix, an unknown one, a revoked and an expired one: one and the same answer."""
    now = clock.real_now()
    good_and_ended = ({}, {"revoked_at": now}, {"expires_at": now - DAY / 2})
    tokens = [token_of(ApiClientFactory(), **changes) for changes in good_and_ended]
    tokens.append(token_of(ApiClientFactory(disabled_at=now)))
    prefixes = ["ffffffff", *[token[3:11] for token in tokens]]
    answers = set()
    for prefix in prefixes:
        body = is_problem(with_token(f"cs_{prefix}_{'x' * 43}").get(UNITS), 401, "token-invalid")
        del body["request_id"]
        answers.add(str(body))
    assert len(answers) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"revoked_at": timedelta(0)}, "token-revoked"),
        ({"expires_at": timedelta(0)}, "token-expired"),
        ({"expires_at": -timedelta(microseconds=1)}, "token-expired"),
        ({"expires_at": timedelta(seconds=1)}, None),
    ],
)
def test_a_token_ends(changes, code):
    now = clock.real_now()
    text = token_of(ApiClientFactory(), **{name: now + by for name, by in changes.items()})
    with time_machine.travel(now, tick=False):
        answer = with_token(text).get(UNITS)
    if code is None:
        assert answer.status_code == 200
    else:
        is_problem(answer, 401, code)
        assert 'error="invalid_token"' in answer["WWW-Authenticate"]


@pytest.mark.django_db
def test_revoking_ends_one_token_at_once_and_twice_is_no_error():
    client, by = ApiClientFactory(), UserFactory(roles=["administrator"])
    old, new = issued(client, by=by), issued(client, by=by)
    for _again in range(2):
        clients.revoke_token(
            token_id=old.token.pk, by=by, at=clock.business_now(), real_at=clock.real_now()
        )
    is_problem(with_token(old.text).get(UNITS), 401, "token-revoked")
    assert with_token(new.text).get(UNITS).status_code == 200
    kinds = RegisterEntry.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["client.issue-token", "client.issue-token", "client.revoke-token"]


@pytest.mark.django_db
def test_a_disabled_client_is_out_with_all_its_tokens():
    client, by = ApiClientFactory(), UserFactory(roles=["administrator"])
    texts = [issued(client, by=by).text for _two in range(2)]
    clients.disable_client(
        client_id=client.pk, by=by, at=clock.business_now(), real_at=clock.real_now()
    )
    for text in texts:
        is_problem(with_token(text).get(UNITS), 401, "client-disabled")


@pytest.mark.django_db
def test_a_locked_machine_account_is_out():
    text = token_of(ApiClientFactory(user__is_active=False))
    is_problem(with_token(text).get(UNITS), 401, "client-disabled")


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "code"), [(0, "client-disabled"), (1, None)])
def test_a_client_ends_on_the_day_on_which_its_unit_does(days, code):
    """`valid_to` is the first day without the unit."""
    today = clock.local_date(clock.business_now())
    unit = OrgUnitFactory(valid_to=today + timedelta(days=days))
    above = OrgUnitFactory()
    client = ApiClientFactory(owner_unit=unit, unit_scope=above)
    answer = with_token(token_of(client)).get(UNITS)
    if code is None:
        assert answer.status_code == 200
    else:
        is_problem(answer, 401, code)


@pytest.mark.django_db
def test_the_database_refuses_a_token_for_more_than_a_year():
    now, client = clock.real_now(), ApiClientFactory()
    token_of(client, created_at=now, expires_at=now + 365 * DAY)
    with pytest.raises(IntegrityError, match="token_expires_within_a_year"):
        ApiToken.objects.update(expires_at=now + 365 * DAY + timedelta(seconds=1))


@pytest.mark.django_db
def test_the_database_refuses_a_token_that_ends_before_it_begins():
    token_of(ApiClientFactory())
    with pytest.raises(IntegrityError, match="token_expires_within_a_year"):
        ApiToken.objects.update(expires_at=clock.real_now() - 2 * DAY)


@pytest.mark.django_db
@pytest.mark.parametrize("lasts", [timedelta(0), -DAY, 365 * DAY + timedelta(seconds=1)])
def test_the_action_refuses_such_a_time(lasts):
    with pytest.raises(Invalid) as refused:
        issued(lasts=lasts)
    assert refused.value.code == "token-lasts-too-long"
    assert not ApiToken.objects.exists()


@pytest.mark.django_db
def test_two_tokens_live_at_once_and_no_third():
    client, by = ApiClientFactory(), UserFactory(roles=["administrator"])
    first = issued(client, by=by)
    issued(client, by=by)
    with pytest.raises(Conflict) as refused:
        issued(client, by=by)
    assert refused.value.code == "two-tokens-live"
    clients.revoke_token(
        token_id=first.token.pk, by=by, at=clock.business_now(), real_at=clock.real_now()
    )
    assert issued(client, by=by).token.pk


@pytest.mark.django_db
def test_a_client_that_has_ended_gets_no_token():
    now = clock.business_now()
    for client in (
        ApiClientFactory(disabled_at=now),
        ApiClientFactory(owner_unit__valid_to=clock.local_date(now)),
    ):
        with pytest.raises(Conflict) as refused:
            issued(client)
        assert refused.value.code == "client-has-ended"
    assert not ApiToken.objects.exists()


@pytest.mark.django_db
def test_an_expired_token_makes_room():
    client, by, now = ApiClientFactory(), UserFactory(roles=["administrator"]), clock.real_now()
    for _two in range(2):
        issued(client, by=by, lasts=DAY, real_at=now - 2 * DAY)
    assert issued(client, by=by, real_at=now).token.expires_at == now + 30 * DAY


@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_once_leave_two_tokens(monkeypatch):
    client, by = ApiClientFactory(), UserFactory(roles=["administrator"])
    issued(client, by=by)
    both_have_counted, make, results = Barrier(2), ApiToken.objects.create, []

    def make_when_both_have_counted(**fields):
        with suppress(BrokenBarrierError):  # under the lock only one of them ever gets here
            both_have_counted.wait(timeout=0.5)
        return make(**fields)

    monkeypatch.setattr(ApiToken.objects, "create", make_when_both_have_counted)

    def issue():
        try:
            results.append(issued(client, by=by).text[:3])
        except Conflict as refused:
            results.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=issue) for _two in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["cs_", "two-tokens-live"]
    assert client.tokens.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["issue", "revoke", "disable", "create"])
def test_only_an_administrator_of_the_unit_gives_and_takes(act):
    client, by, now = ApiClientFactory(), UserFactory(roles=["planner"]), clock.real_now()
    token_of(client)
    when = {"by": by, "at": now}
    calls = {
        "issue": lambda: issued(client, by=by),
        "revoke": lambda: clients.revoke_token(
            token_id=client.tokens.get().pk, real_at=now, **when
        ),
        "disable": lambda: clients.disable_client(client_id=client.pk, real_at=now, **when),
        "create": lambda: clients.create_client(
            ref="x",
            name="X",
            owner_unit_id=client.owner_unit_id,
            unit_scope_id=client.owner_unit_id,
            scopes=["org:read"],
            **when,
        ),
    }
    with pytest.raises(NotAllowed):
        calls[act]()
    assert not RegisterEntry.objects.exists()


@pytest.mark.django_db
def test_last_use_is_noted_at_most_each_minute():
    now = clock.real_now()
    text = token_of(ApiClientFactory(), last_used_at=None)

    def noted_after(seconds: int):
        with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
            assert with_token(text).get(UNITS).status_code == 200
        return ApiToken.objects.get().last_used_at - now

    assert noted_after(0) == timedelta(0)
    assert noted_after(59) == timedelta(0)
    assert noted_after(60) == timedelta(seconds=60)
    assert noted_after(119) == timedelta(seconds=60)
    assert noted_after(120) == timedelta(seconds=120)


@pytest.mark.django_db
def test_a_refused_token_is_not_noted_as_used():
    text = token_of(ApiClientFactory(), last_used_at=None, revoked_at=clock.real_now())
    is_problem(with_token(text).get(UNITS), 401, "token-revoked")
    assert ApiToken.objects.get().last_used_at is None


@pytest.mark.django_db
def test_a_machine_never_logs_in_by_password():
    unit = OrgUnitFactory()
    client = ApiClientFactory(owner_unit=unit)
    assert not client.user.has_usable_password()
    assert machine(unit).get("/accounts/login/").status_code == 200  # a token opens no page
    assert machine(unit).get("/").status_code == 302
