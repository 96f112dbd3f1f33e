"""What a board reads, as plain rows: few queries, whatever there is to see."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from commitments.enums import RollUp, VerdictAgainst
from units.querysets.ordering import as_counted
from units.querysets.organisation import in_force

TERMS = (
    "target_id",
    "n",
    "mode",
    "comparator",
    "value_basis",
    "value",
    "upper",
    "tolerance",
    "baseline",
    "baseline_period",
    "maintain_rule",
    "maintain_share",
)
SAID = {
    "group_code": "group__code",
    "group_place": "group__ordinal",
    "group_vi": "group__title_vi",
    "group_en": "group__title_en",
    "field": "group__field",
    "unit_ref": "unit__ref",
    "year": "period__code",
    "year_starts_on": "period__starts_on",
    "year_ends_on": "period__ends_on",
    "year_state": "period__state",
    "name_vi": "indicator__name_vi",
    "name_en": "indicator__name_en",
    "kind": "indicator__kind",
    "nature": "indicator__nature",
    "decimals": "indicator__decimals",
    "input_basis": "indicator__input_basis",
    "unit_agg": "indicator__unit_agg",
    "uom_vi": "indicator__uom__label_vi",
    "uom_en": "indicator__uom__label_en",
    "concluded": "conclusion__verdict",
    "basis": "conclusion__basis",
    "verdict_source": "conclusion__source_ref",
    "verdict_provenance": "conclusion__provenance",
    "low": "conclusion__actual_low",
    "high": "conclusion__actual_high",
    "unit_vi": "called__name_vi",
    "unit_en": "called__name_en",
}
OWN = (
    "pk",
    "ref",
    "code",
    "state",
    "origin",
    "parent_id",
    "unit_id",
    "assigner_id",
    "indicator_id",
    "period_id",
    "provenance",
    "is_new",
    "is_difficult",
    "weight",
)


def lines(targets: QuerySet, *, on: date, at: datetime | None = None) -> list[dict[str, Any]]:
    """Return these targets with group, indicator, verdict and the name that the unit has on `on`, in
    the order of their groups; one query.

    `counts_units`: units are counted one by one. `judged`: the last judgement of a person as a dict,
    or None; one that takes back has no light. `at`: without judgements given later.
    """
    called = FilteredRelation("unit__versions", condition=in_force(on, "unit__versions__"))
    conclusion = FilteredRelation(
        "verdicts", condition=Q(verdicts__against=VerdictAgainst.ADJUSTED)
    )
    said = targets.annotate(conclusion=conclusion, called=called).annotate(
        **{name: F(path) for name, path in SAID.items()},
        counts_units=Exists(
            apps.get_model("commitments", "CountedScope").objects.filter(
                revision__target=OuterRef("pk")
            )
        ),
        judged=Subquery(_judged(at)),
    )
    rows = said.order_by("group_place", as_counted("code"), "pk")
    return list(rows.values(*OWN, *SAID, "counts_units", "judged"))


def parts(targets: QuerySet) -> QuerySet:
    """These targets as the parts of wholes, each a plain tuple, for there may be thousands: its key and
    its whole, then indicator, unit and plan as in `stated`."""
    said = ("pk", "parent_id", "indicator_id", "unit_id", "period_id")
    return targets.order_by().values_list(*said)


def placed(targets: QuerySet) -> QuerySet:
    """Key and weight of those of these parts whose place or weight counts in their whole: it is their
    weighted mean, or the last of them. In the order of lines."""
    weighed = targets.filter(
        parent__indicator__unit_agg__in=[RollUp.WEIGHTED_MEAN, RollUp.LAST],
    )
    ordered = weighed.order_by("group__ordinal", as_counted("code"), "pk")
    return ordered.values_list("pk", "weight")


def stated(plans: Iterable[int]) -> QuerySet:
    """Indicator, unit and plan of whatever sources state about these plans."""
    rows = apps.get_model("commitments", "Observation").objects.order_by()
    return rows.filter(period__in=plans).values_list("indicator_id", "unit_id", "period_id")


def counting_units(plans: Iterable[int]) -> QuerySet:
    """The keys of the targets of these plans that count units one by one."""
    scopes = apps.get_model("commitments", "CountedScope").objects.order_by()
    its = scopes.filter(revision__target__period__in=plans)
    return its.values_list("revision__target", flat=True)


def _judged(at: datetime | None) -> QuerySet:
    """Return the last judgement on the outer target as JSON."""
    rows = apps.get_model("commitments", "Judgement").objects.filter(target=OuterRef("pk"))
    if at is not None:
        rows = rows.filter(given_at__lte=at)
    said = JSONObject(
        n="n",
        light="light",
        reason="reason",
        computed="computed",
        person="person__full_name",
        given_at="given_at",
        provenance="provenance",
    )
    return rows.order_by("-n").values(said=said)[:1]


def terms(targets: QuerySet, *, on: date | None = None) -> list[dict[str, Any]]:
    """Return the revisions of these targets, oldest first, a row for each checkpoint and step; one
    query. `on`: without those that came into force later."""
    revisions = targets.model.revisions.rel.related_model.objects.filter(target__in=targets)
    if on is not None:
        revisions = revisions.filter(effective_from__lte=on)
    return list(
        revisions.order_by("target_id", "n", "roadmap__period__ends_on").values(
            *TERMS,
            point_on=F("roadmap__period__ends_on"),
            point_period=F("roadmap__period__code"),
            point=F("roadmap__value"),
            step=F("steps__pk"),
            step_on=F("steps__due_on"),
            step_weight=F("steps__weight"),
        )
    )


def observed(
    lines: Iterable[dict[str, Any]], *, at: datetime | None = None
) -> list[dict[str, Any]]:
    """Return what sources state about the units and years of these lines, also about indicators that
    are nobody's target; one query. `at`: without what was recorded later."""
    rows: QuerySet = apps.get_model("commitments", "Observation").objects.all()
    found = list(lines)
    if at is not None:
        rows = rows.filter(recorded_at__lte=at)
    return list(
        rows.filter(
            unit__in={line["unit_id"] for line in found},
            period__in={line["period_id"] for line in found},
        )
        .order_by("pk")
        .values(
            "indicator_id",
            "unit_id",
            "period_id",
            "value",
            "numerator",
            "denominator",
            "qualifier",
            "about_width",
            "stage",
            "percent_of_plan",
            "growth",
            "note_vi",
            "note_en",
            "source_ref",
            "provenance",
            period_code=F("period__code"),
            ends_on=F("period__ends_on"),
            kind=F("indicator__kind"),
            decimals=F("indicator__decimals"),
            name_vi=F("indicator__name_vi"),
            name_en=F("indicator__name_en"),
            uom_vi=F("indicator__uom__label_vi"),
            uom_en=F("indicator__uom__label_en"),
        )
    )
