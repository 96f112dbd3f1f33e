"""The feed as a model: any acts of a year, polls, another scope, a restored backup and what is forgotten
of the feed, in any order.

A client's copy is the whole model: whatever was done, after a poll it is what the collections show.
"""

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as of_the_site
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from config.api_urls import feeds
from tests.api.acts_in_order import ACTS, Year, make_year
from tests.factories.body import NOW
from tests.factories.mirror import Mirror
from tests.factories.readers import machine
from tests.factories.reports import AFTER_LOCK, OPENED
from units import clock
from units.actions import register
from units.enums import Scope
from units.http import lines
from units.models import ApiClient, FeedKept, RegisterLink

pytestmark = pytest.mark.django_db
READS = [scope for scope in Scope if scope.value.endswith(":read")]
WALKS = int(os.environ.get("WALKS", "4"))  # `make fuzz` walks more often
STEPS = int(os.environ.get("STEPS", "25"))  # of one walk at most
CREATE = (
    *("found a unit", "appoint", "add a group", "begin another plan", "draw up a target"),
    *("split in two", "draft a commitment", "save a report", "register a case"),
)
EDIT = (
    *("rename a unit", "rename a head", "rename a reporter", "edit the plan", "edit a target"),
    *("edit the draft", "edit a case", "revise a target", "split for one"),
)
SIGN = ("sign", "sign beside", "countersign")
RETURN = ("return", "return a report", "give a case back")
OTHER = sorted(ACTS.keys() - {*CREATE, *EDIT, *SIGN, *RETURN, "issue", "move a unit"})
MOVES_VIEW = {"found a unit", "move a unit"}  # the reach of a client has other units then


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(settings) -> None:
    settings.API_FEED_PER_MINUTE = settings.API_READS_PER_MINUTE = 10**6
    settings.SITE_URL = "http://testserver"  # so that kept lines are read


class Walk(RuleBasedStateMachine):
    """A year and three clients: of the district and of each commune. Lives in one transaction."""

    def __init__(self) -> None:
        super().__init__()
        self._all = transaction.atomic()
        self._all.__enter__()

    @initialize(limit=st.integers(1, 3))
    def begin(self, limit: int = 2) -> None:
        self.year: Year = make_year()
        units = (self.year.body.committee, self.year.body.commune, self.year.body.other)
        self.mirrors = [Mirror(machine(unit, *READS), limit=limit) for unit in units]
        self.causes: list[set[str]] = [set() for _mirror in self.mirrors]
        self.backup = transaction.savepoint()

    def teardown(self) -> None:
        """Let every client poll a last time; then nothing of all that has been."""
        try:
            if hasattr(self, "mirrors"):
                for place in range(len(self.mirrors)):
                    self.poll(place)
        finally:
            transaction.set_rollback(True)
            self._all.__exit__(None, None, None)

    # --- what is done -------------------------------------------------------------------------------

    def _do(self, name: str) -> None:
        if self.year.do(name) and name in MOVES_VIEW:
            self._cause("scope-changed")

    @rule(name=st.sampled_from(CREATE))
    def create(self, name: str) -> None:
        self._do(name)

    @rule(name=st.sampled_from(EDIT))
    def edit(self, name: str) -> None:
        self._do(name)

    @rule()
    def issue(self) -> None:
        self._do("issue")

    @rule(name=st.sampled_from(SIGN))
    def sign(self, name: str) -> None:
        self._do(name)

    @rule(name=st.sampled_from(RETURN))
    def give_back(self, name: str) -> None:
        self._do(name)

    @rule(name=st.sampled_from(OTHER))
    def act(self, name: str) -> None:
        self._do(name)

    @rule()
    def move_a_unit(self) -> None:
        self._do("move a unit")

    @rule()
    def change_scope(self) -> None:
        """Give the client of the district less to see, or all again: no act of the product does."""
        body = self.year.body
        client = ApiClient.objects.order_by("pk").first()
        narrow = client.unit_scope_id == body.committee.pk
        client.unit_scope = body.commune if narrow else body.committee
        client.save(update_fields=["unit_scope"])
        self._cause("scope-changed")

    # --- what is kept, forgotten and put back ---------------------------------------------------------

    @rule(limit=st.integers(1, 20))
    def keep_lines(self, limit: int) -> None:
        """Keep ready what the next acts have changed, as the job does between two polls."""
        lines.keep(feeds, at=clock.job_now(), limit=limit)

    @rule(since=st.sampled_from([NOW, OPENED, AFTER_LOCK + timedelta(days=400)]))
    def prune(self, since: Any) -> None:
        """Forget what was done up to `since`, of all that is kept."""
        while lines.keep(feeds, at=clock.job_now()):
            pass
        while lines.forget(at=since + timedelta(days=of_the_site.FEED_RETENTION_DAYS)):
            self._cause("cursor-expired")

    @rule()
    def back_up(self) -> None:
        self.backup = transaction.savepoint()

    @rule()
    def restore(self) -> None:
        """Put everything back as it was, and own up to it as `after_restore` does."""
        transaction.savepoint_rollback(self.backup)
        register.open_epoch(checkpoint=None, reason="restored", at=NOW)
        self.backup = transaction.savepoint()
        self._cause("history-changed", "scope-changed")

    # --- what clients hold ----------------------------------------------------------------------------

    @rule(place=st.integers(0, 2))
    def poll(self, place: int) -> None:
        mirror, before = self.mirrors[place], len(self.mirrors[place].gone)
        mirror.poll()
        assert mirror.copy == mirror.view()
        assert set(mirror.gone[before:]) <= self.causes[place]  # nobody begins anew for nothing
        if RegisterLink.objects.exists():  # an empty register has no place that could be missing
            self.causes[place].clear()

    def poll_all(self) -> None:
        for place in range(len(self.mirrors)):
            self.poll(place)

    def _cause(self, *codes: str) -> None:
        """From now on each client may be told once more to begin anew, for one of these reasons."""
        for causes in self.causes:
            causes.update(codes)


