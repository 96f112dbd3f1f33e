"""The first page: what waits for this person, nearest deadline first."""

from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from commitments import permissions
from commitments.enums import VersionState
from commitments.enums.backlog import CaseState
from commitments.models import BacklogCase, CommitmentVersion, ReportingDuty
from commitments.querysets import queue
from commitments.querysets.reports import own_side
from commitments.web import corrections, tabs
from commitments.web.ageing import case_rows
from commitments.web.backlog import ESCALATED
from commitments.web.rows import rows_for
from commitments.web.verifications import TO_VERIFY
from units import clock
from units.enums import Role
from units.http.requests import WebRequest
from units.models import OrgUnit
from units.permissions import offices_of, roles_of
from units.querysets.organisation import reach_of_page

URGENT = 5
MOST = 12  # lines about reports, and about corrective actions


class Urgent(NamedTuple):
    """One line of what burns first. `days`: late, whole days; `level`: of its ladder, 0 for a
    commitment, whose ladder stands on its own page."""

    url: str
    number: str
    about: str
    days: int
    level: int = 0


@login_required
def home(request: WebRequest) -> HttpResponse:
    """Show a head what waits, a supervisor the buckets and what burns first, others the way on."""
    offices = offices_of(request.user, at=request.now)
    roles = roles_of(request.user, at=request.now)
    positions = [office.position_id for office in offices]
    day = clock.local_date(request.now)
    mine = (
        CommitmentVersion.objects.filter(
            Q(state=VersionState.ISSUED)
            & (Q(first_undertaker__in=positions) | Q(second_undertaker__in=positions))
            | Q(state=VersionState.SIGNED, assigner__in=positions)
        )
        .for_rows()
        .order_by("sign_by", "pk")
    )
    waiting = [row for row in rows_for(mine, at=request.now) if _waits_for(row, positions)]
    steers = bool(roles & tabs.STEERING) or permissions.lowest_level(request.user, at=request.now)
    context: dict[str, Any] = {
        "waiting": waiting,
        "reporting": _reporting(request),
        "correcting": corrections.owed_by(request.user, offices, at=request.now, most=MOST),
        "to_verify": TO_VERIFY.count(request.user, at=request.now)
        if Role.VERIFIER in roles
        else None,
        "offices": offices,
        "roles": roles,
        "steers": steers,
        "reads_only": bool(roles)
        and not offices
        and not roles & (tabs.STEERING | {Role.ADMINISTRATOR}),
        "today": day,
    }
    mine_too = BacklogCase.objects.filter(state=CaseState.ASSIGNED, office__in=positions)
    ordered = mine_too.for_rows().order_by("current_due_on", "pk")
    context["cases"] = case_rows(ordered, at=request.now) if positions else []
    if steers:
        context |= _desk(request)
    return render(request, "commitments/home/home.html", context)


def _desk(request: WebRequest) -> dict[str, Any]:
    """Return what the queue holds, by matter, and what of it burns first."""
    at = request.now
    reach = reach_of_page(request.user, at=at)
    visible = CommitmentVersion.objects.within(reach).latest()
    visible = visible.put_aside_by(request.user, at=at, shown=False)  # as the queue does
    queue_url = reverse("commitments:queue")
    bar = tabs.tabs_of(
        request.user, visible, reach, address=lambda key: f"{queue_url}?bucket={key}", at=at
    )
    filled = [tab for tab in bar if tab.count and tab.key not in tabs.QUIET]
    late = queue.bucket(visible, "late", on=clock.local_date(at)).for_rows()
    urgent = [
        Urgent(
            reverse("commitments:detail", args=[row.version.commitment.ref]),
            row.version.commitment.number,
            row.version.commitment.unit.name,
            row.days_late,
        )
        for row in rows_for(late.order_by("sign_by", "pk")[:URGENT], at=at)
    ] + [
        Urgent(
            reverse("commitments:case", args=[row.case.ref]),
            row.case.number,
            row.case.name,
            row.overdue,
            row.level,
        )
        for row in ESCALATED.rows(request.user, at=at, most=URGENT)
    ]
    return {
        "matters": tabs.by_matter(filled),
        "empty": [tab for tab in bar if not tab.count],
        "urgent": sorted(urgent, key=lambda one: -one.days)[:URGENT],
    }


def _reporting(request: WebRequest) -> list[dict[str, Any]]:
    """Return what this person's own side must still report, by unit and period, the next due first."""
    day = clock.local_date(request.now)
    own = own_side(request.user, at=request.now)
    if not own.everything and not own.unit_ids:
        return []
    owed = ReportingDuty.objects.filter(own.on("unit")).to_write(on=day).order_by("due_on", "unit")
    rows = owed.values(
        "unit", "period__code", "period__name_vi", "period__name_en", "due_on"
    ).annotate(left=Count("pk"), returned=Count("pk", filter=Q(resubmit_by__isnull=False)))
    found = list(rows[:MOST])
    names = OrgUnit.objects.with_names().in_bulk({row["unit"] for row in found})
    return [
        row | {"unit": names[row["unit"]], "days_late": max(0, (day - row["due_on"]).days)}
        for row in found
    ]


def _waits_for(row, positions) -> bool:
    """Whether an office of this person has not acted yet on what the row awaits."""
    if row.version.state == VersionState.SIGNED:
        return row.assigner.position.pk in positions
    return any(
        office.position.pk in positions and office.signed is None for office in row.undertakers
    )
