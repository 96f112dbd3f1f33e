"""The acts on a backlog case, each a page that names the object, the consequence, and asks once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commitments import permissions
from commitments.actions import backlog, explanations, proposed, resolutions, suspensions
from commitments.actions.subjects import Cases
from commitments.enums.backlog import CaseAct, CaseProposalAct, CaseProposalState, CaseState
from commitments.models import BacklogCase, CaseProposal, Explanation
from commitments.rules.backlog import MOVES
from commitments.web.forms import backlog as asked
from units.errors import NotAllowed, Refused
from units.http import etags
from units.http.requests import WebRequest
from units.models import RegisterEntry, User
from units.web import refusals

Do = Callable[..., Any]


@dataclass(frozen=True)
class ActPage:
    """`consequence`: what happens then. `run`: the action; gets `what`, then the form's data."""

    label: Any
    consequence: Any
    form: type[forms.Form]
    run: Do
    done: Any
    style: str = "secondary"


def _decide(**given: Any) -> CaseProposal:
    return proposed.decide(granted=given.pop("decision") == "grant", **given)


ACTS: Mapping[str, ActPage] = {
    "assign": ActPage(
        pgettext_lazy("act", "Assign"),
        _(
            "The ladder starts: the office that resolves it is told at once, and reminded by itself."
        ),
        asked.NothingForm,
        backlog.assign,
        _("The case is assigned; the ladder runs."),
        "primary",
    ),
    "resolve": ActPage(
        pgettext_lazy("act", "Resolve"),
        _("The ladder stops. Somebody of another unit verifies what was delivered."),
        asked.ResolveForm,
        resolutions.resolve,
        _("The case is resolved and awaits verification."),
        "primary",
    ),
    "accept": ActPage(
        pgettext_lazy("act", "Accept and close"),
        _("The case is closed and its age stops."),
        asked.NothingForm,
        resolutions.accept,
        _("The case is closed."),
        "primary",
    ),
    "reject": ActPage(
        pgettext_lazy("act", "Give back"),
        _("The case is assigned again, and the ladder climbs from the same due date."),
        asked.ReasonForm,
        resolutions.reject,
        _("The case was given back with your reason."),
    ),
    "decide": ActPage(
        pgettext_lazy("act", "Decide on the proposal"),
        _("Who proposed it is told. An extension is counted and never changes the age."),
        asked.DecideForm,
        _decide,
        _("Your decision is entered."),
        "primary",
    ),
    "extend": ActPage(
        pgettext_lazy("act", "Propose an extension"),
        _("The assigning side decides. Until then the ladder climbs from the day that stands."),
        asked.ExtendForm,
        lambda **given: proposed.propose(act=CaseProposalAct.EXTEND, **given),
        _("The extension is proposed."),
    ),
    "suspend": ActPage(
        pgettext_lazy("act", "Suspend"),
        _("The ladder stands still. The age of the case goes on."),
        asked.SuspendForm,
        suspensions.suspend,
        _("The case is suspended."),
    ),
    "resume": ActPage(
        pgettext_lazy("act", "Take up again"),
        _("The ladder starts anew from the day that you set."),
        asked.ResumeForm,
        suspensions.resume,
        _("The case is taken up again."),
        "primary",
    ),
    "reopen": ActPage(
        pgettext_lazy("act", "Propose to reopen"),
        _("A leader in charge decides. Reopened, it counts its age from the original due date."),
        asked.ReasonForm,
        lambda **given: proposed.propose(act=CaseProposalAct.REOPEN, **given),
        _("The reopening is proposed."),
    ),
    "cancel": ActPage(
        pgettext_lazy("act", "Cancel the case"),
        _("The case ends for good. Use this for what was registered twice or is not ours."),
        asked.ReasonForm,
        backlog.cancel,
        _("The case is cancelled."),
        "danger",
    ),
}


KINDS = {  # of the register entries that an act leaves, where they are not called like its page
    "decide": {"case.decline", "case.extend", "case.reopen"},
    "extend": {"case.propose_extend"},
    "reopen": {"case.propose_reopen"},
}


def possible_acts(case: BacklogCase, *, by: User, at: datetime) -> dict[str, ActPage]:
    """Return which pages of ACTS lead somewhere for `by` now, by their name, in the table's order."""
    unit, state = case.unit_id, CaseState(case.state)
    supervises = permissions.supervises(by, unit, at=at)
    leads = permissions.leads(by, unit, at=at)
    verifies = state == CaseState.RESOLVED and permissions.may_verify_case(by, case, at=at)
    waiting = case.proposals.filter(state=CaseProposalState.OPEN).select_related("case").first()
    may = {
        "assign": supervises and not backlog.unclear(case),
        "resolve": permissions.may_resolve(by, case, at=at),
        "accept": verifies,
        "reject": verifies,
        "extend": supervises and waiting is None,
        "suspend": leads,
        "resume": leads,
        "reopen": supervises and waiting is None,
        "cancel": leads,
    }
    found = {
        name: page
        for name, page in ACTS.items()
        if name in may and may[name] and state in MOVES[CaseAct(name)].sources
    }
    if waiting is not None and proposed.may_decide(by, waiting, at=at):
        found = {"decide": ACTS["decide"]} | found
    return found


