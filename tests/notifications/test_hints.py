"""From the register to hints: who is told of what, and nobody of what is not theirs."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection, transaction

from notifications import messages
from notifications.actions import hints, notices, webhooks
from notifications.actions.facts import facts_of
from notifications.enums import WebhookReason
from notifications.models import Notice, WebhookDelivery, WebhookEndpoint
from tests import receiver
from tests.api.acts_in_order import Year, make_year
from tests.factories.units import ApiClientFactory
from tests.factories.webhooks import endpoint_of, hint
from units import clock
from units.actions import clients, register
from units.enums import Scope
from units.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from units.models import ApiClient, OrgUnit, RegisterLink

URL = "https://receiver.example.org/"
ALL = [scope.value for scope in Scope]


@pytest.fixture(autouse=True)
def _this_machine_may_be_called(settings) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def year() -> Year:
    return make_year()


def program(unit, *, scopes=ALL, **fields) -> WebhookEndpoint:
    return endpoint_of(ApiClientFactory(owner_unit=unit, scopes=list(scopes)), URL, **fields)


def dispatch() -> int:
    while register.sequence():
        pass
    return hints.dispatch(at=clock.business_now())


def told(endpoint: WebhookEndpoint) -> list[tuple[str, str]]:
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("pk")
    return list(rows.values_list("type", "ref"))


@pytest.mark.django_db
def test_each_program_is_told_of_what_its_unit_sees(year):
    district, other = program(year.body.committee), program(year.body.other)
    year.do("draft a commitment")
    year.do("issue")
    assert dispatch() == 2
    types = {row[0] for row in told(district)}
    assert {"commitment", "plan"} <= types
    assert "commitment" not in {row[0] for row in told(other)}
    assert dispatch() == 0


@pytest.mark.django_db
def test_hints_follow_the_feed(year):
    """Of the same acts the feed and the hints name the same objects, deletions among them."""
    endpoint = program(year.body.committee)
    year.do("split in two")
    dispatch()
    before = RegisterLink.objects.latest("seq").seq
    year.do("split for one")  # one part is dropped
    dispatch()
    rows = WebhookDelivery.objects.filter(endpoint=endpoint, seq__gt=before)
    gone = [row.ref for row in rows if row.type == "target" and row.ref.endswith("-1-2")]
    assert len(gone) == 1
    assert {row.run for row in rows} == {0}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ([Scope.WEBHOOKS_MANAGE, Scope.PLANS_READ], {"plan"}),
        ([Scope.WEBHOOKS_MANAGE, Scope.ORG_READ], set()),
        ([Scope.PLANS_READ], set()),
    ],
)
def test_who_lost_a_scope_is_told_nothing_of_it(year, scopes, expected):
    endpoint = program(year.body.committee)
    ApiClient.objects.filter(pk=endpoint.client_id).update(scopes=[row.value for row in scopes])
    year.do("edit the plan")
    assert dispatch() == 1
    assert {row[0] for row in told(endpoint)} == expected
    assert dispatch() == 0  # and it is not read again


@pytest.mark.django_db
def test_only_types_that_are_wanted_are_told(year):
    endpoint = program(year.body.committee, types=["unit"])
    year.do("edit the plan")
    year.do("rename a unit")
    dispatch()
    assert [row[0] for row in told(endpoint)] == ["unit"]


@pytest.mark.django_db
def test_a_closed_program_and_one_whose_unit_has_ended_are_told_nothing(year):
    closed, ended = program(year.body.committee), program(year.body.committee)
    clients.disable_client(
        client_id=closed.client_id,
        by=year.administrator,
        at=clock.business_now(),
        real_at=clock.real_now(),
    )
    ended.client.owner_unit = year.body.other
    ended.client.save()
    unit = year.body.other
    OrgUnit.objects.filter(pk=unit.pk).update(valid_to=clock.local_date(clock.business_now()))
    year.do("edit the plan")
    assert dispatch() == 2
    assert told(closed) == told(ended) == []


@pytest.mark.django_db
def test_a_paused_address_is_told_from_where_it_goes_on(year):
    endpoint = program(year.body.committee)
    by, now = endpoint.client.user, clock.business_now()
    paused = webhooks.change(ref=endpoint.ref, expected=1, active=False, by=by, at=now)
    assert (paused.state, paused.reason) == ("paused", "program")
    year.do("edit the plan")
    first = RegisterLink.objects.latest("seq").seq
    assert dispatch() == 0
    webhooks.change(ref=endpoint.ref, expected=2, active=True, by=by, at=now)
    dispatch()
    assert told(endpoint) == []
    count = hints.replay(ref=endpoint.ref, from_seq=first, by=by, at=now, real_at=clock.real_now())
    assert count == 1
    assert told(endpoint) == [("plan", "2024")]
    again = hints.replay(ref=endpoint.ref, from_seq=first, by=by, at=now, real_at=clock.real_now())
    rows = WebhookDelivery.objects.filter(endpoint=endpoint)
    assert (again, len(set(rows.values_list("uuid")))) == (1, 2)


@pytest.mark.django_db
def test_a_replay_is_bounded(year, monkeypatch):
    monkeypatch.setattr(hints, "REPLAYED", 1)
    endpoint = program(year.body.committee)
    year.do("edit the plan")
    year.do("edit the plan")
    dispatch()
    with pytest.raises(Invalid) as refusal:
        hints.replay(
            ref=endpoint.ref,
            from_seq=1,
            by=endpoint.client.user,
            at=clock.business_now(),
            real_at=clock.real_now(),
        )
    assert refusal.value.code == "webhook-replay-too-long"


@pytest.mark.django_db
def test_hints_and_position_stand_or_fall_together(year, monkeypatch):
    endpoint = program(year.body.committee)
    year.do("edit the plan")
    with monkeypatch.context() as patched:
        patched.setattr(WebhookEndpoint, "save", fail)
        with pytest.raises(RuntimeError):
            dispatch()
    assert told(endpoint) == []
    dispatch()
    assert told(endpoint) == [("plan", "2024")]


def fail(*_args, **_kwargs):
    raise RuntimeError


@pytest.mark.django_db
def test_a_step_reads_at_most_its_limit_and_the_next_goes_on(year):
    endpoint = program(year.body.committee)
    for _ in range(3):
        year.do("rename a unit")
    runs = 0
    while hints.dispatch(at=clock.business_now(), limit=1):
        runs += 1
    assert runs == 3
    assert len(told(endpoint)) == 3


@pytest.mark.django_db(transaction=True)
def test_two_who_dispatch_at_once_tell_once(year, monkeypatch):
    endpoint = program(year.body.committee)
    year.do("edit the plan")
    meet, acts, results = Barrier(2), hints._acts, []

    def read_when_both_are_there(*args, **kwargs):
        found = acts(*args, **kwargs)
        with suppress(BrokenBarrierError):  # under the lock only one of them ever gets here
            meet.wait(timeout=1)
        return found

    monkeypatch.setattr(hints, "_acts", read_when_both_are_there)

    def run():
        try:
            results.append(hints.dispatch(at=clock.business_now()))
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [0, 1]
    assert told(endpoint) == [("plan", "2024")]


@pytest.mark.django_db
def test_dispatch_costs_the_same_for_one_and_for_three_acts(year, django_assert_max_num_queries):
    endpoint = program(year.body.committee, types=["unit"])
    counted = []
    for acts in (1, 3):
        for _ in range(acts):
            year.do("rename a unit")
        with django_assert_max_num_queries(60) as found:
            assert dispatch() == 1
        counted.append(len(found))
    assert counted[0] == counted[1]
    assert len(told(endpoint)) >= 2


# --- addresses ------------------------------------------------------------------------------------


def create(client: ApiClient, *, url: str = URL, types=None, resolver=receiver.here):
    now = clock.real_now()
    return webhooks.create(
        url=url, types=types, by=client.user, at=now, real_at=now, resolver=resolver
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"url": "http://receiver.example.org/"}, "webhook-address-refused"),
        ({"url": "https://receiver.example.org/" + "a" * 500}, "webhook-address-refused"),
        ({"resolver": receiver.names()}, "webhook-address-refused"),
        ({"resolver": lambda _host: ["10.0.0.1"]}, "webhook-address-refused"),
        ({"types": ["invented"]}, "webhook-type-unknown"),
        ({"types": []}, "webhook-type-unknown"),
        ({"types": ["case"]}, "webhook-type-unknown"),  # no scope for it
    ],
)
def test_an_address_that_cannot_be_told_is_refused(fields, code):
    client = ApiClientFactory(scopes=["webhooks:manage", "plans:read"])
    with pytest.raises(Invalid) as refusal:
        create(client, **fields)
    assert refusal.value.code == code
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.django_db
def test_a_program_has_a_few_addresses_and_only_with_the_scope():
    client = ApiClientFactory()
    for _ in range(webhooks.MOST):
        create(client)
    with pytest.raises(Conflict):
        create(client)
    with pytest.raises(NotAllowed):
        create(ApiClientFactory(scopes=["plans:read"]))


@pytest.mark.django_db
def test_secrets_are_not_readable_in_the_database_and_two_live_for_a_day():
    client = ApiClientFactory()
    made, now = create(client), clock.real_now()
    assert made.secret.startswith("whsec_")
    for hours in (24, 1):
        webhooks.rotate(
            ref=made.endpoint.ref,
            lives_on=webhooks.LIVES_ON * hours / 24,
            by=client.user,
            at=now,
            real_at=clock.real_now(),
        )
    rows = made.endpoint.secrets.live(real_at=clock.real_now())
    assert [row.place for row in rows] == [0, 1]
    assert made.secret not in "".join(row.sealed for row in rows)
    later = clock.real_now() + webhooks.LIVES_ON
    assert [row.place for row in made.endpoint.secrets.live(real_at=later)] == [0]


@pytest.mark.django_db
def test_nobody_else_changes_an_address(year):
    endpoint, stranger = program(year.body.committee), ApiClientFactory()
    now = clock.business_now()
    asked = {"ref": endpoint.ref, "expected": 1, "active": False, "at": now}
    with pytest.raises(NotFound):
        webhooks.change(**asked, by=stranger.user)
    with pytest.raises(NotAllowed):
        webhooks.change(**asked, by=year.body.planner)
    with pytest.raises(StaleVersion):
        webhooks.change(**(asked | {"expected": 2}), by=endpoint.client.user)
    found = webhooks.change(**asked, by=year.administrator)
    assert (found.state, found.reason) == ("paused", "person")
    webhooks.remove(ref=endpoint.ref, expected=2, by=year.administrator, at=now)
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.django_db
def test_after_a_backup_was_put_back_nothing_goes_on_by_itself(year):
    endpoint = program(year.body.committee)
    waiting = hint(endpoint)
    assert webhooks.pause_all() == 1
    endpoint.refresh_from_db()
    waiting.refresh_from_db()
    assert (endpoint.state, endpoint.reason, waiting.state) == ("paused", "restore", "cancelled")


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["vi", "en"])
def test_administrators_of_the_owner_unit_are_told_of_a_disabled_address(year, language):
    year.administrator.language = language
    year.administrator.save()
    endpoint = program(year.body.committee)
    with transaction.atomic():
        webhooks.disable(endpoint, reason=WebhookReason.FAILING, at=clock.business_now())
    while register.sequence():
        pass
    while notices.dispatch(at=clock.business_now()):
        pass
    [notice] = Notice.objects.filter(message="webhook-disabled")
    assert notice.recipient == year.administrator
    found = text_of(notice, language)
    assert endpoint.client.name in found.subject
    assert f"/clients/{endpoint.client.ref}/" in found.text
    assert ("Nothing is sent" in found.text) == (language == "en")


def text_of(notice: Notice, language: str):

    row = Notice.objects.with_matter().get(pk=notice.pk)
    facts = facts_of(row, at=clock.business_now(), language=language)
    return messages.compose(row.message, facts, language=language)
