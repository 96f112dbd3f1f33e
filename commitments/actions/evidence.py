"""Evidence of a report: added to its draft, taken out of it, read by whoever may see the report."""

import hashlib
import re
import uuid
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments.actions import filings
from commitments.documents import evidence as files
from commitments.enums.reports import ReportAct, ReportState
from commitments.models import Evidence, Report, ReportingDuty
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
    "too-many-files": _("A report shows 10 files at most. Take one out first."),
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
) -> Evidence:
    """Add a file to a draft. It is written before the transaction, and goes again if that fails.

    Raises NotFound, NotAllowed (save-not-allowed), WrongState, Conflict (evidence-there; those of
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
            _duty, report = _lock_draft(report_id, by=by, at=at)
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
    except BaseException:
        files.drop(file)
        raise
    return row


@transaction.atomic
def remove(*, evidence_id: int, by: User, at: datetime) -> Report:
    """Take a file out of a draft; its bytes go where no other report shows it. Raises as `add`."""
    row = Evidence.objects.filter(pk=evidence_id).first()
    if row is None or row.report_id is None:
        raise NotFound(_("There is no such file."), code="evidence-not-found")
    _duty, report = _lock_draft(row.report_id, by=by, at=at)
    row.delete()
    _count(report)
    if not Evidence.objects.filter(file=row.file).exists():
        transaction.on_commit(lambda: files.drop(row.file))
    return report


def read(row: Evidence) -> bytes:
    """Return the bytes of a file, proved against what was written. Raises NotFound (file-gone)."""
    try:
        data = files.read(row.file)
    except FileNotFoundError as error:
        raise NotFound(UNFIT["file-gone"], code="file-gone") from error
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise NotFound(UNFIT["file-gone"], code="file-gone")
    return data


def _lock_draft(report_id: int, *, by: User, at: datetime) -> tuple[ReportingDuty, Report]:
    duty, report = filings.lock(report_id)
    filings.require_reporter(ReportAct.SAVE, duty, by=by, at=at)
    if report.state != ReportState.DRAFT:
        raise filings.wrong(ReportAct.SAVE, duty, report.state)
    filings.require_writable(duty, at=at)
    return duty, report


def _count(report: Report) -> None:
    report.etag_version += 1
    report.save(update_fields=["etag_version"])


def _unfit(code: str) -> Invalid:
    return Invalid(UNFIT[code], code=code, fields={"file": [UNFIT[code]]})


def _tidy(name: str, ending: str) -> str:
    """Return a file name that is safe to offer again, with the ending of what the file really is."""
    stem = re.sub(r"[\x00-\x1f\x7f/\\:*?\"<>|]", " ", name.rpartition(".")[0] or name).strip(" .")
    return f"{stem[-150:] or 'file'}{ending}"
