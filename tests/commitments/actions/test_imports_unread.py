"""What hangs on a cell that nobody can read is not judged: the cell is told of, alone."""

import io

import openpyxl
import pytest

from commitments.actions import targets
from commitments.models import Target
from tests.commitments.actions.test_imports import PARTS, applied, exported, sound, told
from tests.factories.body import NOW, make_body

pytestmark = pytest.mark.django_db


def test_a_cell_that_nobody_can_read_makes_no_further_fault():
    body = make_body()
    uniform = {"mode": "Same for all", "value": None}
    applied(body, sound(allocations=[part | uniform for part in PARTS], undertakers=[]))
    made = Target.objects.filter(code__startswith="N02").values_list("pk", flat=True)
    targets.assign_targets(target_ids=list(made), by=body.planner, at=NOW)
    book = openpyxl.load_workbook(io.BytesIO(exported(body)))
    sheet = book["Targets"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    row = next(line[0].row for line in sheet.rows if line[0].value == "N02.1")

    sheet.cell(row, columns["Value"]).value = "many"
    assert told(body, bytes_of(book)) == [("targets", row, "value", "not-a-number")]
    sheet.cell(row, columns["Value"]).value = 250
    sheet.cell(1, columns["Indicator code *"]).value = "Foo"
    assert {fault[3] for fault in told(body, bytes_of(book))} == {
        "heading-missing",
        "heading-unknown",
    }
    sheet.cell(1, columns["Indicator code *"]).value = "Indicator code *"
    sheet.cell(row, columns["Value"]).value = 251  # which can be read, and is another one
    assert ("targets", row, "value", "target-assigned") in told(body, bytes_of(book))


def bytes_of(book) -> bytes:
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()
