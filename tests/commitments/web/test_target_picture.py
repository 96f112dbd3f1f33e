"""Verified reports on the board and on the page of a target: picture, table and reasons."""

import re
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.actions import duties, reports
from commitments.enums import PeriodState
from commitments.models import Period, TargetRevision, TrajectoryPoint
from commitments.rules.reports import Answer
from tests.commitments.web.test_board import FIELDS, targets_of
from tests.factories.readers import person
from tests.factories.reports import ASSIGNED, OPENED, make_desk
from units.models import DemonstrationClock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]


def read(client, address):
    page = client.get(address)
    assert page.status_code == 200
    html = page.content.decode()
    return html, re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def verified(desk, target, value, *, month=3):
    duty = target.duties.get(period=desk.months[month - 1])
    at = OPENED.replace(month=month + 1)  # when that month is open
    return desk.verified(duty, answer=Answer(value=Decimal(value)), at=at)


@pytest.fixture
def desk():
    return make_desk()


def test_one_restated_report_turns_30_of_32_into_29_everywhere(desk, client_of):
    """On the board, in the explanation and in the API at once, when the new value is verified."""
    made = targets_of(desk.body.plan, desk.body.commune, FIELDS)
    duties.generate(made, at=ASSIGNED)
    for place, target in enumerate(made):
        verified(desk, target, 9 if place >= 30 else 11)
    Period.objects.filter(pk=desk.body.plan.pk).update(state=PeriodState.CLOSING)
    unit = desk.body.commune.ref
    client, board = client_of(desk.body.assigner), f"/board/?year=2024&unit={unit}"
    api = f"/api/v1/plans/2024/board/?unit={unit}"
    assert "30/32 (93.75 %)" in read(client, board)[1]

    report = made[0].duties.get(period=desk.months[2]).reports.get()
    reports.restate(
        report_id=report.pk,
        reason="Counted twice.",
        by=desk.reporter,
        expected=report.etag_version,
        at=OPENED,
    )
    assert "30/32 (93.75 %)" in read(client, board)[1]  # the verified value counts until then
    again = verified(desk, made[0], 3)

    text = read(client, board)[1]
    assert "29/32 (90.63 %)" in text
    assert "30/32" not in text
    (said,) = [
        scope
        for scope in person(desk.body.assigner).get(api).json()["scopes"]
        if scope["origin"] == "superior"
    ]
    assert said["count"]["met"] == 29
    why = next(
        part for part in said["explanation"]["parts"] if part["ref"] == f"target/{made[0].ref}"
    )
    assert (why["said"], why["parts"][1]["value"]) == ("unmet", "3")
    assert why["parts"][1]["source"] == f"report/{again.ref}"


@pytest.fixture
def drawn(desk):
    """A target with a roadmap, and verified reports of January to March."""
    (target,) = targets_of(desk.body.plan, desk.body.commune, FIELDS[:1], value=120)
    revision = TargetRevision.objects.get(target=target)
    TrajectoryPoint.objects.bulk_create(
        TrajectoryPoint(revision=revision, period=month, value=10 * place)
        for place, month in enumerate(desk.months, start=1)
    )
    duties.generate([target], at=ASSIGNED)
    for month, value in ((1, 8), (2, 20), (3, 29)):
        verified(desk, target, value, month=month)
    return target


@pytest.fixture
def in_april(settings):
    """Move business time to 10 April 2024."""
    row = DemonstrationClock.objects.get()
    row.offset_seconds -= 68 * 24 * 3600
    row.save()


def test_the_picture_and_its_table_say_the_same(desk, drawn, in_april, client_of):
    html, text = read(client_of(desk.body.assigner), f"/targets/{drawn.ref}/")
    assert html.count("picture__dot--actual") == 3
    assert html.count("picture__dot--roadmap") == 12
    assert "picture__band" in html
    assert "03/2024 30 29 –" in text
    assert "04/2024 40 – –" in text
    assert "Forecast for the year: 101 – 137" in text  # 29 + 9 × 8, 29 + 9 × 12
    assert "needed in each remaining month: 10.11" in text
    assert "On track" in text  # 29 of 30


def test_the_reasons_go_down_to_the_report(desk, drawn, in_april, client_of):
    _html, text = read(client_of(desk.body.assigner), f"/targets/{drawn.ref}/")
    report = drawn.duties.get(period=desk.months[2]).reports.get()
    assert f"report/{report.ref}" in text


def test_without_a_figure_there_is_no_picture_and_it_says_so(desk, client_of):
    (target,) = targets_of(desk.body.plan, desk.body.commune, FIELDS[:1])
    html, text = read(client_of(desk.body.assigner), f"/targets/{target.ref}/")
    assert "<svg" not in html
    assert "no data" in text


def test_the_page_costs_the_same_for_one_and_three_reports(desk, drawn, in_april, client_of):
    client, costs = client_of(desk.body.assigner), []
    (other,) = targets_of(desk.body.plan, desk.body.commune, FIELDS[:1])
    revision = TargetRevision.objects.get(target=other)
    TrajectoryPoint.objects.create(revision=revision, period=desk.months[11], value=10)
    duties.generate([other], at=ASSIGNED)
    verified(desk, other, 5)
    for target in (other, drawn):
        client.get(f"/targets/{target.ref}/")
        with CaptureQueriesContext(connection) as queries:
            read(client, f"/targets/{target.ref}/")
        costs.append(len(queries))
    assert costs[0] == costs[1], [query["sql"] for query in queries]
