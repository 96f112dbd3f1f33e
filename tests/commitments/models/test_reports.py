"""What the database itself refuses of duties, reports, checks, evidence and unlocks."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from commitments.models import Evidence, ReportCheck, ReportingRule, Unlock, reports
from tests.constraints import again, change, named, refused
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.inspections import make_inspecting
from tests.factories.reports import OPENED, make_desk, newest
from tests.factories.units import UserFactory

pytestmark = pytest.mark.django_db


def duty(at="awaited", /, *, copy=False, **changes):
    def rows():
        made = make_desk().duty(at)
        if copy:
            return lambda: again(made, ref="another", **changes)
        return lambda: change(made, **changes)

    return rows


def report(at, /, *, copy=False, **changes):
    def rows():
        made = newest(make_desk().duty(at))
        if copy:
            return lambda: again(made, **{"ref": "another", "n": 9} | changes)
        return lambda: change(made, **changes)

    return rows


def by_its_author():
    made = newest(make_desk().duty("verified"))
    return lambda: change(made, decided_by=made.author)


def check(**changes):
    def rows():
        desk = make_desk()
        made = desk.filed(desk.duty())
        told = {
            "report": made,
            "level": 1,
            "person": desk.verifier,
            "decision": "pass",
            "at": OPENED,
        }
        ReportCheck.objects.create(**told)
        other = {"person": desk.second, "level": 2} | changes
        other = {k: desk.verifier if v == "same" else v for k, v in other.items()}
        return lambda: ReportCheck.objects.create(**(told | other))

    return rows


def evidence(*, beside=False, **changes):
    def rows():
        desk = make_desk()
        told = {
            "report": newest(desk.duty("drafted")),
            "file": uuid.uuid4(),
            "sha256": "0" * 64,
            "size": 3,
            "name": "a.pdf",
            "kind": "application/pdf",
            "added_by": desk.reporter,
            "added_at": OPENED,
        }
        if beside:
            Evidence.objects.create(**told)
        return lambda: Evidence.objects.create(**(told | changes))

    return rows


def shown_with_inspection(*, beside=False, **changes):
    def rows():
        made = make_inspecting(more=0)
        made.fix()
        told = {
            "inspection": made.record(made.units[0]),
            "file": uuid.uuid4(),
            "sha256": "0" * 64,
            "size": 3,
            "name": "a.pdf",
            "kind": "application/pdf",
            "added_by": made.recorder,
            "added_at": OPENED,
        }
        if beside:
            Evidence.objects.create(**told)
        return lambda: Evidence.objects.create(**(told | changes))

    return rows


def shown_on_case(*, beside=False, **changes):
    def rows():
        told = {
            "case": BacklogCaseFactory(),
            "shown_for": "resolve",
            "file": uuid.uuid4(),
            "sha256": "0" * 64,
            "size": 3,
            "name": "a.pdf",
            "kind": "application/pdf",
            "added_by": UserFactory(),
            "added_at": OPENED,
        }
        if beside:
            Evidence.objects.create(**told)
        return lambda: Evidence.objects.create(**(told | changes))

    return rows


def unlock(*, beside=False, **changes):
    def rows():
        desk = make_desk()
        told = {
            "duty": desk.duty("missing"),
            "reason": "Flood.",
            "requested_by": desk.body.supervisor,
            "requested_at": OPENED,
        }
        if beside:
            Unlock.objects.create(**told)
        people = {"assigner": desk.body.assigner, "asker": desk.body.supervisor}
        said = {k: people.get(v, v) if isinstance(v, str) else v for k, v in changes.items()}
        return lambda: Unlock.objects.create(**(told | said))

    return rows


def rule(**changes):
    def rows():
        made = ReportingRule.objects.get(plan=make_desk().body.plan)
        return lambda: again(made, **({"version": 2} | changes))

    return rows


GRANTED = {"approved_by": "assigner", "approved_at": OPENED}
LATER = OPENED + timedelta(days=1)
REFUSED = [
    ("reportingrule_once", rule(version=1)),
    ("reportingrule_days_in_order", rule(due_after=21)),
    ("reportingrule_one_or_two_levels", rule(levels=3)),
    ("duty_once", duty(copy=True)),
    ("duty_dates_in_order", duty(due_on=OPENED + timedelta(days=300))),
    ("duty_timeliness_with_first_submission", duty(timeliness="late")),
    ("duty_missing_means_nothing_came", duty("returned", state="missing")),
    ("duty_reviewed_means_something_came", duty(state="verified")),
    ("duty_waived_has_reason", duty(state="waived")),
    ("report_once", report("verified", copy=True, n=1, state="draft", submitted_at=None,
                           decided_by=None, decided_at=None)),
    ("report_one_open", report("drafted", copy=True)),
    ("report_one_verified", report("verified", copy=True)),
    ("report_exactly_one_answer", report("in_review", nothing_to_report=True)),
    ("report_denominator_positive", report("drafted", value=None, numerator=1, denominator=0)),
    ("report_about_has_width", report("in_review", qualifier="about")),
    ("report_submitted_has_time", report("in_review", submitted_at=None)),
    ("report_decider_is_not_author", by_its_author),
    ("report_decided_together", report("verified", decided_at=None)),
    ("report_returned_has_reason", report("verified", state="returned")),
    ("report_restated_has_time", report("verified", state="restated")),
    ("reportcheck_once", check(level=1)),
    ("reportcheck_person_once", check(person="same")),
    ("reportcheck_return_has_reason", check(decision="return")),
    ("reportcheck_one_or_two_levels", check(level=3)),
    ("evidence_one_subject", evidence(report=None)),
    ("evidence_one_subject", evidence(shown_for="resolve")),
    ("evidence_one_subject", shown_on_case(shown_for="")),
    ("evidence_one_subject", shown_with_inspection(shown_for="resolve")),
    ("evidence_file_once_on_inspection", shown_with_inspection(beside=True)),
    ("evidence_file_once_on_case", shown_on_case(beside=True)),
    ("evidence_file_once", evidence(beside=True)),
    ("evidence_is_not_empty", evidence(size=0)),
    ("unlock_has_reason", unlock(reason="")),
    ("unlock_two_people", unlock(**GRANTED | {"approved_by": "asker"}, expires_at=LATER)),
    ("unlock_expires", unlock(**GRANTED)),
    ("unlock_one_asked", unlock(beside=True)),
]  # fmt: skip
TAKEN = [
    rule(levels=2),
    report("in_review", value=None, numerator=3, denominator=4),
    report("in_review", value=None, is_true=False),
    report("in_review", value=None, nothing_to_report=True),
    report("in_review", qualifier="about", about_width=2),
    report("drafted", value=None),
    check(),
    unlock(**GRANTED, expires_at=LATER),
]


@pytest.mark.parametrize(("name", "rows"), REFUSED, ids=[name for name, _rows in REFUSED])
def test_the_database_refuses(name, rows):
    do = rows()
    with refused(name):
        do()


@pytest.mark.parametrize("rows", TAKEN)
def test_the_database_takes_what_just_keeps_the_rule(rows):
    rows()()


@pytest.mark.parametrize("name", named(reports))
def test_every_named_constraint_is_tried(name):
    assert name in dict(REFUSED)


def test_what_was_shown_on_a_case_stays():
    row = shown_on_case()()()
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        change(row, name="b.pdf")
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        row.delete()
