"""Evidence: added to the draft of a report and taken out of it, or shown with an act on a case or with
an inspection, where it stays; read by whoever may see what it belongs to."""

import hashlib
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments.actions import filings
from commitments.documents import evidence as files
from commitments.enums.backlog import CaseFileUse
from commitments.enums.reports import EvidenceKind, ReportAct, ReportState
from commitments.models import BacklogCase, Evidence, Inspection, Report, ReportingDuty
from units.actions.guards import unique_or
from units.errors import Conflict, Invalid, NotFound
from units.models import User

MOST = 10
UNFIT = {
    "file-empty": _("This file is empty. Choose another one."),
    "file-too-large": _("This file is larger than 10 MB. Send a smaller one."),
    "file-of-another-kind": _(
        "This file is none of PDF, JPEG, PNG, WebP, DOCX, XLSX without macros. Send one of these."
    ),
    "too-many-files": _("10 files at most are shown at once. Take one out first."),
    "file-gone": _("The bytes of this file are not there any more, or were changed."),
}


def add(
    *,
    report_id: int,
    name: str,
    data: bytes,
    by: User,
    at: datetime,
    captured_on: date | None = None,
    expected: int | None = None,
    last: Callable[[Evidence], None] | None = None,
) -> Evidence:
    """Add a file to a draft. It is written before the transaction, and goes again if that fails.

    `expected`: the version of the draft that the caller has seen; None: whatever it says now. `last`:
    called with the row at the end of the transaction. Raises NotFound, NotAllowed (save-not-allowed),
    StaleVersion (report-changed), WrongState, Conflict (evidence-there; those of
    `filings.require_writable`), Invalid (file-empty, file-too-large, file-of-another-kind,
    too-many-files).
    """
    try:
        kind = files.judge(data)
    except files.Unfit as unfit:
        raise _unfit(unfit.code) from unfit
    file = uuid.uuid4()
    files.keep(file, data)
    try:
        with transaction.atomic():
            _duty, report = _lock_draft(report_id, by=by, at=at, expected=expected)
            if report.evidence.count() >= MOST:
                raise _unfit("too-many-files")
            there = Conflict(
                _("This report shows that file already. Choose another one."),
                code="evidence-there",
            )
            with unique_or(there):
                row = Evidence.objects.create(
                    report=report,
                    file=file,
                    sha256=hashlib.sha256(data).hexdigest(),
                    size=len(data),
                    name=_tidy(name, files.ENDINGS[kind]),
                    kind=kind,
                    captured_on=captured_on,
                    added_by=by,
                    added_at=at,
                )
            _count(report)
            if last is not None:
                last(row)
    except BaseException:
        files.drop(file)
        raise
    return row


@transaction.atomic
def remove(*, evidence_id: int, by: User, at: datetime, expected: int | None = None) -> Report:
    """Take a file out of a draft; its bytes go where no other report shows it. Raises as `add`."""
    row = Evidence.objects.filter(pk=evidence_id).first()
    if row is None or row.report_id is None:
        raise NotFound(_("There is no such file."), code="evidence-not-found")
    _duty, report = _lock_draft(row.report_id, by=by, at=at, expected=expected)
    row.delete()
    _count(report)
    if not Evidence.objects.filter(file=row.file).exists():
        transaction.on_commit(lambda: files.drop(row.file))
    return report


# --- with an act on a case, or an inspection -----------------------------------------------------


class Sent(NamedTuple):
    """A file as it came: nothing of it is believed. `data`: its bytes."""

    name: str
    data: bytes


@dataclass
class Kept:
    """Files that were judged and lie on the disk, for `attach`. `used`: those that a row names now."""

    files: list[tuple[uuid.UUID, Sent, str]]
    used: set[uuid.UUID] = field(default_factory=set)


