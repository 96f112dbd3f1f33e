"""The ladders on a page: who is told when, by which version, and which version runs for whom."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from commitments.actions import ladders
from commitments.enums import Audience, ClockKind, ClockState
from commitments.models import CaseClock, EscalationPolicy
from commitments.rules import cases as rules
from units import clock
from units.http.requests import WebRequest

OPEN = (ClockState.RUNNING, ClockState.PAUSED, ClockState.QUARANTINED)


@dataclass(frozen=True)
class Rung:
    """One step in words."""

    level: int
    when: str
    audience: str
    acts: list[str]


@dataclass(frozen=True)
class Version:
    """One version of a ladder. `n` None: the default, which becomes version 1 when first needed."""

    kind: str
    n: int | None
    since: date | None
    legal_basis: str
    rungs: list[Rung]
    running: int
    is_newest: bool


@login_required
@require_GET
def index(request: WebRequest) -> HttpResponse:
    """Show every ladder, the version that new clocks take first, with what still runs on older ones."""
    rows = EscalationPolicy.objects.select_related("calendar").prefetch_related(
        "steps", "calendar__days"
    )
    kept: dict[str, list[EscalationPolicy]] = {}
    for row in rows.order_by("key", "-version"):
        kept.setdefault(row.subject_kind, []).append(row)
    counted = (
        CaseClock.objects.filter(Q(state__in=OPEN)).values("policy").annotate(count=Count("pk"))
    )
    running = {row["policy"]: row["count"] for row in counted}
    today = clock.local_date(request.now)
    found = [
        version
        for kind in ClockKind
        if kind in rules.DEFAULT_POLICIES
        for version in _versions(kind, kept.get(kind, []), running, today)
    ]
    return render(request, "commitments/policies/list.html", {"versions": found})


def _versions(
    kind: ClockKind, rows: list[EscalationPolicy], running: dict[int, int], today: date
) -> list[Version]:
    """Return the versions of one ladder, the newest first; of one nobody has needed, the default."""
    if not rows:
        rungs = _rungs(rules.DEFAULT_POLICIES[kind])
        return [Version(str(kind.label), None, None, "", rungs, 0, True)]
    newest = next((row for row in rows if row.in_force_from <= today), rows[-1])
    return [
        Version(
            str(kind.label),
            row.version,
            row.in_force_from,
            row.legal_basis,
            _rungs(ladders.of(row).policy),
            running.get(row.pk, 0),
            row == newest,
        )
        for row in rows
    ]


def _rungs(policy: rules.Policy) -> list[Rung]:
    return [
        Rung(
            step.level,
            "; ".join(_when(offset) for offset in step.offsets),
            str(Audience(step.audience).label),
            list(_acts(step)),
        )
        for step in policy.steps
    ]


def _when(offset: int) -> str:
    """Return when a step falls, e.g. "7 days after the due date"."""
    if offset == 0:
        return _("on the due date")
    if offset < 0:
        text = ngettext("%(n)d day before the due date", "%(n)d days before the due date", -offset)
        return text % {"n": -offset}
    text = ngettext("%(n)d day after the due date", "%(n)d days after the due date", offset)
    return text % {"n": offset}


def _acts(step: rules.Step) -> Any:
    """Yield what a step does beside telling its audience."""
    if rules.LETTER in step.acts:
        yield _("a letter to the holder")
    if step.explanation_days:
        text = ngettext(
            "an explanation within %(n)d working day",
            "an explanation within %(n)d working days",
            step.explanation_days,
        )
        yield text % {"n": step.explanation_days}
    if rules.AGENDA in step.acts:
        yield _("onto the agenda")
    if step.repeat_days:
        text = ngettext("again every %(n)d day", "again every %(n)d days", step.repeat_days)
        yield text % {"n": step.repeat_days}
