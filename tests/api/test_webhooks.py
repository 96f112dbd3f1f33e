"""Addresses of programs by REST: each has its own, no answer that is kept holds a secret, and each
write passes the checks of every write."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from notifications.actions import calls
from notifications.enums import WebhookOutcome
from notifications.models import WebhookDelivery, WebhookEndpoint
from tests.api.described import document, is_problem, judged
from tests.api.writes import new_key
from tests.factories.readers import machine, person, token_of, with_token
from tests.factories.units import ApiClientFactory, OrgUnitFactory, RoleGrantFactory, UserFactory
from tests.factories.webhooks import hint
from units import clock
from units.enums import Scope
from units.models import ApiClient, IdempotencyRecord, RegisterEntry

pytestmark = pytest.mark.django_db
HOOKS = "/api/v1/webhooks/"
URL = "https://1.1.1.1/hints"  # of the open network, and no name that had to be asked for


@pytest.fixture
def unit():
    return OrgUnitFactory()


@pytest.fixture
def client(unit) -> Client:
    return machine(unit, Scope.WEBHOOKS_MANAGE, Scope.ORG_READ)


def send(client: Client, path: str, body: Any = None, *, method="post", tag=None, key=None) -> Any:
    """Send a write to `path` under the collection; let the description judge what is answered."""
    headers = {} if tag is None else {"If-Match": tag}
    if method == "post":
        headers["Idempotency-Key"] = key or new_key()
    answer = getattr(client, method)(
        HOOKS + path,
        data=json.dumps({} if body is None else body),
        content_type="application/json",
        headers=headers,
    )
    ref, _, end = path.partition("/")
    judged(answer, f"{HOOKS}{{ref}}/{end}" if ref else HOOKS, method)
    return answer


def entered(client: Client, **body: Any) -> dict[str, Any]:
    answer = send(client, "", {"url": URL, **body})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_program_leads_an_address_through_its_life(client, unit):
    made = send(client, "", {"url": URL, "types": ["appointment", "unit"]})
    said = made.json()
    assert (said["types"], said["state"]) == (["unit", "appointment"], "active")
    assert made["Location"] == said["links"]["self"]
    ref = said["ref"]
    told = send(client, f"{ref}/secret/", {"old_lives_hours": 2}, method="put", tag=said["etag"])
    assert told.json()["secret"].startswith("whsec_")
    now = client.get(f"{HOOKS}{ref}/")
    judged(now, f"{HOOKS}{{ref}}/")
    assert now["ETag"] == told.json()["etag"] != said["etag"]
    newest, old = now.json()["secrets"]
    assert (newest["retires_at"], old["retires_at"] is None) == (None, False)
    tried = send(client, f"{ref}/test/", tag=now["ETag"])
    assert (tried.json()["type"], tried.json()["state"]) == ("webhook", "pending")
    replayed = send(client, f"{ref}/replay/", {"from_seq": 1}, tag=now["ETag"])
    assert replayed.json() == {"hints": 0}
    paused = send(client, f"{ref}/", {"active": False}, method="patch", tag=now["ETag"])
    assert (paused.json()["state"], paused.json()["reason"]) == ("paused", "program")
    is_problem(send(client, f"{ref}/test/", tag=paused["ETag"]), 409, "webhook-not-active")
    gone = send(client, f"{ref}/", method="delete", tag=paused["ETag"])
    assert (gone.status_code, gone.content) == (204, b"")
    assert not WebhookEndpoint.objects.exists()
    entries = RegisterEntry.objects.filter(subject_kind="webhook").order_by("pk")
    assert [row.kind for row in entries] == [
        f"webhook.{act}" for act in ("create", "rotate", "change", "remove")
    ]
    assert {row.actor.kind for row in entries} == {"machine"}
    assert json.loads(entries[0].text)["auth"] == {"door": "api", "method": "token"}


def test_no_answer_that_is_kept_holds_a_secret_and_a_key_is_good_once(client):
    key = new_key()
    first = send(client, "", {"url": URL}, key=key)
    again = send(client, "", {"url": URL}, key=key)
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    row = WebhookEndpoint.objects.get()
    assert row.types == ["unit", "appointment"]  # all that the program may read
    tag = first.json()["etag"]
    for once in (200, 412):
        answer = send(client, f"{row.ref}/secret/", method="put", tag=tag)
        assert answer.status_code == once
    kept = "".join(IdempotencyRecord.objects.values_list("body", flat=True))
    assert kept
    assert "whsec_" not in kept + "".join(RegisterEntry.objects.values_list("text", flat=True))
    for _once in range(2):
        send(
            client, f"{row.ref}/test/", tag=client.get(f"{HOOKS}{row.ref}/")["ETag"], key=key + "t"
        )
    assert WebhookDelivery.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"url": "http://1.1.1.1/"}, 422, "webhook-address-refused"),
        ({"url": "https://169.254.169.254/"}, 422, "webhook-address-refused"),
        ({"url": "https://user@1.1.1.1/"}, 422, "webhook-address-refused"),
        ({"url": URL, "types": ["report"]}, 422, "webhook-type-unknown"),
        ({"url": URL, "types": []}, 422, "webhook-type-unknown"),
        ({}, 400, "invalid"),
        ({"url": URL, "client": "another"}, 400, "unknown-field"),
    ],
)
def test_what_cannot_be_told_is_refused(client, body, status, code):
    answer = send(client, "", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not WebhookEndpoint.objects.exists()


def test_a_program_has_five_addresses_at_most(client):
    for _one in range(5):
        entered(client)
    answer = send(client, "", {"url": URL})
    assert (answer.status_code, answer.json()["code"]) == (409, "too-many-webhooks")


ACTS = [
    ("", {"active": False}, "patch"),
    ("", {}, "delete"),
    ("secret/", {}, "put"),
    ("test/", {}, "post"),
    ("replay/", {"from_seq": 1}, "post"),
]


@pytest.mark.parametrize(("end", "body", "method"), ACTS)
def test_each_write_passes_the_checks_of_every_write(client, unit, end, body, method):
    row = entered(client)
    path = f"{row['ref']}/{end}"
    before = RegisterEntry.objects.count()
    is_problem(send(Client(), path, body, method=method), 401, "not-authenticated")
    without = machine(unit, *(scope for scope in Scope if scope != Scope.WEBHOOKS_MANAGE))
    is_problem(send(without, path, body, method=method), 403, "scope-missing")
    twin = machine(unit)  # another program of the same unit, with every scope
    is_problem(send(twin, path, body, method=method, tag=row["etag"]), 404, "not-found")
    for tag in (None, "*"):
        is_problem(send(client, path, body, method=method, tag=tag), 428, "version-missing")
    found = is_problem(
        send(client, path, body, method=method, tag='"webhook-x-1"'), 412, "object-changed"
    )
    assert found["etag"] == row["etag"]
    is_problem(
        send(client, path, body | {"more": 1}, method=method, tag=row["etag"]), 400, "unknown-field"
    )
    kinds = set(RegisterEntry.objects.order_by("pk")[before:].values_list("kind", flat=True))
    assert kinds == {"audit.denied"}
    operation = document()["paths"][f"{HOOKS}{{ref}}/{end}"][method]
    assert {"token": ["webhooks:manage"]} in operation["security"]


def test_people_read_what_they_administer_and_write_on_the_page(client, unit):
    row = entered(client)
    boss = RoleGrantFactory(role="administrator", unit=None).person
    assert [one["ref"] for one in person(boss).get(HOOKS).json()["results"]] == [row["ref"]]
    is_problem(send(person(boss), "", {"url": URL}), 403, "not-allowed")
    answer = send(person(boss), f"{row['ref']}/", method="delete", tag=row["etag"])
    is_problem(answer, 403, "not-allowed")
    for other in (UserFactory(), RoleGrantFactory(role="inspector", unit=None).person):
        assert person(other).get(HOOKS).json()["results"] == []
        is_problem(person(other).get(f"{HOOKS}{row['ref']}/"), 404, "not-found")
        is_problem(person(other).get(f"{HOOKS}{row['ref']}/deliveries/"), 404, "not-found")


def test_the_log_comes_newest_first_page_by_page(client):
    row = WebhookEndpoint.objects.get(ref=entered(client)["ref"])
    sent = [str(hint(row).uuid) for _one in range(5)]
    WebhookDelivery.objects.filter(uuid__in=sent[:2]).update(
        state="delivered", attempts=1, last_outcome=WebhookOutcome.OK, last_status=204
    )
    url, found = f"{HOOKS}{row.ref}/deliveries/?limit=2", []
    while url:
        page = judged(client.get(url), f"{HOOKS}{{ref}}/deliveries/")
        found += [one["id"] for one in page["results"]]
        url = page["next"]
    assert found == sent[::-1]
    done = client.get(f"{HOOKS}{row.ref}/deliveries/?state=delivered").json()["results"]
    assert [(one["last_outcome"], one["last_status"]) for one in done] == [("ok", 204)] * 2
    is_problem(client.get(f"{HOOKS}{row.ref}/deliveries/?what=1"), 400, "unknown-parameter")


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_for_one_and_three(unit, count, django_assert_num_queries):
    program = ApiClientFactory(owner_unit=unit)
    client = with_token(token_of(program))
    rows = [WebhookEndpoint.objects.get(ref=entered(client)["ref"]) for _one in range(count)]
    for _one in range(count):
        hint(rows[0])
    with django_assert_num_queries(3):  # token, addresses, secrets
        assert len(client.get(HOOKS).json()["results"]) == count
    with django_assert_num_queries(4):  # token, address, secrets, hints
        page = client.get(f"{HOOKS}{rows[0].ref}/deliveries/")
    assert len(page.json()["results"]) == count


def test_a_tag_changes_when_the_receiver_begins_to_fail(client):
    row = entered(client)
    now = clock.real_now()
    WebhookEndpoint.objects.update(failures=1, failing_since=now)
    answer = client.get(f"{HOOKS}{row['ref']}/", headers={"If-None-Match": row["etag"]})
    assert answer.status_code == 200
    assert answer.json()["failing_since"]
    again = client.get(f"{HOOKS}{row['ref']}/", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_the_log_is_forgotten_after_ninety_days_but_for_what_is_still_to_be_sent(client):
    row = WebhookEndpoint.objects.get(ref=entered(client)["ref"])
    now = clock.real_now()
    ages = {"delivered": 91, "failed": 91, "pending": 400, "cancelled": 89}
    for state, days in ages.items():
        made = hint(row)
        made.tries.create(number=1, lease_token=made.uuid, started_at=now)
        WebhookDelivery.objects.filter(pk=made.pk).update(
            state=state, created_at=now - timedelta(days=days)
        )
    assert calls.forget(real_at=now) == 2
    left = WebhookDelivery.objects.values_list("state", flat=True)
    assert sorted(left) == ["cancelled", "pending"]
    assert calls.forget(real_at=now) == 0


def test_a_program_without_the_scope_is_told_so_and_an_ended_one_nothing(unit):
    program = ApiClientFactory(owner_unit=unit, scopes=["org:read"])
    is_problem(with_token(token_of(program)).get(HOOKS), 403, "scope-missing")
    assert ApiClient.objects.get(pk=program.pk).webhooks.count() == 0
