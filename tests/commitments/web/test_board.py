"""The board: scopes that never add up to another, one change seen everywhere, costs that stay."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from commitments.actions import duties, reports, scoring, verifications
from commitments.enums import Field, PeriodState, TargetOrigin, VerdictValue
from commitments.models import (
    IndicatorDefinition,
    Mandate,
    Observation,
    Period,
    Target,
    TargetRevision,
    TaskGroup,
    UnitOfMeasure,
)
from commitments.rules.reports import Answer
from tests.factories.body import NOW, make_body
from tests.factories.parts import make_parts
from tests.factories.readers import person
from tests.factories.reports import make_desk, months_of, newest
from tests.factories.units import OrgUnitFactory, RoleGrantFactory, UserFactory
from units.enums import Provenance, Role
from units.models import OrgUnit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
D2023 = date(2023, 12, 31)
FIELDS = [Field.PARTY_BUILDING] * 14 + [Field.SOCIO_ECONOMIC] * 15 + [Field.DEFENCE] * 3


def plan_of(owner: OrgUnit, *, year: int = 2023, state: str = PeriodState.CLOSING) -> Period:
    return Period.objects.create(
        code=f"{year}-b",
        kind="year",
        owner=owner,
        name_vi=f"Năm {year}",
        name_en=f"Year {year}",
        starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31),
        state=state,
    )


def targets_of(plan: Period, unit: OrgUnit, fields, *, origin=TargetOrigin.SUPERIOR, value=10):
    """Make one assigned target of `unit` in each of `fields`, to reach at least `value`."""
    mandate = Mandate.objects.get_or_create(
        ref="board-m", defaults={"issuer": plan.owner, "kind": "plan", "title_vi": "Kế hoạch"}
    )[0]
    uom = UnitOfMeasure.objects.get_or_create(
        code="bd", defaults={"label_vi": "việc", "label_en": "things", "base": "bd"}
    )[0]
    made = []
    for field in fields:
        n = Target.objects.count() + 1
        group = TaskGroup.objects.get_or_create(
            period=plan,
            code=f"{field[:8]}",
            defaults={"mandate": mandate, "title_vi": field, "field": field},
        )[0]
        indicator = IndicatorDefinition.objects.create(
            code=f"board-{n}", name_vi=f"Việc {n}", name_en=f"Work {n}", kind="count", uom=uom
        )
        target = Target.objects.create(
            ref=f"board-{n}",
            period=plan,
            code=f"B.{n}",
            group=group,
            indicator=indicator,
            unit=unit,
            assigner=plan.owner,
            origin=origin,
            state="assigned",
        )
        TargetRevision.objects.create(
            target=target, comparator="ge", value=value, effective_from=plan.starts_on
        )
        made.append(target)
    return made


def conclude(targets, by, verdict=VerdictValue.MET, at=NOW):
    for target in targets:
        scoring.assert_verdict(
            target_id=target.pk,
            verdict=verdict,
            as_of=D2023,
            source_ref="Biên bản",
            by=by,
            at=at,
        )


def observe(target, value, by):
    return Observation.objects.create(
        indicator=target.indicator,
        unit=target.unit,
        period=target.period,
        value=value,
        source_ref="Thống kê",
        recorded_by=by,
        recorded_at=NOW,
    )


@pytest.fixture
def body():
    return make_body()


@pytest.fixture
def year(body):
    """The district's 2023: 30 of 32 met, 14 of Party building, three own ones undecided."""
    plan = plan_of(body.committee)
    superior = targets_of(plan, body.committee, FIELDS)
    own = targets_of(plan, body.committee, [Field.SOCIO_ECONOMIC] * 3, origin=TargetOrigin.OWN)
    conclude(superior[:-2], body.assigner)
    conclude(superior[-2:], body.assigner, VerdictValue.UNMET)
    conclude(own, body.assigner, VerdictValue.INDETERMINATE)
    return superior


def read(client, address="/board/?year=2023-b"):
    page = client.get(address)
    assert page.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def test_the_scoreboard_speaks_as_the_administration_does(body, year, client_of):  # G-14
    text = read(client_of(body.assigner))
    assert "30/32 (93.75 %)" in text
    assert "Party building 14/14 ·" in text
    assert "Socio-economic, defence, security 16/18 (88.89 %)" in text
    assert "0/3" in text  # of the own ones, apart
    for never in ("30/35", "33/35", "/35"):
        assert never not in text


def test_it_speaks_vietnamese_with_its_own_comma(body, year, client_of):
    client = client_of(body.assigner)
    client.cookies["django_language"] = "vi"
    text = read(client)
    assert "30/32 (93,75 %) · Xây dựng Đảng 14/14 · KT-XH, QP, AN 16/18 (88,89 %)" in text


def scopes_by_api(body):
    answer = person(body.assigner).get("/api/v1/plans/2023-b/board/")
    assert answer.status_code == 200
    return answer.json()["scopes"]


