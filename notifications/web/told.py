"""The whole chain of one step of a ladder: what fired, who was told, and what the mail server said."""

from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_GET

from commitments import permissions
from commitments.actions.subjects import DIRECTORIES
from commitments.enums import Audience
from commitments.models import StepFired
from notifications import messages
from notifications.actions.facts import facts_of, gather, path_of
from notifications.models import DeliveryAttempt, Notice
from units.actions import register
from units.http.requests import WebRequest
from units.models import RegisterLink, User
from units.permissions import may_administer


class Line(NamedTuple):
    """One notice of the step: to whom, about what, in whose letter, and each try to deliver it."""

    notice: Notice
    headline: str
    tries: list[DeliveryAttempt]


@login_required
@require_GET
def step(request: WebRequest, step: int) -> HttpResponse:
    """Show one step to whoever sees what it is about; the server's answers to whoever answers for it."""
    fired = StepFired.objects.select_related("clock__policy", "entry").filter(pk=step).first()
    subject = _visible_subject(fired, request) if fired else None
    if fired is None or subject is None:
        raise Http404
    link = RegisterLink.objects.filter(entry=fired.entry).first() if fired.entry else None
    entered = register.data_of(fired.entry) if fired.entry else {}
    unit = DIRECTORIES[fired.clock.column].unit_of(subject)
    context = {
        "step": fired,
        "what": getattr(subject, "number", "") or str(subject),
        "path": path_of(subject, fired.clock.kind),
        "link": link,
        "policy": _policy_of(fired, entered),
        "audience": Audience(entered["audience"]).label if entered else "",
        "addressees": _addressees(fired),
        "lines": _lines(link, request) if link else [],
        "shows_answers": permissions.supervises(request.user, unit, at=request.now)
        or may_administer(request.user, None, at=request.now),
    }
    return render(request, "notifications/step.html", context)


def _visible_subject(fired: StepFired, request: WebRequest) -> Any:
    """Return what the step is about; None unless the reader may see it."""
    subject, kind = fired.clock.subject, DIRECTORIES[fired.clock.column]
    if not type(subject).objects.visible_to(request.user, at=request.now).filter(pk=subject.pk):
        return None
    return kind.load([subject.pk])[subject.pk]


def _policy_of(fired: StepFired, entered: dict[str, Any]) -> tuple[str, int] | None:
    """Return key and version of the ladder by which the step fired; None: it was not recorded.

    The entry says it. Older entries do not; then the clock knows, unless it has begun anew since.
    """
    if "policy_version" in entered:
        return entered["policy"], entered["policy_version"]
    if fired.generation == fired.clock.generation:
        return fired.clock.policy.key, fired.clock.policy.version
    return None


def _addressees(fired: StepFired) -> list[str]:
    named = [one["person"] for one in fired.addressees]
    people = User.objects.in_bulk(named, field_name="username")
    return [people[name].full_name for name in named if name in people]


def _lines(link: RegisterLink, request: WebRequest) -> list[Line]:
    """Return the notices of one entry, each with its tries or those of the letter it went in."""
    rows = list(Notice.objects.with_matter().filter(link=link).order_by("pk"))
    gather(rows)
    letters = {row.led_by_id or row.pk for row in rows}
    tries: dict[int, list[DeliveryAttempt]] = {}
    for one in DeliveryAttempt.objects.filter(notice__in=letters).order_by("pk"):
        tries.setdefault(one.notice_id, []).append(one)
    language = translation.get_language()
    return [
        Line(
            row,
            messages.headline(
                row.message, facts_of(row, at=request.now, language=language, with_step=False)
            ),
            tries.get(row.led_by_id or row.pk, []),
        )
        for row in rows
    ]
