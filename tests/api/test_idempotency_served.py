"""One key over the network: fifty real requests at once, and a worker that is killed before it answers."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import RemoteDisconnected

import pytest

from commitments.models import Target
from tests.api.served import served
from tests.api.things import new_target
from tests.api.writes import entries
from tests.factories.body import make_body
from tests.factories.readers import token_of, with_token
from tests.factories.units import ApiClientFactory
from tests.faults.worlds import database_url
from units.models import IdempotencyRecord

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 50
KEY = "an-example-of-a-key"
TARGETS = "/api/v1/targets/"


def shown(token: str) -> dict:
    """Return the one target that was made, as this test itself reads it."""
    return with_token(token).get(f"{TARGETS}{Target.objects.get(code='N01.9').ref}/").json()


def test_fifty_requests_at_once_with_one_key_have_one_effect(tmp_path):
    """Two processes answer. Who waits too long, for its twin or for its turn to write, is told to send
    the same again, and then gets the same answer."""
    body = make_body()
    token, before = token_of(ApiClientFactory(owner_unit=body.committee)), len(entries())
    sent, key = new_target(body), {"Idempotency-Key": KEY}
    with served(database_url(), tmp_path) as site, ThreadPoolExecutor(MANY) as pool:
        asked = [pool.submit(site.ask, TARGETS, token, sent, **key) for _each in range(MANY)]
        answers = [one.result() for one in asked]
        again = site.ask(TARGETS, token, sent, **key)
    told = [answer for answer in answers if answer.status == 201]
    assert {answer.content for answer in told} == {again.content}
    assert sum("idempotency-replayed" not in answer.headers for answer in told) == 1
    assert (again.status, again.headers["idempotency-replayed"]) == (201, "true")
    for answer in answers:
        if answer not in told:
            assert (answer.status, answer.json()["code"]) in {(409, "still-running"), (503, "busy")}
            assert answer.headers["retry-after"] == "2"
    print(Counter(answer.status for answer in answers))
    assert entries()[before:] == ["target.create"]
    assert IdempotencyRecord.objects.filter(key=KEY).count() == 1
    made = again.json()
    assert (made["ref"], made["etag"]) == (shown(token)["ref"], shown(token)["etag"])


def test_a_worker_killed_between_commit_and_answer_answers_the_same_the_next_time(tmp_path):
    body = make_body()
    token, before = token_of(ApiClientFactory(owner_unit=body.committee)), len(entries())
    sent, key = new_target(body), {"Idempotency-Key": KEY}
    died = tmp_path / "died"
    with served(
        database_url(), tmp_path, workers=1, module="tests.api.served", DIES_ONCE=str(died)
    ) as site:
        with pytest.raises((RemoteDisconnected, ConnectionResetError)):
            site.ask(TARGETS, token, sent, **key)
        assert died.exists()
        assert entries()[before:] == ["target.create"]  # committed, and nobody was told
        answers = [site.ask(TARGETS, token, sent, **key) for _again in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    assert {answer.headers["idempotency-replayed"] for answer in answers} == {"true"}
    assert answers[0].content == answers[1].content
    assert answers[0].json()["etag"] == shown(token)["etag"]
    assert entries()[before:] == ["target.create"]
