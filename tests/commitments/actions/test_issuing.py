"""Issuing every draft of a plan: each once, none lost, whoever works on it and whenever it is killed."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Thread

import pytest
import time_machine
from django.db import connection

from commitments.actions import commitments, drafts, issuing
from commitments.enums import IssueOutcome, VersionState
from commitments.models import CommitmentVersion, IssueLine, IssueRun, Target, TargetRevision
from tests.constraints import again, change, refused
from tests.factories.body import NOW, SIGN_BY, START, make_body, office, unit
from tests.factories.commitments_versions import CommitmentVersionFactory
from tests.factories.units import OrgUnitFactory, RoleGrantFactory, UserFactory
from units import clock
from units.enums import Role, Tree
from units.errors import Conflict, Invalid, NotAllowed
from units.models import RegisterEntry

S = VersionState


def make_drafts(body, number: int) -> list[CommitmentVersion]:
    """Draft the commitments of `number` communes, each with one target."""
    made = []
    pattern = body.targets[0]
    for place in range(number):
        commune = unit(f"bx-c{place}", f"Commune {place}", parent=body.committee)
        head = office(commune, "Secretary", None, tree=Tree.PARTY)
        target = Target.objects.create(
            ref=f"2024-c{place}",
            period=body.plan,
            code=f"N01.c{place}",
            group=pattern.group,
            indicator=pattern.indicator,
            unit=commune,
            assigner=body.committee,
            state="assigned",
        )
        TargetRevision.objects.create(target=target, comparator="ge", value=5, effective_from=START)
        made.append(
            drafts.begin(
                period_id=body.plan.pk,
                unit_id=commune.pk,
                assigner_id=body.assigning.pk,
                first_undertaker_id=head.pk,
                sign_by=SIGN_BY,
                by=body.planner,
                at=NOW,
            )
        )
    return made


@pytest.fixture
def body(db):
    return make_body()


def begin(body):
    return issuing.begin(period_id=body.plan.pk, by=body.planner, at=NOW)


def carry_on_to_the_end() -> None:
    while issuing.carry_on(at=NOW):
        pass


def issued_entries() -> int:
    return RegisterEntry.objects.filter(kind="commitment.issue").count()


def code_of(error, do, **asked) -> str:
    with pytest.raises(error) as caught:
        do(**asked)
    return caught.value.code


def test_every_draft_is_issued_once(body):
    made = make_drafts(body, 3)
    run = begin(body)
    assert run.lines.counted() == {
        "waiting": 3, "issued": 0, "refused": 0, "left": 0, "gone": 0,
    }  # fmt: skip
    carry_on_to_the_end()
    run.refresh_from_db()
    assert run.lines.counted()["issued"] == 3
    assert (run.ended_at, run.stopped_by) == (NOW, None)
    assert {version.state for version in CommitmentVersion.objects.all()} == {S.ISSUED}
    assert issued_entries() == len(made)
    kinds = RegisterEntry.objects.filter(kind__startswith="period.").order_by("pk")
    assert [(entry.kind, entry.actor) for entry in kinds] == [
        ("period.issue_all", body.planner),
        ("period.issue_all_ended", None),
    ]


def test_one_that_cannot_be_issued_says_why_and_stops_nobody(body):
    second = make_drafts(body, 3)[1]
    Target.objects.filter(ref="2024-c1").update(state="planned")
    run = begin(body)
    carry_on_to_the_end()
    line = run.lines.get(version=second)
    assert (line.outcome, line.code) == (IssueOutcome.REFUSED, "target-not-assigned")
    assert "N01.c1" in line.message
    assert run.lines.counted()["issued"] == 2
    second.refresh_from_db()
    assert second.state == S.DRAFT


def test_a_draft_that_changed_after_the_wish_is_left_to_a_person(body):
    [draft] = make_drafts(body, 1)
    run = begin(body)
    change(draft, etag_version=draft.etag_version + 1)
    carry_on_to_the_end()
    assert run.lines.get().code == "commitment-changed"


def test_a_discarded_draft_is_gone(body):
    kept, gone = make_drafts(body, 2)
    run = begin(body)
    drafts.discard(version_id=gone.pk, by=body.planner, expected=gone.etag_version, at=NOW)
    carry_on_to_the_end()
    assert run.lines.counted() == {
        "waiting": 0, "issued": 1, "refused": 0, "left": 0, "gone": 1,
    }  # fmt: skip
    assert kept.pk


def test_who_may_ask_and_when(body):
    assert (
        code_of(Invalid, issuing.begin, period_id=body.plan.pk, by=body.planner, at=NOW)
        == "no-drafts"
    )
    make_drafts(body, 1)
    asked = {"period_id": body.plan.pk, "at": NOW}
    assert (
        code_of(NotAllowed, issuing.begin, by=body.supervisor, **asked) == "issue-all-not-allowed"
    )
    begin(body)
    assert code_of(Conflict, issuing.begin, by=body.planner, **asked) == "issue-all-under-way"


def test_the_officer_who_asked_must_still_be_allowed(body):
    make_drafts(body, 1)
    run = begin(body)
    body.planner.role_grants.update(valid_to=clock.local_date(NOW))
    carry_on_to_the_end()
    assert run.lines.get().code == "issue-not-allowed"


def test_a_stopped_run_leaves_the_rest_as_drafts(body):
    make_drafts(body, 3)
    run = begin(body)
    issuing.carry_on(at=NOW, limit=1)
    issuing.stop(run_id=run.pk, by=body.planner, at=NOW)
    carry_on_to_the_end()
    assert (run.lines.counted()["issued"], run.lines.counted()["left"]) == (1, 2)
    asked = {"run_id": run.pk, "by": body.planner, "at": NOW}
    assert code_of(Conflict, issuing.stop, **asked) == "issue-all-ended"
    assert begin(body).lines.count() == 2  # the rest can be issued by a new run


def test_in_a_database_put_back_whoever_had_claimed_a_draft_has_ended(body):
    make_drafts(body, 1)
    run = begin(body)
    change(run.lines.get(), lease_until=clock.real_now() + issuing.LEASE)
    assert (issuing.end_leases(), issuing.end_leases()) == (1, 0)
    assert run.lines.get().lease_until is None


def test_a_lease_of_the_living_is_respected_and_of_the_dead_taken_over(body):
    make_drafts(body, 1)
    run = begin(body)
    now = clock.real_now()
    change(run.lines.get(), lease_until=now + issuing.LEASE)
    assert issuing.carry_on(at=NOW) == 0
    with time_machine.travel(now + issuing.LEASE + timedelta(seconds=1)):
        assert issuing.carry_on(at=NOW) == 1
    assert run.lines.get().outcome == IssueOutcome.ISSUED


def test_a_kill_between_the_issue_and_its_line_repeats_nothing(body):
    [draft] = make_drafts(body, 1)
    run = begin(body)
    commitments.issue(
        version_id=draft.pk, by=body.planner, expected=draft.etag_version, at=NOW
    )  # and there the worker was killed
    carry_on_to_the_end()
    assert run.lines.get().outcome == IssueOutcome.ISSUED
    assert issued_entries() == 1


def test_a_line_under_work_when_its_run_was_stopped_is_told_in_the_end(body):
    make_drafts(body, 1)
    run = begin(body)
    now = clock.real_now()
    change(run.lines.get(), lease_until=now + issuing.LEASE)
    issuing.stop(run_id=run.pk, by=body.planner, at=NOW)
    assert run.lines.get().outcome == IssueOutcome.WAITING
    with time_machine.travel(now + issuing.LEASE + timedelta(seconds=1)):
        issuing.carry_on(at=NOW)
    assert run.lines.get().outcome == IssueOutcome.LEFT


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_issue_each_draft_once(monkeypatch):
    body = make_body()
    make_drafts(body, 4)
    run = begin(body)
    both_have_claimed, issue = Barrier(2), commitments.issue

    def issue_when_both_have_claimed(**asked):
        with suppress(BrokenBarrierError):
            both_have_claimed.wait(timeout=2)
        return issue(**asked)

    monkeypatch.setattr(commitments, "issue", issue_when_both_have_claimed)

    def work() -> None:
        try:
            carry_on_to_the_end()
        finally:
            connection.close()

    workers = [Thread(target=work) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    run.refresh_from_db()
    assert run.lines.counted()["issued"] == 4
    assert run.ended_at is not None
    assert issued_entries() == 4
    assert RegisterEntry.objects.filter(kind="period.issue_all_ended").count() == 1


def test_the_database_refuses_what_a_run_never_is(body):
    make_drafts(body, 1)
    run = begin(body)
    line = run.lines.get()
    with refused("issuerun_one_under_way"):
        again(run)
    with refused("issuerun_stopped_has_ended"):
        change(run, stopped_by=body.planner)
    with refused("issueline_once"):
        again(line)
    with refused("issueline_refused_has_code"):
        change(line, outcome="refused")
    with refused("issueline_refused_has_code"):
        change(line, code="a-code")
    with refused("issueline_leased_while_waiting"):
        change(line, outcome="issued", lease_until=clock.real_now())
    assert IssueRun.objects.count() == IssueLine.objects.count() == 1


@pytest.mark.parametrize("items", [1, 3])
@pytest.mark.django_db
def test_one_issue_costs_the_same_for_one_item_and_three(items, django_assert_num_queries):
    district, planner = OrgUnitFactory(district=True), UserFactory()
    RoleGrantFactory(person=planner, role=Role.PLANNER, unit=district)
    draft = CommitmentVersionFactory(draft=True, items=items, commitment__assigner_unit=district)
    with django_assert_num_queries(
        66
    ):  # two looks: before the document is rendered, and under the lock
        commitments.issue(version_id=draft.pk, by=planner, expected=draft.etag_version, at=NOW)
