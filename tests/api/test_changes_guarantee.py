"""Sixteen writers at once, slow ones and broken ones among them: whoever follows the feed misses nothing.

Beside the feed runs what most services offer, a cursor on the instant of the last change. It must lose
rows in the same run, or the run has proved nothing.
"""

import random
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import DatabaseError, connection, transaction

from commitments.models import Target
from tests.api import dying
from tests.api.things import new_target
from tests.factories.body import make_body
from tests.factories.mirror import Mirror
from tests.factories.places import AT
from tests.factories.readers import machine, token_of, with_token
from tests.factories.units import ApiClientFactory, OrgUnitFactory, UserFactory
from tests.faults.worlds import database_url
from units import clock
from units.actions import organisation, register, verification
from units.enums import Role, Scope
from units.errors import Refused
from units.models import OrgUnit, RegisterEntry, RegisterLink, RegisterPending, RoleGrant

WRITERS, SECONDS, KILLS = 16, 4, 10
READS = (Scope.ORG_READ, Scope.CHANGES_READ)
pytestmark = pytest.mark.django_db(transaction=True)


class Broken(Exception):
    """A transaction that was given up after it had written."""


@contextmanager
def beside(*acts):
    """Run each of `acts` again and again in a thread of its own until the block ends; faults count."""
    over, faults = Event(), []

    def run(act):
        try:
            while not over.is_set():
                act()
        except Exception as error:  # noqa: BLE001  # told below, in the thread that judges
            faults.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert faults == []


def writer(unit: OrgUnit, by, chance: random.Random):
    """Return an act that gives `unit` another name: at once, slowly, or not at all in the end."""

    def write():
        with suppress(Refused, Broken), transaction.atomic():
            now = OrgUnit.objects.get(pk=unit.pk)
            organisation.rename_unit(
                unit_id=unit.pk,
                name_vi=f"Xã {now.etag_version}",
                from_on=clock.local_date(AT) + timedelta(days=now.etag_version),
                by=by,
                expected=now.etag_version,
                at=clock.real_now(),
            )
            time.sleep(chance.choice((0, 0, 0.005, 0.05)))
            if chance.random() < 0.1:
                raise Broken

    return write


class Naive:
    """A client that asks for what was written after the newest instant that it has seen."""

    def __init__(self) -> None:
        self.newest, self.seen = AT, set()

    def poll(self) -> None:
        rows = RegisterEntry.objects.filter(kind="unit.rename", at__gt=self.newest).order_by("at")
        for pk, at in rows.values_list("pk", "at"):
            self.seen.add(pk)
            self.newest = at
        time.sleep(0.01)


class Follower(Mirror):
    """A mirror that also writes down in which order it was told of each object."""

    def __init__(self, client) -> None:
        self.told: dict[str, list[tuple[int, int]]] = defaultdict(list)
        super().__init__(client, limit=20, types=("unit", "appointment"))

    def poll(self):
        changes = super().poll()
        for change in changes:
            version = int(change["data"]["etag"].strip('"').rsplit("-", 1)[1])
            self.told[change["ref"]].append((change["seq"], version))
        time.sleep(0.01)
        return changes


def sequencer_that_is_killed(kills: list[int]):
    """Return an act that numbers what waits; ten times its server process dies in the middle of it."""

    def number():
        with suppress(DatabaseError), transaction.atomic():
            register.sequence()
            if len(kills) < KILLS and connection.vendor == "postgresql":
                kills.append(1)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        if connection.connection is not None and connection.errors_occurred:
            connection.close()
        time.sleep(0.05)

    return number


@contextmanager
def transaction_held_open():
    """Let somebody else's transaction, which has written, stay open all the time."""
    ready, over = Event(), Event()

    def hold():
        try:
            with transaction.atomic():
                UserFactory()
                ready.set()
                over.wait()
        finally:
            connection.close()

    thread = Thread(target=hold)
    thread.start()
    ready.wait()
    yield
    over.set()
    thread.join()


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(settings) -> None:
    settings.API_FEED_PER_MINUTE = settings.API_READS_PER_MINUTE = 100_000


