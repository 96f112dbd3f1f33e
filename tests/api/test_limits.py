"""How many requests a minute takes of one holder, and what it says of it."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from tests.api.described import is_problem, judged
from tests.api.things import new_target
from tests.api.writes import TARGETS, WRITES
from tests.factories.body import make_body
from tests.factories.readers import machine, person, token_of, with_token
from tests.factories.units import ApiClientFactory, OrgUnitFactory
from units import clock
from units.models import IdempotencyRecord

pytestmark = pytest.mark.django_db
CREATE = next(write for write in WRITES if write.name == "create target")
KEY = "an-example-of-a-key"


def test_too_many_requests_wait_for_the_next_minute(settings):
    settings.API_READS_PER_MINUTE = 2
    unit = OrgUnitFactory()
    client, other = machine(unit), machine(unit)
    noon = clock.real_now().replace(second=17, microsecond=0)
    with time_machine.travel(noon, tick=False):
        assert [client.get("/api/v1/units/").status_code for _each in range(2)] == [200, 200]
        answer = client.get("/api/v1/units/")
        body = is_problem(answer, 429, "too-many-requests")
        judged(answer, "/api/v1/units/")
        assert answer["Retry-After"] == "43"
        assert "43" in body["detail"]
        assert other.get("/api/v1/units/").status_code == 200
    with time_machine.travel(noon + timedelta(seconds=43), tick=False):
        assert client.get("/api/v1/units/").status_code == 200


def test_all_tokens_and_addresses_of_a_client_share_its_limit(settings):
    settings.API_READS_PER_MINUTE = 2
    owner, now = ApiClientFactory(), clock.real_now().replace(second=1)
    text = token_of(owner)
    with time_machine.travel(now, tick=False):
        with_token(text).get("/api/v1/units/")
        with_token(text).get("/api/v1/plans/")
        is_problem(with_token(text).get("/api/v1/targets/"), 429, "too-many-requests")


@pytest.fixture
def second_17():
    """Second 17 of a minute that stands still."""
    with time_machine.travel(clock.real_now().replace(second=17, microsecond=0), tick=False):
        yield


def test_writes_are_counted_apart_from_reads(settings, second_17):
    settings.API_READS_PER_MINUTE, settings.API_WRITES_PER_MINUTE = 2, 1
    body = make_body()
    client = machine(body.committee)
    assert CREATE.do(client, "", new_target(body)).status_code == 201
    answer = CREATE.do(client, "", new_target(body) | {"code": "N01.8"}, None, KEY)
    is_problem(answer, 429, "too-many-requests")
    assert answer["Retry-After"] == "43"
    assert not IdempotencyRecord.objects.filter(key=KEY).exists()  # it may be sent again
    assert [client.get(TARGETS).status_code for _each in range(3)] == [200, 200, 429]
    assert person(body.planner).get(TARGETS).status_code == 200


def test_every_way_of_writing_counts(settings, second_17):
    settings.API_WRITES_PER_MINUTE = 3
    client = machine(OrgUnitFactory())
    answers = [getattr(client, method)("/api/v1/plans/x/") for method in ("patch", "put", "post")]
    assert {answer.status_code for answer in answers} <= {404, 405}
    is_problem(client.patch("/api/v1/plans/x/"), 429, "too-many-requests")


def test_each_answer_says_what_the_minute_still_takes(settings, second_17):
    settings.API_READS_PER_MINUTE, settings.API_WRITES_PER_MINUTE = 2, 5
    client = machine(OrgUnitFactory())
    for status, left in ((200, 1), (200, 0), (429, 0)):
        answer = client.get("/api/v1/units/")
        assert answer.status_code == status
        assert answer["RateLimit-Policy"] == '"reads";q=2;w=60'
        assert answer["RateLimit"] == f'"reads";r={left};t=43'
    answer = client.post("/api/v1/units/", {}, content_type="application/json")
    assert (answer.status_code, answer["RateLimit"]) == (400, '"writes";r=4;t=43')


def test_who_is_not_counted_is_told_nothing():
    for answer in (Client().get("/api/v1/"), Client().get("/api/v1/units/")):
        assert not answer.has_header("RateLimit")


def test_a_folder_that_cannot_be_written_holds_nobody_back(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "file"
    settings.DATA_DIR.write_text("not a folder")
    settings.API_READS_PER_MINUTE = 0
    answer = machine(OrgUnitFactory()).get("/api/v1/units/")
    assert answer.status_code == 200
    assert not answer.has_header("RateLimit")


def test_questions_for_changes_have_a_count_of_their_own(settings, second_17):
    settings.API_FEED_PER_MINUTE, settings.API_READS_PER_MINUTE = 2, 1
    client = machine(OrgUnitFactory())
    cursor = client.get("/api/v1/changes/start").json()["cursor"]
    answer = client.get(f"/api/v1/changes?after={cursor}")
    assert (answer.status_code, answer["RateLimit"]) == (200, '"feed";r=0;t=43')
    is_problem(client.get(f"/api/v1/changes?after={cursor}"), 429, "too-many-requests")
    assert [client.get("/api/v1/units/").status_code for _each in range(2)] == [200, 429]
