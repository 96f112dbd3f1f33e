"""Calls to a real receiver: signatures, tries, leases, and what a receiver brings upon itself."""

import json
import uuid
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection
from standardwebhooks import Webhook, WebhookVerificationError

from notifications.actions import calls, webhooks
from notifications.models import WebhookDelivery
from notifications.rules import HINT_AGAIN_AFTER
from tests import receiver
from tests.factories.units import ApiClientFactory
from tests.factories.webhooks import allow, endpoint_of, hint, make_due, send, told
from units import clock, stopping
from units.models import ApiClient, RegisterEntry

HOUR = timedelta(hours=1)


@pytest.fixture
def there(tmp_path: Path, settings):
    with receiver.running(tmp_path) as running:
        allow(settings, running)
        yield running


def state_of(row: WebhookDelivery) -> tuple[str, str, int]:
    row.refresh_from_db()
    return row.state, row.last_outcome, row.attempts


@pytest.mark.django_db
def test_a_hint_is_signed_as_the_specification_says(there):
    """The reference library of the specification checks it, as a receiver would."""
    row = told(there)
    endpoint = row.endpoint
    assert send() == 1
    [call] = there.calls
    body = Webhook(endpoint.secret).verify(call.body, call.headers)
    assert body["type"] == "webhook.test"
    assert body["data"] == {"type": "webhook", "ref": endpoint.ref, "seq": 0}
    assert call.headers["webhook-id"] == str(row.uuid)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(call.body + b" ", call.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(call.body, call.headers)
    old = call.headers | {"webhook-timestamp": str(int(call.headers["webhook-timestamp"]) - 600)}
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(call.body, old)
    assert state_of(row) == ("delivered", "ok", 1)
    [attempt] = row.tries.all()
    assert (attempt.outcome, attempt.status) == ("ok", 204)


@pytest.mark.django_db
def test_both_secrets_sign_while_a_program_changes_over(there):
    row = told(there)
    now = clock.real_now()
    made = webhooks.rotate(
        ref=row.endpoint.ref,
        lives_on=HOUR,
        by=row.endpoint.client.user,
        at=now,
        real_at=now,
    )
    send()
    [call] = there.calls
    for secret in (row.endpoint.secret, made.secret):
        assert json.loads(call.body) == Webhook(secret).verify(call.body, call.headers)
    assert len(call.headers["webhook-signature"].split()) == 2


@pytest.mark.django_db
def test_what_fails_is_tried_again_by_the_plan_and_given_up(there):
    row = told(there, "/elsewhere")
    for number, planned in enumerate(HINT_AGAIN_AFTER, 1):
        before = clock.real_now()
        assert send() == 1
        assert state_of(row) == ("pending", "redirect", number)
        assert planned <= row.next_try_at - before
        assert send() == 0  # not yet
        make_due()
    assert send() == 1
    assert state_of(row) == ("failed", "redirect", 10)
    assert len({call.headers["webhook-id"] for call in there.calls}) == 1
    assert row.tries.count() == len(there.calls) == 10


@pytest.mark.django_db
def test_a_receiver_that_asks_for_time_gets_it(there):
    row = told(there, "/busy")
    before = clock.real_now()
    send()
    assert state_of(row) == ("pending", "status", 1)
    assert row.next_try_at - before >= timedelta(seconds=8)  # planned were 5


@pytest.mark.django_db
def test_a_receiver_that_is_gone_is_called_no_more(there):
    row = told(there, "/gone")
    send()
    row.endpoint.refresh_from_db()
    assert (row.endpoint.state, row.endpoint.reason) == ("disabled", "gone")
    [entry] = RegisterEntry.objects.filter(kind="webhook.disable")
    assert entry.actor is None
    make_due()
    assert send() == 0


@pytest.mark.django_db
def test_three_days_of_failure_disable_and_less_does_not(there):
    row = told(there, "/busy")
    send()
    make_due(failing_since=clock.real_now() - timedelta(days=3) + HOUR)
    send()
    row.endpoint.refresh_from_db()
    assert row.endpoint.state == "active"
    make_due(failing_since=clock.real_now() - timedelta(days=3))
    send()
    row.endpoint.refresh_from_db()
    assert (row.endpoint.state, row.endpoint.reason) == ("disabled", "failing")


@pytest.mark.django_db
def test_one_success_ends_the_failure(there):
    row = told(there, "/busy")
    send()
    make_due(url=there.url("/ok"))
    send()
    row.endpoint.refresh_from_db()
    assert (row.endpoint.failing_since, row.endpoint.failures) == (None, 0)
    assert row.endpoint.rests_until is None


@pytest.mark.django_db
def test_a_receiver_that_fails_is_called_once_a_batch_and_holds_nobody_else_up(there):
    bad = told(there, "/busy")
    more = [hint(bad.endpoint) for _ in range(3)]
    good = told(there)
    assert send() == 5
    assert [call.path for call in there.calls] == ["/busy", "/ok"]
    assert state_of(good)[0] == "delivered"
    assert {state_of(row)[::2] for row in more} == {("pending", 0)}
    assert send() == 0  # it rests


@pytest.mark.django_db
def test_a_name_that_leads_inside_by_now_is_not_called(there, settings):
    row = told(there)
    settings.WEBHOOK_PRIVATE_NETWORKS = []
    send()
    assert state_of(row) == ("pending", "address", 1)
    assert there.calls == []


@pytest.mark.django_db
def test_who_may_know_nothing_any_more_is_not_called(there):
    row = told(there)
    ApiClient.objects.filter(pk=row.endpoint.client_id).update(disabled_at=clock.real_now())
    send()
    assert state_of(row) == ("cancelled", "", 0)
    assert there.calls == []


@pytest.mark.django_db
def test_a_paused_address_is_not_called(there):
    row = told(there)
    by, now = row.endpoint.client.user, clock.real_now()
    webhooks.change(ref=row.endpoint.ref, expected=1, active=False, by=by, at=now)
    assert send() == 0


@pytest.mark.django_db
def test_a_secret_of_another_key_stops_nobody_else_and_a_new_one_ends_it(there, settings):
    lost, key = told(there), settings.SECRET_KEY
    settings.SECRET_KEY = "another key of the suite"
    good = told(there)
    assert send() == 2
    assert state_of(lost) == ("pending", "", 0)
    assert state_of(good)[0] == "delivered"
    by, now = lost.endpoint.client.user, clock.real_now()
    webhooks.rotate(ref=lost.endpoint.ref, lives_on=HOUR, by=by, at=now, real_at=now)
    make_due()
    send()
    assert state_of(lost)[0] == "delivered"
    assert key != settings.SECRET_KEY


# --- leases ---------------------------------------------------------------------------------------


class Killed(BaseException):
    """Ends the process as a kill would: nobody catches it."""


def kill(*_args, **_kwargs):
    raise Killed


def kill_during(name: str, monkeypatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(calls, name, kill)
        with pytest.raises(Killed):
            send()


def let_leases_run_out() -> None:
    WebhookDelivery.objects.filter(state="leased").update(lease_until=clock.real_now() - HOUR)


@pytest.mark.django_db
def test_a_kill_after_the_call_calls_once_more_with_the_same_number(there, monkeypatch):
    row = told(there)
    kill_during("_record", monkeypatch)
    assert state_of(row)[0] == "leased"
    assert send() == 0  # somebody may still be at it
    let_leases_run_out()
    assert send() == 1
    assert state_of(row) == ("delivered", "ok", 2)
    assert [call.headers["webhook-id"] for call in there.calls] == [str(row.uuid)] * 2
    outcomes = row.tries.order_by("number").values_list("outcome", flat=True)
    assert list(outcomes) == ["lost", "ok"]


@pytest.mark.django_db
def test_a_kill_before_the_call_costs_only_time(there, monkeypatch):
    row = told(there)
    kill_during("_begin", monkeypatch)
    let_leases_run_out()
    assert send() == 1
    assert state_of(row) == ("delivered", "ok", 1)
    assert len(there.calls) == 1


@pytest.mark.django_db
def test_whoever_comes_back_late_writes_nothing(there, monkeypatch):
    row, post, other = told(there), calls.webhooks.post, uuid.uuid4()

    def post_slowly(*args, **kwargs):
        result = post(*args, **kwargs)
        let_leases_run_out()
        calls.reap(real_at=clock.real_now())
        WebhookDelivery.objects.update(
            state="leased", lease_token=other, lease_until=clock.real_now() + HOUR
        )
        return result

    monkeypatch.setattr(calls.webhooks, "post", post_slowly)
    send()
    assert state_of(row) == ("leased", "", 1)
    assert row.lease_token == other
    assert [attempt.outcome for attempt in row.tries.all()] == ["lost"]


@pytest.mark.django_db(transaction=True)
def test_two_who_send_at_once_call_once(there, monkeypatch):
    endpoint = endpoint_of(ApiClientFactory(), there.url())
    rows = [hint(endpoint) for _ in range(3)]
    meet, save, results = Barrier(2), WebhookDelivery.save, []

    def save_when_both_have_read(self, **kwargs):
        with suppress(BrokenBarrierError):  # under the lock only one of them ever gets here
            meet.wait(timeout=1)
        save(self, **kwargs)

    monkeypatch.setattr(WebhookDelivery, "save", save_when_both_have_read)

    def run():
        try:
            results.append(send())
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [0, 3]
    assert sorted(call.headers["webhook-id"] for call in there.calls) == sorted(
        str(row.uuid) for row in rows
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("unasked")
def test_a_process_that_should_end_gives_back_the_hints_it_has_not_called(there):
    row = told(there)
    stopping.ask()
    send()
    assert (row.tries.count(), there.calls) == (0, [])
    assert state_of(row) == ("pending", "", 0)

    stopping.begin()
    send()
    assert state_of(row) == ("delivered", "ok", 1)
