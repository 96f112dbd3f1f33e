"""The ladders on a page: who is told when, by which version, and which version runs for whom; how
two administrators make a new version."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from commitments.actions import ladders, policies
from commitments.enums import Audience, ClockState
from commitments.enums.policies import LadderKey, Pace, PolicyProposalState, Route
from commitments.models import CaseClock, EscalationPolicy, PolicyProposal
from commitments.rules import cases as rules
from commitments.rules.policies import changed_levels
from commitments.web.forms.policies import PolicyForm
from units import clock
from units.errors import NotAllowed, Refused
from units.http.requests import WebRequest
from units.permissions import may_administer
from units.web import refusals

PLAIN = ("in_force_from", "ack_days", "legal_basis", "reason")  # of the form
OPEN = (ClockState.RUNNING, ClockState.PAUSED, ClockState.QUARANTINED)


@dataclass(frozen=True)
class Rung:
    """One step in words."""

    level: int
    when: str
    audience: str
    acts: list[str]
    how: list[str]  # by which channels, how soon; [] as each person has chosen
    change: str = ""  # of a proposal: "added", "removed" or "changed"


@dataclass(frozen=True)
class Version:
    """One version of a ladder. `n` None: the default, which becomes version 1 when first needed."""

    key: str
    kind: str
    n: int | None
    since: date | None
    legal_basis: str
    rungs: list[Rung]
    running: int
    is_newest: bool
    ack_days: int
    is_last: bool = True  # no higher one is written, be it in force already or not
    proposal: "Waiting | None" = None  # of the last one: what waits to follow it


@dataclass(frozen=True)
class Waiting:
    """A proposed version that waits for a second administrator, beside what it would replace."""

    row: PolicyProposal
    rungs: list[Rung]


@login_required
@require_GET
def index(request: WebRequest) -> HttpResponse:
    """Show every ladder, the version that new clocks take first, with what still runs on older ones."""
    rows = EscalationPolicy.objects.select_related("calendar").prefetch_related(
        "steps", "calendar__days"
    )
    kept: dict[str, list[EscalationPolicy]] = {}
    for row in rows.order_by("key", "-version"):
        kept.setdefault(row.key, []).append(row)
    counted = (
        CaseClock.objects.filter(Q(state__in=OPEN)).values("policy").annotate(count=Count("pk"))
    )
    running = {row["policy"]: row["count"] for row in counted}
    today = clock.local_date(request.now)
    waiting = PolicyProposal.objects.filter(state=PolicyProposalState.WAITING)
    proposed = {row.kind: row for row in waiting.select_related("proposed_by")}
    found = [
        version
        for kind in LadderKey
        for version in _versions(kind, kept.get(kind, []), running, today, proposed.get(kind))
    ]
    context = {
        "versions": found,
        "administers": may_administer(request.user, None, at=request.now),
    }
    return render(request, "commitments/policies/list.html", context)


@login_required
def propose(request: WebRequest, kind: LadderKey) -> HttpResponse:
    """Propose the version that follows the newest one of a ladder."""
    if not may_administer(request.user, None, at=request.now):
        raise Http404
    today = clock.local_date(request.now)
    rows = EscalationPolicy.objects.filter(key=kind).prefetch_related("steps", "calendar__days")
    newest = rows.select_related("calendar").order_by("-version").first()
    policy = ladders.of(newest).policy if newest else rules.DEFAULT_POLICIES[kind]
    form = PolicyForm(
        request.POST or None,
        policy=policy,
        initial={"in_force_from": today, "legal_basis": newest.legal_basis if newest else ""},
    )
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        seen = request.POST.get("base", "")
        try:
            policies.propose(
                kind=kind,
                steps=form.steps(),
                base_version=int(seen) if seen.isascii() and seen.isdigit() else 0,
                by=request.user,
                at=request.now,
                **{name: form.cleaned_data[name] for name in PLAIN},
            )
        except NotAllowed:
            raise  # and is noted
        except Refused as error:
            refusals.put_into(form, error)
            status = error.status
        else:
            messages.success(
                request, _("Proposed. It counts once another administrator has published it.")
            )
            return redirect("commitments:ladders")
    context = {
        "form": form,
        "kind": kind,
        "base": newest.version if newest else 1,
        "cancel": "commitments:ladders",
    }
    return render(request, "commitments/policies/propose.html", context, status=status)


@login_required
@require_POST
def publish(request: WebRequest, proposal: int) -> HttpResponse:
    """Make a proposed version the next one of its ladder."""
    policy = policies.publish(proposal_id=proposal, by=request.user, at=request.now)
    messages.success(
        request,
        _("Published. What begins now takes version %(n)d; what runs keeps its own.")
        % {"n": policy.version},
    )
    return redirect("commitments:ladders")


@login_required
@require_POST
def withdraw(request: WebRequest, proposal: int) -> HttpResponse:
    """Take a proposed version back."""
    policies.withdraw(proposal_id=proposal, by=request.user, at=request.now)
    messages.success(request, _("Withdrawn. The ladder stays as it is."))
    return redirect("commitments:ladders")


def _versions(
    kind: LadderKey,
    rows: list[EscalationPolicy],
    running: dict[int, int],
    today: date,
    proposed: PolicyProposal | None,
) -> list[Version]:
    """Return the versions of one ladder, the newest first; of one nobody has needed, the default."""
    if not rows:
        default = rules.DEFAULT_POLICIES[kind]
        rungs, label = _rungs(default.steps), str(kind.label)
        return [Version(kind, label, None, None, "", rungs, 0, True, default.ack_days)]
    newest = next((row for row in rows if row.in_force_from <= today), rows[-1])
    return [
        Version(
            kind,
            str(kind.label),
            row.version,
            row.in_force_from,
            row.legal_basis,
            _rungs(ladders.of(row).policy.steps),
            running.get(row.pk, 0),
            row == newest,
            row.ack_days,
            row == rows[0],
            _waiting(proposed, ladders.of(row).policy) if proposed and row == rows[0] else None,
        )
        for row in rows
    ]


def _waiting(row: PolicyProposal, before: rules.Policy) -> Waiting:
    """Return a proposal with each level marked that differs from `before`; removed ones stay shown."""
    steps = policies.steps_of(row)
    changes = changed_levels(before.steps, steps)
    gone = [step for step in before.steps if changes.get(step.level) == "removed"]
    whole = sorted([*steps, *gone], key=lambda step: step.level)
    rungs = _rungs(whole)
    return Waiting(row, [replace(rung, change=changes.get(rung.level, "")) for rung in rungs])


def _rungs(steps: Iterable[rules.Step]) -> list[Rung]:
    return [
        Rung(
            step.level,
            "; ".join(_when(offset) for offset in step.offsets),
            str(Audience(step.audience).label),
            list(_acts(step)),
            list(_how(step)),
        )
        for step in steps
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


def _how(step: rules.Step) -> Iterator[str]:
    """Yield by which channels and how soon a step is told, where it says so for everybody."""
    if step.channels:
        yield str(Route(step.channels).label)
    if step.pace:
        yield str(Pace(step.pace).label)


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
