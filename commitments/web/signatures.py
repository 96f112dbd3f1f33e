"""The ceremony on pages: open, read and declare, confirm, receipt. Return and refuse stand beside."""

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from commitments.actions import (
    documents,
    outcomes,
    reasons,
    revocations,
    signatures,
    slots,
    stepups,
    uploads,
)
from commitments.enums import Grade, ReasonCode, VersionAct
from commitments.models import (
    Commitment,
    CommitmentVersion,
    Mandate,
    SignatureAct,
    StepUp,
    TotpStepUsed,
    ViewReceipt,
)
from commitments.rules.commitments import MOVES
from commitments.web.rows import rows_for
from units import clock
from units.actions import factors
from units.errors import Conflict, Invalid, NotAllowed, Refused, WrongState
from units.http import etags, reauth
from units.http.requests import WebRequest
from units.models import RegisterEntry


def _version_for(request: WebRequest, ref: str, act: VersionAct) -> CommitmentVersion:
    """Return the newest version that `act` may be done to; else the newest one that is visible."""
    commitment = get_object_or_404(
        Commitment.objects.visible_to(request.user, at=request.now), ref=ref
    )
    versions = CommitmentVersion.objects.visible_to(request.user, at=request.now).for_rows()
    newest = list(versions.filter(commitment=commitment).order_by("-n"))
    fitting = [version for version in newest if version.state in MOVES[act].sources]
    if not newest:
        raise Http404
    return (fitting or newest)[0]


@login_required
def begin(request: WebRequest, ref: str, act: VersionAct) -> HttpResponse:
    """GET says what the act is and offers to open the text; POST opens it and leaves the receipt."""
    version = _version_for(request, ref, act)
    if request.method == "POST":
        receipt = signatures.open_reading(
            version_id=version.pk,
            act=act,
            by=request.user,
            at=request.now,
            language=get_language() or "vi",
        )
        return redirect("commitments:read", ref=ref, act=act, receipt=receipt.uuid)
    refused = None
    try:
        signatures.require_possible(version_id=version.pk, act=act, by=request.user, at=request.now)
    except Refused as error:
        refused = error
    return render(
        request,
        "commitments/signatures/begin.html",
        {
            "version": version,
            "row": rows_for([version], at=request.now)[0],
            "act": act,
            "refused": refused,
            "methods": factors.methods_of(request.user),
        },
        status=refused.status if refused else 200,
    )


@login_required
def read(request: WebRequest, ref: str, act: VersionAct, receipt: UUID) -> HttpResponse:
    """Show the very content whose hash is signed, with the declaration or the reasons under it."""
    shown = get_object_or_404(
        ViewReceipt.objects.select_related("document__version"), uuid=receipt, person=request.user
    )
    version = (
        CommitmentVersion.objects.visible_to(request.user, at=request.now)
        .for_rows()
        .filter(commitment__ref=ref, document=shown.document)
        .first()
    )
    if version is None:
        raise Http404
    typed, refused = reauth.take_kept(request) or _typed_before(shown, act), None
    if request.method == "POST":
        typed = request.POST
        if not reauth.is_fresh(request):
            return reauth.keep_and_ask_again(request)
        try:
            step_up = signatures.prepare(
                receipt_uuid=shown.uuid,
                act=act,
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                real_at=clock.real_now(),
                session_key=request.session.session_key or "",
                agreed="agreed" in typed,
                reason=_reason(act, typed),
                outside="outside" in typed,
            )
            return redirect("commitments:confirm", step_up=step_up.uuid)
        except NotAllowed:
            raise  # and is noted
        except Refused as error:  # what was typed stays on the page, whatever happened meanwhile
            refused = error
    elif not reauth.is_fresh(request):
        return reauth.keep_and_ask_again(request)
    place = slots.place_for(act, version, by=request.user, at=request.now)
    content = documents.read_content(version.sealed)
    context = {
        "version": version,
        "content": content,
        "act": act,
        "place": place,
        "receipt": shown,
        "consent": stepups.declaration(
            stepups.consent_key(act, version), shown.language, at=request.now
        ),
        "refused": refused,
        "typed": {
            name: typed.get(name, "") if typed else "" for name in ("code", "text", "mandate")
        },
        "reasons": ReasonCode.choices,
        "longest": reasons.LONGEST,
        "objections": _objections(content, typed, refused),
        "mandates": Mandate.objects.filter(issuer=version.commitment.assigner_unit),
        "proposal": outcomes.open_void_proposal(version, at=request.now),
        "methods": factors.methods_of(request.user),
        "differences": documents.differences_from_previous(version),
        "must_sign_outside": act in slots.SIGNING and place.slot.grade_required == Grade.PERSONAL,
        "can_sign_outside": uploads.can_sign_outside(act, by=request.user),
        "beside": [
            other
            for other in slots.possible_acts(version, by=request.user, at=request.now)
            if other != act and other != VersionAct.VOID
        ],
    }
    return render(
        request,
        "commitments/signatures/read.html",
        context,
        status=refused.status if refused else 200,
    )


def _typed_before(shown: ViewReceipt, act: VersionAct) -> QueryDict | None:
    """Return the reasons of the last confirmation after this reading, which came too late; or None.

    A tick is not given back: whoever declares does it anew.
    """
    last = StepUp.objects.filter(receipt=shown, act=act, use=None).order_by("-pk").first()
    if last is None:
        return None
    typed, reason = QueryDict(mutable=True), json.loads(last.reason)
    for item in reason.get("items", []):
        key = "whole" if item["ordinal"] is None else str(item["ordinal"])
        typed.appendlist("item", key)
        typed[f"code-{key}"], typed[f"text-{key}"] = item["code"], item["text"]
    for name in ("code", "text", "mandate"):
        typed[name] = reason.get(name, "")
    return typed