def test_one_changed_verdict_changes_board_explanation_and_api_at_once(body, year, client_of):
    client = client_of(body.assigner)
    assert "30/32 (93.75 %)" in read(client)
    scoring.correct_verdict(
        target_id=year[0].pk,
        verdict=VerdictValue.UNMET,
        source_ref="Kết quả kiểm tra lại",
        by=body.assigner,
        at=NOW,
    )
    text = read(client)
    assert "29/32 (90.63 %)" in text
    assert "30/32" not in text
    assert "Party building 13/14 (92.86 %)" in text
    said = scopes_by_api(body)[0]
    assert (said["count"]["met"], said["count"]["share"]) == (29, "90.625")
    why = {part["ref"]: part["said"] for part in said["explanation"]["parts"]}
    assert why[f"target/{year[0].ref}"] == "unmet"
    assert list(why.values()).count("met") == 29


def test_one_changed_figure_changes_board_explanation_and_api_at_once(body, client_of):
    """No verdict is stored yet: the books are being closed, and it follows from the figures."""
    plan = plan_of(body.committee)
    made = targets_of(plan, body.committee, FIELDS)
    rows = [observe(target, 11, body.planner) for target in made]
    for row in rows[-2:]:
        Observation.objects.filter(pk=row.pk).update(value=9)
    client = client_of(body.assigner)
    assert "30/32 (93.75 %)" in read(client)
    Observation.objects.filter(pk=rows[0].pk).update(value=3)
    assert "29/32 (90.63 %)" in read(client)
    said = scopes_by_api(body)[0]
    assert said["count"]["met"] == 29
    first = next(
        part for part in said["explanation"]["parts"] if part["ref"] == f"target/{made[0].ref}"
    )
    assert [(part["name"], part["value"], part["source"]) for part in first["parts"]] == [
        ("target", "10", ""),
        ("actual", "3", "Thống kê"),
    ]


def test_one_changed_report_changes_board_explanation_and_api_at_once(body, client_of):
    """Verified reports alone decide; one is restated, and counts from its verification on."""
    desk = make_desk(body=body)
    plan = plan_of(body.committee)
    months_of(plan)
    made = targets_of(plan, body.commune, FIELDS)
    duties.generate(made, at=datetime(2023, 1, 2, 2, tzinfo=UTC))
    reported = datetime(2024, 1, 3, 2, tzinfo=UTC)
    december = [target.duties.get(period__code="2023-b-12") for target in made]
    for place, duty in enumerate(december):
        figure = Answer(value=Decimal(11 if place < 30 else 9))
        desk.verified(duty, answer=figure, at=reported)
    client = client_of(body.assigner)
    assert "30/32 (93.75 %)" in read(client)
    report = newest(december[0])
    reports.restate(
        report_id=report.pk,
        reason="Two were counted twice.",
        by=desk.reporter,
        expected=report.etag_version,
        at=NOW,
    )
    filed = desk.filed(december[0], Answer(value=Decimal(9)), at=NOW)
    assert "30/32 (93.75 %)" in read(client)  # what nobody has verified changes nothing
    verifications.verify(report_id=filed.pk, by=desk.verifier, expected=filed.etag_version, at=NOW)
    text = read(client)
    assert "29/32 (90.63 %)" in text
    assert "30/32" not in text
    said = scopes_by_api(body)[0]
    assert (said["count"]["met"], said["count"]["share"]) == (29, "90.625")
    first = next(
        part for part in said["explanation"]["parts"] if part["ref"] == f"target/{made[0].ref}"
    )
    assert (first["said"], [(part["name"], part["value"]) for part in first["parts"]]) == (
        "unmet",
        [("target", "10"), ("actual", "9")],
    )
    assert first["parts"][1]["source"] == f"report/{newest(december[0]).ref}"


def test_a_withdrawn_target_leaves_the_counts_and_stays_listed(body, client_of):
    plan = plan_of(body.committee)
    made = targets_of(plan, body.committee, FIELDS[:3])
    Target.objects.filter(pk=made[0].pk).update(state="withdrawn", end_reason="Thay đổi")
    conclude(made[1:], body.assigner)
    text = read(client_of(body.assigner))
    assert "2/2 (100 %)" in text
    assert "Withdrawn" in text


def test_before_the_year_has_ended_there_is_a_light_and_no_share(body, client_of):
    plan = plan_of(body.committee, year=2025, state=PeriodState.OPEN)
    targets_of(plan, body.committee, FIELDS[:2])
    text = read(client_of(body.assigner), "/board/?year=2025-b")
    assert "Verdicts follow at the end of the year" in text
    assert " %)" not in text
    assert "no data" in text


def test_nobody_sees_what_is_beyond_their_reach(body, year, client_of):
    """There is a board, of another body's plan, and it does not show."""
    stranger = UserFactory()
    elsewhere = OrgUnitFactory()
    RoleGrantFactory(person=stranger, role=Role.SUPERVISOR, unit=elsewhere)
    page = client_of(stranger).get("/board/?year=2023-b")
    assert page.status_code == 404
    assert "There is no board yet" in read(client_of(stranger), "/board/")


