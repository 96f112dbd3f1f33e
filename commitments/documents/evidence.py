"""Files of evidence: judged by their content, kept outside the web root. What comes in is not to be
believed: neither its name nor the type that the browser tells."""

import io
import zipfile
from pathlib import Path
from uuid import UUID

from django.conf import settings

from commitments.enums.reports import EvidenceKind

MIB = 1024 * 1024
MAX_BYTES = 10 * MIB
MARKS = {
    b"%PDF-": EvidenceKind.PDF,
    b"\xff\xd8\xff": EvidenceKind.JPEG,
    b"\x89PNG\r\n\x1a\n": EvidenceKind.PNG,
}
PACKED = {"word/document.xml": EvidenceKind.DOCX, "xl/workbook.xml": EvidenceKind.XLSX}
MAX_PARTS = 2000
ENDINGS = {
    EvidenceKind.PDF: ".pdf",
    EvidenceKind.JPEG: ".jpg",
    EvidenceKind.PNG: ".png",
    EvidenceKind.WEBP: ".webp",
    EvidenceKind.DOCX: ".docx",
    EvidenceKind.XLSX: ".xlsx",
}


class Unfit(ValueError):
    """A file that is not kept. `code`: file-empty, file-too-large, file-of-another-kind."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def judge(data: bytes) -> EvidenceKind:
    """Return what a file is by its content. Raises Unfit.

    A document with macros is none of the kinds that are kept.
    """
    if not data:
        raise Unfit("file-empty")
    if len(data) > MAX_BYTES:
        raise Unfit("file-too-large")
    for mark, kind in MARKS.items():
        if data.startswith(mark):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return EvidenceKind.WEBP
    if data.startswith(b"PK\x03\x04"):
        return _packed(data)
    raise Unfit("file-of-another-kind")


def _packed(data: bytes) -> EvidenceKind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            names = parts.namelist()
    except zipfile.BadZipFile as error:
        raise Unfit("file-of-another-kind") from error
    if len(names) <= MAX_PARTS and not any(name.endswith("vbaProject.bin") for name in names):
        for part, kind in PACKED.items():
            if part in names and "[Content_Types].xml" in names:
                return kind
    raise Unfit("file-of-another-kind")


def _path(file: UUID) -> Path:
    """Return where a file lies: two letters of its name first, so that no folder holds too many."""
    name = str(file)
    return Path(settings.DATA_DIR) / "evidence" / name[:2] / name


def keep(file: UUID, data: bytes) -> None:
    """Write a file that nobody has yet; all of it or nothing."""
    path = _path(file)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(data)
    unfinished.chmod(0o600)
    unfinished.rename(path)


def read(file: UUID) -> bytes:
    """Return the bytes of a file. Raises FileNotFoundError where they are gone."""
    return _path(file).read_bytes()


def drop(file: UUID) -> None:
    """Remove a file; nothing happens where it is gone already."""
    _path(file).unlink(missing_ok=True)
