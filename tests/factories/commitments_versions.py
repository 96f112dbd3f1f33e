"""Versions of commitments in any state of their life, row by row and without a signature ceremony.

`CommitmentVersionFactory(issued=True)` and its sisters leave what the real acts leave behind, less
the register: document with its true content and slots, receipts, step-ups and signatures of whoever
holds the offices, the objection of a return. The PDF is a placeholder, and so are its revisions, unless
`real=True` has it rendered and sealed, so that the ceremony can go on from there. The tables refuse
later changes, as they do outside tests, so say in the call what a version should be like.
"""

import uuid
from datetime import UTC, date, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from commitments.actions import contents, documents, sealing
from commitments.actions.documents import Frozen
from commitments.enums import (
    Comparator,
    FactorMethod,
    Field,
    Grade,
    IndicatorKind,
    MandateKind,
    PeriodKind,
    PeriodState,
    ReasonCode,
    RevisionKind,
    SigningOrder,
    SlotRole,
    TargetState,
    VersionAct,
    VersionState,
)
from commitments.models import (
    Commitment,
    CommitmentItem,
    CommitmentVersion,
    ConsentText,
    DocumentSlot,
    IndicatorDefinition,
    Mandate,
    Period,
    ReturnItem,
    SignatureAct,
    StepUp,
    StepUpUse,
    Target,
    TargetRevision,
    TaskGroup,
    UnitOfMeasure,
    ViewReceipt,
)
from tests.factories.units import AppointmentFactory, OrgUnitFactory, PositionFactory
from units.models import Appointment, OrgUnit, Position
from units.permissions import holder_at
from units.rules import canonical

ISSUED_AT = datetime(2024, 2, 2, 2, 0, tzinfo=UTC)  # 09:00 of the body's day
SIGN_BY = date(2024, 2, 20)
MINUTE = timedelta(minutes=1)
FOR_EVER = datetime(2100, 1, 1, tzinfo=UTC)
SIGNED = {VersionState.SIGNED, VersionState.IN_FORCE, VersionState.SETTLED}
COUNTERSIGNED = {VersionState.IN_FORCE, VersionState.SETTLED}
OBJECTED = {VersionState.RETURNED: VersionAct.RETURN, VersionState.REFUSED: VersionAct.REFUSE}


def year_of(owner: OrgUnit, code: str = "2024") -> Period:
    """Return the plan of `owner` for the year `code`, open; made when there is none."""
    year = int(code)
    return Period.objects.get_or_create(
        owner=owner,
        kind=PeriodKind.YEAR,
        starts_on=date(year, 1, 1),
        defaults={
            "code": code
            if not Period.objects.filter(code=code).exists()
            else f"{code}-{owner.ref}",
            "name_vi": f"Năm {code}",
            "name_en": f"Year {code}",
            "ends_on": date(year, 12, 31),
            "state": PeriodState.OPEN,
        },
    )[0]


def target_of(commitment: Commitment) -> TargetRevision:
    """Make one assigned target of the commitment's unit; return its first revision."""
    n = Target.objects.count() + 1
    period, assigner = commitment.period, commitment.assigner_unit
    mandate = Mandate.objects.get_or_create(
        ref=f"m-{assigner.ref}",
        defaults={"issuer": assigner, "kind": MandateKind.DECISION, "title_vi": "Quyết định"},
    )[0]
    group = TaskGroup.objects.get_or_create(
        period=period,
        code="N01",
        defaults={"mandate": mandate, "title_vi": "Nhóm", "field": Field.SOCIO_ECONOMIC},
    )[0]
    uom = UnitOfMeasure.objects.get_or_create(
        code="cert", defaults={"label_vi": "giấy", "label_en": "certificates", "base": "cert"}
    )[0]
    indicator = IndicatorDefinition.objects.create(
        code=f"made-{n}", name_vi=f"Chỉ tiêu {n}", kind=IndicatorKind.COUNT, uom=uom
    )
    target = Target.objects.create(
        ref=f"{period.code}-made-{n}",
        period=period,
        code=f"N01.{n}",
        group=group,
        indicator=indicator,
        unit=commitment.unit,
        assigner=assigner,
    )
    revision = TargetRevision.objects.create(
        target=target, comparator=Comparator.GE, value=20 + n, effective_from=period.starts_on
    )
    target.state = TargetState.ASSIGNED
    target.save(update_fields=["state"])
    return revision


