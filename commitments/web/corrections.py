"""What follows a verdict, on pages: the corrective action of a target, and which are still missing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import permissions
from commitments.actions import corrections, lookback
from commitments.actions.results import Line
from commitments.enums import PeriodState, VerdictValue
from commitments.enums.backlog import CorrectionState
from commitments.models import Carryover, CorrectiveAction, Period, Target, Verdict
from commitments.querysets.scoring import ASKING
from commitments.rules.corrections import days_late
from commitments.web.forms.corrections import CorrectionForm, DecisionForm, DoneForm
from commitments.web.tabs import Matter
from units import clock
from units.http import etags
from units.http.requests import WebRequest
from units.models import Appointment, User
from units.querysets.ordering import as_counted
from units.querysets.organisation import reach_of_page
from units.web import refusals

SHOWN = 200


@dataclass(frozen=True)
class After:
    """What follows the verdict on one target. `is_missing`: it asks for a corrective action and has
    none; `may_carry`: the reader may accept that it goes on, in a way that is still open.

    `days_late`: whole days, of what is to be done. `may_finish`, `may_decide`: known on the page of
    the target alone.
    """

    correction: CorrectiveAction | None
    carried: Carryover | None
    is_missing: bool
    may_correct: bool
    may_carry: bool
    days_late: int = 0
    may_finish: bool = False
    may_decide: bool = False


def following(plan: Period, keys: Sequence[int], *, by: User, at: datetime) -> dict[int, After]:
    """Return what follows the verdicts on these targets of `plan`, by target; those that ask for
    nothing are left out. A constant number of queries."""
    if plan.state not in {PeriodState.CLOSING, PeriodState.CLOSED}:
        return {}
    asking = Verdict.objects.asking().filter(target__in=keys)
    verdicts = dict(asking.values_list("target", "verdict"))
    units = dict(Target.objects.filter(pk__in=verdicts).values_list("pk", "unit"))
    written = {
        row.target_id: row
        for row in CorrectiveAction.objects.filter(target__in=keys).select_related(
            "office", "written_by", "done_by", "decided_by"
        )
    }
    carried = {
        row.target_id: row
        for row in Carryover.objects.filter(target__in=keys).select_related(
            "case", "next_target__period"
        )
    }
    writes = permissions.corrects_for(by, plan, at=at)
    plans = permissions.plans_in_person(by, plan.owner_id, at=at)
    return {
        pk: After(
            written.get(pk),
            carried.get(pk),
            pk in verdicts and pk not in written,
            pk in verdicts
            and (writes.everything or units[pk] in writes.unit_ids)
            and (pk not in written or written[pk].state == CorrectionState.OPEN),
            plans
            and verdicts.get(pk) == VerdictValue.UNMET
            and (pk not in carried or not (carried[pk].case_id and carried[pk].next_target_id)),
            days_late=_days_late(written.get(pk), pk in verdicts, at=at),
        )
        for pk in keys
        if pk in verdicts or pk in written or pk in carried
    }


def following_one(target: Target, *, by: User, at: datetime) -> After | None:
    """Return what follows the verdict on one target, with what `by` may do about it; None: nothing."""
    after = following(target.period, [target.pk], by=by, at=at).get(target.pk)
    if after is None or after.correction is None:
        return after
    row = after.correction
    row.target = target
    return replace(
        after,
        may_finish=row.state == CorrectionState.OPEN
        and permissions.may_finish_correction(by, row, at=at),
        may_decide=row.state == CorrectionState.DONE
        and permissions.may_decide_correction(by, row, at=at),
    )


def _days_late(row: CorrectiveAction | None, asked: bool, *, at: datetime) -> int:
    """Return by how many days `row` is late; 0 where nothing asks for it any more."""
    if row is None or not asked:
        return 0
    return days_late(CorrectionState(row.state), row.due_on, on=clock.local_date(at))


def followed(lines: Sequence[Line], *, at: datetime) -> dict[int, After]:
    """Return what followed the verdicts on these lines as it was known at the past instant `at`, by
    target; nothing can be done there any more."""
    keys = {line.said["ref"]: line.said["pk"] for line in lines}
    written = lookback.corrections(keys, at=at)
    carried = lookback.carryovers(keys, at=at)
    return {
        line.said["pk"]: After(
            written.get(line.said["ref"]),
            carried.get(line.said["ref"]),
            line.said["concluded"] in ASKING and line.said["ref"] not in written,
            may_correct=False,
            may_carry=False,
            days_late=_days_late(
                written.get(line.said["ref"]), line.said["concluded"] in ASKING, at=at
            ),
        )
        for line in lines
        if line.said["concluded"] in ASKING or line.said["ref"] in {**written, **carried}
    }


def chain_before(target: Target) -> Carryover | None:
    """Return how an earlier target went on as this one; None: it begins here."""
    found = Carryover.objects.filter(next_target=target).select_related("target__period")
    return found.first()


def seen_or_404(request: WebRequest, ref: str) -> Target:
    """Return the target, if the reader sees it."""
    seen = Target.objects.visible_to(request.user, at=request.now)
    return get_object_or_404(
        seen.select_related("period", "indicator", "unit").prefetch_related("unit__versions"),
        ref=ref,
    )


@login_required
def correction(request: WebRequest, ref: str) -> HttpResponse:
    """Write the corrective action of a target, or write it anew."""
    target = seen_or_404(request, ref)
    if not permissions.may_correct(request.user, target, at=request.now):
        raise Http404
    held = CorrectiveAction.objects.filter(target=target).first()
    form = CorrectionForm(request.POST or None, target=target, held=held, at=request.now)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            corrections.write(
                target_id=target.pk,
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                **form.as_arguments(),
            )
            messages.success(
                request,
                _("The corrective action for %(code)s is written.") % {"code": target.code},
            )
            return redirect("commitments:target", ref=ref)
    verdict = Verdict.objects.asking().filter(target=target).first()
    context = {
        "form": form,
        "target": target,
        "title": _("Corrective action for %(code)s") % {"code": target.code},
        "button": _("Save the corrective action"),
        "verdict": verdict,
        "version": held.etag_version if held else 0,
        "has_version": True,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/corrections/form.html", context, status=status)


@login_required
def finish(request: WebRequest, ref: str) -> HttpResponse:
    """Ask what was done; on POST, say that the corrective action is done."""
    row = _written_or_404(request, ref)
    if not permissions.may_finish_correction(request.user, row, at=request.now):
        raise Http404
    form = DoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            corrections.finish(
                target_id=row.target_id,
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                **form.cleaned_data,
            )
            messages.success(
                request, _("It is written down. Somebody of another unit confirms it.")
            )
            return redirect("commitments:target", ref=ref)
    return _act(request, row, form, title=_("Say that it is done: %(code)s"))


@login_required
def decide(request: WebRequest, ref: str) -> HttpResponse:
    """Show what is said to be done; on POST, confirm it or take it back."""
    row = _written_or_404(request, ref)
    if not permissions.may_decide_correction(request.user, row, at=request.now):
        raise Http404
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told: dict[str, Any] = {"reason": form.cleaned_data["reason"]} if form.takes_back else {}
        act = corrections.take_back if form.takes_back else corrections.confirm
        with refusals.shown_in(form):
            act(
                target_id=row.target_id,
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                **told,
            )
            done = _("Taken back; its clock goes on.") if form.takes_back else _("Confirmed.")
            messages.success(request, done)
            return redirect("commitments:target", ref=ref)
    return _act(request, row, form, title=_("Is it done? %(code)s"))


def _written_or_404(request: WebRequest, ref: str) -> CorrectiveAction:
    target = seen_or_404(request, ref)
    rows = CorrectiveAction.objects.select_related("office", "done_by", "decided_by")
    row = get_object_or_404(rows, target=target)
    row.target = target
    return row


def _act(request: WebRequest, row: CorrectiveAction, form: Any, *, title: str) -> HttpResponse:
    context = {
        "form": form,
        "row": row,
        "target": row.target,
        "title": title % {"code": row.target.code},
        "decides": isinstance(form, DecisionForm),
        "is_awaited": row.state
        == (CorrectionState.DONE if isinstance(form, DecisionForm) else CorrectionState.OPEN),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/corrections/act.html", context, status=status)


def owed_by(
    user: User, offices: Sequence[Appointment], *, at: datetime, most: int
) -> list[dict[str, Any]]:
    """Return the first `most` corrective actions that `user` says are done, the next due first: of
    the `offices` that `user` holds, and of the units for which `user` reports. `late`: whole days."""
    held = [office.position_id for office in offices]
    units = permissions.reports_for(user, at=at).on("target__unit")
    mine = CorrectiveAction.objects.owed().filter(Q(office__in=held) | units)
    rows = mine.for_rows().order_by("due_on", "pk")[:most]
    return [{"row": row, "late": _days_late(row, asked=True, at=at)} for row in rows]


class Watched:
    """The bucket of the queue for corrective actions that are late, or that are said to be done."""

    key, matter = "corrections", Matter.REPORTS
    label = gettext_lazy("Corrective action late or to be confirmed")
    template = "commitments/corrections/_watched.html"

    def _found(self, user: User, *, at: datetime) -> QuerySet[CorrectiveAction]:
        seen = CorrectiveAction.objects.within(reach_of_page(user, at=at))
        return seen.to_look_at(on=clock.local_date(at))

    def count(self, user: User, *, at: datetime) -> int:
        """Return how many there are; equal to the list."""
        return self._found(user, at=at).count()

    def rows(self, user: User, *, at: datetime) -> list[dict[str, Any]]:
        """Return them by their days, the longest ago first. `late`: whole days."""
        found = self._found(user, at=at).for_rows().order_by("due_on", "pk")[:SHOWN]
        return [{"row": row, "late": _days_late(row, asked=True, at=at)} for row in found]


WATCHED = Watched()


class Missing:
    """The bucket of the queue for verdicts to which nobody has written a corrective action."""

    key, matter = "uncorrected", Matter.REPORTS
    label = gettext_lazy("Corrective action missing")
    template = "commitments/corrections/_queue.html"

    def _found(self, user: User, *, at: datetime) -> QuerySet[Verdict]:
        seen = Verdict.objects.within(reach_of_page(user, at=at)).unanswered()
        return seen.filter(target__period__state__in=[PeriodState.CLOSING, PeriodState.CLOSED])

    def count(self, user: User, *, at: datetime) -> int:
        """Return how many there are; equal to the list."""
        return self._found(user, at=at).count()

    def rows(self, user: User, *, at: datetime) -> list[dict[str, Any]]:
        """Return them with the last day of their plan, the longest ago first."""
        found = self._found(user, at=at).order_by(
            "target__period__ends_on", as_counted("target__code"), "pk"
        )
        rows = found.select_related("target__indicator", "target__unit", "target__period")
        return [
            {"verdict": row, "target": row.target}
            for row in rows.prefetch_related("target__unit__versions")[:SHOWN]
        ]


MISSING = Missing()
