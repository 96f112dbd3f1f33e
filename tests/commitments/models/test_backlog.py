"""What the database itself refuses of backlog cases."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction

from commitments.enums.backlog import CaseState
from commitments.models import BacklogCase, CaseExtension, CaseProposal, CaseRule, backlog
from tests.constraints import again, change, named, refused
from tests.factories.backlog import REGISTERED_AT, BacklogCaseFactory
from tests.factories.units import UserFactory

pytestmark = pytest.mark.django_db
STATES = [state.value for state in CaseState]


def with_(of, **changes):
    def rows():
        row = BacklogCaseFactory(**({} if of == "registered" else {of: True}))
        return lambda: change(row, **changes)

    return rows


def numbered_twice():
    row = BacklogCaseFactory()
    return lambda: again(row, ref="another")


def by_rule(**changes):
    rule, _made = CaseRule.objects.get_or_create(
        version=1, defaults={"in_force_from": date(2024, 1, 1), "red_periods": 2}
    )
    return BacklogCaseFactory(**({"opened_for": "report/a", "rule": rule} | changes))


def opened_twice():
    by_rule()
    return by_rule


def opened(**changes):
    def rows():
        row = by_rule()
        return lambda: change(row, **changes)

    return rows


def opened_by_a_person():
    row, who = by_rule(), UserFactory()
    return lambda: change(row, registered_by=who)


def waiting_for_nothing():
    return lambda: CaseRule.objects.create(version=2, in_force_from=date(2024, 1, 1), red_periods=0)


def verified_by_its_resolver():
    row = BacklogCaseFactory(closed=True)
    return lambda: change(row, verified_by=row.resolved_by)


def proposal(beside=False, **changes):
    def rows():
        told = {
            "case": BacklogCaseFactory(assigned=True),
            "act": "extend",
            "new_due_on": date(2024, 9, 30),
            "reason": "Chờ quy hoạch",
            "proposed_by": UserFactory(),
            "proposed_at": REGISTERED_AT,
        }
        if beside:
            CaseProposal.objects.create(**told)
        return lambda: CaseProposal.objects.create(**(told | changes))

    return rows


def proposal_decided(by_proposer=False, **changes):
    def rows():
        row = proposal()()()
        decider = row.proposed_by if by_proposer else UserFactory()
        told = {"state": "granted", "decided_at": REGISTERED_AT, "decided_by": decider}
        return lambda: change(row, **(told | changes))

    return rows


def extension(by_proposer=False, beside=False, **changes):
    def rows():
        proposer = UserFactory()
        told = {
            "case": BacklogCaseFactory(assigned=True),
            "ordinal": 1,
            "old_due_on": date(2024, 4, 26),
            "new_due_on": date(2024, 4, 27),
            "reason": "Chờ quy hoạch",
            "proposed_by": proposer,
            "granted_by": proposer if by_proposer else UserFactory(),
            "granted_at": REGISTERED_AT,
        }
        if beside:
            CaseExtension.objects.create(**told)
        return lambda: CaseExtension.objects.create(**(told | changes))

    return rows


UNCLEAR = ("task", "responsibility", "product", "competence", "authority")
REFUSED = [
    ("case_number_once", numbered_twice),
    ("case_once_per_cause", opened_twice),
    ("case_opened_by_rule_has_cause", opened(opened_for="")),
    ("case_opened_by_rule_has_cause", opened(rule=None)),
    ("case_opened_by_rule_has_cause", opened_by_a_person),
    ("caserule_waits_for_one_period", waiting_for_nothing),
    ("case_says_what", with_("registered", title="")),
    ("case_says_what", with_("registered", number="")),
    ("case_due_not_before_original", with_("registered", current_due_on=date(2024, 4, 25))),
    ("case_assigned_is_six_clear", with_("registered", state="assigned")),
    ("case_assigned_is_six_clear", with_("assigned", office=None)),
    *(("case_assigned_is_six_clear", with_("assigned", **{name: ""})) for name in UNCLEAR),
    *(("case_assigned_is_six_clear", with_(state, task="")) for state in STATES[2:5]),
    ("case_suspended_has_cause", with_("suspended", suspended_cause="")),
    ("case_suspended_has_cause", with_("suspended", suspended_on=None)),
    ("case_suspended_has_cause", with_("assigned", suspended_cause="rain")),
    ("case_resolved_has_product", with_("resolved", resolved_by=None)),
    ("case_resolved_has_product", with_("resolved", resolved_at=None)),
    ("case_resolved_has_product", with_("assigned", resolved_at=REGISTERED_AT)),
    *(("case_ended_has_outcome", with_(state, outcome="")) for state in STATES[3:]),
    *(("case_ended_has_its_day", with_(state, ended_on=None)) for state in STATES[4:]),
    ("case_ended_has_its_day", with_("assigned", ended_on=date(2024, 5, 1))),
    ("case_closed_has_verifier", with_("closed", verified_by=None)),
    ("case_verified_by_another", verified_by_its_resolver),
    ("case_sourced_has_ref", with_("registered", provenance="sourced")),
    ("caseproposal_one_open", proposal(beside=True)),
    ("caseproposal_has_reason", proposal(reason="")),
    ("caseproposal_extension_has_day", proposal(new_due_on=None)),
    ("caseproposal_extension_has_day", proposal(act="reopen")),
    ("caseproposal_decided_together", proposal(state="granted")),
    ("caseproposal_decided_together", proposal_decided(state="lapsed")),
    ("caseproposal_decided_together", proposal_decided(decided_at=None)),
    ("caseproposal_decided_by_another", proposal_decided(by_proposer=True)),
    ("caseproposal_declined_has_answer", proposal_decided(state="declined")),
    ("extension_once", extension(beside=True)),
    ("extension_moves_forward", extension(new_due_on=date(2024, 4, 26))),
    ("extension_granted_by_another", extension(by_proposer=True)),
]


@pytest.mark.parametrize(("name", "rows"), REFUSED, ids=[name for name, _rows in REFUSED])
def test_the_database_refuses(name, rows):
    do = rows()
    with refused(name):
        do()


@pytest.mark.parametrize("name", named(backlog))
def test_every_named_constraint_is_tried(name):
    assert name in dict(REFUSED)


@pytest.mark.parametrize("state", STATES)
def test_the_database_takes_every_state(state):
    row = BacklogCaseFactory(**({} if state == "registered" else {state: True}))
    assert BacklogCase.objects.get(pk=row.pk).state == state
    again(row, number=f"{row.number} bis", ref=f"{row.ref}-bis")


def test_only_a_closed_case_has_a_verifier():
    row = BacklogCaseFactory(resolved=True)
    with refused("case_closed_has_verifier"):
        change(row, verified_by=UserFactory())


@pytest.mark.parametrize("state", STATES)
def test_nobody_changes_the_day_from_which_the_age_counts(state):
    row = BacklogCaseFactory(**({} if state == "registered" else {state: True}))
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        change(row, original_due_on=date(2024, 4, 20))
    change(row, current_due_on=date(2024, 4, 30))


@pytest.mark.parametrize(
    "rows",
    [
        proposal(),
        proposal(act="reopen", new_due_on=None),
        proposal(beside=True, state="lapsed"),
        proposal_decided(),
        proposal_decided(state="declined", answer="Không"),
        extension(),
        extension(beside=True, ordinal=2),
    ],
)
def test_the_database_takes_what_just_keeps_the_rule(rows):
    rows()()