@pytest.fixture
def district():
    """A district with eight communes, its administrator, and three clients that see unlike parts."""
    district = OrgUnitFactory(district=True)
    communes = [OrgUnitFactory(under=district) for _each in range(8)]
    by = UserFactory()
    RoleGrant.objects.create(
        person=by,
        role=Role.ADMINISTRATOR,
        unit=None,
        valid_from="2023-01-01",
        granted_by=UserFactory(),
    )
    return district, communes, by


def judge(followers: list[Follower]) -> None:
    """Assert that everything committed has one place, in order, and is in each copy that may hold it."""
    while register.sequence():
        pass
    assert not RegisterPending.objects.exists()
    rows = RegisterLink.objects.order_by("seq").values_list(
        "seq", "entry__subject_ref", "entry__subject_version"
    )
    places = list(rows)
    assert [seq for seq, _ref, _version in places] == list(range(1, len(places) + 1))
    written = defaultdict(list)
    for _seq, ref, version in places:
        written[ref].append(version)
    assert all(versions == sorted(versions) for versions in written.values())
    for follower in followers:
        follower.poll()
        assert follower.copy == follower.view()
        assert follower.restarts == 0
        for told in follower.told.values():
            assert told == sorted(told)  # neither places nor versions ever go back
            assert len(told) == len(set(told))
    assert verification.verify().findings == []


@pytest.mark.postgresql_only
def test_sixteen_writers_lose_nothing_and_the_usual_cursor_does(district):
    top, communes, by = district
    followers = [Follower(machine(unit, *READS)) for unit in (top, communes[0], communes[1])]
    naive, kills = Naive(), []
    writers = [writer(communes[n % len(communes)], by, random.Random(n)) for n in range(WRITERS)]
    with (
        transaction_held_open(),
        beside(*writers, sequencer_that_is_killed(kills), naive.poll),
        beside(*(follower.poll for follower in followers)),
    ):
        time.sleep(SECONDS)
    naive.poll()
    assert len(kills) == KILLS
    judge(followers)
    everything = set(RegisterEntry.objects.filter(kind="unit.rename").values_list("pk", flat=True))
    assert len(everything) > WRITERS
    assert everything - naive.seen, "the usual cursor has lost nothing: nothing was proved"


@pytest.mark.sqlite_only
def test_writers_in_turn_lose_nothing(district):
    top, communes, by = district
    followers = [Follower(machine(unit, *READS)) for unit in (top, communes[0])]
    writers = [writer(communes[n], by, random.Random(n)) for n in range(3)]
    with beside(*writers), beside(*(follower.poll for follower in followers)):
        time.sleep(2)
    assert RegisterEntry.objects.filter(kind="unit.rename").count() > 10
    judge(followers)


@pytest.mark.sqlite_only
def test_a_process_killed_while_it_gives_places_leaves_none_and_nothing_is_lost(settings, tmp_path):
    """kill -9 in the middle of numbering, with the rows written and uncommitted."""
    body = make_body()
    token = token_of(ApiClientFactory(owner_unit=body.committee))
    follower = Mirror(with_token(token))
    places = RegisterLink.objects.count()
    killed = subprocess.run(
        [sys.executable, "-m", "tests.api.dying", dying.NUMBERING, token, "k" * 32],
        cwd=settings.BASE_DIR,
        env=dying.environment(database_url(), tmp_path),
        input=dying.text_of(new_target(body)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -9, killed.stdout + killed.stderr
    made = Target.objects.get(code="N01.9").ref  # what was committed before
    assert (RegisterLink.objects.count(), RegisterPending.objects.count()) == (places, 1)
    follower.poll()
    assert made not in follower.copy["target"]

    while register.sequence():
        pass
    assert [row["ref"] for row in follower.poll() if row["type"] == "target"] == [made]
    assert (follower.copy, follower.restarts) == (follower.view(), 0)
    assert RegisterLink.objects.count() == places + 1
    assert verification.verify().findings == []