def test_a_unit_can_be_looked_at_alone(body, year, client_of):
    plan = year[0].period
    conclude(targets_of(plan, body.commune, FIELDS[:1]), body.assigner)
    text = read(client_of(body.assigner), f"/board/?year=2023-b&unit={body.commune.ref}")
    assert "1/1 (100 %)" in text
    assert client_of(body.assigner).get("/board/?year=2023-b&unit=nowhere").status_code == 404


@pytest.mark.parametrize(
    ("growth", "language", "told"),
    [
        ("9.3", "en", "Consistent at the edge"),
        ("9.3", "vi", "Khớp ở mức biên: % kế hoạch"),
        ("19.3", "en", "Contradiction"),
        ("19.3", "vi", "suy ra tốc độ tăng kế hoạch là 27,4 %"),
    ],
)
def test_published_figures_that_contradict_each_other_are_named(
    body, client_of, growth, language, told
):  # G-04
    plan = plan_of(body.committee)
    (target,) = targets_of(plan, body.committee, FIELDS[:1], value="16.8")
    IndicatorDefinition.objects.filter(pk=target.indicator_id).update(kind="growth")
    Observation.objects.filter(pk=observe(target, growth, body.planner).pk).update(
        percent_of_plan="93.64"
    )
    client = client_of(body.assigner)
    client.cookies["django_language"] = language
    text = read(client)
    assert told in text
    assert ("93,64 % kế hoạch" if language == "vi" else "93.64 % of plan") in text


def test_what_is_invented_is_marked(body, client_of):
    plan = plan_of(body.committee)
    (target,) = targets_of(plan, body.committee, FIELDS[:1])
    client = client_of(body.assigner)
    assert "tag--demo" not in client.get("/board/?year=2023-b").content.decode()
    Target.objects.filter(pk=target.pk).update(provenance=Provenance.SYNTHETIC)
    assert "tag--demo" in client.get("/board/?year=2023-b").content.decode()


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_the_board_leaves_as_a_file(body, year, client_of, form, tmp_path):
    answer = client_of(body.assigner).get(f"/board/?year=2023-b&export={form}")
    assert answer["Content-Disposition"] == f'attachment; filename="board-2023-b.{form}"'
    data = b"".join(answer) if answer.streaming else answer.content
    if form == "csv":
        lines = data.decode().splitlines()
        assert len(lines) == 1 + 35
        codes = [line.split(",")[1] for line in lines[1:4]]
        assert codes == ["B.5", "B.6", "B.7"]  # as people count: not B.10
        return
    (tmp_path / "board.xlsx").write_bytes(data)
    sheet = load_workbook(tmp_path / "board.xlsx").active
    assert sheet.max_row == 1 + 35


def costs(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in queries]


@pytest.mark.parametrize("address", ["/board/?year=2023-b", "/api/v1/plans/2023-b/board/"])
def test_it_costs_the_same_for_one_and_three(body, client_of, address):
    plan = plan_of(body.committee)
    client, found = client_of(body.assigner), []
    for added in (1, 2):
        for target in targets_of(plan, body.committee, FIELDS[:added]):
            observe(target, 5, body.planner)
        targets_of(plan, OrgUnitFactory(under=body.committee), FIELDS[:added])
        found.append(costs(client, address))
    assert len(found[0]) == len(found[1]), found[1]


def test_thirteen_units_and_thirty_five_targets_cost_twelve_queries(body, client_of):
    """All of them counted: session, person and menu too. Who reaches all asks least for the reach."""
    reader = UserFactory()
    RoleGrantFactory(person=reader, role=Role.INSPECTOR, unit=None)
    plan = plan_of(body.committee)
    wholes = targets_of(plan, body.committee, FIELDS + [Field.SECURITY] * 3)
    units = [OrgUnitFactory(under=body.committee) for _ in range(13)]
    make_parts(wholes, units, comparator="ge", value=1, effective_from=plan.starts_on)
    found = costs(client_of(reader), "/board/?year=2023-b")
    assert len(found) <= 12, found


def test_a_result_says_why(body, year):
    answer = person(body.assigner).get(f"/api/v1/targets/{year[0].ref}/result/")
    assert answer.status_code == 200
    said = answer.json()
    assert (said["verdict"], said["light"], said["concluded"]) == ("met", "blue", True)
    assert said["explanation"]["source"] == "Biên bản"
    again = person(body.assigner).get(
        f"/api/v1/targets/{year[0].ref}/result/", headers={"If-None-Match": answer["ETag"]}
    )
    assert again.status_code == 304


def test_the_board_by_rest_refuses_a_unit_without_targets(body, year):
    answer = person(body.assigner).get("/api/v1/plans/2023-b/board/?unit=nowhere")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-parameter")
