"""What each act of a signatory does to the version, inside the transaction of the act."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import cases, slots, versions
from commitments.enums import ClockKind, VersionAct, VersionState
from commitments.models import CommitmentVersion, Mandate, ReturnItem, SignatureAct, VoidProposal
from commitments.rules.signatures import SlotPlace, undertakers_done
from units.errors import Conflict, NotAllowed
from units.models import User
from units.rules import canonical

VOID_PROPOSAL_DAYS = 7  # how long the first of two people waits for the second


def _evidence(act: SignatureAct) -> dict[str, Any]:
    step_up, made = act.step_up_use.step_up, act.revision
    result = {} if made is None else {"result_no": made.no, "result_sha256": made.sha256}
    if (upload := act.upload) is not None and upload.certificate is not None:
        result["certificate_sha256"] = upload.certificate.fingerprint
    return {
        "slot": act.slot.ordinal,
        "grade": act.grade,
        "method": act.step_up_use.method,
        "content_sha256": act.receipt.content_sha256,
        "revision_sha256": act.receipt.revision_sha256,
        "statement_sha256": step_up.statement_sha256,
        "consent_sha256": act.consent.sha256 if act.consent else None,
        "reason_sha256": canonical.sha256_hex(step_up.reason),
        "printed_sha256": canonical.sha256_hex(act.as_printed),
        **result,
    }


def _sign(version: CommitmentVersion, act: SignatureAct, by: User, at: datetime) -> None:
    places = [SlotPlace(slot.pk, slot.turn, slot.role) for slot in version.sealed.slots.all()]
    complete = undertakers_done(places, slots.signed_slots(version))
    versions.move(
        version,
        VersionAct.SIGN,
        to=VersionState.SIGNED if complete else None,
        by=by,
        at=at,
        office=act.appointment.position,
        data=_evidence(act),
        **(dict[str, Any](signed_at=at) if complete else {}),
    )
    if complete:
        cases.finish(subject=version, at=at, reason="signed", kinds=[ClockKind.SIGN])
        cases.start(subject=version, kind=ClockKind.COUNTERSIGN, at=at)


def _end_with(
    to: VersionState,
) -> Callable[[CommitmentVersion, SignatureAct, User, datetime], None]:
    def end(version: CommitmentVersion, act: SignatureAct, by: User, at: datetime) -> None:
        items = json.loads(act.step_up_use.step_up.reason).get("items", [])
        ReturnItem.objects.bulk_create(
            ReturnItem(
                act=act, item_ordinal=row["ordinal"], reason_code=row["code"], text=row["text"]
            )
            for row in items
        )
        versions.move(
            version,
            VersionAct(act.act),
            to=to,
            by=by,
            at=at,
            office=act.appointment.position,
            ended_at=at,
            end_reason=act.reason or "\n".join(row["text"] for row in items),
            data=_evidence(act)
            | {"reasons": sorted({row["code"] for row in items} or {act.reason_code})},
        )
        cases.finish(subject=version, at=at, reason=to.value, kinds=[ClockKind.SIGN])
        cases.start(subject=version, kind=ClockKind.ANSWER, at=at)

    return end


def _countersign(version: CommitmentVersion, act: SignatureAct, by: User, at: datetime) -> None:
    found = version.commitment.versions.filter(state=VersionState.IN_FORCE).first()
    older = versions.lock(found.pk) if found else None
    if older is not None and older.state == VersionState.IN_FORCE:  # not voided while we waited
        versions.move(
            older,
            VersionAct.COUNTERSIGN,
            to=VersionState.SUPERSEDED,
            kind="commitment.supersede",
            by=by,
            at=at,
            ended_at=at,
            superseded_by=version.n,
        )
    versions.move(
        version,
        VersionAct.COUNTERSIGN,
        to=VersionState.IN_FORCE,
        by=by,
        at=at,
        office=act.appointment.position,
        in_force_at=at,
        data=_evidence(act),
    )
    cases.finish(subject=version, at=at, reason="countersigned", kinds=[ClockKind.COUNTERSIGN])


def open_void_proposal(version: CommitmentVersion, *, at: datetime) -> VoidProposal | None:
    """Return the proposal to void `version` that still waits for its second person; None: none."""
    proposals = version.void_proposals.select_related("proposed_by", "mandate").order_by("-pk")
    return proposals.filter(expires_at__gt=at).first()


def _void(version: CommitmentVersion, act: SignatureAct, by: User, at: datetime) -> None:
    office = act.appointment.position
    data = _evidence(act)
    if version.state == VersionState.IN_FORCE:
        first = open_void_proposal(version, at=at)
        if first is None:
            _propose_void(version, act, by, at)
            return
        if first.proposed_by_id == by.pk:
            raise Conflict(
                _("You have proposed to void %(what)s yourself. A second person confirms it.")
                % {"what": versions.what(version)},
                code="void-needs-second-person",
            )
        data |= {"proposed_by": first.proposed_by.username, "mandate": first.mandate.ref}
    versions.move(
        version,
        VersionAct.VOID,
        to=VersionState.VOIDED,
        by=by,
        at=at,
        office=office,
        ended_at=at,
        end_reason=act.reason,
        data=data,
    )
    cases.finish(subject=version, at=at, reason="voided")


def _propose_void(version: CommitmentVersion, act: SignatureAct, by: User, at: datetime) -> None:
    if not permissions.may_decide(by, version, at=at):
        raise NotAllowed(
            _("The assigning office proposes to void %(what)s; you would be the second person.")
            % {"what": versions.what(version)},
            code="void-not-allowed",
        )
    typed = json.loads(act.step_up_use.step_up.reason)
    VoidProposal.objects.create(
        version=version,
        mandate=Mandate.objects.get(ref=typed["mandate"]),
        reason=act.reason,
        act=act,
        proposed_by=by,
        proposed_at=at,
        expires_at=at + timedelta(days=VOID_PROPOSAL_DAYS),
    )
    versions.move(
        version,
        VersionAct.VOID,
        to=None,
        kind="commitment.propose_void",
        by=by,
        at=at,
        office=act.appointment.position,
        data=_evidence(act) | {"mandate": typed["mandate"]},
    )


OF: Mapping[VersionAct, Callable[[CommitmentVersion, SignatureAct, User, datetime], None]] = {
    VersionAct.SIGN: _sign,
    VersionAct.RETURN: _end_with(VersionState.RETURNED),
    VersionAct.REFUSE: _end_with(VersionState.REFUSED),
    VersionAct.COUNTERSIGN: _countersign,
    VersionAct.VOID: _void,
}
