"""Commitments on pages: the list, one commitment with its versions, and the planner's acts."""

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from commitments import permissions
from commitments.actions import checks, documents, drafts, outcomes, slots, versions
from commitments.actions import commitments as actions
from commitments.enums import RevisionKind, VersionAct, VersionState
from commitments.models import (
    Commitment,
    CommitmentVersion,
    Explanation,
    Period,
    ReturnAnswer,
    SignatureAct,
)
from commitments.querysets.takeovers import newcomers
from commitments.rules.commitments import OPEN, allowed_acts
from commitments.web import acknowledgements, deputies
from commitments.web.forms.commitments import AmendForm, AnswerForm, DraftForm
from commitments.web.rows import events_of, rows_for
from commitments.web.words import searched, words_of
from units import clock
from units.errors import NotAllowed, Refused
from units.http import etags
from units.http.requests import WebRequest
from units.web import refusals

PAGE = 25


@login_required
@require_GET
def index(request: WebRequest) -> HttpResponse:
    """List the newest version of every commitment that this person may see."""
    visible = CommitmentVersion.objects.visible_to(request.user, at=request.now).latest()
    state, text = request.GET.get("state", ""), searched(request.GET)
    if state:
        if state not in VersionState.values:
            raise Http404
        visible = visible.filter(state=state)
    if text:
        visible = visible.filter(
            Q(commitment__number__icontains=text)
            | Q(commitment__unit__versions__name_vi__icontains=text)
        ).distinct()
    if after := request.GET.get("after"):
        try:
            visible = visible.filter(pk__gt=signing.loads(after, salt="commitments"))
        except signing.BadSignature as error:
            raise Http404 from error
    found = list(visible.for_rows().order_by("pk")[: PAGE + 1])
    query = request.GET.copy()
    if len(found) > PAGE:
        query["after"] = signing.dumps(found[PAGE - 1].pk, salt="commitments")
    context = {
        "rows": rows_for(found[:PAGE], at=request.now),
        "more": f"?{query.urlencode()}" if len(found) > PAGE else "",
        "states": VersionState.choices,
        "state": state,
        "query": text,
    }
    return render(request, "commitments/commitments/list.html", context)


def _commitment(request: WebRequest, ref: str) -> Commitment:
    rows = Commitment.objects.visible_to(request.user, at=request.now)
    return get_object_or_404(rows.select_related("period", "unit", "assigner_unit"), ref=ref)


def version_of(request: WebRequest, ref: str, n: str | None = None) -> CommitmentVersion:
    """Return version `n` of the commitment, the newest visible one when `n` is None or ""."""
    rows = CommitmentVersion.objects.visible_to(request.user, at=request.now).for_rows()
    rows = rows.filter(commitment__ref=ref).order_by("-n")
    if n:
        if not (n.isascii() and n.isdigit() and len(n) < 5):
            raise Http404
        rows = rows.filter(n=int(n))
    version = rows.first()
    if version is None:
        raise Http404
    return version


@login_required
@require_GET
def detail(request: WebRequest, ref: str) -> HttpResponse:
    """Show one version: its life, its content as frozen, who signed how, and what may be done."""
    commitment = _commitment(request, ref)
    version = version_of(request, ref, request.GET.get("version"))
    row = rows_for([version], at=request.now)[0]
    steers = permissions.may_steer(request.user, version, at=request.now)
    decides = permissions.may_decide(request.user, version, at=request.now)
    allowed = set(allowed_acts(VersionState(version.state)))
    steering = {VersionAct.DISCARD, VersionAct.ISSUE, VersionAct.ANSWER, VersionAct.AMEND}
    if not versions.is_amendable(version):
        steering.discard(VersionAct.AMEND)
    shown = commitment.versions.visible_to(request.user, at=request.now)
    every = list(shown.select_related("commitment").order_by("-n"))
    objection = versions.find_objection_to(version)
    coming = newcomers(version, on=clock.local_date(request.now))
    context = {
        "commitment": commitment,
        "version": version,
        "row": row,
        "versions": every,
        "content": documents.read_content(version.document) if version.document else None,
        "draft_items": _draft_items(version),
        "explanations": Explanation.objects.filter(clock__version=version).order_by("pk"),
        "differences": documents.differences_from_previous(version),
        "acts": slots.possible_acts(version, by=request.user, at=request.now),
        "may": {act.value for act in allowed & steering} if steers else set(),
        "may_settle": decides and VersionAct.SETTLE in allowed,
        "may_remind": permissions.may_remind(request.user, version, at=request.now)
        and version.state == VersionState.ISSUED,
        "signatures": _signatures(version),
        "revisions": _revisions(version),
        "objection": objection,
        "ack": acknowledgements.of(row.waiting_clock, reader=request.user, at=request.now),
        "deputy": deputies.of(row.waiting_clock, reader=request.user, at=request.now),
        "answers": ReturnAnswer.objects.filter(act=objection).select_related(
            "person", "return_item"
        ),
        "proposal": outcomes.open_void_proposal(version, at=request.now),
        "history": events_of(every, reader=request.user, at=request.now),
        "newcomers": coming,
        "may_hand_over": bool(coming) and steers and not any(one.state in OPEN for one in every),
        "today": clock.local_date(request.now),
    }
    return render(request, "commitments/commitments/detail.html", context)


