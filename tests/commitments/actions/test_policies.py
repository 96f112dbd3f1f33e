"""Two administrators make a new version of a ladder; what runs keeps its own."""

from contextlib import suppress
from datetime import date, timedelta
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection, transaction

from commitments.actions import ladders, policies
from commitments.actions.cases import start
from commitments.enums import Audience, ClockKind
from commitments.models import EscalationPolicy, PolicyProposal
from commitments.models import policies as models
from commitments.rules.policies import rung
from tests.constraints import again, change, named, refused
from tests.factories.body import NOW, make_body
from tests.factories.commitments_versions import CommitmentVersionFactory
from units import clock
from units.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
TODAY = clock.local_date(NOW)
STEPS = [
    rung(0, [-5, 0], Audience.HOLDER, channels="sms+email", pace="daily"),
    rung(2, [3], Audience.SUPERVISOR, explanation_days=2),
]


@pytest.fixture
def body():
    made = make_body()
    for who in (made.leader, made.assigner):
        made.make_administrator(who)
    return made


def propose(body, **changes) -> PolicyProposal:
    asked = {
        "kind": ClockKind.SIGN,
        "steps": STEPS,
        "ack_days": 2,
        "legal_basis": "12/QĐ",
        "in_force_from": TODAY + timedelta(days=10),
        "reason": "Fourteen days before is too early.",
        "base_version": 1,
        "by": body.leader,
        "at": NOW,
    }
    return policies.propose(**(asked | changes))


def refusal(error, act, **changes) -> str:
    with pytest.raises(error) as found, transaction.atomic():
        act(**changes)
    return found.value.code


def test_what_one_proposes_another_publishes_and_what_runs_keeps_its_version(body):
    running = start(
        subject=CommitmentVersionFactory(issued=True),
        kind=ClockKind.SIGN,
        due_on=date(2024, 2, 20),
        at=NOW,
    )
    proposal = propose(body)
    assert ladders.in_force(ClockKind.SIGN, on=TODAY + timedelta(days=99)).version == 1
    asked = {"proposal_id": proposal.pk, "at": NOW}
    assert refusal(Invalid, policies.publish, by=body.leader, **asked) == "publish-own-policy"
    assert refusal(NotAllowed, policies.publish, by=body.planner, **asked) == (
        "publish-policy-not-allowed"
    )
    policy = policies.publish(by=body.assigner, **asked)

    assert (policy.version, policy.legal_basis, policy.ack_days) == (2, "12/QĐ", 2)
    assert ladders.of(policy).policy.steps == tuple(STEPS)
    assert ladders.in_force(ClockKind.SIGN, on=TODAY + timedelta(days=9)).version == 1
    assert ladders.in_force(ClockKind.SIGN, on=TODAY + timedelta(days=10)).version == 2
    running.refresh_from_db()
    assert running.policy.version == 1
    later = start(
        subject=CommitmentVersionFactory(issued=True),
        kind=ClockKind.SIGN,
        due_on=date(2024, 3, 20),
        at=NOW + timedelta(days=10),
    )
    assert later.policy == policy
    assert refusal(Conflict, policies.publish, by=body.assigner, **asked) == "policy-decided"
    kinds = RegisterEntry.objects.filter(kind__startswith="policy.").order_by("pk")
    assert [(row.kind, row.actor) for row in kinds] == [
        ("policy.propose", body.leader),
        ("policy.publish", body.assigner),
    ]


def test_a_day_that_passed_while_it_waited_becomes_today(body):
    proposal = propose(body, in_force_from=TODAY)
    later = NOW + timedelta(days=3)
    policy = policies.publish(proposal_id=proposal.pk, by=body.assigner, at=later)
    assert policy.in_force_from == clock.local_date(later)


def test_what_stands_in_the_way_of_a_proposal_is_said(body):
    same = ladders.of(ladders.in_force(ClockKind.SIGN, on=TODAY)).policy
    unchanged = {"steps": same.steps, "ack_days": same.ack_days, "legal_basis": ""}
    for code, error, changes in (
        ("propose-policy-not-allowed", NotAllowed, {"by": body.planner}),
        ("policy-moved-on", Conflict, {"base_version": 2}),
        ("reason-missing", Invalid, {"reason": " "}),
        ("policy-in-the-past", Invalid, {"in_force_from": TODAY - timedelta(days=1)}),
        ("ladder-empty", Invalid, {"steps": []}),
        ("level-waits", Invalid, {"steps": [rung(2, [1], Audience.HOLDER, pace="daily")]}),
        ("level-early", Invalid, {"steps": [rung(1, [-1], Audience.HOLDER)]}),
        ("policy-unchanged", Invalid, unchanged),
    ):
        assert refusal(error, propose, body=body, **changes) == code
    assert not PolicyProposal.objects.exists()
    first = propose(body)
    assert refusal(Conflict, propose, body=body, by=body.assigner) == "policy-proposed"
    assert propose(body, kind=ClockKind.CASE).state == "waiting", "each kind for itself"
    policies.withdraw(proposal_id=first.pk, by=body.leader, at=NOW)
    asked = {"proposal_id": first.pk, "by": body.assigner, "at": NOW}
    assert refusal(Conflict, policies.publish, **asked) == "policy-decided"
    assert refusal(NotFound, policies.publish, **(asked | {"proposal_id": 0})) == "policy-not-found"
    assert propose(body, by=body.assigner).proposed_by == body.assigner


def test_what_was_published_meanwhile_is_not_overwritten(body):
    proposal = propose(body)
    again(EscalationPolicy.objects.get(key=ClockKind.SIGN), version=2)
    asked = {"proposal_id": proposal.pk, "by": body.assigner, "at": NOW}
    assert refusal(Conflict, policies.publish, **asked) == "policy-moved-on"


def test_the_database_keeps_two_people_apart(body):
    proposal = propose(body)
    policy = ladders.in_force(ClockKind.SIGN, on=TODAY)
    by_another = {"decided_by": body.assigner, "decided_at": NOW, "state": "published"}
    broken = {
        "policyproposal_published_by_another": by_another
        | {"decided_by": body.leader, "policy": policy},
        "policyproposal_published_has_policy": by_another,
        "policyproposal_decided_together": {"decided_by": body.assigner},
        "policyproposal_has_reason": {"reason": ""},
        "policyproposal_acknowledged_for_days": {"ack_days": 0},
    }
    for name, changes in broken.items():
        with refused(name):
            change(proposal, **changes)
    with refused("policyproposal_one_waiting"):
        again(proposal)
    assert {*named(models)} == {*broken, "policyproposal_one_waiting"}


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_make_one_version(monkeypatch):
    body = make_body()
    for who in (body.leader, body.assigner, body.chair):
        body.make_administrator(who)
    proposal = propose(body)
    meet, results, save = Barrier(2), [], PolicyProposal.save

    def save_when_both_have_read(self, **kwargs):
        with suppress(BrokenBarrierError):
            meet.wait(timeout=1)
        save(self, **kwargs)

    monkeypatch.setattr(PolicyProposal, "save", save_when_both_have_read)

    def publish(by):
        try:
            policies.publish(proposal_id=proposal.pk, by=by, at=NOW)
            results.append("done")
        except Refused as error:
            results.append(error.code)
        finally:
            connection.close()

    threads = [Thread(target=publish, args=(who,)) for who in (body.assigner, body.chair)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["done", "policy-decided"]
    assert EscalationPolicy.objects.filter(key=ClockKind.SIGN).count() == 2
