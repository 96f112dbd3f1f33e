"""Issuing a whole plan in a real browser, with its worker killed in the middle: none twice, none missing."""

import os
import signal
import sys

from commitments.enums import VersionState
from commitments.models import CommitmentVersion, Document, IssueLine, IssueRun
from tests.browser.walking import Mouse, come_in
from tests.commitments.actions.test_issuing import make_drafts
from tests.factories.body import NOW, make_body
from tests.faults.conftest import world  # noqa: F401  # a fixture
from units import clock
from units.models import RegisterEntry

DRAFTS = 40
JOB = (sys.executable, "manage.py", "run_jobs", "--only", "issue_all")


def issued() -> int:
    return CommitmentVersion.objects.filter(state=VersionState.ISSUED).count()


def test_a_kill_in_the_middle_costs_nothing(
    world,  # noqa: F811
    page_at,
    settings,
    assert_accessible,
):
    settings.DEMO = True
    world.move_to(NOW)
    body = make_body()
    make_drafts(body, DRAFTS)
    page = page_at(1280, language="en")
    come_in(Mouse(page), body.planner)
    page.goto("/plans/2024/issue/")
    assert_accessible(page)
    page.click("main form .button--primary")
    page.wait_for_selector("#progress")
    assert_accessible(page)

    worker = world.start("first", *JOB)
    world.wait_for(lambda: issued() >= 3)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    world.forget("first")
    before = issued()
    assert 3 <= before < DRAFTS, "the kill came too late to prove anything"
    page.reload()
    assert page.inner_text("#progress .lead") != f"{DRAFTS} of {DRAFTS} done"
    assert_accessible(page)

    # two minutes later, when the lease of the killed worker has run out
    IssueLine.objects.waiting().update(lease_until=clock.real_now())
    world.start("second", *JOB)
    world.start("third", *JOB)
    page.wait_for_selector("[data-ended]", timeout=60_000)  # it asks by itself
    assert page.inner_text("#progress .lead") == f"{DRAFTS} of {DRAFTS} done"
    assert_accessible(page)

    assert IssueRun.objects.get().lines.counted()["issued"] == DRAFTS
    assert issued() == DRAFTS
    assert Document.objects.count() == DRAFTS
    entries = RegisterEntry.objects.filter(kind="commitment.issue")
    assert entries.values("subject_ref").distinct().count() == entries.count() == DRAFTS
