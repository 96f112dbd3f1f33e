"""The grid as a workbook: out and back changes nothing; what comes back is a preview until it is saved."""

import io
import re
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from commitments.actions import reports
from commitments.models import Report, Target
from commitments.rules.reports import Answer
from tests.constraints import change
from tests.factories.reports import OPENED, make_desk, newest
from units import clock
from units.documents import workbooks
from units.models import DemonstrationClock

pytestmark = pytest.mark.django_db
PERIOD = "?unit=bx-first&period=2024-03"


@pytest.fixture(autouse=True)
def second_of_april(settings, tmp_path):
    """Business time is 2 April 2024, 09:00 of the body; evidence lies in a folder of the test."""
    settings.DEMO, settings.DATA_DIR = True, tmp_path
    offset = clock.real_now().timestamp() - OPENED.timestamp()
    DemonstrationClock.objects.create(offset_seconds=offset)


@pytest.fixture
def desk():
    return make_desk()


@pytest.fixture
def client(client_of, desk):
    return client_of(desk.reporter)


def taken(client) -> openpyxl.Workbook:
    answer = client.get(f"/reports/sheet.xlsx{PERIOD}")
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def filled(book: openpyxl.Workbook, row: int, **cells) -> None:
    """Write into the row of the first sheet, by our headings."""
    page = book.worksheets[0]
    places = {cell.value: cell.column for cell in page[1]}
    for heading, value in cells.items():
        page.cell(row, places[heading.replace("_", " ")]).value = value


def sent(client, book: openpyxl.Workbook | bytes):
    data = book
    if isinstance(book, openpyxl.Workbook):
        buffer = io.BytesIO()
        book.save(buffer)
        data = buffer.getvalue()
    file = SimpleUploadedFile("reports.xlsx", data)
    return client.post(f"/reports/sheet/{PERIOD}", {"file": file}, follow=True)


def text_of(answer, status: int = 200) -> str:
    assert answer.status_code == status, answer.content[:300]
    return answer.content.decode()


def fields_of(page: str) -> dict[str, str]:
    """Return what the fields of the grid would send."""
    found = dict(
        re.findall(r'<input type="(?:hidden|text)" name="(d\d+-\w+)" value="([^"]*)"', page)
    )
    for name, body in re.findall(r'<select name="(d\d+-\w+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', body)
        found[name] = chosen[1] if chosen else ""
    return found | dict(
        re.findall(r'<textarea name="(d\d+-\w+)"[^>]*>\s*(.*?)</textarea>', page, re.S)
    )


KINDS = {
    "count": ({}, Answer(value=Decimal(7), qualifier="over", narrative="Bảy.")),
    "ratio": (
        {"kind": "ratio", "numerator": "done", "denominator": "all"},
        Answer(numerator=Decimal(3), denominator=Decimal(4), cause="land", next_steps="Đo."),
    ),
    "boolean": ({"kind": "boolean"}, Answer(is_true=False, stage="estimate")),
    "nothing": ({}, Answer(nothing_to_report=True)),
    "decimals": ({"decimals": 2}, Answer(value=Decimal("1234.5"), qualifier="about")),
}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_out_and_back_changes_nothing(client, desk, kind, language):
    indicator, answer = KINDS[kind]
    if indicator:
        change(desk.body.targets[0].indicator, **indicator)
    reports.save(duty_id=desk.duty().pk, answer=answer, by=desk.reporter, expected=0, at=OPENED)
    client.cookies["django_language"] = language
    before = list(Report.objects.values())
    page = text_of(sent(client, taken(client)))
    assert {"vi": "sẽ thay đổi 0 dòng", "en": "would change 0 rows"}[language] in page
    assert list(Report.objects.values()) == before