@login_required
def act(request: WebRequest, ref: str, name: str) -> HttpResponse:
    """Ask for what an act needs, then do it; who may not, or not now, finds nothing here.

    What somebody else did meanwhile is said, with who did it, beside what was typed.
    """
    visible = BacklogCase.objects.visible_to(request.user, at=request.now)
    case = get_object_or_404(visible.select_related("unit").for_rows(), ref=ref)
    page = ACTS.get(name)
    if page is None:
        raise Http404
    form = page.form(request.POST, request.FILES) if request.method == "POST" else page.form()
    possible = name in possible_acts(case, by=request.user, at=request.now)
    if not possible and not form.is_valid():
        raise Http404
    meanwhile: list[RegisterEntry] = []
    if request.method == "POST" and form.is_valid():
        try:
            page.run(
                case_id=case.pk,
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                **form.cleaned_data,
            )
        except NotAllowed:
            raise  # and is noted
        except (Refused, ValidationError) as error:
            if _done_before(case, name, request):
                messages.success(request, page.done)
                return redirect("commitments:case", ref=ref)
            meanwhile = _since(case, request)
            if not form.fields:
                raise
            refusals.put_into(form, error)
        else:
            messages.success(request, page.done)
            return redirect("commitments:case", ref=ref)
    context = {
        "case": case,
        "page": page,
        "form": form,
        "possible": possible,
        "meanwhile": meanwhile,  # is read now, so what is sent next has seen it
        "seen": case.etag_version if meanwhile else request.POST.get("version", case.etag_version),
        "proposal": case.proposals.filter(state=CaseProposalState.OPEN)
        .select_related("proposed_by")
        .first()
        if name == "decide"
        else None,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/backlog/act.html", context, status=status)


def _done_before(case: BacklogCase, name: str, request: WebRequest) -> bool:
    """Whether this person has done just this act to the version that the form shows: a second
    click, or back and sent again."""
    kinds = KINDS.get(name, {f"case.{name}"})
    return any(
        entry.actor_id == request.user.pk and entry.kind in kinds
        for entry in _since(case, request)[:1]
    )


def _since(case: BacklogCase, request: WebRequest) -> list[RegisterEntry]:
    """Return what happened to the case since the version that the form shows, the oldest first."""
    seen = request.POST.get(etags.FIELD, "")
    if not (seen.isascii() and seen.isdigit() and len(seen) < 10):
        return []
    entries = RegisterEntry.objects.about(Cases.noun, case.ref).select_related("actor")
    return list(entries.filter(subject_version__gt=int(seen)).order_by("pk"))


@login_required
def explanation(request: WebRequest, explanation: int) -> HttpResponse:
    """Show one explanation that was asked for; the holder gives it, who watches judges it."""
    found = get_object_or_404(
        Explanation.objects.select_related("clock__version__commitment__unit", "clock__case__unit"),
        pk=explanation,
    )
    subject = found.clock.subject
    visible = type(subject).objects.visible_to(request.user, at=request.now)
    if not visible.filter(pk=subject.pk).exists():
        raise Http404
    form = _asked_form(request, found)
    if request.method == "POST" and form is None:
        raise Http404
    if form is not None and form.is_valid():
        given = dict(form.cleaned_data, explanation_id=found.pk, by=request.user, at=request.now)
        if isinstance(form, asked.ExplainForm):
            sent_before = (found.given_by, found.text) == (request.user, given["text"])
        else:
            given["accepted"] = given.pop("decision") == "accept"
            verdict = (found.decided_by, found.accepted, found.answer)
            sent_before = verdict == (request.user, given["accepted"], given["answer"])
        if sent_before:
            return redirect("commitments:explanation", explanation=found.pk)
        with refusals.shown_in(form):
            if isinstance(form, asked.ExplainForm):
                explanations.give(**given)
            else:
                explanations.judge(**given)
            messages.success(request, _("Your words are entered."))
            return redirect("commitments:explanation", explanation=found.pk)
    context = {"explanation": found, "subject": subject, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/backlog/explanation.html", context, status=status)


def _asked_form(request: WebRequest, found: Explanation) -> forms.Form | None:
    """Return the form that this person fills in; None: nothing is asked of them.

    What is sent after somebody was faster gets its form too, to come back filled with the refusal.
    """
    sent = request.POST if request.method == "POST" else None
    if found.given_at is None or (sent is not None and "text" in sent):
        if not explanations.is_asked_of(request.user, found, at=request.now):
            return None
        kind = asked.ExplainCaseForm if found.clock.case_id else asked.ExplainForm
        return kind(sent, request.FILES) if sent is not None else kind()
    if found.accepted is not None and sent is None:
        return None
    if not explanations.may_judge(request.user, found, at=request.now):
        return None
    return asked.JudgeForm(sent)