def test_after_every_poll_each_copy_is_what_the_collections_show():
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=STEPS,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"{WALKS} walks of up to {STEPS} steps")


@contextmanager
def walking() -> Iterator[Walk]:
    """A walk whose steps a test chooses."""
    walk = Walk()
    walk.begin(limit=2)
    try:
        yield walk
    finally:
        walk.teardown()


def test_a_restored_backup_takes_back_what_was_told_and_every_copy_follows():
    with walking() as walk:
        before = copy.deepcopy(walk.mirrors[0].copy)
        walk.back_up()
        walk.edit("edit the plan")
        walk.create("draw up a target")
        walk.poll_all()
        assert walk.mirrors[0].copy != before
        walk.restore()
        walk.edit("edit the plan")
        walk.poll_all()
        assert [mirror.gone for mirror in walk.mirrors] == [["history-changed"]] * 3
        assert walk.mirrors[0].copy["target"] == before["target"]


def test_who_came_to_an_empty_register_hears_of_its_restore_with_the_first_entry():
    with walking() as walk:
        walk.restore()
        walk.restore()  # the first epoch is that of the empty register itself
        walk.poll_all()
        assert [mirror.gone for mirror in walk.mirrors] == [[]] * 3
        walk.edit("edit the plan")
        walk.poll_all()
        assert [mirror.gone for mirror in walk.mirrors] == [["history-changed"]] * 3


def test_a_client_that_sees_less_keeps_nothing_of_the_rest():
    with walking() as walk:
        district = walk.mirrors[0]
        rows = len(district.copy["unit"])
        walk.change_scope()
        walk.poll(0)
        assert len(district.copy["unit"]) < rows
        walk.change_scope()
        walk.poll(0)
        assert (len(district.copy["unit"]), district.gone) == (rows, ["scope-changed"] * 2)


def test_only_who_was_away_begins_anew_when_the_feed_forgets():
    with walking() as walk:
        walk.edit("edit the plan")
        walk.poll(0)
        walk.prune(AFTER_LOCK)
        assert FeedKept.objects.get().floor > 0
        walk.create("draw up a target")
        walk.poll_all()
        assert [mirror.gone for mirror in walk.mirrors] == [[], *[["cursor-expired"]] * 2]
