"""What every page of a workbook has: the field for it, and its check in the reader's words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from units.actions.workbooks import Said
from units.rules.sheets import Fault, Table, title

SHOWN = 500  # faults on one page; a workbook with more has one cause
CHANGES = ("new", "changed", "same")


class UploadForm(forms.Form):
    """The workbook."""

    file = forms.FileField(label=_("Workbook (.xlsx)"), widget=forms.FileInput({"accept": ".xlsx"}))


class Entry(Protocol):
    """One row of a sheet. `change`: one of CHANGES."""

    @property
    def change(self) -> str: ...


class Check(Protocol):
    """What a workbook would do: rows by table, and all that is wrong."""

    @property
    def entries(self) -> Mapping[str, Sequence[Entry]]: ...

    @property
    def faults(self) -> Sequence[Fault]: ...


def language() -> str:
    """Return the reader's language, "vi" or "en"."""
    return "en" if get_language() == "en" else "vi"


def shown(
    check: Check, tables: Iterable[Table], in_words: Callable[[Fault], Said]
) -> dict[str, Any]:
    """Return what `units/imports/_check.html` expects: at most SHOWN faults, and rows counted."""
    return {
        "check": check,
        "faults": [in_words(fault) for fault in check.faults[:SHOWN]],
        "more": max(len(check.faults) - SHOWN, 0),
        "has_rows": any(check.entries.values()),
        "tables": [
            {"name": title(table, language()), **_counted(check.entries[table.name])}
            for table in tables
        ],
    }


def _counted(entries: Sequence[Entry]) -> dict[str, int]:
    changes = [entry.change for entry in entries]
    return {change: changes.count(change) for change in CHANGES}
