"""What anybody may learn of a document: read only, and no more than stands in the document itself.

People are named by their office. Whoever has a code or a file has the document, which says the rest.
"""

import json
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from commitments.actions import documents
from commitments.actions.slots import SIGNING
from commitments.enums import FileAnswer, VersionState
from commitments.models import CommitmentVersion, DocumentRevision, SealUse, SignatureAct
from commitments.rules import verify as rules
from units.errors import Invalid, NotFound


class Signatory(NamedTuple):
    """One place for a signature. `act` None: nobody has signed there.

    `office_*`: as printed at the act, before it as at issue. `mode`: titular, acting, delegate.
    """

    role: str
    office_vi: str
    office_en: str
    unit_vi: str
    unit_en: str
    mode: str
    act: SignatureAct | None


class Stage(NamedTuple):
    """One revision of the file. `level`: what its newest signature reached, "" for none."""

    no: int
    kind: str
    length: int
    sha256: str
    level: str


class Verified(NamedTuple):
    """A document as the record has it now. `content`: what it says, as data."""

    version: CommitmentVersion
    content: dict[str, Any]
    signatories: list[Signatory]
    stages: list[Stage]
    demo_seal: bool  # made here to show how it works: it proves nothing

    @property
    def signed(self) -> int:
        """How many places carry a signature."""
        return sum(one.act is not None for one in self.signatories)


class VerifiedFile(NamedTuple):
    """What a file is. `document`, `stage` None: no document of ours has these bytes.

    `later`: signatures that were added after this stage, oldest first.
    """

    sha256: str
    answer: FileAnswer
    document: Verified | None = None
    stage: Stage | None = None
    later: list[Signatory] = []


def by_code(typed: str) -> Verified:
    """Return the document that carries the code `typed`, in any spelling of it.

    Raises NotFound (code-mistyped, code-unknown).
    """
    code = rules.read_code(typed)
    if code is None:
        raise NotFound(
            _(
                "“%(code)s” has a slip: a code has 17 letters and digits, and the last one checks the others. Compare it with the paper and type it again."
            )
            % {"code": typed[:40]},
            code="code-mistyped",
        )
    version = CommitmentVersion.objects.for_verification().filter(document__code=code).first()
    if version is None:
        raise NotFound(
            _(
                "No document of this installation has the code %(code)s. Check that this is the address that stands on the paper; if it is, ask the body that is said to have issued it."
            )
            % {"code": code},
            code="code-unknown",
        )
    return _verified(version)


def by_digest(typed: str) -> VerifiedFile:
    """Return what the file is whose SHA-256 was `typed`. Raises Invalid (digest-malformed)."""
    digest = rules.read_digest(typed)
    if digest is None:
        text = _("A SHA-256 has 64 digits and letters from a to f. Copy all of it.")
        raise Invalid(text, code="digest-malformed", fields={"sha256": [text]})
    revision = DocumentRevision.objects.filter(sha256=digest).defer("tail").first()
    if revision is None:
        used = SealUse.objects.filter(out_sha256=digest).exists()
        return VerifiedFile(digest, FileAnswer.UNRECORDED if used else FileAnswer.UNKNOWN)
    version = CommitmentVersion.objects.for_verification().get(document=revision.document_id)
    found = _verified(version)
    stage = next(stage for stage in found.stages if stage.no == revision.no)
    answer = rules.answer_for(
        no=stage.no, last_no=found.stages[-1].no, state=VersionState(version.state)
    )
    return VerifiedFile(digest, answer, found, stage, _later(found, stage))


def _later(found: Verified, stage: Stage) -> list[Signatory]:
    """Return the signatures that the file of `stage` does not carry, oldest first.

    Those of a document that was never sealed are in no file.
    """
    signed = [
        (row.act.at, row.act.pk, row)
        for row in found.signatories
        if row.act and (row.act.revision is None or row.act.revision.no > stage.no)
    ]
    return [row for *_when, row in sorted(signed, key=lambda one: one[:2])]


def _verified(version: CommitmentVersion) -> Verified:
    document = version.sealed
    content = documents.read_content(document)
    units = {party["unit"]["ref"]: party["unit"] for party in content["parties"]}
    acts = {
        act.slot_id: act
        for act in SignatureAct.objects.filter(slot__document=document, act__in=SIGNING)
        .select_related("revision")
        .defer("revision__tail")
    }
    said = {slot["field"]: slot for slot in content["slots"]}
    signatories = [
        _signatory(said[slot.field_name], units, acts.get(slot.pk))
        for slot in document.slots.order_by("ordinal")
    ]
    rows = document.revisions.order_by("no").values_list(
        "no", "kind", "length", "sha256", "level_reached"
    )
    uses = SealUse.objects.filter(document_uuid=document.uuid, certificate__is_demo=True)
    stages = [Stage(*row) for row in rows]
    return Verified(version, content, signatories, stages, uses.exists())


def _signatory(
    slot: dict[str, Any], units: dict[str, dict[str, Any]], act: SignatureAct | None
) -> Signatory:
    unit = units[slot["unit"]]
    printed = json.loads(act.as_printed) if act else slot
    return Signatory(
        slot["role"],
        printed["title_vi"],
        printed["title_en"],
        unit["name_vi"],
        unit["name_en"],
        printed.get("mode", ""),
        act,
    )
