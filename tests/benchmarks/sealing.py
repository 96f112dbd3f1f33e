"""P5: one act of signing beside pyHanko alone on the same bytes. P6: issuing beside render and seal."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from commitments.actions import commitments, contents, documents, sealing
from commitments.documents import render, seal
from commitments.enums import FactorMethod, Grade
from commitments.models import CommitmentVersion
from tests.benchmarks.measuring import Pair, Result, by_turns
from tests.factories.commitments_versions import CommitmentVersionFactory
from tests.factories.units import OrgUnitFactory, RoleGrantFactory, UserFactory
from units.enums import Role
from units.models import User
from units.rules import canonical

SIGN_TITLE = "one act of signing on the server, and pyHanko alone on the same bytes"
ISSUE_TITLE = "issuing commitments, and rendering and sealing the same documents alone"
ITEMS = {"small": 10, "full": 40}  # of each commitment
AT = datetime(2024, 2, 2, 2, 0, tzinfo=UTC)


def bare(base: bytes, key: seal.Key, field: str) -> Callable[[], object]:
    """Return pyHanko's own signing of `base`, without a stamp: what nobody can do without."""
    meta = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        docmdp_permissions=MDPPerm.FILL_FORMS,
    )
    return lambda: signers.sign_pdf(
        IncrementalPdfFileWriter(BytesIO(base)), meta, key.signer, existing_fields_only=True
    )


def measure_signing(*, rounds: int, items: int) -> Result:
    """Measure what one act adds outside the transaction: stamp, signature, cheap check, its use."""
    version = CommitmentVersionFactory(issued=True, real=True, items=items)
    slot = version.document.slots.get(ordinal=1)
    office = slot.office.appointments.get()
    base, key = documents.bytes_of(version.document), sealing.open_key()
    act = sealing.Act(
        field=slot.field_name,
        grade=Grade.ONLINE,
        printed=sealing.printed_of(office, office.person),
        method=FactorMethod.TOTP,
        at=AT,
    )
    spans = by_turns(
        bare(base, key, slot.field_name),
        lambda: sealing.sign(version.document, act),
        rounds=rounds,
    )
    notes = [
        (
            f"The file has {len(base):,} bytes. Ours reads it from the database, draws the stamp, signs, "
            "looks at the new bytes and notes the use of the seal; the floor only signs, without a stamp. "
            "Goal: at most 1.5."
        )
    ]
    return Result("P5", SIGN_TITLE, [Pair("one act", "ms", *spans)], notes)


def measure_issuing(*, rounds: int, items: int) -> Result:
    """Measure issuing one draft after the other in one process."""
    district, planner = OrgUnitFactory(district=True), UserFactory()
    RoleGrantFactory(person=planner, role=Role.PLANNER, unit=district)
    drafts = [
        CommitmentVersionFactory(draft=True, items=items, commitment__assigner_unit=district)
        for _round in range(2 * (rounds + 1))
    ]
    key = sealing.open_key()
    floor, ours = drafts[: rounds + 1], drafts[rounds + 1 :]
    texts = [
        canonical.text(contents.content_of(draft, code=contents.new_code(), at=AT))
        for draft in floor
    ]

    def render_and_seal() -> None:
        made = render.render(
            texts.pop(), language="vi", address="https://x.example/", demo_seal=True
        )
        seal.certify(seal.place_fields(made.pdf, made.places), key)

    spans = by_turns(render_and_seal, lambda: _issue(ours.pop(), planner), rounds=rounds)
    notes = [
        (
            f"{items} items a commitment, one process. Goal: at most 1.3. Ours also looks at the draft and at "
            "everything that it prints twice, before rendering and again under its lock, since neither is held "
            "while rendering; it looks at the sealed bytes, and writes content, slots, both revisions, clock "
            "and register entry. The two looks are most of what is above the floor."
        )
    ]
    return Result("P6", ISSUE_TITLE, [Pair("one commitment", "ms", *spans)], notes)


def _issue(draft: CommitmentVersion, planner: User) -> None:
    commitments.issue(version_id=draft.pk, by=planner, expected=draft.etag_version, at=AT)