def _draft_items(version: CommitmentVersion) -> list[Any]:
    if version.state != VersionState.DRAFT:
        return []
    items = version.items.select_related(
        "revision__target__indicator__uom", "revision__target__group"
    ).order_by("ordinal")
    return [
        {"target": item.revision.target, "words": words_of(item.revision.target, item.revision)}
        for item in items
    ]


def _signatures(version: CommitmentVersion) -> list[dict[str, Any]]:
    """Return one row per slot: the office, and the act that signed it or None."""
    if version.document is None:
        return []
    acts = {
        act.slot_id: act
        for act in SignatureAct.objects.filter(
            slot__document=version.document, act__in=slots.SIGNING
        ).select_related("person", "appointment__position", "step_up_use")
    }
    slots_of_document = version.document.slots.select_related("office__unit").order_by("ordinal")
    return [{"slot": slot, "act": acts.get(slot.pk)} for slot in slots_of_document]


def _revisions(version: CommitmentVersion) -> list[dict[str, Any]]:
    """Return one row per revision of the document, with its act and what its validation found."""
    if version.document is None:
        return []
    rows = checks.described(version.document)
    return [
        {
            "revision": row,
            "act": row.signature_act if row.kind == RevisionKind.ACT else None,
            "check": checks.status_of(row),
            "checkable": row.kind != RevisionKind.RENDERED,
        }
        for row in rows
    ]


@login_required
@require_GET
def pdf(request: WebRequest, ref: str) -> HttpResponse:
    """Give the stored file of a version, byte for byte: the newest revision or the one asked for."""
    version = version_of(request, ref, request.GET.get("version"))
    wanted = request.GET.get("revision", "")
    if version.document is None or (wanted and not re.fullmatch(r"[0-9]{1,4}", wanted)):
        raise Http404
    revision = documents.find_revision(version.document, int(wanted) if wanted else None)
    if revision is None:
        raise Http404
    content = documents.bytes_of(version.document, no=revision.no)
    response = HttpResponse(content, content_type="application/pdf")
    name = f"{version.ref}-r{revision.no}.pdf" if wanted else f"{version.ref}.pdf"
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["ETag"] = f'"{revision.sha256}"'
    return response


def _require_steering(request: WebRequest, version: CommitmentVersion) -> None:
    """Raise NotAllowed before a form is shown that its reader could never send."""
    may = permissions.may_steer(request.user, version, at=request.now)
    versions.require(may, "edit", versions.what(version))


def _back_with(form: Form, error: Refused | ValidationError) -> int:
    """Put what stands in the way into the form, which comes back as it was typed; return the status."""
    refusals.put_into(form, error)
    return error.status if isinstance(error, Refused) else 422


@login_required
def draft(request: WebRequest, code: str) -> HttpResponse:
    """Begin the commitment of a unit in the plan `code`."""
    period = get_object_or_404(
        Period.objects.years().visible_to(request.user, at=request.now), code=code
    )
    may = permissions.may_plan(request.user, period.owner_id, at=request.now)
    versions.require(may, "draft", period)
    form = DraftForm(request.POST or None, period=period, at=request.now)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            version = drafts.begin(
                period_id=period.pk, by=request.user, at=request.now, **form.as_arguments()
            )
        except NotAllowed:
            raise  # and is noted
        except (Refused, ValidationError) as error:
            status = _back_with(form, error)
        else:
            return redirect("commitments:edit", ref=version.commitment.ref)
    return render(
        request,
        "commitments/commitments/draft.html",
        {"form": form, "period": period},
        status=status,
    )


