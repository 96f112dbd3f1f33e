"""Backlog cases on pages: the list, one case with its ladder as a timeline, entering, making clear."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from commitments import permissions
from commitments.actions import backlog, cases, exports
from commitments.actions.subjects import Cases
from commitments.enums.backlog import CaseAct, CaseKind, CaseProposalState, CaseState
from commitments.models import BacklogCase, CaseClock, Explanation, StepFired
from commitments.rules.backlog import MOVES
from commitments.web import acknowledgements, deputies, reminders
from commitments.web.acts import possible_acts
from commitments.web.ageing import CaseRow, case_rows
from commitments.web.forms.backlog import ClearsForm, RegisterForm
from commitments.web.openings import opened
from commitments.web.tabs import Matter
from commitments.web.words import searched
from units import clock
from units.enums import Role
from units.http import etags, tables
from units.http.requests import WebRequest
from units.models import OrgUnit, RegisterEntry, User
from units.permissions import roles_of
from units.querysets.organisation import Reach, reach_of, reach_of_page, subtree
from units.web import refusals

TWICE = timedelta(minutes=10)
PAGE = 25
CHUNK = 500
WIDTHS = (10, 22, 40, 30, 26, 12, 10, 12, 10, 10, 8, 18)
AGES = {
    "30": gettext_lazy("up to 30 days"),
    "90": gettext_lazy("31 to 90 days"),
    "180": gettext_lazy("91 to 180 days"),
    "365": gettext_lazy("181 to 365 days"),
    "older": gettext_lazy("more than 365 days"),
}
FILTERS = ("q", "state", "age", "level", "kind", "unit")


@login_required
@require_GET
def index(request: WebRequest) -> HttpResponseBase:
    """List cases, the oldest first. Filters, position and export live in the address."""
    reach = reach_of(request.user, at=request.now)
    found = _filtered(request, reach)
    if (form := request.GET.get("export")) in {"csv", "xlsx"}:
        return _export(found, form, at=request.now)
    total = found.count()
    if after := request.GET.get("after"):
        try:
            day, pk = signing.loads(after, salt="cases")
        except signing.BadSignature as error:
            raise Http404 from error
        found = found.filter(Q(original_due_on__gt=day) | Q(original_due_on=day, pk__gt=pk))
    rows = list(found.for_rows().order_by("original_due_on", "pk")[: PAGE + 1])
    more = ""
    if len(rows) > PAGE:
        last = rows[PAGE - 1]
        place = [last.original_due_on.isoformat(), last.pk]
        more = _address(request, after=signing.dumps(place, salt="cases"))
    context = {
        "rows": case_rows(rows[:PAGE], at=request.now),
        "total": total,
        "more": more,
        "chosen": {name: request.GET.get(name, "") for name in FILTERS},
        "filtered": any(request.GET.get(name) for name in FILTERS),
        "states": CaseState.choices,
        "kinds": CaseKind.choices,
        "ages": AGES.items(),
        "levels": range(5),
        "units": OrgUnit.objects.filter(
            pk__in=BacklogCase.objects.within(reach).values("unit")
        ).with_names(),
        "exports": {form: _address(request, export=form) for form in ("csv", "xlsx")},
        "may_register": Role.SUPERVISOR in roles_of(request.user, at=request.now),
    }
    return render(request, "commitments/backlog/list.html", context)


def _address(request: WebRequest, **changes: str) -> str:
    query = request.GET.copy()
    for name in ("after", "export"):
        query.pop(name, None)
    for name, value in changes.items():
        query[name] = value
    return f"{request.path}?{query.urlencode()}"


def _filtered(request: WebRequest, reach: Reach) -> QuerySet[BacklogCase]:
    """Return the cases that this person may see and the filters leave; by default those not ended."""
    chosen, day = request.GET, clock.local_date(request.now)
    found = BacklogCase.objects.within(reach)
    state = chosen.get("state", "")
    if state in CaseState.values:
        found = found.filter(state=state)
    elif state != "all":
        found = found.open()
    if (age := chosen.get("age", "")) in AGES:
        found = found.aged(age, on=day)
    if (kind := chosen.get("kind", "")) in CaseKind.values:
        found = found.filter(kind=kind)
    if (level := chosen.get("level", "")) in {"0", "1", "2", "3", "4"}:
        found = found.with_level().filter(level=int(level))
    if unit := chosen.get("unit"):
        under = OrgUnit.objects.filter(reach.on("pk"), ref=unit).first()
        if under is None:
            raise Http404
        found = found.filter(unit__in=subtree([(under.pk, None)], day=day))
    if text := searched(chosen):
        found = found.filter(Q(number__icontains=text) | Q(title__icontains=text))
    return found


def _export(found: QuerySet[BacklogCase], form: str, *, at: datetime) -> HttpResponseBase:
    """Return every case of the list, not only the page, as a file for a spreadsheet program."""
    headings = [
        _("Number"), _("Kind"), _("Title"), _("Unit"), _("Holder"), _("Originally due"), _("Age"),
        _("Now due"), _("Days late"), _("Extensions"), _("Level"), _("State"),
    ]  # fmt: skip
    rows = (cells(row) for row in _chunks(found, at=at))
    if form == "csv":
        return tables.csv_response("cases", headings, rows)
    return tables.xlsx_response("cases", exports.table(_("Backlog"), headings, rows, WIDTHS))


def _chunks(found: QuerySet[BacklogCase], *, at: datetime) -> Iterator[CaseRow]:
    last = 0
    while chunk := list(found.filter(pk__gt=last).for_rows().order_by("pk")[:CHUNK]):
        last = chunk[-1].pk
        yield from case_rows(chunk, at=at)


def cells(row: CaseRow) -> list[Any]:
    """Return one case as the cells of a table."""
    case = row.case
    return [
        case.number,
        case.get_kind_display(),
        case.name,
        case.unit.name,
        row.holder.person.full_name if row.holder else "",
        case.original_due_on,
        Decimal(row.age),
        case.current_due_on,
        Decimal(row.overdue),
        Decimal(case.extension_count),
        Decimal(row.level),
        case.get_state_display(),
    ]


def case_or_404(request: WebRequest, ref: str) -> BacklogCase:
    """Return a case that this person may see."""
    visible = BacklogCase.objects.visible_to(request.user, at=request.now)
    return get_object_or_404(visible.for_rows(), ref=ref)


@dataclass(frozen=True)
class Event:
    """One line of the timeline: an act with its entry, or a step of the ladder and who was told."""

    at: datetime
    entry: RegisterEntry | None = None
    step: StepFired | None = None
    told: str = ""


@login_required
@require_GET
def detail(request: WebRequest, ref: str) -> HttpResponse:
    """Show one case: its age, what happened to it, what comes next by itself, what may be done."""
    case = case_or_404(request, ref)
    row = case_rows([case], at=request.now)[0]
    explained = Explanation.objects.filter(clock__case=case)
    context = {
        "case": case,
        "row": row,
        "opened": opened(case, at=request.now),
        "carried": case.carryovers.select_related(
            "target__period", "target__indicator", "next_target__period"
        ).order_by("pk"),
        "unclear": [backlog.CLEAR_LABELS[name] for name in backlog.unclear(case)]
        if case.state == CaseState.REGISTERED
        else [],
        "events": _events(case),
        "ack": acknowledgements.of(row.waiting_clock, reader=request.user, at=request.now),
        "aside": reminders.aside(
            case, waiting=row.waiting_clock, reader=request.user, at=request.now
        ),
        "deputy": deputies.of(row.waiting_clock, reader=request.user, at=request.now),
        "coming": cases.coming(row.waiting_clock) if row.waiting_clock else [],
        "explanations": explained.select_related("clock", "given_by", "decided_by").order_by("pk"),
        "files": case.evidence.select_related("added_by").order_by("pk"),
        "extensions": case.extensions.select_related("proposed_by", "granted_by").order_by(
            "ordinal"
        ),
        "proposal": case.proposals.filter(state=CaseProposalState.OPEN)
        .select_related("proposed_by")
        .first(),
        "acts": possible_acts(case, by=request.user, at=request.now),
        "to_explain": _to_explain(row, reader=request.user),
        "may_edit": case.state in MOVES[CaseAct.EDIT].sources
        and permissions.supervises(request.user, case.unit_id, at=request.now),
    }
    return render(request, "commitments/backlog/detail.html", context)


def _to_explain(row: CaseRow, *, reader: User) -> Explanation | None:
    """Return the explanation that a step asked `reader` for, while it is not given."""
    asked = row.explanation
    if asked is None or asked.given_at or row.case.state != CaseState.ASSIGNED:
        return None
    return asked if row.holder and row.holder.person_id == reader.pk else None


def _events(case: BacklogCase) -> list[Event]:
    """Return the acts on a case and the steps of its ladder, the oldest first."""
    entries = RegisterEntry.objects.about(Cases.noun, case.ref).select_related("actor", "office")
    entries = entries.exclude(kind__startswith="desk.")  # whose queue holds it is no act on it
    fired = StepFired.objects.filter(clock__in=CaseClock.objects.filter(case=case))
    steps = list(fired.select_related("clock").order_by("pk"))
    named = {one["person"] for step in steps for one in step.addressees}
    people = User.objects.in_bulk(list(named), field_name="username") if named else {}
    events = [Event(entry.at, entry=entry) for entry in entries.order_by("pk")]
    for step in steps:
        names = [people[one["person"]].full_name for one in step.addressees]
        events.append(Event(step.decided_at, step=step, told=", ".join(names)))
    return sorted(events, key=lambda event: event.at)


@login_required
def create(request: WebRequest) -> HttpResponse:
    """Enter a case by hand."""
    if Role.SUPERVISOR not in roles_of(request.user, at=request.now):
        raise Http404
    form = RegisterForm(request.POST or None, by=request.user, at=request.now)
    if request.method == "POST" and form.is_valid():
        if before := _sent_before(request, form.as_arguments()):
            return redirect("commitments:case", ref=before.ref)
        with refusals.shown_in(form):
            made = backlog.register_case(**form.as_arguments(), by=request.user, at=request.now)
            messages.success(request, _("The case is registered. Make it clear, then assign it."))
            return redirect("commitments:case", ref=made.ref)
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/backlog/register.html", {"form": form}, status=status)


def _sent_before(request: WebRequest, said: dict[str, Any]) -> BacklogCase | None:
    """Return the case that this person has registered in the same words minutes ago: a second
    click, or back and sent again. None: there is none."""
    since = request.now - TWICE
    own = BacklogCase.objects.filter(registered_by=request.user, registered_at__gt=since)
    named = {"period_id": "origin_period_id"}
    return own.filter(**{named.get(name, name): said[name] for name in said if said[name]}).first()


@login_required
def edit(request: WebRequest, ref: str) -> HttpResponse:
    """Write what has become clear about a case that is not assigned yet."""
    case = case_or_404(request, ref)
    if not permissions.supervises(request.user, case.unit_id, at=request.now):
        raise Http404
    form = ClearsForm(request.POST or None, case=case, at=request.now)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            backlog.edit(
                case_id=case.pk,
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                **form.as_arguments(),
            )
            messages.success(request, _("What is clear now is kept."))
            return redirect("commitments:case", ref=ref)
    context = {
        "case": case,
        "form": form,
        "seen": request.POST.get("version") or case.etag_version,
        "unclear": [backlog.CLEAR_LABELS[name] for name in backlog.unclear(case)],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/backlog/edit.html", context, status=status)


# --- the queue ------------------------------------------------------------------------------------


class Bucket:
    """A bucket of the queue that holds cases in reach of the reader, the oldest first."""

    template = "commitments/backlog/_queue.html"
    matter = Matter.CASES

    def __init__(self, key: str, label: Any) -> None:
        self.key, self.label = key, label

    def _found(self, user: Any, *, at: datetime) -> QuerySet[BacklogCase]:
        seen = BacklogCase.objects.within(reach_of_page(user, at=at))
        seen = seen.not_put_aside_by(user, at=at)
        if self.key == "cases_to_verify":
            return seen.filter(state=CaseState.RESOLVED)
        if self.key == "cases_opened":
            return seen.filter(state=CaseState.REGISTERED).exclude(opened_for="")
        lowest = permissions.lowest_level(user, at=at)
        if lowest is None:
            return seen.none()
        return seen.with_level().filter(level__gte=lowest)

    def count(self, user: Any, *, at: datetime) -> int:
        """Return how many there are; equal to the list."""
        return self._found(user, at=at).count()

    def rows(self, user: Any, *, at: datetime, most: int = 200) -> list[CaseRow]:
        """Return the first `most`."""
        found = self._found(user, at=at).for_rows().order_by(F("level").desc(), "original_due_on")
        return case_rows(found[:most], at=at)


OPENED = Bucket("cases_opened", gettext_lazy("Cases opened by rule, to be made clear"))
ESCALATED = Bucket("cases_escalated", gettext_lazy("Cases escalated to me"))
TO_VERIFY = Bucket("cases_to_verify", gettext_lazy("Cases to verify"))