def _reason(act: VersionAct, typed: QueryDict) -> dict[str, Any]:
    """Return the typed reasons in the form that `signatures.prepare` expects."""
    if act == VersionAct.RETURN:
        marked = typed.getlist("item")
        return {
            "items": [
                {
                    "ordinal": None if key == "whole" else int(key),
                    "code": typed.get(f"code-{key}", ""),
                    "text": typed.get(f"text-{key}", ""),
                }
                for key in marked
                if key == "whole" or (key.isascii() and key.isdigit() and len(key) < 5)
            ]
        }
    return {
        "code": typed.get("code", ""),
        "text": typed.get("text", ""),
        "mandate": typed.get("mandate", ""),
    }


def _objections(
    content: dict[str, Any], typed: QueryDict | None, refused: Refused | None
) -> list[dict]:
    """Return one row per item, and one for the whole, with what was typed and what is wrong."""
    marked = typed.getlist("item") if typed else []
    faults = refused.fields if refused else {}
    keys = [(str(item["ordinal"]), item) for item in content["terms"]["items"]] + [("whole", None)]
    return [
        {
            "key": key,
            "item": item,
            "marked": key in marked,
            "code": typed.get(f"code-{key}", "") if typed else "",
            "text": typed.get(f"text-{key}", "") if typed else "",
            "faults": faults.get(f"text-{key}", []),
        }
        for key, item in keys
    ]


@login_required
def confirm(request: WebRequest, step_up: UUID) -> HttpResponse:
    """Ask for the factor; when it is right the act is done and its receipt shown."""
    asked = get_object_or_404(
        StepUp.objects.select_related(
            "receipt__document__version__commitment", "slot__office", "use__signature_act"
        ),
        uuid=step_up,
        user=request.user,
    )
    if request.method == "GET" and (act := _act_of(asked)):
        return redirect("commitments:receipt", act=act.uuid)
    version, outside = asked.receipt.document.version, asked.is_outside
    refused = None
    if request.method == "POST":
        if not reauth.is_fresh(request):
            return reauth.keep_and_ask_again(request)
        answer: dict[str, Any] = {
            "step_up_uuid": asked.uuid,
            "by": request.user,
            "at": request.now,
            "real_at": clock.real_now(),
            "session_key": request.session.session_key or "",
            "code": request.POST.get("code", ""),
            "credential": request.POST.get("credential", ""),
        }
        try:
            if outside:
                return redirect("commitments:outside", hand_out=uploads.hand_out(**answer).uuid)
            return redirect("commitments:receipt", act=signatures.confirm(**answer).uuid)
        except (Invalid, Conflict) as error:
            refused = error
    challenge = bytes.fromhex(asked.statement_sha256)
    options = factors.passkey_options(user=request.user, challenge=challenge)
    context = {
        "step_up": asked,
        "version": version,
        "act": VersionAct(asked.act),
        "statement": json.loads(asked.statement),
        "outside": outside,
        "seconds": round((asked.expires_at - asked.created_at).total_seconds()),
        "refused": refused,
        "again": refused is not None and refused.code in AGAIN,
        "over": isinstance(refused, WrongState) or getattr(refused, "code", "") in OVER,
        "methods": factors.methods_of(request.user),
        "passkey_options": json.dumps(options, default=dict) if options else "",
        "demonstration_code": demonstration_code(request),
    }
    return render(
        request,
        "commitments/signatures/confirm.html",
        context,
        status=refused.status if refused else 200,
    )


def _act_of(asked: StepUp) -> SignatureAct | None:
    """Return the act that this confirmation has led to; None: none yet, or a copy to sign elsewhere."""
    use = getattr(asked, "use", None)
    return getattr(use, "signature_act", None)


AGAIN = {
    "step-up-expired",
    "step-up-spent",
    "step-up-elsewhere",
    "revision-moved",
}  # only a new start helps
OVER = {
    "already-signed",
    "both-sides",
}  # nothing is left to confirm, like every state that moved on


def demonstration_code(request: WebRequest) -> str:
    """Return the persona's present code, in demonstration mode only; "" everywhere else."""
    if not settings.DEMO:
        return ""
    return factors.code_for_demonstration(
        user=request.user,
        real_at=clock.real_now(),
        skip_steps=frozenset(
            TotpStepUsed.objects.filter(
                authenticator__in=factors.authenticators_of(request.user)
            ).values_list("time_step", flat=True)
        ),
    )


@login_required
@require_GET
def receipt(request: WebRequest, act: UUID) -> HttpResponse:
    """Show what was done, as what, with which proof, and what happens next."""
    done = get_object_or_404(
        SignatureAct.objects.select_related(
            "slot__document__version__commitment__unit",
            "slot__document__version__commitment__assigner_unit",
            "appointment__position",
            "step_up_use__step_up",
            "receipt",
            "upload__certificate",
        ),
        uuid=act,
        person=request.user,
    )
    version = done.slot.document.version
    row = rows_for(CommitmentVersion.objects.for_rows().filter(pk=version.pk), at=request.now)[0]
    return render(
        request,
        "commitments/signatures/receipt.html",
        {
            "act": done,
            "version": row.version,
            "row": row,
            "label": VersionAct(done.act).label,
            "entry": _entry_of(done, version),
            "revocation": revocations.state_of(done.upload) if done.upload else None,
        },
    )


def _entry_of(act: SignatureAct, version: CommitmentVersion) -> RegisterEntry | None:
    """Return the entry of the register that this act has left."""
    entries = RegisterEntry.objects.about("commitment_version", version.ref)
    return entries.filter(kind=f"commitment.{act.act}", actor=act.person_id, at=act.at).last()
