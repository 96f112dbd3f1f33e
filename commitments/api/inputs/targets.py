"""What programs send about targets: typed, strict, and without a rule of the trade."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from commitments.actions.revisions import Wanted, wanted_of
from commitments.api.plans import seen_mandates, seen_plans
from commitments.enums import (
    AllocationMode,
    Comparator,
    MaintainRule,
    TargetMode,
    TargetOrigin,
    ValueBasis,
)
from commitments.models import IndicatorDefinition, Period, Target, TaskGroup
from commitments.rules.targets import Share, Step
from units.http.batches import MOST, UPSERT, BatchSerializer, ItemSerializer
from units.http.fields import SentQuantity
from units.http.parsers import StrictSerializer
from units.http.writing import RefField, seen_units, unknown_reference
from units.rules import texts

SAID = {
    "comparator": "ge",
    "value": "21",
    "baseline": "19",
    "baseline_period": "2023",
    "roadmap": [{"period": "2024-03", "value": "5"}],
}
NEW = {
    "plan": "2024",
    "group": "H17",
    "indicator": {"code": "land-certificates"},
    "unit": "bx-huong-son",
    "code": "H17.1",
    "revision": SAID,
}
CHANGE = {"clause": "2.1", "revision": {"value": "24", "roadmap": []}}
REVISE = {"revision": {"value": "19", "roadmap": []}, "reason": "The unit lost a hamlet."}
SPLIT = {
    "mode": "additive",
    "reserve": "1",
    "parts": [{"unit": "bx-huong-son", "value": "12"}, {"unit": "bx-tan-phong", "value": "8"}],
}


def seen_targets(request: Request) -> Any:
    return Target.objects.visible_to(request.user, at=request.now)


class SentIndicatorSerializer(StrictSerializer):
    about = _("An indicator that there is; without “version” its newest version.")

    code = serializers.SlugField(max_length=40)
    version = serializers.IntegerField(min_value=1, max_value=9999, required=False)


class SentCheckpointSerializer(StrictSerializer):
    about = _("What is expected by the end of a part of the year.")

    period = serializers.SlugField(max_length=20)
    value = SentQuantity()


class SentShareSerializer(StrictSerializer):
    about = _("One part of a whole in percent of it.")

    label_vi = serializers.CharField(max_length=120)
    label_en = serializers.CharField(max_length=120, allow_blank=True, default="")
    value = SentQuantity()


class SentStepSerializer(StrictSerializer):
    about = _("One step of a task and how much of it it is, in percent.")

    title_vi = serializers.CharField(max_length=300)
    title_en = serializers.CharField(max_length=300, allow_blank=True, default="")
    due_on = serializers.DateField()
    weight = SentQuantity(max_digits=6, decimal_places=3)


class SentRevisionSerializer(StrictSerializer):
    about = _(
        "What is to be reached, as under “revisions”. What is left out stays as it was; lists are "
        "replaced as a whole."
    )

    mode = serializers.ChoiceField(choices=TargetMode.choices, required=False)
    comparator = serializers.ChoiceField(choices=Comparator.choices, required=False)
    value_basis = serializers.ChoiceField(choices=ValueBasis.choices, required=False)
    value = SentQuantity(allow_null=True, required=False)
    upper = SentQuantity(allow_null=True, required=False)
    tolerance = SentQuantity(allow_null=True, required=False)
    baseline = SentQuantity(allow_null=True, required=False)
    baseline_period = serializers.CharField(max_length=20, allow_blank=True, required=False)
    maintain_rule = serializers.ChoiceField(
        choices=MaintainRule.choices, allow_blank=True, required=False
    )
    maintain_share = SentQuantity(allow_null=True, required=False)
    roadmap = SentCheckpointSerializer(many=True, required=False)
    shares = SentShareSerializer(many=True, required=False)
    steps = SentStepSerializer(many=True, required=False)

    def validate_roadmap(self, points: list[dict[str, Any]]) -> list[dict[str, Any]]:
        named = [point["period"] for point in points]
        if len(set(named)) < len(named):
            raise serializers.ValidationError(
                _("A part of the year stands here twice. Name each once."), code="period-twice"
            )
        return points


class NewRevisionSerializer(SentRevisionSerializer):
    about = _("What is to be reached, as under “revisions”.")

    comparator = serializers.ChoiceField(choices=Comparator.choices)


class ChangeTargetSerializer(StrictSerializer):
    about = _("What is to change of a planned target; what is left out stays.")

    group = serializers.CharField(
        max_length=12, required=False, help_text=_("Code of a group of tasks of the plan.")
    )
    indicator = SentIndicatorSerializer(required=False)
    unit = RefField(seen_units, required=False, help_text=_("Accountable unit."))
    code = serializers.CharField(max_length=30, required=False)
    origin = serializers.ChoiceField(choices=TargetOrigin.choices, required=False)
    clause = serializers.CharField(max_length=60, allow_blank=True, required=False)
    is_new = serializers.BooleanField(required=False)
    is_difficult = serializers.BooleanField(required=False)
    needs_evidence = serializers.BooleanField(
        required=False, help_text=_("Whether no report is handed in without a file that shows it.")
    )
    revision = SentRevisionSerializer(required=False)


class NewTargetSerializer(ChangeTargetSerializer):
    about = _("A target to be drawn up in a plan, planned at first.")

    plan = RefField(seen_plans, by="code")
    group = serializers.CharField(
        max_length=12, help_text=_("Code of a group of tasks of the plan.")
    )
    indicator = SentIndicatorSerializer()
    unit = RefField(seen_units, help_text=_("Accountable unit."))
    code = serializers.CharField(max_length=30)
    parent = RefField(seen_targets, allow_null=True, required=False)
    revision = NewRevisionSerializer()


class ReviseTargetSerializer(StrictSerializer):
    about = _("The next revision of an assigned target: what changes, why, and by which document.")

    revision = SentRevisionSerializer()
    reason = serializers.CharField(max_length=texts.REASON, allow_blank=True)
    mandate = RefField(seen_mandates, allow_null=True, required=False)


class WithdrawTargetSerializer(StrictSerializer):
    about = _("Why an assigned target is taken back.")

    reason = serializers.CharField(max_length=texts.REASON, allow_blank=True)


class SentPartSerializer(StrictSerializer):
    about = _("What one unit gets of the whole.")

    unit = RefField(seen_units)
    value = SentQuantity()


class AllocateTargetSerializer(StrictSerializer):
    about = _(
        "How a target is split. A unit that is left out loses its part while that is planned."
    )

    mode = serializers.ChoiceField(choices=AllocationMode.choices, required=False)
    key_used = serializers.CharField(max_length=120, allow_blank=True, required=False)
    reserve = SentQuantity(required=False)
    overage = SentQuantity(required=False)
    parts = SentPartSerializer(many=True)

    def validate_parts(self, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        named = [part["unit"].pk for part in parts]
        if len(set(named)) < len(named):
            raise serializers.ValidationError(
                _("A unit stands here twice. Name each unit once."), code="unit-twice"
            )
        return parts


# --- from what was sent to what an action takes -----------------------------------------------------


def wanted_from(said: Mapping[str, Any], plan: Period, target: Target | None = None) -> Wanted:
    """Return what `target` is to say: what it says now, if anything, with what was sent."""
    changes = dict(said)
    if "roadmap" in changes:
        changes["roadmap"] = _roadmap(changes["roadmap"], plan)
    if "shares" in changes:
        changes["shares"] = tuple(Share(**row) for row in changes["shares"])
    if "steps" in changes:
        changes["steps"] = tuple(Step(**row) for row in changes["steps"])
    now = target.current if target else None
    if now is not None:
        return wanted_of(now, **changes)
    return Wanted(**({"comparator": Comparator.GE} | changes))


def _roadmap(points: list[Mapping[str, Any]], plan: Period) -> tuple[tuple[int, Any], ...]:
    parts = dict(plan.children.values_list("code", "pk"))
    found = []
    for place, point in enumerate(points):
        if point["period"] not in parts:
            raise unknown_reference(f"revision/roadmap/{place}/period", point["period"])
        found.append((parts[point["period"]], point["value"]))
    return tuple(found)


def identity_from(sent: Mapping[str, Any], plan: Period) -> dict[str, Any]:
    """Return what a target is, less what it says, in the names of the actions."""
    plain = ("code", "origin", "clause", "is_new", "is_difficult", "needs_evidence")
    found = {name: sent[name] for name in plain if name in sent}
    if "unit" in sent:
        found["unit_id"] = sent["unit"].pk
    if "group" in sent:
        found["group_id"] = _group(sent["group"], plan).pk
    if "indicator" in sent:
        found["indicator_id"] = _indicator(**sent["indicator"]).pk
    return found


def _group(code: str, plan: Period) -> TaskGroup:
    group = plan.groups.filter(code=code).first()
    if group is None:
        raise unknown_reference("group", code)
    return group


def _indicator(code: str, version: int | None = None) -> IndicatorDefinition:
    rows = IndicatorDefinition.objects.filter(code=code).order_by("-version")
    found = (rows.filter(version=version) if version else rows).first()
    if found is None:
        raise unknown_reference("indicator", f"{code} {version or ''}".strip())
    return found


class TargetItemSerializer(ItemSerializer):
    act = serializers.ChoiceField(
        choices=["create", "change", UPSERT, "assign", "revise", "withdraw"],
        help_text=_(
            "As the address of one target is called; “change” is its PATCH. “upsert” has the body of a "
            "creation: it changes the target with this “plan” and “code”, or draws it up."
        ),
    )


class TargetBatchSerializer(BatchSerializer):
    about = _("Up to 200 writes of targets.")

    items = serializers.ListField(child=TargetItemSerializer(), min_length=1, max_length=MOST)
