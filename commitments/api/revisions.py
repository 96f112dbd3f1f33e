"""The body of a target: every revision with its roadmap and its split, the original first."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from commitments.models import (
    Allocation,
    GradeLevel,
    IndicatorDefinition,
    Milestone,
    RevisionShare,
    Target,
    TargetRevision,
    TrajectoryPoint,
    UnitOfMeasure,
)
from units.http.collections import etag_of
from units.http.fields import Quantity
from units.http.serializers import TAG, ReadSerializer, address

EXAMPLE = {
    "ref": "2024-h17-huong-son",
    "code": "H17.1",
    "plan": "2024",
    "group": "H17",
    "unit": "bx-huong-son",
    "assigner": "bx-hu",
    "origin": "own",
    "is_new": False,
    "is_difficult": False,
    "needs_evidence": False,
    "parent": None,
    "clause": "",
    "weight": "1",
    "state": "assigned",
    "indicator": {
        "code": "land-certificates",
        "version": 1,
        "name_vi": "Số giấy chứng nhận được cấp",
        "name_en": "Certificates issued",
        "kind": "count",
        "nature": "flow",
        "uom": {"code": "certificate", "label_vi": "giấy", "label_en": "certificates"},
        "decimals": 0,
        "grades": [],
    },
    "revisions": [
        {
            "n": 1,
            "mode": "reach",
            "comparator": "ge",
            "value_basis": "stated",
            "value": "21",
            "upper": None,
            "tolerance": None,
            "baseline": "19",
            "baseline_period": "2023",
            "maintain_rule": "",
            "maintain_share": None,
            "reason": "",
            "mandate": None,
            "effective_from": "2024-01-01",
            "roadmap": [{"period": "2024-03", "value": "5"}],
            "shares": [],
            "steps": [],
            "allocation": None,
        }
    ],
    "provenance": "synthetic",
    "etag": '"target-2024-h17-huong-son-2"',
    "links": {
        "self": "https://commitments.example/api/v1/targets/2024-h17-huong-son/",
        "plan": "https://commitments.example/api/v1/plans/2024/",
    },
}


class UnitOfMeasureSerializer(ReadSerializer):
    about = _("What a number counts.")

    class Meta:
        model = UnitOfMeasure
        fields = ["code", "label_vi", "label_en"]


class GradeSerializer(ReadSerializer):
    about = _("One grade of a scale; rank 1 is the lowest. A value of such an indicator is a rank.")

    class Meta:
        model = GradeLevel
        fields = ["rank", "label_vi", "label_en"]


class IndicatorSerializer(ReadSerializer):
    about = _("What is measured. A change of meaning is the next version, never an edit.")

    uom = UnitOfMeasureSerializer()
    grades = serializers.SerializerMethodField()

    class Meta:
        model = IndicatorDefinition
        fields = [
            "code",
            "version",
            "name_vi",
            "name_en",
            "kind",
            "nature",
            "uom",
            "decimals",
            "grades",
        ]

    @extend_schema_field(GradeSerializer(many=True))
    def get_grades(self, indicator: IndicatorDefinition) -> Any:
        levels = indicator.scale.levels.all() if indicator.scale else []
        ordered = sorted(levels, key=lambda level: level.rank)
        return GradeSerializer(ordered, many=True, context=self.context).data


class ShareSerializer(ReadSerializer):
    about = _("One part of a whole in percent of it; all shares of a revision add up to 100.")

    value = Quantity()

    class Meta:
        model = RevisionShare
        fields = ["ordinal", "label_vi", "label_en", "value"]


class StepSerializer(ReadSerializer):
    about = _("One step of a task; the weights of all steps of a revision add up to 100.")

    weight = Quantity()

    class Meta:
        model = Milestone
        fields = ["ordinal", "title_vi", "title_en", "due_on", "weight"]


class CheckpointSerializer(ReadSerializer):
    about = _("What is expected by the end of a part of the year.")

    period = serializers.SlugField(source="period.code")
    value = Quantity()

    class Meta:
        model = TrajectoryPoint
        fields = ["period", "value"]


class AllocationSerializer(ReadSerializer):
    about = _("How a revision is split. “parts” are the references of the targets of the units.")

    reserve = Quantity()
    overage = Quantity()
    parts = serializers.SerializerMethodField()

    class Meta:
        model = Allocation
        fields = ["mode", "key_used", "reserve", "overage", "parts"]

    @extend_schema_field(serializers.ListField(child=serializers.SlugField()))
    def get_parts(self, split: Allocation) -> list[str]:
        return sorted(line.child.ref for line in split.lines.all())


class RevisionSerializer(ReadSerializer):
    about = _("What the target said from “effective_from” on. Revision 1 is the original.")

    value = Quantity(allow_null=True, help_text=_("Null unless “value_basis” is “stated”."))
    upper = Quantity(allow_null=True)
    tolerance = Quantity(allow_null=True)
    baseline = Quantity(allow_null=True)
    maintain_share = Quantity(allow_null=True)
    mandate = serializers.SlugField(source="mandate.ref", allow_null=True, default=None)
    roadmap = CheckpointSerializer(many=True)
    shares = ShareSerializer(many=True)
    steps = StepSerializer(many=True)
    allocation = AllocationSerializer(allow_null=True, default=None)

    class Meta:
        model = TargetRevision
        fields = [
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
            "reason",
            "mandate",
            "effective_from",
            "roadmap",
            "shares",
            "steps",
            "allocation",
        ]


class TargetLinksSerializer(serializers.Serializer):
    self = serializers.URLField()
    plan = serializers.URLField()


class TargetSerializer(ReadSerializer):
    about = _(
        "One target or task of one unit in one plan. The last revision is the one that counts."
    )

    plan = serializers.SlugField(source="period.code")
    group = serializers.CharField(source="group.code", help_text=_("Code of the group of tasks."))
    unit = serializers.SlugField(source="unit.ref", help_text=_("Accountable unit."))
    assigner = serializers.SlugField(source="assigner.ref", help_text=_("Assigning unit."))
    parent = serializers.SlugField(source="parent.ref", allow_null=True, default=None)
    weight = Quantity()
    indicator = IndicatorSerializer()
    revisions = RevisionSerializer(many=True)
    etag = serializers.SerializerMethodField(help_text=TAG)
    links = serializers.SerializerMethodField()

    class Meta:
        model = Target
        fields = [
            "ref",
            "code",
            "plan",
            "group",
            "unit",
            "assigner",
            "origin",
            "is_new",
            "is_difficult",
            "needs_evidence",
            "parent",
            "clause",
            "weight",
            "state",
            "indicator",
            "revisions",
            "provenance",
            "etag",
            "links",
        ]

    def get_etag(self, target: Target) -> str:
        return etag_of("target", target.ref, target.etag_version)

    @extend_schema_field(TargetLinksSerializer)
    def get_links(self, target: Target) -> dict[str, str]:
        return {
            "self": address(self, "targets-detail", target.ref),
            "plan": address(self, "plans-detail", target.period.code),
        }