@contextmanager
def kept(sent: Sequence[Sent]) -> Iterator[Kept]:
    """Write files before the transaction of an act; those that no row names in the end go again.

    Raises Invalid (file-empty, file-too-large, file-of-another-kind, too-many-files) before anything
    is written.
    """
    if len(sent) > MOST:
        raise _unfit("too-many-files", field="attached")
    try:
        judged = [(uuid.uuid4(), one, files.judge(one.data).value) for one in sent]
    except files.Unfit as unfit:
        raise _unfit(unfit.code, field="attached") from unfit
    held = Kept(judged)
    try:
        for file, one, _kind in judged:
            files.keep(file, one.data)
        yield held
    except BaseException:
        held.used.clear()
        raise
    finally:
        for file, _one, _kind in judged:
            if file not in held.used:
                files.drop(file)


def attach(
    held: Kept, case: BacklogCase, use: CaseFileUse, *, by: User, at: datetime
) -> dict[str, list[str]]:
    """Show files on a locked case, for ever; return what the register entry of the act says of them.

    A file that the case shows already, by its hash, is named and not written again.
    """
    there = set(case.evidence.values_list("sha256", flat=True))
    return _shown(held, there, by=by, at=at, case=case, shown_for=use)


def attach_to_inspection(
    held: Kept, inspection: Inspection, *, by: User, at: datetime
) -> dict[str, list[str]]:
    """Show files with a new record of an inspection, for ever, beside those of the record that it
    corrects; return what its register entry says of them all."""
    there = {}
    if inspection.corrects is not None:
        there = {row.sha256: row for row in inspection.corrects.evidence.order_by("pk")}
    names = ("file", "sha256", "size", "name", "kind", "captured_on", "added_by_id", "added_at")
    Evidence.objects.bulk_create(
        Evidence(inspection=inspection, **{name: getattr(row, name) for name in names})
        for row in there.values()
    )
    told = _shown(held, set(there), by=by, at=at, inspection=inspection)
    every = dict.fromkeys([*there, *told.get("files", [])])
    return {"files": list(every)} if every else {}


def _shown(
    held: Kept, there: set[str], *, by: User, at: datetime, **subject: Any
) -> dict[str, list[str]]:
    """Write the files that are not `there` yet, by their hash; return what the register says of all."""
    told = []
    for file, one, kind in held.files:
        sha256 = hashlib.sha256(one.data).hexdigest()
        told.append(sha256)
        if sha256 in there:
            continue
        Evidence.objects.create(
            **subject,
            file=file,
            sha256=sha256,
            size=len(one.data),
            name=_tidy(one.name, files.ENDINGS[EvidenceKind(kind)]),
            kind=kind,
            added_by=by,
            added_at=at,
        )
        there.add(sha256)
        held.used.add(file)
    return {"files": told} if told else {}


def read(row: Evidence) -> bytes:
    """Return the bytes of a file, proved against what was written. Raises NotFound (file-gone)."""
    try:
        data = files.read(row.file)
    except FileNotFoundError as error:
        raise NotFound(UNFIT["file-gone"], code="file-gone") from error
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise NotFound(UNFIT["file-gone"], code="file-gone")
    return data


def _lock_draft(
    report_id: int, *, by: User, at: datetime, expected: int | None
) -> tuple[ReportingDuty, Report]:
    duty, report = filings.lock(report_id)
    filings.require_reporter(ReportAct.SAVE, duty, by=by, at=at)
    if expected is not None:
        filings.require_seen(duty, report.etag_version, expected)
    if report.state != ReportState.DRAFT:
        raise filings.wrong(ReportAct.SAVE, duty, report.state)
    filings.require_writable(duty, at=at)
    return duty, report


def _count(report: Report) -> None:
    report.etag_version += 1
    report.save(update_fields=["etag_version"])


def _unfit(code: str, *, field: str = "file") -> Invalid:
    return Invalid(UNFIT[code], code=code, fields={field: [UNFIT[code]]})


def _tidy(name: str, ending: str) -> str:
    """Return a file name that is safe to offer again, with the ending of what the file really is."""
    stem = re.sub(r"[\x00-\x1f\x7f/\\:*?\"<>|]", " ", name.rpartition(".")[0] or name).strip(" .")
    return f"{stem[-150:] or 'file'}{ending}"
