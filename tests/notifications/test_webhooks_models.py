"""What the database refuses about addresses of programs and their hints, whatever the code believes."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from notifications.models import WebhookAttempt, webhooks
from tests.constraints import again, change, named, refused
from tests.factories.units import ApiClientFactory
from tests.factories.webhooks import endpoint_of, hint
from tests.receiver import NAME
from units import clock

pytestmark = pytest.mark.django_db
LEASE = {"lease_token": uuid.uuid4(), "lease_until": clock.real_now()}


@pytest.fixture
def endpoint(settings):
    settings.WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    return endpoint_of(ApiClientFactory(), f"https://{NAME}/")


@pytest.mark.parametrize(
    "fields", [{"state": "paused"}, {"state": "disabled"}, {"reason": "program"}]
)
def test_what_is_silent_says_why(endpoint, fields):
    with refused("webhookendpoint_that_is_silent_has_a_reason"):
        change(endpoint, **fields)
    change(endpoint, state="paused", reason="program")


def test_an_address_is_encrypted(endpoint):
    with refused("webhookendpoint_is_encrypted"):
        change(endpoint, url="http://receiver.example.org/")


@pytest.mark.parametrize(
    "fields",
    [{"failures": 1}, {"failing_since": LEASE["lease_until"]}, {"rests_until": clock.real_now()}],
)
def test_who_fails_says_since_when(endpoint, fields):
    with refused("webhookendpoint_that_fails_says_since_when"):
        change(endpoint, **fields)
    change(endpoint, failures=1, failing_since=clock.real_now())


@pytest.mark.parametrize(
    "fields",
    [{"last_outcome": "ok"}, {"last_status": 204}, {"last_called_at": LEASE["lease_until"]}],
)
def test_who_was_called_says_what_came_of_it(endpoint, fields):
    with refused("webhookendpoint_that_was_called_says_what_came_of_it"):
        change(endpoint, **fields)
    change(endpoint, last_called_at=clock.real_now(), last_outcome="timeout")


def test_at_most_two_secrets_live(endpoint):
    secret, now = endpoint.secrets.get(), clock.real_now()
    for fields in (
        {"place": 2, "retires_at": now},
        {"place": 1, "retires_at": None},
        {"place": 0, "retires_at": now + timedelta(days=1)},
        {"place": 1, "retires_at": secret.created_at},
    ):
        with refused("webhooksecret_is_the_newest_or_retires"):
            again(secret, **fields)
    with refused("webhooksecret_once"):
        again(secret)
    again(secret, place=1, retires_at=now + timedelta(hours=1))


def test_one_act_tells_one_object_once(endpoint):
    first = hint(endpoint)
    with refused("webhookdelivery_once"):
        again(first)
    again(first, run=7)  # a replay tells it anew


@pytest.mark.parametrize(
    "fields",
    [{"state": "leased"}, {"state": "leased", "lease_token": LEASE["lease_token"]}, LEASE],
)
def test_who_is_leased_has_a_token_and_nobody_else(endpoint, fields):
    first = hint(endpoint)
    with refused("webhookdelivery_leased_has_token"):
        change(first, **fields)
    change(first, state="leased", **LEASE)


def test_a_call_ends_with_an_outcome_and_has_one_number(endpoint):
    row = WebhookAttempt.objects.create(
        delivery=hint(endpoint), number=1, lease_token=uuid.uuid4(), started_at=clock.real_now()
    )
    with refused("webhookattempt_once"):
        again(row)
    for fields in ({"outcome": "ok"}, {"duration_ms": 5}, {"status": 204}):
        with refused("webhookattempt_that_ended_has_an_outcome"):
            change(row, **fields)
    change(row, outcome="timeout", duration_ms=5)


def test_every_constraint_has_its_test():
    here = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in named(webhooks) if f'"{name}"' not in here] == []
