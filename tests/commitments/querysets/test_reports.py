"""Who sees which report, and what the verified values are."""

from datetime import timedelta
from decimal import Decimal

import pytest

from commitments.models import Report, ReportingDuty
from commitments.rules.reports import Answer
from tests.factories.body import office, person
from tests.factories.reports import OPENED, grant, make_desk, newest
from tests.factories.units import ApiClientFactory
from units.enums import Role

pytestmark = pytest.mark.django_db


def seen(user):
    return set(Report.objects.visible_to(user, at=OPENED).values_list("ref", flat=True))


def test_a_draft_is_seen_by_its_own_side_alone():
    desk = make_desk()
    own = newest(desk.duty("drafted")).ref
    other = newest(desk.duty("drafted", place=3)).ref
    deputy = person("deputy")
    office(desk.body.commune, "Deputy", deputy, is_head=False)
    inspector = person("inspector")
    grant(inspector, Role.INSPECTOR, None)
    neighbour = person("neighbour")
    office(desk.body.other, "Neighbour", neighbour)
    machine = ApiClientFactory(owner_unit=desk.body.committee, unit_scope=desk.body.committee).user
    reader = ApiClientFactory(owner_unit=desk.body.commune, scopes=["reports:read"]).user
    writer = ApiClientFactory(owner_unit=desk.body.commune, scopes=["reports:write"]).user

    assert seen(desk.body.secretary) == seen(deputy) == {own}
    assert seen(neighbour) == {other}
    assert seen(desk.reporter) == {own, other}
    assert seen(writer) == {own}
    assert seen(reader) == set()
    for who in ("assigner", "planner", "supervisor", "leader"):
        assert seen(getattr(desk.body, who)) == set()
    assert seen(desk.verifier) == seen(inspector) == seen(machine) == set()


def test_what_was_submitted_is_seen_by_both_sides_and_not_by_a_neighbour():
    desk = make_desk()
    report = newest(desk.duty("in_review")).ref
    neighbour = person("neighbour")
    office(desk.body.other, "Neighbour", neighbour)
    assert seen(desk.verifier) == seen(desk.body.assigner) == seen(desk.body.chair) == {report}
    assert seen(neighbour) == set()
    duties = ReportingDuty.objects.visible_to(neighbour, at=OPENED)
    assert set(duties.values_list("unit__ref", flat=True)) == {"bx-other"}


def test_verified_values_come_in_one_query_and_missing_is_no_row(django_assert_num_queries):
    desk = make_desk()
    targets = [target.pk for target in desk.body.targets]
    desk.verified(desk.duty(place=0, month=3))
    desk.verified(desk.duty(place=1, month=3), answer=Answer(nothing_to_report=True))
    desk.verified(desk.duty(place=3, month=3), answer=Answer(value=Decimal(0)))
    desk.duty("in_review", place=2)
    with django_assert_num_queries(1):
        rows = list(Report.objects.values_of(targets))
    assert [
        (target, value, nothing)
        for target, _on, _of, value, *_parts, nothing, _q, _w, _r, _p in rows
    ] == [
        (targets[0], 7, False),
        (targets[1], None, True),
        (targets[3], 0, False),
    ]
    assert {row[2] for row in rows} == {"2024-03"}
    assert not Report.objects.values_of(targets, at=OPENED - timedelta(seconds=1)).exists()
