"""Plans as programs read them: a year with its groups of tasks and its parts."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from commitments import permissions
from commitments.actions import plans
from commitments.api.board import BoardOfPlan
from commitments.api.league import LeagueOfPlan
from commitments.api.scoring import SettlementOfPlan
from commitments.enums import Field, PeriodState
from commitments.models import Mandate, Period, TaskGroup
from units.enums import Provenance, Scope
from units.http.collections import etag_of
from units.http.filters import RefFilter, unit_is_seen
from units.http.idempotency import idempotent
from units.http.parsers import StrictSerializer
from units.http.serializers import TAG, ReadSerializer, address
from units.http.writing import Collection, RefField, seen_units, somewhere
from units.models import User

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
        """Return the tag. Groups count: those of before were added without a write to the plan."""
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


def period_is_seen(request: Request, code: str) -> bool:
    """Say whether the holder sees a plan of this code, or a plan that has such a part."""
    plans = Period.objects.years().visible_to(request.user, at=request.now)
    return Period.objects.filter(Q(pk__in=plans) | Q(parent__in=plans), code=code).exists()


def group_is_seen(request: Request, code: str) -> bool:
    """Say whether the holder sees a plan that has a group of tasks of this code."""
    plans = Period.objects.years().visible_to(request.user, at=request.now)
    return TaskGroup.objects.filter(period__in=plans, code=code).exists()


class PlanFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=PeriodState.choices, label=_("state"))
    owner = RefFilter("owner__ref", known=unit_is_seen, label=_("unit whose plan it is"))
    provenance = filters.ChoiceFilter(choices=Provenance.choices, label=_("provenance"))

    class Meta:
        model = Period
        fields: list[str] = []


def seen_plans(request: Request) -> Any:
    return Period.objects.years().visible_to(request.user, at=request.now)


def seen_mandates(request: Request) -> Any:
    """Mandates of the units that the holder sees, and those by which plans that it sees are ordered."""
    own = Q(issuer__in=seen_units(request)) | Q(groups__period__in=seen_plans(request))
    return Mandate.objects.filter(own).distinct()


class NewPlanSerializer(StrictSerializer):
    about = _("The plan of a unit for a year. “code” of the address: left out, the year.")

    owner = RefField(seen_units, help_text=_("Unit whose plan it is."))
    year = serializers.IntegerField(min_value=1975, max_value=2999)
    code = serializers.SlugField(max_length=14, required=False)
    name_vi = serializers.CharField(max_length=100, required=False)
    name_en = serializers.CharField(max_length=100, required=False)


class ChangePlanSerializer(StrictSerializer):
    about = _("The names of a plan.")

    name_vi = serializers.CharField(max_length=100, required=False)
    name_en = serializers.CharField(max_length=100, allow_blank=True, required=False)


class ChangeGroupSerializer(StrictSerializer):
    about = _("What is to change of a group of targets.")

    title_vi = serializers.CharField(max_length=300, required=False)
    title_en = serializers.CharField(max_length=300, allow_blank=True, required=False)
    field = serializers.ChoiceField(choices=Field.choices, required=False)
    mandate = RefField(seen_mandates, required=False)


class NewGroupSerializer(StrictSerializer):
    about = _("A group of targets and the document that orders them.")

    code = serializers.RegexField(r"^[^/\s]+$", max_length=12)
    title_vi = serializers.CharField(max_length=300)
    title_en = serializers.CharField(max_length=300, allow_blank=True, required=False)
    field = serializers.ChoiceField(choices=Field.choices)
    mandate = RefField(seen_mandates)


def may_plan(user: User, plan: Period, *, at: datetime) -> bool:
    return permissions.may_plan(user, plan.owner_id, at=at)


GROUP = {
    "code": "H18",
    "title_vi": "Chuyển đổi số",
    "field": "socio_economic",
    "mandate": "bx-nq-2024",
}
EXAMPLES = [OpenApiExample("plan", value=EXAMPLE, response_only=True)]


def sending(name: str, value: dict[str, Any]) -> list[OpenApiExample]:
    return [OpenApiExample(name, value=value, request_only=True), *EXAMPLES]


@extend_schema_view(
    list=extend_schema(
        summary=_("List plans"),
        description=_("The years in which the holder's units have a plan, targets or commitments."),
        examples=EXAMPLES,
    ),
    retrieve=extend_schema(
        summary=_("Read one plan"),
        description=_("One year with its groups of tasks, their mandates, and its parts."),
        examples=EXAMPLES,
    ),
)
class PlanCollection(BoardOfPlan, LeagueOfPlan, SettlementOfPlan, Collection):
    scope = Scope.PLANS_READ
    scopes = dict.fromkeys(("create", "partial_update", "add_group", "group"), Scope.PLANS_WRITE)
    questions = {
        "create": somewhere(permissions.plans_somewhere),
        "partial_update": may_plan,
        "add_group": may_plan,
        "group": may_plan,
    }
    bodies = {
        "create": NewPlanSerializer,
        "partial_update": ChangePlanSerializer,
        "add_group": NewGroupSerializer,
        "group": ChangeGroupSerializer,
    }
    kind = "period"
    pointers = {"starts_on": "year", "owner": "owner"}
    problems = {
        "board": ("invalid-parameter",),
        "settlement": ("invalid-parameter",),
        "league": ("invalid-parameter",),
    }
    lookup_field = "code"
    lookup_url_kwarg = "ref"
    queryset = Period.objects.none()
    serializer_class = PlanSerializer
    filterset_class = PlanFilter

    def get_queryset(self) -> Any:
        visible = Period.objects.visible_to(self.request.user, at=self.request.now)
        return visible.years().for_api()

    def subject_of(self, row: Period) -> str:
        return row.code

    @extend_schema(
        summary=_("Begin a plan"),
        description=_(
            "The plan of one unit for one year, in planning, with its quarters and months. To open "
            "and to close it is for people."
        ),
        request=NewPlanSerializer,
        responses={201: PlanSerializer},
        examples=sending("new plan", {"owner": "bx-hu", "year": 2025}),
    )
    @idempotent
    def create(self, request: Request) -> Response:
        sent = self.sent()
        owner = sent.pop("owner")
        done = plans.create_period(owner_id=owner.pk, by=request.user, at=request.now, **sent)
        return self.created(done.pk)

    @extend_schema(
        summary=_("Change the names of a plan"),
        description=_("What is left out stays."),
        request=ChangePlanSerializer,
        responses=PlanSerializer,
        examples=sending("names", {"name_en": "The year 2024"}),
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        plan = self.get_object()
        sent = self.sent()
        plans.edit_period(
            period_id=plan.pk,
            by=request.user,
            expected=self.expected(plan),
            at=request.now,
            **sent,
        )
        return self.changed(plan.pk)

    @extend_schema(
        operation_id="plans_add_group",
        summary=_("Add a group of targets to a plan"),
        description=_("A group is a part of its plan: the tag is that of the plan."),
        request=NewGroupSerializer,
        responses=PlanSerializer,
        examples=sending("group", GROUP),
    )
    @action(detail=True, methods=["post"], url_path="groups", url_name="groups")
    @idempotent
    def add_group(self, request: Request, ref: str) -> Response:
        plan = self.get_object()
        sent = self.sent()
        plans.create_group(
            period_id=plan.pk,
            mandate_id=sent.pop("mandate").pk,
            by=request.user,
            expected=self.expected(plan),
            at=request.now,
            **sent,
        )
        return self.changed(plan.pk)

    @extend_schema(
        operation_id="plans_change_group",
        summary=_("Change a group of targets"),
        description=_(
            "What is left out stays; so do the words of what is issued. The tag is that of the plan."
        ),
        parameters=[
            OpenApiParameter(
                "group", str, OpenApiParameter.PATH, description=_("Code of the group of tasks.")
            )
        ],
        request=ChangeGroupSerializer,
        responses=PlanSerializer,
        examples=sending("title", {"title_en": "Certificates"}),
    )
    @action(
        detail=True, methods=["patch"], url_path="groups/(?P<group>[^/]{1,12})", url_name="group"
    )
    def group(self, request: Request, ref: str, group: str) -> Response:
        plan = self.get_object()
        row = plan.groups.filter(code=group).first()
        if row is None:
            raise Http404
        sent = self.sent()
        if mandate := sent.pop("mandate", None):
            sent["mandate_id"] = mandate.pk
        plans.edit_group(
            group_id=row.pk,
            by=request.user,
            expected=self.expected(plan),
            at=request.now,
            **sent,
        )
        return self.changed(plan.pk)
