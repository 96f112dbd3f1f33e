"""Plans as programs read them: a year with its groups of tasks and its parts."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.request import Request

from commitments.enums import PeriodState
from commitments.models import Mandate, Period, TaskGroup
from units.enums import Provenance, Scope
from units.http.collections import ReadOnlyCollection, etag_of
from units.http.filters import RefFilter, unit_is_seen
from units.http.serializers import TAG, ReadSerializer, address

EXAMPLE = {
    "ref": "2024",
    "name_vi": "Năm 2024",
    "name_en": "Year 2024",
    "starts_on": "2024-01-01",
    "ends_on": "2024-12-31",
    "state": "open",
    "owner": "bx-hu",
    "groups": [
        {
            "code": "H17",
            "ordinal": 17,
            "title_vi": "Cấp giấy chứng nhận",
            "title_en": "Issue of certificates",
            "field": "socio_economic",
            "mandate": {
                "ref": "bx-nq-2024",
                "kind": "resolution",
                "number": "",
                "signed_on": None,
                "title_vi": "Nghị quyết về nhiệm vụ năm 2024",
                "title_en": "Resolution on the tasks of 2024",
            },
        }
    ],
    "parts": [
        {
            "code": "2024-03",
            "kind": "month",
            "name_vi": "Tháng 3/2024",
            "name_en": "March 2024",
            "starts_on": "2024-03-01",
            "ends_on": "2024-03-31",
        }
    ],
    "provenance": "synthetic",
    "etag": '"plan-2024-2"',
    "links": {
        "self": "https://commitments.example/api/v1/plans/2024/",
        "targets": "https://commitments.example/api/v1/targets/?plan=2024",
        "commitments": "https://commitments.example/api/v1/commitments/?plan=2024",
    },
}


class MandateSerializer(ReadSerializer):
    about = _("The document that orders the tasks. A number that is not known is empty.")

    class Meta:
        model = Mandate
        fields = ["ref", "kind", "number", "signed_on", "title_vi", "title_en"]


class TaskGroupSerializer(ReadSerializer):
    about = _("A group of targets of the plan.")

    mandate = MandateSerializer()

    class Meta:
        model = TaskGroup
        fields = ["code", "ordinal", "title_vi", "title_en", "field", "mandate"]


class PlanPartSerializer(ReadSerializer):
    about = _("A half-year, quarter or month of the plan; both days are inclusive.")

    class Meta:
        model = Period
        fields = ["code", "kind", "name_vi", "name_en", "starts_on", "ends_on"]


class PlanLinksSerializer(serializers.Serializer):
    self = serializers.URLField()
    targets = serializers.URLField()
    commitments = serializers.URLField()


class PlanSerializer(ReadSerializer):
    about = _("The plan of one unit for one year; both days are inclusive.")

    ref = serializers.SlugField(source="code")
    state = serializers.ChoiceField(choices=PeriodState.choices)
    owner = serializers.SlugField(source="owner.ref", help_text=_("Unit whose plan it is."))
    groups = TaskGroupSerializer(many=True)
    parts = PlanPartSerializer(many=True, source="children")
    etag = serializers.SerializerMethodField(help_text=TAG)
    links = serializers.SerializerMethodField()

    class Meta:
        model = Period
        fields = [
            "ref",
            "name_vi",
            "name_en",
            "starts_on",
            "ends_on",
            "state",
            "owner",
            "groups",
            "parts",
            "provenance",
            "etag",
            "links",
        ]

    def get_etag(self, plan: Period) -> str:
        """Return the tag. A group is added without a write to the plan itself, so groups count."""
        return etag_of("plan", plan.code, plan.etag_version + len(plan.groups.all()))

    @extend_schema_field(PlanLinksSerializer)
    def get_links(self, plan: Period) -> dict[str, str]:
        return {
            "self": address(self, "plans-detail", plan.code),
            "targets": address(self, "targets-list", plan=plan.code),
            "commitments": address(self, "commitments-list", plan=plan.code),
        }


def plan_is_seen(request: Request, code: str) -> bool:
    """Say whether the holder sees a plan of this code."""
    plans = Period.objects.years().visible_to(request.user, at=request.now)
    return plans.filter(code=code).exists()


class PlanFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=PeriodState.choices, label=_("state"))
    owner = RefFilter("owner__ref", known=unit_is_seen, label=_("unit whose plan it is"))
    provenance = filters.ChoiceFilter(choices=Provenance.choices, label=_("provenance"))

    class Meta:
        model = Period
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(
        summary=_("List plans"),
        description=_("The years in which the holder's units have a plan, targets or commitments."),
        examples=[OpenApiExample("plan", value=EXAMPLE)],
    ),
    retrieve=extend_schema(
        summary=_("Read one plan"),
        description=_("One year with its groups of tasks, their mandates, and its parts."),
        examples=[OpenApiExample("plan", value=EXAMPLE)],
    ),
)
class PlanCollection(ReadOnlyCollection):
    scope = Scope.PLANS_READ
    lookup_field = "code"
    lookup_url_kwarg = "ref"
    queryset = Period.objects.none()
    serializer_class = PlanSerializer
    filterset_class = PlanFilter

    def get_queryset(self) -> Any:
        visible = Period.objects.visible_to(self.request.user, at=self.request.now)
        return visible.years().for_api()
