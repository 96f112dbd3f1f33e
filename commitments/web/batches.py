"""Countersigning many on pages: open the texts, tick what was read, confirm once, see each result."""

import json
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from commitments.actions import batches, documents, signatures, stepups
from commitments.models import CommitmentVersion, StepUpBatch, StepUpBatchUse, ViewReceipt
from commitments.web.signatures import AGAIN, demonstration_code
from commitments.web.words import as_key
from units import clock
from units.actions import factors
from units.errors import Conflict, Invalid, Refused
from units.http import reauth
from units.http.requests import WebRequest
from units.querysets.ordering import as_counted

OPENED, REFUSED = "countersign-opened", "countersign-refused"


@login_required
@require_POST
def open_texts(request: WebRequest) -> HttpResponse:
    """Open the text of every ticked row and leave a receipt for each; then show them."""
    refs = request.POST.getlist("version")
    seen = CommitmentVersion.objects.visible_to(request.user, at=request.now).for_rows()
    chosen = seen.filter(pk__in=[key for ref in refs if (key := as_key(ref)) is not None])
    opened, refused = [], []
    for version in chosen.order_by(as_counted("commitment__number"), "pk")[: batches.MOST]:
        try:
            batches.require_online(version)
            receipt = signatures.open_reading(
                version_id=version.pk,
                act=batches.ACT,
                by=request.user,
                at=request.now,
                language=get_language() or "vi",
            )
        except Refused as error:
            refused.append([version.commitment.number, str(error.message)])
        else:
            opened.append(str(receipt.uuid))
    request.session[OPENED], request.session[REFUSED] = opened, refused
    return redirect("commitments:countersign-many")


@login_required
def read(request: WebRequest) -> HttpResponse:
    """Show the texts one under the other, nothing ticked; on POST, go on with those that were."""
    receipts = _opened(request)
    typed, wrong = reauth.take_kept(request), None
    if request.method == "POST":
        typed = request.POST
        if not reauth.is_fresh(request):
            return reauth.keep_and_ask_again(request)
        ticked = set(typed.getlist("receipt"))
        try:
            batch = batches.prepare(
                read=[
                    (receipt.uuid, _seen(typed.get(f"version-{receipt.uuid}", "")))
                    for receipt in receipts
                    if str(receipt.uuid) in ticked
                ],
                by=request.user,
                at=request.now,
                real_at=clock.real_now(),
                session_key=request.session.session_key or "",
                agreed="agreed" in typed,
            )
        except Invalid as error:
            wrong = error
        else:
            return redirect("commitments:countersign-batch", batch=batch.uuid)
    elif receipts and not reauth.is_fresh(request):
        return reauth.keep_and_ask_again(request)
    ticked = set(typed.getlist("receipt")) if typed else set()
    texts = [
        {
            "receipt": receipt,
            "version": receipt.document.version,
            "content": documents.read_content(receipt.document),
            "ticked": str(receipt.uuid) in ticked,
        }
        for receipt in receipts
    ]
    language = receipts[0].language if receipts else get_language() or "vi"
    context = {
        "texts": texts,
        "not_opened": request.session.get(REFUSED, []),
        "consent": stepups.declaration(batches.ACT, language, at=request.now),
        "agreed": bool(typed and "agreed" in typed),
        "refused": wrong,
    }
    return render(
        request,
        "commitments/batches/read.html",
        context,
        status=wrong.status if wrong else 200,
    )


def _opened(request: WebRequest) -> list[ViewReceipt]:
    """Return the receipts of what this login has opened, in the order of the texts."""
    rows = ViewReceipt.objects.filter(
        uuid__in=request.session.get(OPENED, []), person=request.user
    ).select_related(
        "document__version__commitment__unit", "document__version__commitment__assigner_unit"
    )
    return list(rows.order_by(as_counted("document__version__commitment__number"), "pk"))


def _seen(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@login_required
def confirm(request: WebRequest, batch: UUID) -> HttpResponse:
    """Ask for the factor over all of them; afterwards, show what became of each."""
    asked = get_object_or_404(StepUpBatch, uuid=batch, user=request.user)
    wrong, results = None, None
    if request.method == "POST":
        if not reauth.is_fresh(request):
            return reauth.keep_and_ask_again(request)
        try:
            results = batches.confirm(
                batch_uuid=asked.uuid,
                by=request.user,
                at=request.now,
                real_at=clock.real_now(),
                session_key=request.session.session_key or "",
                code=request.POST.get("code", ""),
                credential=request.POST.get("credential", ""),
            )
        except (Invalid, Conflict) as error:
            wrong = error
    elif StepUpBatchUse.objects.filter(batch=asked).exists():
        results = batches.results_of(asked)
    if results is not None:
        request.session.pop(OPENED, None)
        request.session.pop(REFUSED, None)
        done = sum(result.act is not None for result in results)
        context = {"results": results, "done": done}
        return render(request, "commitments/batches/done.html", context)
    challenge = bytes.fromhex(asked.root_sha256)
    options = factors.passkey_options(user=request.user, challenge=challenge)
    context = {
        "batch": asked,
        "versions": [row.receipt.document.version for row in batches.statements_of(asked)],
        "refused": wrong,
        "again": wrong is not None and wrong.code in AGAIN,
        "methods": factors.methods_of(request.user),
        "passkey_options": json.dumps(options, default=dict) if options else "",
        "demonstration_code": demonstration_code(request),
    }
    return render(
        request,
        "commitments/batches/confirm.html",
        context,
        status=wrong.status if wrong else 200,
    )