class CommitmentFactory(DjangoModelFactory):
    """What one commune promises one district for 2024; `assigner_unit`, `unit`: others."""

    class Meta:
        model = Commitment

    ref = factory.LazyAttributeSequence(lambda row, n: f"{row.period.code}-{row.unit.ref}-{n}")
    number = factory.Sequence(lambda n: f"{n + 1:02d}/CK-2024")
    assigner_unit = factory.SubFactory(OrgUnitFactory, district=True)
    unit = factory.LazyAttribute(lambda row: OrgUnitFactory(under=row.assigner_unit))
    period = factory.LazyAttribute(lambda row: year_of(row.assigner_unit))

    class Params:
        in_order = factory.Trait(signing_order=SigningOrder.IN_ORDER)


class CommitmentVersionFactory(DjangoModelFactory):
    """One version, by default a draft with one item and one undertaker.

    States: `draft`, `issued`, `signed`, `returned`, `refused`, `in_force`, `superseded`, `voided`,
    `settled`. `both=True`: two undertakers. `vacant=True`: nobody holds the new offices.
    `real=True`: a true PDF, sealed. `signed_by=[office]`: of an issued version, who has signed already. `issued_at`, `items` (how
    many), and every field of the model may be given.
    """

    class Meta:
        model = CommitmentVersion
        exclude = ("vacant",)

    vacant = False
    real = False
    commitment = factory.SubFactory(CommitmentFactory)
    n = factory.LazyAttribute(lambda row: row.commitment.versions.count() + 1)
    state = VersionState.DRAFT
    first_undertaker = factory.LazyAttribute(
        lambda row: _office(row.commitment.unit, row.vacant, party_head=True)
    )
    second_undertaker = None
    assigner = factory.LazyAttribute(
        lambda row: _office(row.commitment.assigner_unit, row.vacant, party_head=True)
    )
    sign_by = SIGN_BY
    issued_at = ISSUED_AT

    class Params:
        draft = factory.Trait(state=VersionState.DRAFT)
        issued = factory.Trait(state=VersionState.ISSUED)
        signed = factory.Trait(state=VersionState.SIGNED)
        returned = factory.Trait(state=VersionState.RETURNED)
        refused = factory.Trait(state=VersionState.REFUSED)
        in_force = factory.Trait(state=VersionState.IN_FORCE)
        superseded = factory.Trait(state=VersionState.SUPERSEDED)
        voided = factory.Trait(state=VersionState.VOIDED)
        settled = factory.Trait(state=VersionState.SETTLED)
        both = factory.Trait(
            second_undertaker=factory.LazyAttribute(
                lambda row: _office(row.commitment.unit, row.vacant, head=True)
            )
        )

    @classmethod
    def _create(cls, model, *args, items=1, signed_by=(), **fields):
        state, issued_at = fields.pop("state"), fields.pop("issued_at")
        real = fields.pop("real")
        later = {name: fields.pop(name) for name in LATER if name in fields}
        version = model.objects.create(**fields)
        for place in range(1, items + 1):
            CommitmentItem.objects.create(
                version=version, ordinal=place, revision=target_of(version.commitment)
            )
        if state != VersionState.DRAFT:
            _seal(version, issued_at, real=real)
            _let_act(version, state, issued_at, signed_by)
            version.state = state
            for name, value in (_ends(version, state, issued_at) | later).items():
                setattr(version, name, value)
            version.save()
        return version


LATER = {"signed_at", "in_force_at", "ended_at", "end_reason", "superseded_by", "settled_at"}


def _office(unit: OrgUnit, vacant: bool, **traits) -> Position:
    """Return the head office of `unit` in a line, made with a holder when there is none."""
    office = PositionFactory.build(unit=unit, **traits)
    found = unit.positions.filter(is_head=True, tree=office.tree, valid_to=None).first()
    if found is not None:
        return found
    office.save()
    if not vacant:
        AppointmentFactory(position=office)
    return office


def _seal(version: CommitmentVersion, at: datetime, *, real: bool) -> None:
    """Freeze what the version says into its document."""
    code = contents.new_code()
    freeze = sealing.freeze if real else _freeze_placeholder
    document = documents.store(freeze(version, code=code, at=at), version, at=at)
    version.document, version.issued_at = document, at


def _freeze_placeholder(version: CommitmentVersion, *, code: str, at: datetime) -> Frozen:
    content = contents.content_of(version, code=code, at=at)
    pdf = b"%PDF-placeholder " + code.encode()
    return Frozen(uuid.uuid4(), content, canonical.text(content), pdf, _placeholder(0, pdf))


