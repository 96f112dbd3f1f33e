"""One key at the same moment: one effect, and everybody is told of it or to wait."""

import sqlite3
import subprocess
import sys
from collections import Counter
from threading import Barrier, Event, Thread

import pytest
from django.conf import settings
from django.db import connection, transaction

from commitments.models import Target
from tests.api import dying
from tests.api.described import is_problem
from tests.api.things import new_target
from tests.api.writes import WRITES, Write, entries
from tests.factories.body import make_body
from tests.factories.readers import machine, token_of, with_token
from tests.factories.units import ApiClientFactory
from tests.faults.worlds import database_url
from tests.running import wait_until
from units import clock
from units.actions import idempotency
from units.models import ApiClient, IdempotencyRecord

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "an-example-of-a-key"
BY_NAME = {write.name: write for write in WRITES}
CREATE, ISSUE = BY_NAME["create target"], BY_NAME["issue draft"]


def sent_at_once(many: int, write: Write, client, *words):
    """Send the same request from `many` threads that begin together; return the answers."""
    meet, answers = Barrier(many), []

    def send():
        try:
            meet.wait()
            answers.append(write.do(client, *words, KEY))
        finally:
            connection.close()

    threads = [Thread(target=send) for _one in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_many_at_once_have_one_effect():
    body = make_body()
    client, before = machine(body.committee), len(entries())
    many = 40 if connection.vendor == "postgresql" else 8  # on SQLite one after the other anyway
    answers = sent_at_once(many, CREATE, client, "", new_target(body), None)
    assert len(answers) == many
    told = [answer for answer in answers if answer.status_code != 409]
    assert {answer.status_code for answer in told} == {201}
    assert len({answer.content for answer in told}) == 1
    assert Counter(answer.has_header("Idempotency-Replayed") for answer in told)[False] == 1
    for answer in answers:
        if answer.status_code == 409:
            is_problem(answer, 409, "still-running")
            assert answer["Retry-After"] == "2"
    assert Target.objects.filter(code="N01.9").count() == 1
    assert entries()[before:] == ["target.create"]


def test_two_who_issue_at_once_issue_once():
    """Both make their document; the slower one finds the answer of the other."""
    body = make_body()
    client, ref = machine(body.committee), ISSUE.on(body)
    answers = sent_at_once(2, ISSUE, client, ref, {}, ISSUE.tag(client, ref))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert [answer.has_header("Idempotency-Replayed") for answer in answers].count(True) == 1
    assert entries().count("commitment.issue") == 1


# --- a twin that still runs ---------------------------------------------------------------------------


class Twin:
    """Holds the key in a transaction of its own until it is told how to end."""

    def __init__(self, holder, fingerprint: str) -> None:
        asked = idempotency.Asked(holder, KEY, "POST", "/", fingerprint)
        self._asked, self._ends, self._holds = asked, Event(), Event()
        self._thread = Thread(target=self._run)

    def _run(self) -> None:
        try:
            with transaction.atomic():
                idempotency.claim(self._asked, at=clock.real_now())
                self._holds.set()
                self._ends.wait()
                transaction.set_rollback(True)
        finally:
            connection.close()

    def __enter__(self) -> "Twin":
        self._thread.start()
        self._holds.wait()
        return self

    def undo(self) -> None:
        self._ends.set()
        self._thread.join()

    def __exit__(self, *_error) -> None:
        self.undo()


def waits_for_the_key() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO %idempotencyrecord%'"
        )
        return cursor.fetchone() is not None


@pytest.mark.postgresql_only
def test_who_waits_too_long_for_a_twin_is_told_to_come_again():
    body = make_body()
    client, before = machine(body.committee), entries()
    with Twin(ApiClient.objects.get().user, "0" * 64):
        answer = CREATE.do(client, "", new_target(body), None, KEY)
    is_problem(answer, 409, "still-running")
    assert answer["Retry-After"] == "2"
    assert entries() == before
    assert CREATE.do(client, "", new_target(body), None, KEY).status_code == 201


@pytest.mark.postgresql_only
def test_who_waits_for_a_twin_that_fails_does_it_instead():
    body = make_body()
    client = machine(body.committee)
    answers = []

    def send():
        try:
            answers.append(CREATE.do(client, "", new_target(body), None, KEY))
        finally:
            connection.close()

    with Twin(ApiClient.objects.get().user, "0" * 64) as twin:
        second = Thread(target=send)
        second.start()
        wait_until(waits_for_the_key)
        twin.undo()
        second.join()
    assert [answer.status_code for answer in answers] == [201]
    assert not answers[0].has_header("Idempotency-Replayed")


@pytest.mark.postgresql_only
def test_the_patience_with_twins_ends_with_the_key():
    """Rows of others are waited for as before: only the key is waited for shortly."""
    body = make_body()
    asked = idempotency.Asked(body.planner, KEY, "POST", "/", "0" * 64)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '7s'")
        for _first, _again in enumerate(range(2)):
            idempotency.claim(asked, at=clock.real_now())
            cursor.execute("SELECT current_setting('lock_timeout')")
            assert cursor.fetchone() == ("7s",)


@pytest.mark.sqlite_only
def test_who_finds_no_turn_to_write_is_told_to_come_again():
    body = make_body()
    client = machine(body.committee)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 20")  # milliseconds
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        answer = CREATE.do(client, "", new_target(body), None, KEY)
        is_problem(answer, 503, "busy")
        assert answer["Retry-After"] == "2"
        other.execute("ROLLBACK")
        assert CREATE.do(client, "", new_target(body), None, KEY).status_code == 201
    finally:
        other.close()
        connection.close()


# --- an answer that was lost --------------------------------------------------------------------------


@pytest.mark.parametrize("where", dying.PLACES)
def test_a_process_that_dies_leaves_the_effect_with_its_answer_or_neither(where, tmp_path):
    """A whole process is killed on either side of its commit; then the same is sent again."""
    body = make_body()
    token = token_of(ApiClientFactory(owner_unit=body.committee))
    before = len(entries())
    killed = subprocess.run(
        [sys.executable, "-m", "tests.api.dying", where, token, KEY],
        cwd=settings.BASE_DIR,
        env=dying.environment(database_url(), tmp_path),
        input=dying.text_of(new_target(body)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -9, killed.stdout + killed.stderr
    done = where == "after the commit"
    assert entries()[before:] == (["target.create"] if done else [])
    assert IdempotencyRecord.objects.filter(key=KEY).exists() is done
    answer = CREATE.do(with_token(token), "", new_target(body), None, KEY)
    assert answer.status_code == 201, answer.content
    assert answer.has_header("Idempotency-Replayed") is done
    assert entries()[before:] == ["target.create"]
    shown = with_token(token).get(f"/api/v1/targets/{Target.objects.get(code='N01.9').ref}/")
    assert shown.json() == answer.json()
