"""The supervisor's desk: every bucket with its count, its rows, and what can be done to them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from commitments.actions import cases
from commitments.models import CommitmentVersion
from commitments.querysets import queue as buckets
from commitments.web.rows import rows_for
from units import clock
from units.errors import Refused
from units.http.requests import WebRequest
from units.models import OrgUnit, Position
from units.permissions import holders_at
from units.querysets.organisation import reach_of, subtree

PAGE = 25
BUCKETS = {
    "late": _("Late to sign"),
    "awaiting": _("Awaiting signature"),
    "returned": _("Returned for correction"),
    "refused": _("Refused"),
    "to_countersign": _("To countersign"),
    "drafts": _("Drafts"),
    "in_force": _("In force"),
    "no_head": _("No head in office"),
}
SORTS = {  # each ends in the key, so that a position in the list is exact
    "due": ("sign_by", "pk"),
    "unit": ("commitment__unit__ref", "pk"),
    "number": ("commitment__number", "pk"),
}


@dataclass(frozen=True)
class Tab:
    """One bucket in the bar: how many rows it holds under the present filters, and its address."""

    key: str
    label: Any
    count: int
    url: str


@login_required
def queue(request: WebRequest) -> HttpResponse:
    """Show one bucket. Filters, sort and position live in the address; nothing here changes a row."""
    key = request.GET.get("bucket", "late")
    foreign = [import_string(path) for path in settings.QUEUE_BUCKETS]
    others = {bucket.key: bucket for bucket in foreign}
    if key not in BUCKETS and key not in others:
        raise Http404
    day = clock.local_date(request.now)
    filtered = _filtered(request)
    vacant = _vacant_heads(request)
    numbers = buckets.counts(filtered, on=day) | {"no_head": len(vacant)}
    numbers |= {name: bucket.count(request.user, at=request.now) for name, bucket in others.items()}
    labels = BUCKETS | {name: bucket.label for name, bucket in others.items()}
    context: dict[str, Any] = {
        "tabs": [
            Tab(name, label, numbers[name], _address(request, bucket=name))
            for name, label in labels.items()
        ],
        "bucket": key,
        "label": labels[key],
        "units": OrgUnit.objects.within_reach_of(request.user, at=request.now)
        .with_names()
        .order_by("ref"),
        "sort": request.GET.get("sort", "due"),
        "query": request.GET.get("q", ""),
        "unit": request.GET.get("unit", ""),
        "today": day,
    }
    if key == "no_head":
        context["vacant"] = vacant
    elif key in others:
        context["foreign_rows"] = others[key].rows(request.user, at=request.now)
        context["foreign_template"] = others[key].template
    else:
        rows, after = _page(buckets.bucket(filtered, key, on=day), request)
        context["rows"] = rows_for(rows, at=request.now)
        context["more"] = _address(request, after=after) if after else None
    partial = request.htmx and request.GET.get("after")
    return render(
        request,
        "commitments/queue/_rows.html" if partial else "commitments/queue/queue.html",
        context,
    )


def _address(request: WebRequest, **changes: str) -> str:
    query = request.GET.copy()
    if "after" not in changes:
        query.pop("after", None)
    for name, value in changes.items():
        query[name] = value
    return f"{request.path}?{query.urlencode()}"


def _filtered(request: WebRequest) -> QuerySet[CommitmentVersion]:
    """Return the newest versions that this person may see and the filters leave."""
    versions = CommitmentVersion.objects.visible_to(request.user, at=request.now).latest()
    if unit := request.GET.get("unit"):
        chosen = (
            OrgUnit.objects.within_reach_of(request.user, at=request.now).filter(ref=unit).first()
        )
        if chosen is None:
            raise Http404
        under = subtree([(chosen.pk, None)], day=clock.local_date(request.now))
        versions = versions.filter(commitment__unit__in=under)
    if text := request.GET.get("q", "").strip():
        versions = versions.filter(
            Q(commitment__number__icontains=text)
            | Q(commitment__unit__versions__name_vi__icontains=text)
            | Q(commitment__unit__versions__name_en__icontains=text)
        ).distinct()
    return versions


def _page(versions: QuerySet, request: WebRequest) -> tuple[list[CommitmentVersion], str]:
    """Return one page and the signed position behind it; "" after the last page.

    Keyset: the position is the last row's sort value and key, so rows that come or go meanwhile
    neither repeat nor hide others.
    """
    first, key = SORTS.get(request.GET.get("sort", "due"), SORTS["due"])
    ordered = versions.annotate(place=F(first)).order_by("place", key)
    if after := request.GET.get("after"):
        try:
            value, pk = signing.loads(after, salt="queue")
        except signing.BadSignature as error:
            raise Http404 from error
        ordered = ordered.filter(Q(place__gt=value) | Q(place=value, pk__gt=pk))
    rows = list(ordered.for_rows()[: PAGE + 1])
    if len(rows) <= PAGE:
        return rows, ""
    last = rows[PAGE - 1]
    value = last.place.isoformat() if hasattr(last.place, "isoformat") else last.place
    return rows[:PAGE], signing.dumps([value, last.pk], salt="queue")


def _vacant_heads(request: WebRequest) -> list[Position]:
    """Return the head offices in reach that nobody holds now."""
    day = clock.local_date(request.now)
    reach = reach_of(request.user, at=request.now)
    heads = (
        Position.objects.heads()
        .in_force(day)
        .filter(reach.on("unit"))
        .select_related("unit")
        .prefetch_related("unit__versions")
        .order_by("unit__ref", "pk")
    )
    held = holders_at([head.pk for head in heads], at=request.now)
    return [head for head in heads if head.pk not in held]


class Result(NamedTuple):
    """What became of one row of a bulk act. `refused` None: it was done."""

    version: CommitmentVersion
    refused: Refused | None


@login_required
@require_POST
def remind(request: WebRequest) -> HttpResponse:
    """Remind the offices of every ticked row now; show row by row what came of it."""
    refs = request.POST.getlist("version")
    visible = CommitmentVersion.objects.visible_to(request.user, at=request.now).for_rows()
    chosen = list(visible.filter(pk__in=[ref for ref in refs if ref.isdigit()]))
    results = [_remind_one(version, request, at=request.now) for version in chosen]
    return render(
        request,
        "commitments/queue/reminded.html",
        {
            "results": results,
            "done": sum(result.refused is None for result in results),
            "back": request.POST.get("back", ""),
        },
    )


def _remind_one(version: CommitmentVersion, request: WebRequest, *, at: datetime) -> Result:
    try:
        cases.remind_now(version_id=version.pk, by=request.user, at=at)
    except Refused as refused:
        return Result(version, refused)
    return Result(version, None)
