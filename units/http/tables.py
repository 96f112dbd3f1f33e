"""Lists that leave as a file: rows of text, safe in every spreadsheet program."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.http import HttpResponse, StreamingHttpResponse

from units.rules.dates import day_text

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is taken for a formula
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOM = "\ufeff"  # spreadsheet programs read UTF-8 only where it says so


def safe(value: object) -> str:
    """Return `value` as text that no spreadsheet takes for a formula; None is empty, a day dd/mm/yyyy.

    >>> safe("=1+1")
    "'=1+1"
    """
    text = "" if value is None else day_text(value) if isinstance(value, date) else str(value)
    return f"'{text}" if text.startswith(DANGEROUS) else text


def csv_response(
    name: str, headings: Sequence[object], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """Return a CSV file `name`.csv that is written while it is sent."""
    answer = StreamingHttpResponse(_lines(headings, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def xlsx_response(name: str, data: bytes) -> HttpResponse:
    """Return a workbook as the file `name`.xlsx."""
    answer = HttpResponse(data, content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return answer


def _lines(headings: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield BOM
    for row in [headings]:
        writer.writerow([safe(cell) for cell in row])
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
        if buffer.tell() > 1 << 14:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
