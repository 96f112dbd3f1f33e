"""A request that is sent again with its key is answered alike, and done once."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client

from commitments.api import backlog
from commitments.api.commitments import CommitmentCollection
from commitments.api.targets import TargetCollection
from commitments.models import Target
from config.api_urls import router
from tests.api.described import document, is_problem
from tests.api.things import new_target, planned
from tests.api.writes import OWN_ACTS, TARGETS, WRITES, entries, new_key, scene
from tests.factories.body import make_body
from tests.factories.readers import machine, person
from tests.factories.units import OrgUnitFactory, UserFactory
from units import clock
from units.actions import idempotency
from units.http.idempotency import asks_for_key
from units.models import ApiClient, IdempotencyRecord, RegisterEntry

pytestmark = pytest.mark.django_db
KEYED = [write for write in WRITES if write.keyed]
each_keyed = pytest.mark.parametrize("write", KEYED, ids=lambda write: write.name)
BY_NAME = {write.name: write for write in WRITES}
CREATE, ASSIGN = BY_NAME["create target"], BY_NAME["assign target"]
KEY = "an-example-of-a-key"
PEOPLES = {  # acts that no scope opens
    *(f"/api/v1/reports/{{ref}}/{act}/" for act in ("verify", "return")),
    *(f"/api/v1/cases/{{ref}}/{act}/" for act in backlog.PEOPLES),
}


@pytest.fixture
def body():
    return make_body()


@pytest.fixture
def client(body):
    return machine(body.committee)


ELSEWHERE = {  # whose keys are tried in files of their own
    f"{TARGETS}batch/",
    "/api/v1/reports/{ref}/evidence/",
    f"{TARGETS}{{ref}}/judge/",
    *OWN_ACTS,
    *(f"/api/v1/webhooks/{end}" for end in ("", "{ref}/test/", "{ref}/replay/")),
}


def same(first, again) -> None:
    """Assert that `again` is the answer `first`, sent once more."""
    assert (again.status_code, again.content) == (first.status_code, first.content)
    differ = {"X-Request-ID", "Idempotency-Replayed", "RateLimit"}
    headers = [
        {name: value for name, value in answer.items() if name not in differ}
        for answer in (first, again)
    ]
    assert headers[0] == headers[1]
    assert not first.has_header("Idempotency-Replayed")
    assert again["Idempotency-Replayed"] == "true"


def post(client: Client, text: str, key: str = KEY, address: str = TARGETS):
    headers = {"Idempotency-Key": key}
    return client.post(address, text, content_type="application/json", headers=headers)


# --- which requests ---------------------------------------------------------------------------------


def test_every_post_that_may_write_asks_for_a_key():
    found = {
        (view.__name__, name): asks_for_key(getattr(view, name))
        for _prefix, view, _base in router.registry
        for name in view.questions
        if name == "create" or "post" in getattr(getattr(view, name), "mapping", {})
    }
    assert len(found) == len(KEYED) + len(PEOPLES) + len(ELSEWHERE)
    assert all(found.values()), found


def test_the_description_asks_for_it_where_the_views_do():
    told = {
        path
        for path, methods in document()["paths"].items()
        for parameter in methods.get("post", {}).get("parameters", [])
        if parameter["name"] == "Idempotency-Key" and parameter["required"]
    }
    assert told == {write.pattern for write in KEYED} | PEOPLES | ELSEWHERE


@each_keyed
def test_what_is_sent_again_is_answered_again_and_done_once(write):
    scened, ref, client = scene(write)
    tag = None if write.creates else write.tag(client, ref)
    key, sent = new_key(), write.sends(scened)
    first = write.do(client, ref, sent, tag, key)
    assert first.status_code in {200, 201, 204}, first.content
    after = entries()
    same(first, write.do(client, ref, sent, tag, key))
    assert entries() == after
    record = IdempotencyRecord.objects.get(key=key)
    assert (record.method, record.path) == ("POST", write.path.replace("{ref}", ref))


@each_keyed
def test_without_a_key_nothing_is_done(write):
    scened, ref, client = scene(write)
    address, before = write.path.replace("{ref}", ref), entries()
    answer = client.post(address, write.sends(scened), content_type="application/json")
    is_problem(answer, 400, "idempotency-key-missing")
    assert entries() == before


def test_people_need_a_key_too(body):
    writer = person(body.planner)
    answer = writer.post(TARGETS, new_target(body), content_type="application/json")
    is_problem(answer, 400, "idempotency-key-missing")
    first = CREATE.do(writer, "", new_target(body), None, KEY)
    assert first.status_code == 201
    same(first, CREATE.do(writer, "", new_target(body), None, KEY))


@pytest.mark.parametrize("key", ["", "k" * 15, "k" * 65, "a key with some spaces", "khóa-" * 4])
def test_a_key_of_another_form_is_refused(body, client, key):
    answer = CREATE.do(client, "", new_target(body), None, key or " ")
    is_problem(answer, 400, "idempotency-key-malformed")
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize("key", ["k" * 16, "k" * 64, "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"])
def test_a_key_may_have_any_visible_sign(body, client, key):
    assert CREATE.do(client, "", new_target(body), None, key).status_code == 201


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "short"}])
def test_what_is_not_seen_is_absent_with_or_without_a_key(body, headers):
    stranger = machine(OrgUnitFactory())
    for ref in (planned(body).ref, "absent"):
        for text in ("{}", "{"):
            answer = stranger.post(
                f"{TARGETS}{ref}/assign/", text, content_type="application/json", headers=headers
            )
            is_problem(answer, 404, "not-found")


def test_other_methods_need_no_key_and_keep_nothing(body, client):
    write, target = BY_NAME["change target"], planned(body)
    assert write.do(client, target.ref, {"clause": "1"}, write.tag(client, target.ref)).json()
    assert not IdempotencyRecord.objects.exists()


# --- which answers ----------------------------------------------------------------------------------


def test_the_same_body_may_be_spelled_otherwise(client, body):
    first = post(client, '{"plan": "2024", "x": 1, "group": "N01"}')
    is_problem(first, 400, "unknown-field")
    first = CREATE.do(client, "", new_target(body), None, KEY)
    sent = dict(reversed(new_target(body).items()))
    same(first, CREATE.do(client, "", sent, None, KEY))


def test_a_key_belongs_to_one_request(body, client):
    first = CREATE.do(client, "", new_target(body), None, KEY)
    before = entries()
    other = CREATE.do(client, "", new_target(body) | {"code": "N01.8"}, None, KEY)
    assert KEY in is_problem(other, 422, "key-reused")["detail"]
    ref = first.json()["ref"]
    elsewhere = ASSIGN.do(client, ref, {}, first["ETag"], KEY)
    assert TARGETS in is_problem(elsewhere, 422, "key-reused")["detail"]
    assert not other.has_header("Idempotency-Replayed")
    assert entries() == before
    same(first, CREATE.do(client, "", new_target(body), None, KEY))


def test_holders_choose_their_keys_by_themselves(body, client):
    holders = (client, machine(body.committee), person(body.planner))
    answers = [
        CREATE.do(holder, "", new_target(body) | {"code": f"N01.{9 - no}"}, None, KEY)
        for no, holder in enumerate(holders)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({answer.json()["ref"] for answer in answers}) == 3
    assert IdempotencyRecord.objects.filter(key=KEY).count() == 3


def test_a_refusal_by_state_stays_the_answer_of_its_key(body, client):
    target = planned(body)
    seen = ASSIGN.tag(client, target.ref)
    assert ASSIGN.do(client, target.ref, {}, seen).status_code == 200
    now, before = ASSIGN.tag(client, target.ref), entries()
    first = ASSIGN.do(client, target.ref, {}, now, KEY)
    assert (first.status_code, first.json()["code"]) == (409, "assign-not-from-assigned")
    same(first, ASSIGN.do(client, target.ref, {}, now, KEY))
    assert entries() == before


def test_who_came_too_late_decides_anew_with_a_new_key(body, client):
    target = planned(body)
    stale = ASSIGN.tag(client, target.ref)
    change = BY_NAME["change target"]
    fresh = change.do(client, target.ref, {"clause": "2"}, stale)["ETag"]
    first = ASSIGN.do(client, target.ref, {}, stale, KEY)
    assert is_problem(first, 412, "object-changed")["etag"] == fresh
    same(first, ASSIGN.do(client, target.ref, {}, fresh, KEY))
    assert ASSIGN.do(client, target.ref, {}, fresh).status_code == 200


def test_a_broken_rule_leaves_its_answer_and_nothing_else(body, client):
    split = {"parts": [{"unit": body.commune.ref, "value": "12"}]}
    allocate, whole = BY_NAME["allocate target"], body.targets[0].ref
    assert allocate.do(client, whole, split, allocate.tag(client, whole)).status_code == 200
    draft = BY_NAME["draft commitment"]
    sent = draft.sends(body) | {"items": [{"target": whole}]}
    ref = draft.do(client, "", sent).json()["ref"]
    issue, before = BY_NAME["issue draft"], entries()
    tag = issue.tag(client, ref)
    first = issue.do(client, ref, {}, tag, KEY)
    assert (first.status_code, first.json()["code"]) == (422, "allocation-gap")
    same(first, issue.do(client, ref, {}, tag, KEY))
    assert entries() == before
    assert issue.do(client, ref, {}, tag).status_code == 422  # with a new key it is looked at anew


def test_a_code_that_is_taken_is_a_lasting_answer(body, client):
    sent = new_target(body) | {"code": "N01.1"}
    first = CREATE.do(client, "", sent, None, KEY)
    is_problem(first, 422, "rule-broken")
    same(first, CREATE.do(client, "", sent, None, KEY))
    assert Target.objects.count() == 4


def test_the_answer_speaks_the_language_that_was_asked_for_first(body, client):
    sent = new_target(body) | {"code": "N01.1"}
    first = CREATE.do(client, "", sent, None, KEY)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "vi"
    again = CREATE.do(client, "", sent, None, KEY)
    same(first, again)
    assert again["Content-Language"] == "en"


# --- what is not kept -------------------------------------------------------------------------------


def test_a_wrong_form_leaves_the_key_free(body, client, settings):
    """400, 401, 403, 404, 428 and 429 may be gone when the request comes again."""
    target = planned(body)
    tag = ASSIGN.tag(client, target.ref)
    is_problem(ASSIGN.do(client, target.ref, {"x": 1}, tag, KEY), 400, "unknown-field")
    is_problem(ASSIGN.do(client, target.ref, {}, None, KEY), 428, "version-missing")
    is_problem(ASSIGN.do(client, "absent", {}, tag, KEY), 404, "not-found")
    is_problem(ASSIGN.do(Client(), target.ref, {}, tag, KEY), 401, "not-authenticated")
    mine = ApiClient.objects.get()
    ApiClient.objects.update(scopes=["plans:read"])
    is_problem(ASSIGN.do(client, target.ref, {}, tag, KEY), 403, "scope-missing")
    ApiClient.objects.update(scopes=mine.scopes)
    assert not IdempotencyRecord.objects.exists()
    assert ASSIGN.do(client, target.ref, {}, tag, KEY).status_code == 200


def test_a_missing_right_is_noted_each_time(body):
    writer = person(UserFactory(roles=["supervisor"]))
    for _time in range(2):
        answer = CREATE.do(writer, "", new_target(body), None, KEY)
        is_problem(answer, 403, "not-allowed")
    assert entries()[-2:] == ["audit.denied", "audit.denied"]
    assert not IdempotencyRecord.objects.exists()


def test_a_fault_is_not_kept_and_leaves_nothing(body, client, monkeypatch):
    """The target is written when the answer fails: both go, and the key with them."""
    before = entries()
    client.raise_request_exception = False

    def fail(*_args, **_kwargs):
        raise DatabaseError("no answer today")

    with monkeypatch.context() as broken:
        broken.setattr(TargetCollection, "created", fail)
        is_problem(CREATE.do(client, "", new_target(body), None, KEY), 500, "server-error")
    assert entries() == before
    assert not IdempotencyRecord.objects.exists()
    first = CREATE.do(client, "", new_target(body), None, KEY)
    assert first.status_code == 201
    same(first, CREATE.do(client, "", new_target(body), None, KEY))


def test_a_seal_that_is_missing_today_may_be_there_tomorrow(body, client, settings):
    issue = BY_NAME["issue draft"]
    ref = issue.on(body)
    tag, right = issue.tag(client, ref), settings.SEAL_PKCS12_FILE
    settings.SEAL_PKCS12_FILE = "/nowhere/seal.p12"
    is_problem(issue.do(client, ref, {}, tag, KEY), 503, "seal-missing")
    settings.SEAL_PKCS12_FILE = right
    first = issue.do(client, ref, {}, tag, KEY)
    assert first.json()["state"] == "issued"
    same(first, issue.do(client, ref, {}, tag, KEY))
    assert RegisterEntry.objects.filter(kind="commitment.issue").count() == 1
    other = issue.do(client, ref, {"x": 1}, tag, KEY)
    is_problem(other, 422, "key-reused")


def test_an_issue_whose_answer_cannot_be_kept_did_not_happen(body, client, monkeypatch):
    issue = BY_NAME["issue draft"]
    ref = issue.on(body)
    tag, before = issue.tag(client, ref), entries()
    client.raise_request_exception = False

    def fail(*_args, **_kwargs):
        raise DatabaseError("no answer today")

    with monkeypatch.context() as broken:
        broken.setattr(CommitmentCollection, "changed", fail)
        is_problem(issue.do(client, ref, {}, tag, KEY), 500, "server-error")
    assert entries() == before
    assert issue.tag(client, ref) == tag
    assert issue.do(client, ref, {}, tag, KEY).json()["state"] == "issued"


# --- how long ---------------------------------------------------------------------------------------


def test_a_key_is_good_again_after_seven_days(body, client):
    now = clock.real_now()
    with time_machine.travel(now, tick=False):
        first = CREATE.do(client, "", new_target(body), None, KEY)
    sent = new_target(body) | {"code": "N01.8"}
    with time_machine.travel(now + timedelta(days=7, seconds=-1), tick=False):
        same(first, CREATE.do(client, "", new_target(body), None, KEY))
        is_problem(CREATE.do(client, "", sent, None, KEY), 422, "key-reused")
    with time_machine.travel(now + timedelta(days=7), tick=False):
        assert CREATE.do(client, "", sent, None, KEY).status_code == 201
    assert IdempotencyRecord.objects.get().expires_at == now + timedelta(days=14)


def kept(key: str, at):
    holder = UserFactory()
    asked = idempotency.Asked(holder, key, "POST", "/", "0" * 64)
    with transaction.atomic():
        record = idempotency.claim(asked, at=at)
        return idempotency.keep(record, status=200, headers={}, body="")


def test_the_job_forgets_what_was_kept_for_seven_days(monkeypatch):
    now = clock.real_now()
    monkeypatch.setattr(idempotency, "AT_ONCE", 2)
    old = [kept(f"{no}" * 16, now - timedelta(days=7, seconds=no)) for no in range(3)]
    young = kept("y" * 16, now - timedelta(days=7) + timedelta(seconds=1))
    assert [idempotency.forget(at=now) for _time in range(3)] == [2, 1, 0]
    assert list(IdempotencyRecord.objects.all()) == [young]
    assert old[0].expires_at == now


def test_a_key_belongs_to_the_transaction_of_its_effect(body):
    asked = idempotency.Asked(body.planner, KEY, "POST", "/", "0" * 64)
    now = clock.real_now()

    with transaction.atomic():
        assert idempotency.claim(asked, at=now).status is None
        assert idempotency.find(asked, at=now) is not None
        transaction.set_rollback(True)
    assert idempotency.find(asked, at=now) is None
    assert idempotency.claim(asked, at=now).status is None
