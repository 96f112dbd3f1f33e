"""The agenda of the standing committee's meeting: what the ladder has carried up to it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from commitments.actions import exports
from commitments.enums.backlog import CaseProposalState
from commitments.models import BacklogCase, CaseClock, CaseProposal, CommitmentVersion
from commitments.web.ageing import CaseRow, case_rows
from units import clock
from units.enums import OversightLevel, Role
from units.http import tables
from units.http.requests import WebRequest
from units.models import Oversight
from units.permissions import offices_of, roles_of

TOP = 4  # the level that speaks to the standing committee
WIDTHS = (6, 14, 44, 30, 26, 14, 12, 12, 12, 12, 50)
READERS = {Role.SUPERVISOR, Role.ASSIGNER, Role.PLANNER, Role.INSPECTOR}


@dataclass(frozen=True)
class CaseItem:
    """One case on the agenda. `proposal` None: nothing is proposed."""

    row: CaseRow
    proposal: CaseProposal | None


@dataclass(frozen=True)
class LateVersion:
    """One commitment whose signature has come up to the committee."""

    version: CommitmentVersion
    due_on: date
    days: int


@login_required
@require_GET
def agenda(request: WebRequest) -> HttpResponse:
    """Show what stands on the agenda today, to print or as a workbook (`?export=xlsx`)."""
    if not _may_read(request):
        raise Http404
    seen = BacklogCase.objects.visible_to(request.user, at=request.now)
    climbed = seen.for_rows().filter(level__gte=TOP).order_by("original_due_on", "pk")
    items = _items(case_rows(climbed, at=request.now))
    late = _late_versions(request)
    if request.GET.get("export") == "xlsx":
        return _workbook(items, late, at=request.now)
    context = {"items": items, "late": late, "today": clock.local_date(request.now)}
    return render(request, "commitments/backlog/agenda.html", context)


def _may_read(request: WebRequest) -> bool:
    """Say whether the reader steers or sits where the ladder ends."""
    if roles_of(request.user, at=request.now) & READERS:
        return True
    offices = [office.position_id for office in offices_of(request.user, at=request.now)]
    watching = Oversight.objects.in_force(clock.local_date(request.now))
    return watching.filter(
        position__in=offices,
        level__in=[OversightLevel.STANDING_COMMITTEE, OversightLevel.LEADER_IN_CHARGE],
    ).exists()


def _items(rows: list[CaseRow]) -> list[CaseItem]:
    waiting = CaseProposal.objects.filter(
        case__in=[row.case.pk for row in rows], state=CaseProposalState.OPEN
    )
    proposals = {proposal.case_id: proposal for proposal in waiting.select_related("proposed_by")}
    return [CaseItem(row, proposals.get(row.case.pk)) for row in rows]


def _late_versions(request: WebRequest) -> list[LateVersion]:
    visible = CommitmentVersion.objects.visible_to(request.user, at=request.now)
    clocks = CaseClock.objects.open().filter(level__gte=TOP, version__in=visible)
    due = dict(clocks.values_list("version_id", "due_on"))
    rows = CommitmentVersion.objects.for_rows().filter(pk__in=due).order_by("sign_by", "pk")
    today = clock.local_date(request.now)
    return [LateVersion(row, due[row.pk], max(0, (today - due[row.pk]).days)) for row in rows]


def _workbook(items: list[CaseItem], late: list[LateVersion], *, at: datetime) -> HttpResponse:
    headings = [
        _("No."), _("Number"), _("Matter"), _("Unit"), _("Holder"), _("Originally due"), _("Age"),
        _("Now due"), _("Days late"), _("Extensions"), _("Explanation and proposal"),
    ]  # fmt: skip
    rows: list[list[Any]] = []
    for item in items:
        row, case = item.row, item.row.case
        rows.append(
            [
                Decimal(len(rows) + 1),
                case.number,
                case.name,
                case.unit.name,
                row.holder.person.full_name if row.holder else "",
                case.original_due_on,
                Decimal(row.age),
                case.current_due_on,
                Decimal(row.overdue),
                Decimal(case.extension_count),
                "; ".join(
                    text
                    for text in (
                        row.explanation.text if row.explanation else "",
                        item.proposal.reason if item.proposal else "",
                    )
                    if text
                ),
            ]
        )
    rows.extend(
        [
            Decimal(len(items) + place),
            one.version.commitment.number,
            _("The commitment is not signed."),
            one.version.commitment.unit.name,
            "",
            one.due_on,
            Decimal(one.days),
            one.due_on,
            Decimal(one.days),
            Decimal(0),
            "",
        ]
        for place, one in enumerate(late, start=1)
    )
    name = f"agenda-{clock.local_date(at).isoformat()}"
    return tables.xlsx_response(name, exports.table(_("Agenda"), headings, rows, WIDTHS))
