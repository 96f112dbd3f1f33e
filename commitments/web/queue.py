"""The supervisor's desk: every bucket with its count, its rows, and what can be done to them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from commitments.actions import cases, exports, reminders
from commitments.enums import Field
from commitments.models import CommitmentItem, CommitmentVersion, Hold, Note, Reminder, TaskGroup
from commitments.querysets import queue as buckets
from commitments.web import tabs
from commitments.web.rows import Row, rows_for
from commitments.web.words import as_key, searched
from units import clock
from units.actions import verification
from units.errors import Refused
from units.http import tables
from units.http.requests import WebRequest
from units.models import Appointment, OrgEdge, OrgUnit, OrgUnitVersion
from units.querysets.ordering import as_counted
from units.querysets.organisation import Reach, reach_of_page, subtree
from units.rules.dates import instant_text

PAGE = 25
OFFERED = 200  # units that the filter lists
FORMS = {"csv", "xlsx"}
WIDTHS = (14, 9, 32, 40, 24, 12, 10, 24, 24)  # of the columns, in characters
CHUNK = 500  # rows of an export that are read at once
SORTS = {  # each ends in the key, so that a position in the list is exact
    "due": (F("sign_by"), "pk"),
    "unit": (F("commitment__unit__ref"), "pk"),
    "number": (as_counted("commitment__number"), "pk"),
}
FILTERS = ("q", "unit", "field", "group", "late", "held", "sort")


@login_required
def queue(request: WebRequest) -> HttpResponseBase:
    """Show one bucket. Filters, sort and position live in the address; nothing here changes a row."""
    key = request.GET.get("bucket", "late")
    others = tabs.others()
    if key not in tabs.LABELS and key not in others:
        raise Http404
    day = clock.local_date(request.now)
    reach = reach_of_page(request.user, at=request.now)  # once: every part of the page asks for it
    filtered = _filtered(request, reach)
    if (form := request.GET.get("export")) in FORMS and key in buckets.CONDITIONS:
        return _export(buckets.bucket(filtered, key, on=day), key, form, at=request.now)
    bar = tabs.tabs_of(
        request.user,
        filtered,
        reach,
        address=lambda name: _address(request, bucket=name),
        at=request.now,
    )
    context: dict[str, Any] = {
        "tabs": bar,
        "matters": tabs.by_matter(bar),
        "register_alarm": verification.alarm(),
        "bucket": key,
        "label": others[key].label if key in others else tabs.LABELS[key],
        "chosen": {name: request.GET.get(name, "") for name in FILTERS},
        "filtered": any(request.GET.get(name) for name in FILTERS if name != "sort"),
        "narrowed": any(request.GET.get(name) for name in FILTERS if name != "q"),
        "views": request.user.saved_views.order_by("name"),
        "today": day,
    } | _choices(reach, on=day)
    if key == "no_head":
        context["vacant"] = tabs.vacant_heads(reach, on=day)
    elif key in others:
        context["foreign_rows"] = others[key].rows(request.user, at=request.now)
        context["foreign_template"] = others[key].template
    else:
        rows, after = _page(buckets.bucket(filtered, key, on=day), request)
        context["rows"] = with_holds(rows_for(rows, at=request.now), at=request.now)
        context["more"] = _address(request, after=after) if after else None
        context["exports"] = {form: _address(request, export=form) for form in sorted(FORMS)}
    partial = request.htmx and request.GET.get("after")
    return render(
        request,
        "commitments/queue/_rows.html" if partial else "commitments/queue/queue.html",
        context,
    )


def _choices(reach: Reach, *, on: date) -> dict[str, Any]:
    """Return what the filters offer: units in reach, fields, groups of the plans that are not closed."""
    seen = CommitmentVersion.objects.within(reach).exclude(commitment__period__state="closed")
    groups = TaskGroup.objects.filter(period__in=seen.values("commitment__period"))
    return {
        "units": _offered_units(reach, on=on),
        "fields": Field.choices,
        "groups": groups.select_related("period").order_by("-period__code", "ordinal"),
        "lateness": [("1", _("a day or more")), ("8", _("more than a week")), ("31", _("31 days"))],
    }


def _offered_units(reach: Reach, *, on: date) -> list[tuple[str, str]]:
    """Return reference and name of what the filter by unit offers: those with units under them
    first, at most 200. In a body of thousands the others are found by their name.
    """
    below = OrgEdge.objects.filter(parent=OuterRef("pk"))
    units = OrgUnit.objects.filter(reach.on("pk")).annotate(leads=Exists(below))
    refs = units.order_by("-leads", "ref").values_list("pk", "ref")[:OFFERED]
    return list(OrgUnit.names_of(dict(refs), on=on))


def with_holds(rows: list[Row], *, at: datetime) -> list[dict[str, Any]]:
    """Return the rows with who works on each, who has put it aside at `at`, how many notes there are,
    and whether it may still be put aside; three queries."""
    keys, day = [row.version.pk for row in rows], clock.local_date(at)
    held = {
        hold.version_id: hold.person
        for hold in Hold.objects.filter(version__in=keys, released_at=None).select_related("person")
    }
    aside: dict[int, list[Reminder]] = {}
    hiding = Reminder.objects.hiding(at=at).filter(version__in=keys).order_by("remind_at", "pk")
    for reminder in hiding.select_related("person"):
        aside.setdefault(reminder.version_id, []).append(reminder)
    notes = dict(
        Note.objects.filter(version__in=keys)
        .values("version")
        .annotate(count=Count("pk"))
        .values_list("version", "count")
    )
    return [
        {
            "row": row,
            "holder": held.get(row.version.pk),
            "notes": notes.get(row.version.pk, 0),
            "aside": aside.get(row.version.pk, []),
            "may_wait": reminders.last_day_by(row.waiting_clock, row.version, on=day) > day,
        }
        for row in rows
    ]


def _address(request: WebRequest, **changes: str) -> str:
    query = request.GET.copy()
    query.pop("export", None)
    if "after" not in changes:
        query.pop("after", None)
    for name, value in changes.items():
        query[name] = value
    return f"{request.path}?{query.urlencode()}"


def _filtered(request: WebRequest, reach: Reach) -> QuerySet[CommitmentVersion]:
    """Return the newest versions that this person may see and the filters leave."""
    versions = CommitmentVersion.objects.within(reach).latest()
    day = clock.local_date(request.now)
    if unit := request.GET.get("unit"):
        chosen = OrgUnit.objects.filter(reach.on("pk"), ref=unit).first()
        if chosen is None:
            raise Http404
        versions = versions.filter(commitment__unit__in=subtree([(chosen.pk, None)], day=day))
    if text := searched(request.GET):
        named = OrgUnitVersion.objects.filter(
            Q(name_vi__icontains=text) | Q(name_en__icontains=text)
        ).values("unit")
        offices = (
            Appointment.objects.in_force(day)
            .filter(person__full_name__icontains=text)
            .values("position")
        )
        versions = versions.filter(
            Q(commitment__number__icontains=text)
            | Q(commitment__unit__in=named)
            | Q(first_undertaker__in=offices)
            | Q(second_undertaker__in=offices)
        )
    items = CommitmentItem.objects.filter(version=OuterRef("pk"))
    if (field := request.GET.get("field")) in Field.values:
        versions = versions.filter(Exists(items.filter(revision__target__group__field=field)))
    if (group := as_key(request.GET.get("group", ""))) is not None:
        versions = versions.filter(Exists(items.filter(revision__target__group=group)))
    late = as_key(request.GET.get("late", ""))
    if late is not None and late < 10_000:
        versions = versions.filter(sign_by__lte=day - timedelta(days=late))
    versions = versions.put_aside_by(
        request.user, at=request.now, shown=request.GET.get("held") == "aside"
    )
    held = Hold.objects.filter(version=OuterRef("pk"), released_at=None)
    if (whose := request.GET.get("held")) == "mine":
        versions = versions.filter(Exists(held.filter(person=request.user)))
    elif whose == "free":
        versions = versions.filter(~Exists(held))
    return versions


def _page(versions: QuerySet, request: WebRequest) -> tuple[list[CommitmentVersion], str]:
    """Return one page and the signed position behind it; "" after the last page.

    Keyset: the position is the last row's sort value and key, so rows that come or go meanwhile
    neither repeat nor hide others.
    """
    first, key = SORTS.get(request.GET.get("sort", "due"), SORTS["due"])
    ordered = versions.annotate(place=first).order_by("place", key)
    if after := request.GET.get("after"):
        try:
            value, pk = signing.loads(after, salt="queue")
        except signing.BadSignature as error:
            raise Http404 from error
        ordered = ordered.filter(Q(place__gt=value) | Q(place=value, pk__gt=pk))
    rows = list(ordered.for_rows().defer("document__content")[: PAGE + 1])
    if len(rows) <= PAGE:
        return rows, ""
    last = rows[PAGE - 1]
    value = last.place.isoformat() if hasattr(last.place, "isoformat") else last.place
    return rows[:PAGE], signing.dumps([value, last.pk], salt="queue")


def _export(versions: QuerySet, key: str, form: str, *, at: datetime) -> HttpResponseBase:
    """Return every row of the bucket, not only the page, as a file for a spreadsheet program."""
    headings = [
        _("Number"), _("Version"), _("Unit"), _("Offices"), _("State"), _("Due"), _("Days late"),
        _("Last act"), _("Next automatic step"),
    ]  # fmt: skip
    rows = _cells(versions, at=at)
    if form == "csv":
        return tables.csv_response(f"queue-{key}", headings, rows)
    data = exports.table(str(tabs.LABELS[key])[:31], headings, rows, WIDTHS)
    return tables.xlsx_response(f"queue-{key}", data)


def _cells(versions: QuerySet, *, at: datetime) -> Iterator[list[Any]]:
    last, zone = 0, clock.body_zone()
    ordered = versions.for_rows().defer("document__content").order_by("pk")
    while chunk := list(ordered.filter(pk__gt=last)[:CHUNK]):
        last = chunk[-1].pk
        for row in rows_for(chunk, at=at):
            version = row.version
            offices = (
                office.holder.person.full_name if office.holder else str(_("No head in office"))
                for office in row.undertakers
            )
            yield [
                version.commitment.number,
                Decimal(version.n),
                version.commitment.unit.name,
                "; ".join(offices),
                version.get_state_display(),
                version.sign_by,
                Decimal(row.days_late),
                instant_text(row.last_entry.at, zone) if row.last_entry else "",
                instant_text(row.next_step.at, zone) if row.next_step else "",
            ]


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
    chosen = list(visible.filter(pk__in=[key for ref in refs if (key := as_key(ref)) is not None]))
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
