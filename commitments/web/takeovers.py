"""A commitment in force is handed over to whoever has come into office, with one button."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from commitments.actions import commitments, takeovers
from commitments.web.commitments import version_of
from units.http import etags
from units.http.requests import WebRequest
from units.rules.dates import day_text


@login_required
@require_POST
def ask(request: WebRequest, ref: str) -> HttpResponse:
    """Ask whoever has come into office to take the version in force over: drafted and issued at once."""
    draft = takeovers.ask(
        version_id=version_of(request, ref, request.POST.get("n")).pk,
        by=request.user,
        expected=etags.seen_version(request.POST),
        at=request.now,
    )
    issued = commitments.issue(
        version_id=draft.pk, by=request.user, expected=draft.etag_version, at=request.now
    )
    messages.success(
        request,
        _("%(number)s is to be taken over. Who has come into office is told and signs by %(day)s.")
        % {"number": issued.commitment.number, "day": day_text(issued.sign_by)},
    )
    return redirect("commitments:detail", ref=ref)
