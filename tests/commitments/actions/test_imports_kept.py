"""A kept workbook: who may bring one, what is not kept, and how it ends."""

import io
from decimal import Decimal as D

import openpyxl
import pytest

from commitments.actions import imports
from commitments.models import PlanImport
from tests.commitments.actions.test_imports import INDICATOR, checked, sound
from tests.factories.body import NOW, make_body
from units.enums import ImportState
from units.errors import Invalid, NotAllowed, WrongState

pytestmark = pytest.mark.django_db


def test_only_a_planner_imports_and_an_ended_workbook_stays_ended():
    body = make_body()
    with pytest.raises(NotAllowed):
        imports.check(plan=body.plan, data=sound(), by=body.secretary, at=NOW)
    with pytest.raises(NotAllowed):
        imports.upload(
            period_id=body.plan.pk, file_name="x", data=sound(), by=body.secretary, at=NOW
        )
    first = imports.upload(
        period_id=body.plan.pk, file_name="x.xlsx", data=sound(), by=body.planner, at=NOW
    )
    second = imports.upload(
        period_id=body.plan.pk, file_name="y.xlsx", data=sound(), by=body.planner, at=NOW
    )
    first.refresh_from_db()
    assert first.state == ImportState.DROPPED
    imports.drop(import_id=second.pk, by=body.planner, at=NOW)
    for act in (
        lambda: imports.drop(import_id=second.pk, by=body.planner, at=NOW),
        lambda: imports.apply(import_id=second.pk, seen="", by=body.planner, at=NOW),
    ):
        with pytest.raises(WrongState):
            act()


def test_a_closing_plan_takes_no_import():
    body = make_body()
    body.plan.state = "closing"
    body.plan.save()
    with pytest.raises(WrongState) as refused:
        imports.upload(period_id=body.plan.pk, file_name="x", data=sound(), by=body.planner, at=NOW)
    assert refused.value.code == "import-not-from-closing"


def test_a_file_that_is_no_workbook_is_not_kept():
    body = make_body()
    with pytest.raises(Invalid) as refused:
        imports.upload(
            period_id=body.plan.pk, file_name="x.xlsx", data=b"PK", by=body.planner, at=NOW
        )
    assert refused.value.code == "workbook-not-a-workbook"
    assert not PlanImport.objects.exists()


def test_a_percent_cell_is_in_percent_points():
    body = make_body()
    indicator = INDICATOR | {"kind": "Percentage", "decimals": D(1)}
    book = openpyxl.load_workbook(io.BytesIO(sound(indicators=[indicator], allocations=[])))
    sheet = book["Targets"]
    place = next(cell.column for cell in sheet[1] if cell.value == "Value")
    sheet.cell(2, place).value = 0.168
    sheet.cell(2, place).number_format = "0.0%"
    stream = io.BytesIO()
    book.save(stream)
    row = checked(body, stream.getvalue()).entries["targets"][0].row
    assert row["value"] == D("16.8")