def _placeholder(base_no: int, base: bytes) -> documents.Addition:
    output = base + f" r{base_no + 1}".encode()
    return documents.addition(base_no, base, output, asked="B-B", reached="B-B")


def _let_act(version, state: VersionState, at: datetime, signed_by) -> None:
    slots = list(version.document.slots.order_by("ordinal"))
    for place, slot in enumerate(slots, start=1):
        if slot.role == SlotRole.UNDERTAKER:
            if state in SIGNED or slot.office in signed_by:
                act_at_slot(slot, VersionAct.SIGN, at=at + place * MINUTE)
        elif state in COUNTERSIGNED:
            act_at_slot(slot, VersionAct.COUNTERSIGN, at=at + place * MINUTE)
    if state in OBJECTED:
        act_at_slot(slots[0], OBJECTED[state], at=at + MINUTE)
    if state == VersionState.VOIDED:
        act_at_slot(slots[-1], VersionAct.VOID, at=at + MINUTE)


def _ends(version, state: VersionState, at: datetime) -> dict:
    """Return the instants and reasons that the state demands, a few minutes after the issue."""
    end = at + 10 * MINUTE
    fields: dict = {}
    if state in SIGNED:
        fields["signed_at"] = at + 3 * MINUTE
    if state in COUNTERSIGNED:
        fields["in_force_at"] = at + 4 * MINUTE
    if state in {VersionState.RETURNED, VersionState.REFUSED, VersionState.VOIDED}:
        fields |= {"ended_at": end, "end_reason": "19 is what we can do."}
    if state == VersionState.SUPERSEDED:
        fields |= {"ended_at": end, "superseded_by": version.n + 1}
    if state == VersionState.SETTLED:
        fields["settled_at"] = end
    return fields


def act_at_slot(slot: DocumentSlot, act: VersionAct, *, at: datetime) -> SignatureAct:
    """Write what a ceremony leaves: receipt, consent, step-up, its use and the act of the holder.

    Nobody holds the office: somebody is appointed.
    """
    office: Appointment = holder_at(slot.office_id, at=at) or AppointmentFactory(
        position=slot.office
    )
    document = slot.document
    receipt = ViewReceipt.objects.create(
        uuid=uuid.uuid4(),
        person=office.person,
        document=document,
        content_sha256=document.content_sha256,
        revision_sha256=document.revisions.get(no=0).sha256,
        language="vi",
        at=at,
    )
    signs = act in {VersionAct.SIGN, VersionAct.COUNTERSIGN}
    consent = ConsentText.objects.get_or_create(
        key=act.value,
        language="vi",
        number=1,
        defaults={"body": "Tôi đồng ý.", "sha256": "0" * 64, "in_force_from": date(2020, 1, 1)},
    )[0]
    revision, printed = None, sealing.printed_of(office, office.person)
    if signs:
        base = documents.bytes_of(document)
        shown = sealing.Act(slot.field_name, Grade.ONLINE, printed, FactorMethod.TOTP, at)
        made = (
            _placeholder(documents.last_revision(document).no, base)
            if base.startswith(b"%PDF-placeholder")
            else sealing.sign(document, shown)
        )
        revision = documents.append_revision(document, made, kind=RevisionKind.ACT)
    nonce = uuid.uuid4()
    step_up = StepUp.objects.create(
        uuid=nonce,
        user=office.person,
        session_key_sha256="0" * 64,
        act=act,
        slot=slot,
        receipt=receipt,
        consent=consent if signs else None,
        statement="{}",
        statement_sha256=canonical.sha256_hex(str(nonce)),
        reason="{}",
        created_at=at,
        expires_at=FOR_EVER,
    )
    use = StepUpUse.objects.create(
        step_up=step_up,
        method=FactorMethod.TOTP,
        credential="totp/0",
        proof="{}",
        used_at=at,
        expires_at=FOR_EVER,
    )
    done = SignatureAct.objects.create(
        uuid=uuid.uuid4(),
        slot=slot,
        act=act,
        person=office.person,
        appointment=office,
        as_printed=canonical.text(printed),
        revision=revision,
        receipt=receipt,
        consent=consent if signs else None,
        step_up_use=use,
        reason="" if signs or act == VersionAct.RETURN else "19 is what we can do.",
        reason_code=ReasonCode.NOT_COMPETENT if act == VersionAct.REFUSE else "",
        at=at,
    )
    if act == VersionAct.RETURN:
        ReturnItem.objects.create(
            act=done,
            item_ordinal=1,
            reason_code=ReasonCode.VALUE_TOO_HIGH,
            text="19 is what we can do.",
        )
    return done
