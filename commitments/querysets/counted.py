"""What targets count one by one, as plain rows: few queries, whatever there is to count."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db.models import Exists, F, FilteredRelation, OuterRef
from django.utils.translation import get_language

from units.querysets.organisation import in_force


def units_of(
    targets: Iterable[int], *, at: datetime | None = None
) -> dict[int, tuple[frozenset[int], bool]]:
    """Return the units that each of these targets counts by the newest of its scopes, and whether it
    is reported on; one query. `at`: by the newest scope that was frozen by then."""
    duties = apps.get_model("commitments", "ReportingDuty").objects
    rows = apps.get_model("commitments", "CountedUnit").objects.filter(
        scope__revision__target__in=targets
    )
    if at is not None:
        rows = rows.filter(scope__fixed_at__lte=at)
    owed = Exists(duties.filter(target=OuterRef("scope__revision__target_id")))
    newest: dict[int, tuple[int, set[int], bool]] = {}
    for target, n, unit, reported in rows.order_by("scope__revision__n").values_list(
        "scope__revision__target_id", "scope__revision__n", "unit_id", owed
    ):
        held = newest.get(target)
        if held is None or held[0] < n:
            held = newest[target] = (n, set(), reported)
        held[1].add(unit)
    return {
        target: (frozenset(units), reported) for target, (_n, units, reported) in newest.items()
    }


def records_of(
    targets: Iterable[int], *, on: date, at: datetime | None = None
) -> list[dict[str, Any]]:
    """Return the inspections of these targets that count, with what their unit is called on `on`, in
    the reader's language; one query."""
    called = FilteredRelation("unit__versions", condition=in_force(on, "unit__versions__"))
    rows = apps.get_model("commitments", "Inspection").objects.counting(at=at)
    found = (
        rows.filter(target__in=list(targets))
        .annotate(called=called)
        .order_by("inspected_on", "pk")
        .values(
            "target_id",
            "inspected_on",
            "ref",
            "provenance",
            unit_key=F("unit_id"),
            unit_ref=F("unit__ref"),
            name_vi=F("called__name_vi"),
            name_en=F("called__name_en"),
        )
    )
    english = get_language() == "en"
    return [
        {
            "target_id": row["target_id"],
            "unit": row["unit_key"],
            "inspected_on": row["inspected_on"],
            "ref": row["ref"],
            "name": (english and row["name_en"]) or row["name_vi"] or row["unit_ref"],
            "provenance": row["provenance"],
        }
        for row in found
    ]
