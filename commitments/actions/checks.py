"""Validating every revision in full soon after it was made: chain, bytes, and nothing added since."""

import logging
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from commitments.actions import documents
from commitments.documents import certificates, seal, validity
from commitments.enums import CheckStatus, RevisionKind
from commitments.models import Document, DocumentRevision, RevisionCheck, SealCertificate, TrustSet
from units import clock
from units.errors import Conflict

log = logging.getLogger(__name__)


def carry_on(*, limit: int = 50) -> int:
    """Validate up to `limit` revisions that nobody has validated yet; return how many.

    Any number may do it at once: a revision that two of them validate gets two rows that say the same.
    No lock is held; a kill repeats what was not written.
    """
    rows = DocumentRevision.objects.filter(pk__in=unchecked().values("pk")[:limit])
    found = [validate(row) for row in rows.defer("tail").select_related("document").order_by("pk")]
    return len(found)


def unchecked() -> "QuerySet[DocumentRevision]":
    """Return the signed revisions without a full validation, the oldest first."""
    checked = RevisionCheck.objects.filter(revision=OuterRef("pk"))
    rows = DocumentRevision.objects.exclude(kind=RevisionKind.RENDERED)
    return rows.filter(~Exists(checked)).order_by("pk")


def invalid() -> "QuerySet[RevisionCheck]":
    """Return the newest check of each revision that was found wrong, the oldest first."""
    newer = RevisionCheck.objects.filter(revision=OuterRef("revision"), pk__gt=OuterRef("pk"))
    rows = RevisionCheck.objects.filter(~Exists(newer), status=CheckStatus.INVALID)
    rows = rows.select_related("revision__document")
    return rows.order_by("pk")


def status_of(revision: DocumentRevision) -> str:
    """Return the newest finding about a revision of `described`, "" while nobody has looked."""
    found = sorted(revision.checks.all(), key=lambda check: check.pk)
    return found[-1].status if found else ""


def described(document: Document) -> list[DocumentRevision]:
    """Return every revision of `document` without its bytes, with its checks and its act."""
    rows = document.revisions.defer("tail").select_related(
        "signature_act__person", "signature_act__slot__office"
    )
    return list(rows.prefetch_related("checks").order_by("no"))


def validate(revision: DocumentRevision) -> RevisionCheck:
    """Validate the file of `revision` now and keep what was found. Takes about 60 ms a signature."""
    found = validity.validate(
        documents.bytes_of(revision.document, no=revision.no),
        roots=_roots(),
        helpers=_helpers(),
        last=_field_of(revision),
        timestamp_roots=_timestamp_roots() + _trusted("roots"),
    )
    if found.faults:
        log.error("Revision %s is not valid: %s", revision, "; ".join(found.faults))
    return RevisionCheck.objects.create(
        revision=revision,
        status=CheckStatus.INVALID if found.faults else CheckStatus.VALID,
        faults="\n".join(found.faults),
        checked_at=clock.real_now(),
    )


def _field_of(revision: DocumentRevision) -> str:
    """Return the field whose signature ends the file of `revision`."""
    if revision.kind == RevisionKind.SEALED:
        return seal.SEAL_FIELD
    return revision.signature_act.slot.field_name


def _roots() -> list[bytes]:
    """Return the authority of every seal that was ever used here, and those trusted for signatures
    made outside, DER."""
    chains = SealCertificate.objects.values_list("chain", flat=True)
    return [validity.authority_in(chain) for chain in chains] + _trusted("roots")


def _helpers() -> list[bytes]:
    """Return authorities between those trusted and certificates of people, DER."""
    return _trusted("intermediates")


def _trusted(field: str) -> list[bytes]:
    texts = TrustSet.objects.filter(approval__isnull=False).values_list(field, flat=True)
    return [row.der for text in texts for row in certificates.read_all(text)]


def _timestamp_roots() -> list[bytes]:
    """Return the certificates that timestamp tokens lead to, DER; [] where none are named."""
    if not settings.TIMESTAMP_ROOTS_FILE:
        return []
    return validity.certificates_in(Path(settings.TIMESTAMP_ROOTS_FILE).read_text("utf-8"))


def require_valid(document: Document) -> None:
    """Validate the newest file of `document` unless the job has; outside every transaction.

    It holds every earlier signature, each judged with all that came after it. Raises Conflict
    (revision-invalid) where anything of the document was ever found wrong and still is.
    """
    last = documents.last_revision(document)
    if unchecked().filter(pk=last.pk).exists():
        validate(last)
    refuse_invalid(document)


def refuse_invalid(document: Document) -> None:
    """Raise Conflict (revision-invalid) where a revision of `document` was found wrong."""
    if invalid().filter(revision__document=document).exists():
        raise Conflict(
            _(
                "A signature on document %(code)s was found invalid, so nothing is signed on top of it. "
                "The administrator sees on the status page what is wrong."
            )
            % {"code": document.code},
            code="revision-invalid",
        )
