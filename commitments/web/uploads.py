"""Signing with one's own certificate, on a page: take the file, bring it back, read the verdict."""

import json
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from commitments.actions import uploads
from commitments.enums import VersionAct
from commitments.enums.uploads import REMEDIES, GateRule
from commitments.models import CommitmentVersion, ExternalUpload, HandOut, SignatureAct
from units import clock
from units.errors import NotFound, Refused
from units.http.requests import WebRequest
from units.web import refusals

SHOWN = 10  # verdicts on one page; a slot rests after as many refusals


class SignedFileForm(forms.Form):
    """The file that the signing program has saved."""

    file = forms.FileField(
        label=gettext_lazy("Signed file (PDF)"),
        widget=forms.FileInput({"accept": ".pdf,application/pdf"}),
    )


def _found(request: WebRequest, hand_out: UUID) -> HandOut:
    return uploads.find(hand_out, by=request.user)


@login_required
def hand_out(request: WebRequest, hand_out: UUID) -> HttpResponse:
    """Offer the file that was handed out; on POST judge what came back and show the verdict."""
    row = _found(request, hand_out)
    form = SignedFileForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = uploads.offer(
                    hand_out_uuid=row.uuid,
                    data=form.cleaned_data["file"].read(uploads.MAX_BYTES),
                    by=request.user,
                    at=request.now,
                    real_at=clock.real_now(),
                )
            except NotFound:
                raise
            except Refused as error:
                refusals.put_into(form, error)
                status = error.status
            else:
                return redirect("commitments:outside", hand_out=made.hand_out.uuid)
    done = SignatureAct.objects.filter(upload__hand_out=row).first()
    version = CommitmentVersion.objects.select_related("commitment__unit").get(
        document=row.slot.document_id
    )
    step_up = row.step_up_use.step_up
    context: dict[str, Any] = {
        "hand_out": row,
        "version": version,
        "act": VersionAct(step_up.act),
        "receipt": step_up.receipt,
        "done": done,
        "form": form,
        "is_open": done is None and clock.real_now() <= row.expires_at,
        "verdicts": [_verdict(upload) for upload in _refused(row)],
    }
    return render(request, "commitments/uploads/hand_out.html", context, status=status)


def _refused(row: HandOut) -> list[ExternalUpload]:
    return list(row.uploads.exclude(rule="").order_by("-pk")[:SHOWN])


def _verdict(upload: ExternalUpload) -> dict[str, Any]:
    rule, report = GateRule(upload.rule), json.loads(upload.report)
    return {
        "rule": rule.value,
        "message": rule.label,
        "said": report["said"],
        "remedy": REMEDIES[rule],
        "upload": upload,
    }


@login_required
@require_GET
def file(request: WebRequest, hand_out: UUID) -> HttpResponse:
    """Give exactly the bytes that were handed out."""
    row = _found(request, hand_out)
    name = slugify(f"{row.slot.document.code}-{row.base_no}")
    response = HttpResponse(uploads.file_of(row), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    response["Cache-Control"] = "no-store"
    return response