@login_required
def edit(request: WebRequest, ref: str) -> HttpResponse:
    """Change day, offices and items of a draft."""
    version = version_of(request, ref)
    _require_steering(request, version)
    versions.require_state(VersionAct.ISSUE, version)
    form = DraftForm(
        request.POST or None, period=version.commitment.period, at=request.now, version=version
    )
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            drafts.edit(
                version_id=version.pk,
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                **form.as_edit_arguments(),
            )
        except NotAllowed:
            raise  # and is noted
        except (Refused, ValidationError) as error:
            status = _back_with(form, error)
        else:
            messages.success(request, _("The draft is saved."))
            return redirect("commitments:detail", ref=ref)
    return render(
        request,
        "commitments/commitments/draft.html",
        {"form": form, "period": version.commitment.period, "version": version},
        status=status,
    )


@login_required
@require_POST
def discard(request: WebRequest, ref: str) -> HttpResponse:
    """Remove a draft."""
    version = version_of(request, ref)
    number = version.commitment.number
    drafts.discard(
        version_id=version.pk,
        by=request.user,
        expected=etags.seen_version(request.POST),
        at=request.now,
    )
    messages.success(request, _("The draft of %(number)s is discarded.") % {"number": number})
    return redirect("commitments:list")


@login_required
@require_POST
def issue(request: WebRequest, ref: str) -> HttpResponse:
    """Freeze the draft and ask the undertakers to sign."""
    version = version_of(request, ref)
    actions.issue(
        version_id=version.pk,
        by=request.user,
        expected=etags.seen_version(request.POST),
        at=request.now,
    )
    messages.success(
        request,
        _("%(number)s is issued. The undertakers are told and may sign until %(day)s.")
        % {"number": version.commitment.number, "day": version.sign_by.strftime("%d/%m/%Y")},
    )
    return redirect("commitments:detail", ref=ref)


@login_required
def answer(request: WebRequest, ref: str) -> HttpResponse:
    """Answer the reasons of a return or refusal; the next version is drafted with the answers."""
    version = version_of(request, ref)
    _require_steering(request, version)
    versions.require_state(VersionAct.ANSWER, version)
    objection = versions.objection_to(version)
    form = AnswerForm(request.POST or None, objection=objection, on=clock.local_date(request.now))
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.answer(
                version_id=version.pk,
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                answers=form.answers(),
                sign_by=form.cleaned_data["sign_by"],
            )
        except NotAllowed:
            raise  # and is noted
        except (Refused, ValidationError) as error:
            status = _back_with(form, error)
        else:
            return redirect("commitments:edit", ref=ref)
    return render(
        request,
        "commitments/commitments/answer.html",
        {"form": form, "version": version, "objection": objection},
        status=status,
    )


@login_required
def amend(request: WebRequest, ref: str) -> HttpResponse:
    """Draft the next version of one that is issued, signed or in force."""
    version = version_of(request, ref, request.GET.get("version"))
    _require_steering(request, version)
    versions.require_state(VersionAct.AMEND, version)
    versions.require_amendable(version)
    form = AmendForm(request.POST or None, on=clock.local_date(request.now))
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.amend(
                version_id=version.pk,
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                **form.cleaned_data,
            )
        except NotAllowed:
            raise  # and is noted
        except (Refused, ValidationError) as error:
            status = _back_with(form, error)
        else:
            return redirect("commitments:edit", ref=ref)
    return render(
        request,
        "commitments/commitments/amend.html",
        {"form": form, "version": version},
        status=status,
    )


@login_required
@require_POST
def settle(request: WebRequest, ref: str) -> HttpResponse:
    """Close the books on the version in force."""
    version = version_of(request, ref)
    actions.settle(
        version_id=version.pk,
        by=request.user,
        expected=etags.seen_version(request.POST),
        at=request.now,
    )
    messages.success(request, _("%(number)s is settled.") % {"number": version.commitment.number})
    return redirect("commitments:detail", ref=ref)
