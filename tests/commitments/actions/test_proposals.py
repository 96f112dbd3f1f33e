"""Items that heads propose: by whom, until when, and how each is answered."""

import pytest

from commitments.actions import commitments, proposals
from commitments.enums import ProposalState
from commitments.models import Proposal
from notifications import audiences
from tests.constraints import change, refused
from tests.factories.body import NOW, make_body
from units.errors import Conflict, Invalid, NotAllowed, StaleVersion, WrongState
from units.models import Appointment, RegisterEntry

pytestmark = pytest.mark.django_db
P = ProposalState
WORDS = {"title": "Households with clean water", "wanted": "at least 95 %", "reason": "We can."}


@pytest.fixture
def body():
    return make_body()


def make(body, **changes) -> Proposal:
    asked = {"period_id": body.plan.pk, "office_id": body.first.pk, "by": body.secretary, "at": NOW}
    return proposals.make(**asked | WORDS | changes)


def answer(body, proposal, decision=P.ACCEPTED, **changes) -> Proposal:
    asked = {
        "proposal_id": proposal.pk,
        "decision": decision,
        "by": body.planner,
        "expected": proposal.etag_version,
        "at": NOW,
        "target_id": body.targets[0].pk,
    }
    return proposals.answer(**asked | changes)


def code_of(error, do, *args, **changes) -> str:
    with pytest.raises(error) as caught:
        do(*args, **changes)
    return caught.value.code


def kinds() -> list[str]:
    found = RegisterEntry.objects.filter(subject_kind="proposal").order_by("pk")
    return list(found.values_list("kind", flat=True))


def told(kind: str) -> list[tuple[str, str]]:
    entry = RegisterEntry.objects.filter(kind=kind).latest("pk")
    return [(one.person.username, one.message) for one in audiences.recipients(entry, at=NOW)]


def test_a_head_proposes_and_the_planner_is_asked(body):
    proposal = make(body)
    assert (proposal.state, proposal.unit, proposal.office) == (P.OPEN, body.commune, body.first)
    assert kinds() == ["proposal.make"]
    assert told("proposal.make") == [("planner", "proposal-made")]


def test_an_accepted_one_names_its_target_and_tells_the_head(body):
    proposal = answer(body, make(body))
    assert (proposal.state, proposal.target) == (P.ACCEPTED, body.targets[0])
    assert kinds() == ["proposal.make", "proposal.answer"]
    assert told("proposal.answer") == [("secretary", "proposal-answered")]


def test_a_changed_or_declined_one_needs_words(body):
    proposal = make(body)
    for decision in (P.CHANGED, P.DECLINED):
        assert code_of(Invalid, answer, body, proposal, decision) == "answer-missing"
    done = answer(body, proposal, P.DECLINED, text="Next year.", target_id=None)
    assert (done.state, done.target, done.answer) == (P.DECLINED, None, "Next year.")


def test_an_accepted_one_needs_a_target_of_its_own_unit(body):
    proposal = make(body)
    for target in (None, body.targets[3].pk, 10**9):
        assert code_of(Invalid, answer, body, proposal, target_id=target) == "target-missing"
    assert code_of(Invalid, answer, body, proposal, P.WITHDRAWN) == "decision-unknown"
    proposal.refresh_from_db()
    assert proposal.state == P.OPEN


def test_only_the_head_of_the_day_proposes(body):
    for who in (body.planner, body.chair, body.supervisor):
        assert code_of(NotAllowed, make, body, by=who) == "propose-not-allowed"
    Appointment.objects.filter(person=body.secretary).update(valid_to=NOW.date())
    assert code_of(NotAllowed, make, body) == "propose-not-allowed"


def test_the_assigner_proposes_nothing_to_itself(body):
    asked = {"office_id": body.assigning.pk, "by": body.assigner}
    assert code_of(NotAllowed, make, body, **asked) == "propose-not-allowed"


def test_nothing_is_proposed_once_the_commitment_is_issued(body):
    body.draft()
    make(body)  # a draft is no obstacle
    version = body.commune.commitments.get().versions.get()
    commitments.issue(version_id=version.pk, by=body.planner, expected=version.etag_version, at=NOW)
    assert code_of(Conflict, make, body) == "commitment-issued"


@pytest.mark.parametrize("state", ["closing", "closed"])
def test_nothing_is_proposed_for_a_plan_that_closes(state, body):
    change(body.plan, state=state)
    assert code_of(WrongState, make, body) == f"propose-not-from-{state}"


@pytest.mark.parametrize("empty", ["title", "wanted"])
def test_a_proposal_says_what_and_how_much(empty, body):
    assert code_of(Invalid, make, body, **{empty: "  "}) == "proposal-incomplete"
    assert not Proposal.objects.exists()


def test_each_is_answered_once_and_by_a_planner_who_has_read_it(body):
    proposal = make(body)
    assert code_of(NotAllowed, answer, body, proposal, by=body.supervisor) == (
        "answer-proposal-not-allowed"
    )
    assert code_of(StaleVersion, answer, body, proposal, expected=9) == "proposal-changed"
    done = answer(body, proposal)
    assert code_of(WrongState, answer, body, done) == "answer-not-from-accepted"


def test_a_head_takes_back_what_nobody_has_answered(body):
    proposal = make(body)
    asked = {"proposal_id": proposal.pk, "expected": 1, "at": NOW}
    assert code_of(NotAllowed, proposals.withdraw, by=body.chair, **asked) == (
        "withdraw-proposal-not-allowed"
    )
    taken = proposals.withdraw(by=body.secretary, **asked)
    assert taken.state == P.WITHDRAWN
    assert code_of(WrongState, answer, body, taken) == "answer-not-from-withdrawn"


def test_the_database_refuses_half_an_answer(body):
    proposal = make(body)
    with refused("proposal_says_what_and_how_much"):
        change(proposal, wanted="")
    with refused("proposal_answered_together"):
        change(proposal, answered_by=body.planner)
    done = answer(body, proposal)
    with refused("proposal_accepted_has_its_target"):
        change(done, target=None)
    with refused("proposal_not_taken_as_it_is_has_an_answer"):
        change(done, state="changed")
    with refused("proposal_answered_by_another"):
        change(done, answered_by=body.secretary)
