"""What a restore has withheld, for the administrators who decide whether it leaves."""

from typing import Any
from uuid import UUID

from django.contrib import messages as notes
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from notifications import messages
from notifications.actions import withholding
from notifications.actions.facts import facts_of, gather
from notifications.models import Notice
from units.http.requests import WebRequest
from units.permissions import may_administer

SHOWN = 100


@login_required
@require_http_methods(["GET", "POST"])
def index(request: WebRequest) -> HttpResponse:
    """List what is withheld, the oldest first; let what was chosen leave, or end it unsent."""
    if not may_administer(request.user, None, at=request.now):
        raise Http404
    if request.method == "GET":
        return render(request, "notifications/withheld.html", _listed(request))
    send, everything = request.POST.get("what") == "send", "all" in request.POST
    chosen = _chosen(request.POST)
    if not (chosen or everything):
        context = _listed(request) | {"none_chosen": True}
        return render(request, "notifications/withheld.html", context, status=422)
    count = withholding.decide(
        uuids=None if everything else chosen, send=send, by=request.user, at=request.now
    )
    done = (
        ngettext("%(n)d message leaves now.", "%(n)d messages leave now.", count)
        if send
        else ngettext("%(n)d message is not sent.", "%(n)d messages are not sent.", count)
    )
    notes.success(request, done % {"n": count})
    return redirect("notifications:withheld")


def _chosen(post: QueryDict) -> list[UUID]:
    """Return the notices that were ticked. Raises Http404 for what is no notice's number."""
    try:
        return [UUID(told) for told in post.getlist("notice")]
    except ValueError as error:
        raise Http404 from error


def _listed(request: WebRequest) -> dict[str, Any]:
    """Return the first notices and how many there are; what one is about, only to who may see that."""
    found = Notice.objects.withheld()
    rows = list(found.with_matter().order_by("pk")[:SHOWN])
    gather(rows)
    keys = [notice.pk for notice in rows]
    visible = set(
        Notice.objects.filter(pk__in=keys)
        .about_visible_to(request.user, at=request.now)
        .values_list("pk", flat=True)
    )
    language = translation.get_language() or "vi"
    lines = []
    for notice in rows:
        about = ""
        if notice.pk in visible:
            facts = facts_of(notice, at=request.now, language=language, with_step=False)
            about = messages.headline(notice.message, facts)
        lines.append({"notice": notice, "about": about})
    return {"lines": lines, "total": found.count(), "shown": SHOWN, "none_chosen": False}
