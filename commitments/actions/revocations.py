"""Received or confirmed: how signatures made outside stand with those who issued their certificates.

Data that are older than a signature cannot clear it, so most signatures are received first and
confirmed when the authority has said something newer. Until then nobody countersigns.
"""

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from commitments.actions import documents, trust, versions
from commitments.documents import certificates, gate, revocation
from commitments.enums.uploads import RevocationState
from commitments.models import (
    CommitmentVersion,
    Document,
    ExternalUpload,
    HandOut,
    RevocationCheck,
    TrustSet,
)
from units import clock
from units.actions import register
from units.errors import Conflict, Unavailable

log = logging.getLogger(__name__)
CLEAR = (RevocationState.CONFIRMED, RevocationState.UNCHECKED)


class Judged(NamedTuple):
    """The gate's verdict, and who did not answer when asked about revocation."""

    verdict: gate.Verdict
    silent: list[str]


def judge(hand_out: HandOut, upload: bytes, *, trust_set: TrustSet, received: datetime) -> Judged:
    """Return the gate's verdict on what came back, with what authorities say today.

    `received`: real time of the upload. Slow, opens connections: never call it inside a transaction.
    Raises Unavailable (gate-busy).
    """
    document = hand_out.slot.document
    question = gate.Question(
        upload=upload,
        base=documents.bytes_of(document, no=hand_out.base_no),
        earlier=[
            row.length for row in document.revisions.defer("tail").filter(no__lt=hand_out.base_no)
        ],
        field=hand_out.slot.field_name,
        trust=_trust(trust_set),
        handed_out=hand_out.handed_out_at,
        received=received,
        subfilters=settings.ALLOWED_SUBFILTERS,
        key_usage=settings.SIGNER_KEY_USAGE,
        evidence=False,
    )
    first = _asked(question)
    if not first.accepted or not settings.REVOCATION_CHECK:
        return Judged(first, [])
    data = _data(first.facts, trust_set)
    if not (data.crls or data.ocsps):
        return Judged(first, data.silent)
    known = question.trust._replace(crls=data.crls, ocsps=data.ocsps)
    second = _asked(question._replace(trust=known))
    if second.rule not in {"", "G27"}:  # an authority talks nonsense: nobody else answers for that
        log.error("Revocation data that cannot be used: %s %s", second.rule, second.why)
        return Judged(first, data.silent)
    return Judged(second, data.silent)


def _trust(trust_set: TrustSet) -> gate.Trust:
    return gate.Trust(
        [row.der for row in certificates.read_all(trust_set.roots)],
        [row.der for row in certificates.read_all(trust_set.intermediates)],
    )


def _asked(question: gate.Question) -> gate.Verdict:
    try:
        return gate.judge(question, places=Path(settings.DATA_DIR) / "gate", other=_document_of)
    except gate.Busy as error:
        raise Unavailable(
            _("Other files are being checked at this moment. Send yours again in a minute."),
            code="gate-busy",
        ) from error


def _document_of(hashes: Sequence[str]) -> str | None:
    """Return the code of the document that a file with one of these hashes is a revision of."""
    found = Document.objects.filter(revisions__sha256__in=hashes).values_list("code", flat=True)
    return found.first()


def _data(facts: dict[str, Any], trust_set: TrustSet) -> revocation.Data:
    chain = [bytes.fromhex(row) for row in facts["chain"]]
    return revocation.fetch(chain, facts["addresses"], hosts=trust.hosts_of(trust_set))


def state_after(verdict: gate.Verdict) -> RevocationState:
    """Return how a signature stands that the gate has let in."""
    if not settings.REVOCATION_CHECK:
        return RevocationState.UNCHECKED
    return RevocationState(verdict.facts["state"])


def newest() -> "QuerySet[RevocationCheck]":
    """Return the newest check of each accepted upload: how it stands."""
    newer = RevocationCheck.objects.filter(upload=OuterRef("upload"), pk__gt=OuterRef("pk"))
    return RevocationCheck.objects.filter(~Exists(newer))


def state_of(upload: ExternalUpload) -> RevocationState:
    """Return how an accepted upload stands now."""
    return RevocationState(newest().get(upload=upload).state)


def require_clear(document: Document) -> None:
    """Raise Conflict (signature-unconfirmed, signature-contested) unless every signature that was
    made outside is confirmed, or this installation asks no authority."""
    rows = newest().filter(upload__hand_out__slot__document=document)
    states = set(rows.values_list("state", flat=True))
    if RevocationState.CONTESTED in states:
        raise Conflict(
            _(
                "A certificate on document %(code)s was revoked before it was used, so the document is not countersigned. Void it or have it amended."
            )
            % {"code": document.code},
            code="signature-contested",
        )
    if states - set(CLEAR):
        raise Conflict(
            _(
                "A signature on document %(code)s is received but not confirmed by the authority yet. This installation asks again every few minutes; countersign then."
            )
            % {"code": document.code},
            code="signature-unconfirmed",
        )


def recheck(*, at: datetime, limit: int = 20) -> int:
    """Ask again about every signature that is only received; return how many got an answer.

    `at`: business time of the entries. A kill repeats what was not written; no lock is held while
    anybody is asked.
    """
    waiting = newest().filter(state=RevocationState.RECEIVED)
    waiting = waiting.select_related(
        "upload__hand_out__slot__document", "upload__trust_set", "upload__revision"
    )
    return sum(_rechecked(row.upload, at=at) for row in waiting.order_by("pk")[:limit])


def _rechecked(upload: ExternalUpload, *, at: datetime) -> bool:
    trust_set, revision = upload.trust_set, upload.revision
    if trust_set is None or revision is None:
        raise LookupError(f"Upload {upload.uuid} was never accepted.")
    data = _data(json.loads(upload.report)["facts"], trust_set)
    if not (data.crls or data.ocsps):
        return False
    file = documents.bytes_of(upload.hand_out.slot.document, no=revision.no)
    found = judge(upload.hand_out, file, trust_set=trust_set, received=upload.received_at)
    if found.verdict.rule == "G27":
        state = RevocationState.CONTESTED
    elif found.verdict.accepted and found.verdict.facts["state"] == RevocationState.CONFIRMED:
        state = RevocationState.CONFIRMED
    else:
        if found.verdict.rule:
            log.error("Upload %s: %s %s", upload.uuid, found.verdict.rule, found.verdict.why)
        return False
    return _keep(upload, state, found, at=at)


@transaction.atomic
def _keep(upload: ExternalUpload, state: RevocationState, found: Judged, *, at: datetime) -> bool:
    version = CommitmentVersion.objects.get(document=upload.hand_out.slot.document_id)
    version = versions.lock(version.pk)
    if state_of(upload) != RevocationState.RECEIVED:
        return False  # somebody else was quicker
    note(upload, state, found)
    register.append(
        kind=f"document.{'confirm' if state == RevocationState.CONFIRMED else 'contest'}",
        subject=f"document/{version.sealed.code}",
        subject_version=None,
        reach=versions.reach(version),
        by=None,
        at=at,
        data={"upload_sha256": upload.sha256, "slot": upload.hand_out.slot.ordinal},
    )
    return True


def note(upload: ExternalUpload, state: RevocationState, found: Judged) -> None:
    """Write how a signature stands now, inside the caller's transaction."""
    said = {
        "rule": found.verdict.rule,
        "why": found.verdict.why,
        "missing": found.verdict.facts.get("missing", []),
        "silent": found.silent,
    }
    RevocationCheck.objects.create(
        upload=upload, state=state, report=json.dumps(said, sort_keys=True), at=clock.real_now()
    )
