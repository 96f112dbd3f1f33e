"""Two people at one case, or at one explanation, at the same instant: one act is done, one is told why not.

Both are held between reading and writing. Under the lock only one of them ever gets there; without it
both do, and the tests turn red on PostgreSQL (on SQLite one transaction writes at a time).
"""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from commitments.actions import explanations, resolutions
from commitments.enums.backlog import CaseAct, CaseProposalAct
from commitments.models import BacklogCase, CaseClock, Explanation
from tests.commitments.actions.test_backlog import AT, DO, Office
from tests.commitments.actions.test_cases_races import run_together
from tests.commitments.actions.test_explanations import AT as EXPLAINED_AT
from tests.commitments.actions.test_explanations import asked
from units.errors import Refused
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db(transaction=True)

CHANGED = {"case-changed"}
NONE_LEFT = {"no-proposal"}  # asked before the version: somebody has decided, or it has lapsed
ACTS = {act.value: (lambda office, act=act: DO[act](office, at=AT)) for act in CaseAct}
ACTS |= {
    "propose": lambda office: office.propose(),
    "propose_reopen": lambda office: office.propose(CaseProposalAct.REOPEN),
    "grant": lambda office: office.decide(),
    "decline": lambda office: office.decide(granted=False, answer="Không có lý do mới"),
    "grant_reopen": lambda office: office.decide(by=office.leader),
    "reject": lambda office: resolutions.reject(
        **office.seen(), by=office.verifier, reason="Thiếu bản đồ", at=AT
    ),
}


def hold_before_saving(monkeypatch, model) -> None:
    """Let two threads meet before either saves a row of `model`."""
    meet, save = Barrier(2), model.save

    def save_when_both_have_read(self, **fields):
        with suppress(BrokenBarrierError):  # under the lock only one of them ever gets here
            meet.wait(timeout=0.3)
        save(self, **fields)

    monkeypatch.setattr(model, "save", save_when_both_have_read)


def tried(act):
    """Return `act` as a thread runs it: what comes back is "done" or the code of the refusal."""

    def run() -> str:
        try:
            act()
        except Refused as refused:
            return str(refused.code)
        return "done"

    return run


@pytest.mark.parametrize(
    ("state", "proposed", "one", "other", "refusals"),
    [
        ("registered", None, "assign", "assign", CHANGED),
        ("registered", None, "edit", "assign", CHANGED),
        ("assigned", None, "resolve", "resolve", CHANGED),
        ("assigned", None, "resolve", "suspend", CHANGED),
        ("assigned", None, "resolve", "cancel", CHANGED),
        ("assigned", None, "propose", "propose", CHANGED),
        ("assigned", None, "propose", "resolve", CHANGED),
        ("assigned", "extend", "grant", "grant", NONE_LEFT),
        ("assigned", "extend", "grant", "decline", NONE_LEFT),
        ("assigned", "extend", "grant", "resolve", CHANGED | NONE_LEFT),
        ("suspended", None, "resume", "resume", CHANGED),
        ("resolved", None, "accept", "accept", CHANGED),
        ("resolved", None, "accept", "reject", CHANGED),
        ("closed", None, "propose_reopen", "propose_reopen", CHANGED),
        ("closed", "reopen", "grant_reopen", "grant_reopen", NONE_LEFT),
    ],
)
def test_of_two_acts_at_once_one_is_done(state, proposed, one, other, refusals, monkeypatch):
    office = Office(state)
    if proposed:
        office.propose(CaseProposalAct(proposed))
    seen, entered = office.seen(), RegisterEntry.objects.count()
    office.seen = lambda: seen  # what both have read before either acts
    hold_before_saving(monkeypatch, BacklogCase)

    results = run_together(tried(lambda: ACTS[one](office)), tried(lambda: ACTS[other](office)))

    assert "done" in results
    assert set(results) - {"done"} <= refusals
    assert results.count("done") == 1
    assert BacklogCase.objects.get().etag_version == seen["expected"] + 1
    assert RegisterEntry.objects.count() == entered + 1
    assert office.case.extensions.count() <= 1
    assert CaseClock.objects.open().filter(case=office.case).count() <= 1


@pytest.mark.parametrize(
    ("acts", "refusal"),
    [
        (("give", "give"), "explained-already"),
        (("accept", "refuse"), "judged-already"),
    ],
)
def test_of_two_words_on_one_explanation_one_stays(acts, refusal, monkeypatch):
    _scene, explanation, holder, supervisor = asked()
    key = {"explanation_id": explanation.pk, "at": EXPLAINED_AT}
    if "give" not in acts:
        explanations.give(**key, text="Mưa lũ", by=holder)
    do = {
        "give": lambda: explanations.give(**key, text="Mưa lũ", by=holder),
        "accept": lambda: explanations.judge(**key, accepted=True, by=supervisor),
        "refuse": lambda: explanations.judge(
            **key, accepted=False, answer="Chưa rõ", by=supervisor
        ),
    }
    hold_before_saving(monkeypatch, Explanation)

    results = run_together(*[tried(do[act]) for act in acts])

    assert sorted(results) == sorted(["done", refusal])
    kinds = [f"explanation.{act}" for act in acts]
    assert RegisterEntry.objects.filter(kind__in=kinds).count() == 1
