"""The feed as a model: any acts of a year, polls, another scope and a restored backup, in any order.

A client's copy is the whole model: whatever was done, after a poll it is what the collections show.
"""

import copy
import os

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.api_urls import feeds
from tests.api.acts_in_order import ACTS, Year, make_year
from tests.factories.body import NOW
from tests.factories.mirror import Mirror
from tests.factories.readers import machine
from units import clock
from units.actions import register
from units.enums import Scope
from units.http import lines
from units.models import ApiClient

pytestmark = pytest.mark.django_db
READS = [scope for scope in Scope if scope.value.endswith(":read")]
WALKS = int(os.environ.get("WALKS", "5"))  # a longer run by hand: WALKS=200


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(settings) -> None:
    settings.API_FEED_PER_MINUTE = settings.API_READS_PER_MINUTE = 10**6
    settings.SITE_URL = "http://testserver"  # so that kept lines are read


class Walk:
    """A year and three clients: of the district and of each commune. Lives in one transaction."""

    def __init__(self, limit: int) -> None:
        self.year: Year = make_year()
        units = (self.year.body.committee, self.year.body.commune, self.year.body.other)
        self.mirrors = [Mirror(machine(unit, *READS), limit=limit) for unit in units]
        self.backup = transaction.savepoint()

    def do(self, step: str) -> None:
        steps = {
            "poll": self.poll,
            "change scope": self.change_scope,
            "back up": self.back_up,
            "restore": self.restore,
            "keep lines": self.keep_lines,
        }
        if step in steps:
            steps[step]()
        else:
            self.year.do(step)

    def poll(self) -> None:
        for mirror in self.mirrors:
            mirror.poll()
            assert mirror.copy == mirror.view()

    def change_scope(self) -> None:
        """Give the client of the district less to see, or all again: no act of the product does."""
        body = self.year.body
        client = ApiClient.objects.order_by("pk").first()
        narrow = client.unit_scope_id == body.committee.pk
        client.unit_scope = body.commune if narrow else body.committee
        client.save(update_fields=["unit_scope"])

    def keep_lines(self) -> None:
        """Keep ready what the next acts have changed, as the job does between two polls."""
        lines.keep(feeds, at=clock.job_now(), limit=5)

    def back_up(self) -> None:
        self.backup = transaction.savepoint()

    def restore(self) -> None:
        """Put everything back as it was, and own up to it as `after_restore` does."""
        transaction.savepoint_rollback(self.backup)
        register.open_epoch(checkpoint=None, reason="restored", at=NOW)
        self.backup = transaction.savepoint()


STEPS = [*sorted(ACTS), *["poll", "change scope", "back up", "restore", "keep lines"] * 3]


@settings(
    max_examples=WALKS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=8, max_size=20), limit=st.integers(1, 3))
def test_after_every_poll_each_copy_is_what_the_collections_show(steps, limit):
    with transaction.atomic():
        walk = Walk(limit)
        for step in [*steps, "poll"]:
            walk.do(step)
        transaction.set_rollback(True)


def test_a_restored_backup_takes_back_what_was_told_and_every_copy_follows():
    with transaction.atomic():
        walk = Walk(limit=2)
        before = copy.deepcopy(walk.mirrors[0].copy)
        for step in ("back up", "edit the plan", "draw up a target", "poll"):
            walk.do(step)
        assert walk.mirrors[0].copy != before
        for step in ("restore", "edit the plan", "poll"):
            walk.do(step)
        assert [mirror.restarts for mirror in walk.mirrors] == [1, 1, 1]
        assert walk.mirrors[0].copy["target"] == before["target"]
        transaction.set_rollback(True)


def test_a_client_that_sees_less_keeps_nothing_of_the_rest():
    with transaction.atomic():
        walk = Walk(limit=2)
        district = walk.mirrors[0]
        rows = len(district.copy["unit"])
        walk.do("change scope")
        walk.do("poll")
        assert len(district.copy["unit"]) < rows
        walk.do("change scope")
        walk.do("poll")
        assert (len(district.copy["unit"]), district.restarts) == (rows, 2)
        transaction.set_rollback(True)
