"""What the database itself refuses of backlog cases."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction

from commitments.enums.backlog import CaseState
from commitments.models import BacklogCase, backlog
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


def verified_by_its_resolver():
    row = BacklogCaseFactory(closed=True)
    return lambda: change(row, verified_by=row.resolved_by)


UNCLEAR = ("task", "responsibility", "product", "competence", "authority")
REFUSED = [
    ("case_number_once", numbered_twice),
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
    again(row, number="TĐ-99", ref="another")


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
