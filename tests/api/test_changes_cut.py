"""A stream that breaks: wherever it was cut, the client ends equal, and never believes too much."""

import copy
import json

import pytest

from tests.api.acts_in_order import make_year
from tests.factories.mirror import Mirror
from tests.factories.readers import machine
from units.api import changes
from units.enums import Scope

pytestmark = pytest.mark.django_db
READS = [scope for scope in Scope if scope.value.endswith(":read")]
ACTS = ("edit the plan", "draw up a target", "assign a target", "rename a unit", "submit a report")


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(settings) -> None:
    settings.API_FEED_PER_MINUTE = settings.API_READS_PER_MINUTE = 10**6


def stream(mirror: Mirror):
    asked = {"after": mirror.cursor, "limit": 1}
    return mirror.client.get("/api/v1/changes", asked, headers={"Accept": changes.NDJSON})


def take(mirror: Mirror, sent: bytes) -> bool:
    """Apply each whole line, as docs/api.md says; the cursor only from the last one. True: it came."""
    whole = sent[: sent.rfind(b"\n") + 1]
    for line in whole.splitlines():
        change = json.loads(line)
        if "cursor" in change:
            mirror.cursor = change["cursor"]
            return True
        mirror.apply(change)
    return False


@pytest.mark.parametrize("in_one_page", [2, 900], ids=["many pages", "one page"])
def test_wherever_a_stream_is_cut_the_client_ends_equal(monkeypatch, in_one_page):
    monkeypatch.setattr(changes, "AT_ONCE", in_one_page)
    year = make_year()
    mirror = Mirror(machine(year.body.committee, *READS), limit=changes.AT_ONCE)
    for act in ACTS:
        assert year.do(act), act
    begun, copied = mirror.cursor, copy.deepcopy(mirror.copy)
    chunks = b"".join(stream(mirror)).splitlines(keepends=True)
    assert len(chunks) > len(ACTS)
    truth, ends = mirror.view(), [0]
    for chunk in chunks:
        ends += [ends[-1] + len(chunk) // 2, ends[-1] + len(chunk)]
    sent = b"".join(chunks)
    for end in ends:
        mirror.cursor, mirror.copy = begun, copy.deepcopy(copied)
        whole = take(mirror, sent[:end])
        assert whole is (end == len(sent))
        assert (mirror.cursor == begun) is not whole
        if whole:
            assert mirror.copy == truth  # the cursor is not ahead of the rows
        mirror.poll()
        assert mirror.copy == truth


def test_what_is_done_while_a_stream_runs_is_told_by_it_or_by_the_next(monkeypatch):
    monkeypatch.setattr(changes, "AT_ONCE", 2)
    year = make_year()
    mirror = Mirror(machine(year.body.committee, *READS), limit=changes.AT_ONCE)
    for act in ACTS:
        year.do(act)
    sent = b""
    for number, chunk in enumerate(stream(mirror)):
        if number < 3:
            year.do("edit the plan")
        sent += chunk
    assert take(mirror, sent)
    mirror.poll()
    assert mirror.copy == mirror.view()
