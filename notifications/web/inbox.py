"""The inbox: what this person was told, each line leading to the matter in one click."""

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_POST

from commitments.models import Proposal
from notifications import messages
from notifications.actions import notices
from notifications.actions.facts import facts_of, gather, path_of
from notifications.enums import NoticeState
from notifications.models import Notice
from units import clock
from units.http.requests import WebRequest
from units.rules.dates import day_text

PAGE = 25
PAGES = {"absence": "notifications:absence", "telephone": "notifications:telephone"}


@login_required
def inbox(request: WebRequest) -> HttpResponse:
    """List the notices of this person, the newest first; nothing here changes a row."""
    found = Notice.objects.filter(recipient=request.user).exclude(state=NoticeState.CANCELLED)
    if after := request.GET.get("after"):
        try:
            found = found.filter(pk__lt=signing.loads(after, salt="inbox"))
        except signing.BadSignature as error:
            raise Http404 from error
    rows = list(found.with_matter().order_by("-pk")[: PAGE + 1])
    gather(rows)
    language = translation.get_language() or "vi"
    lines = []
    for notice in rows[:PAGE]:
        sent = notice.created_at
        facts = facts_of(notice, at=sent, language=language, with_step=False)
        if facts.get("days"):  # as they were, and when: the row may be old
            facts["days"] = f"{facts['days']} ({day_text(clock.local_date(sent))})"
        lines.append(
            {
                "notice": notice,
                "subject": messages.headline(notice.message, facts),
                "what": messages.matter(notice.message, facts),
                "reason": messages.reason(facts),
            }
        )
    more = signing.dumps(rows[PAGE - 1].pk, salt="inbox") if len(rows) > PAGE else ""
    return render(request, "notifications/inbox.html", {"lines": lines, "more": more})


@login_required
@require_POST
def read(request: WebRequest, notice: int) -> HttpResponse:
    """Note that a notice is read and go to what it is about."""
    try:
        row = notices.mark_read(notice_id=notice, by=request.user, at=request.now)
    except Notice.DoesNotExist as error:
        raise Http404 from error
    return redirect(_page_of(row))


@login_required
def show(request: WebRequest, notice: int) -> HttpResponse:
    """Go to what a notice is about: the short address that fits a text message. Nothing changes."""
    rows = Notice.objects.filter(recipient=request.user).with_matter()
    return redirect(_page_of(get_object_or_404(rows, pk=notice)))


def _page_of(row: Notice) -> str:
    """Return the path of the page on which the reader sees what `row` is about."""
    kind = row.link.entry.subject_kind
    if row.subject is not None:
        return path_of(row.subject, row.awaits)
    if kind == "proposal":
        proposal = Proposal.objects.select_related("period").get(pk=row.link.entry.subject_ref)
        return reverse("commitments:proposal", args=[proposal.period.code, proposal.pk])
    if row.message == "factor-reset-confirm":
        return reverse("units:person", args=[row.link.entry.subject_ref])
    return reverse(PAGES.get(kind, "config:account"))