def test_a_stale_cell_and_a_wrong_one_are_refused_and_the_others_wait_for_the_button(client, desk):
    duties = [desk.duty(place=place) for place in range(3)]
    book = taken(client)
    filled(book, 2, Value=11, Note="Eleven so far.")
    filled(book, 3, Value="many", Note="Nobody has counted.")
    filled(book, 4, Value=13, Note="Thirteen.")
    reports.save(
        duty_id=duties[2].pk,
        answer=Answer(value=Decimal(12), next_steps="Đo đạc."),
        by=desk.reporter,
        expected=0,
        at=OPENED,
    )
    page = text_of(sent(client, book), 422)
    assert "The file would change 3 rows" in page
    assert "Value: – → <strong>11</strong>" in page
    assert "row 3, N01.2, Value: “many” is not a number" in page
    assert "row 4, N01.3, Value: It was changed here since the file was taken" in page
    assert "row 4, N01.3, Note" not in page
    assert not Report.objects.filter(duty__in=duties[:2]).exists()  # nothing is saved yet
    assert newest(duties[2]).narrative == ""
    fields = fields_of(page)
    assert client.post(f"/reports/{PERIOD}", fields | {"act": "save"}).status_code == 302
    assert (newest(duties[0]).value, newest(duties[0]).narrative) == (Decimal(11), "Eleven so far.")
    assert (newest(duties[1]).value, newest(duties[1]).narrative) == (None, "Nobody has counted.")
    third = newest(duties[2])  # what was written here meanwhile and the file left alone stays too
    assert (third.value, third.narrative, third.next_steps) == (12, "Thirteen.", "Đo đạc.")


def test_a_row_that_must_show_a_file_comes_as_a_draft_and_waits_for_it(client, desk):
    """A workbook carries no files: what it brings is typed, and the file is added on the page."""
    duty = desk.duty()
    Target.objects.filter(pk=duty.target_id).update(needs_evidence=True)
    book = taken(client)
    filled(book, 2, Value=11)
    page = text_of(sent(client, book))
    assert "The file would change 1 row" in page
    assert "file needed" in page
    fields = fields_of(page)
    assert client.post(f"/reports/{PERIOD}", fields | {"act": "save"}).status_code == 302
    assert (newest(duty).state, newest(duty).value) == ("draft", 11)
    handed_in = client.post(f"/reports/{PERIOD}", fields | {"act": "submit"})
    assert "Each report of this target shows a file." in text_of(handed_in, 422)
    assert newest(duty).state == "draft"


def test_without_its_marks_a_stale_row_is_refused_as_a_whole(client, desk):
    duty = desk.duty()
    book = taken(client)
    filled(book, 2, Value=11, Marks_as_taken=None)
    answer = Answer(value=Decimal(12))
    reports.save(duty_id=duty.pk, answer=answer, by=desk.reporter, expected=0, at=OPENED)
    page = text_of(sent(client, book))
    assert "row 2, N01.1: It was changed here since the file was taken" in page
    assert "The file would change 0 rows" in page


def test_numbers_are_read_as_the_spreadsheet_holds_them(client, desk):
    change(desk.body.targets[0].indicator, decimals=2)
    client.cookies["django_language"] = "vi"
    book = taken(client)
    page = book.worksheets[0]
    page.cell(2, 5).value = 1234.5
    answer = text_of(sent(client, book))
    assert "→ <strong>1234,5</strong>" in answer


@pytest.mark.parametrize(
    ("cell", "why"), [("=1+1", "is a formula"), ("#N/A", "is a formula or an error")]
)
def test_formulas_are_not_taken_over(client, cell, why):
    book = taken(client)
    filled(book, 2, Value=cell)
    page = text_of(sent(client, book), 422)
    assert why in page
    assert "The file would change 0 rows" in page


def test_rows_of_other_pages_are_named(client):
    book = taken(client)
    filled(book, 2, Report="2024-t4-2024-03")
    assert "“2024-t4-2024-03” is no report of this page." in text_of(sent(client, book))


@pytest.mark.parametrize(
    "data",
    [
        b"no workbook",
        workbooks.write([workbooks.Page("Sheet", ["Report", "Version"], [["a", 1]])]),
    ],
)
def test_another_file_is_refused_in_words(client, data):
    page = text_of(sent(client, data))
    assert "no Excel workbook" in page or "not a workbook that was downloaded here" in page


def test_no_file_is_told(client):
    page = text_of(client.post(f"/reports/sheet/{PERIOD}", follow=True))
    assert "Choose the workbook that was downloaded here" in page


def test_only_who_writes_takes_and_sends(client_of, desk):
    for who in (desk.verifier, desk.body.supervisor):
        reader = client_of(who)
        assert reader.get(f"/reports/sheet.xlsx{PERIOD}").status_code == 404
        assert reader.post(f"/reports/sheet/{PERIOD}").status_code == 404
