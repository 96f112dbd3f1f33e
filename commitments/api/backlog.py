"""Backlog cases as programs read and register them. What becomes of a case, people decide on its page."""

from typing import Any

from django.db.models import Prefetch
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
from rest_framework.response import Response

from commitments import permissions
from commitments.actions import backlog
from commitments.api.plans import plan_is_seen, seen_plans
from commitments.enums.backlog import CaseCause, CaseKind, CaseState, Competence, Resolvable
from commitments.models import BacklogCase, CaseExtension, Target
from units.enums import Provenance, Scope
from units.http.collections import etag_of
from units.http.fields import Instant
from units.http.filters import RefFilter, unit_is_seen
from units.http.idempotency import idempotent
from units.http.parsers import StrictSerializer
from units.http.serializers import TAG, ReadSerializer, address
from units.http.writing import Collection, RefField, seen_offices, seen_units, somewhere

EXAMPLE = {
    "ref": "2023-td-07",
    "number": "TĐ-07",
    "kind": "clearance",
    "title": "Giải phóng mặt bằng đường vành đai",
    "unit": "bx-huong-son",
    "assigner_unit": "bx-hu",
    "plan": "2023",
    "target": None,
    "original_due_on": "2023-12-31",
    "current_due_on": "2024-06-28",
    "cause": "land",
    "resolvable": "roadmap",
    "office": "huong-son-chu-tich",
    "task": "Vận động bốn hộ còn lại",
    "responsibility": "Chủ tịch UBND xã",
    "product": "Biên bản bàn giao mặt bằng",
    "competence": "own",
    "authority": "Luật Đất đai",
    "state": "assigned",
    "suspended_cause": "",
    "suspended_on": None,
    "outcome": "",
    "outcome_reference": "",
    "resolved_at": None,
    "ended_on": None,
    "registered_at": "2024-01-05T02:00:00Z",
    "extensions": [
        {
            "ordinal": 1,
            "old_due_on": "2023-12-31",
            "new_due_on": "2024-06-28",
            "reason": "Chờ giá đất",
            "granted_at": "2024-01-10T02:00:00Z",
        }
    ],
    "provenance": "synthetic",
    "source_ref": "",
    "etag": '"case-2023-td-07-5"',
    "links": {
        "self": "https://commitments.example/api/v1/cases/2023-td-07/",
        "unit": "https://commitments.example/api/v1/units/bx-huong-son/",
    },
}
NEW = {
    "kind": "admin",
    "title": "Hồ sơ đất đai quá hạn",
    "unit": "bx-huong-son",
    "plan": "2024",
    "original_due_on": "2024-03-31",
}
EXAMPLES = [OpenApiExample("case", value=EXAMPLE, response_only=True)]


class ExtensionSerializer(ReadSerializer):
    about = _("An extension that was granted; the age goes on from the original day.")

    granted_at = Instant()

    class Meta:
        model = CaseExtension
        fields = ["ordinal", "old_due_on", "new_due_on", "reason", "granted_at"]


class CaseLinksSerializer(serializers.Serializer):
    self = serializers.URLField()
    unit = serializers.URLField()


class CaseSerializer(ReadSerializer):
    about = _(
        "One backlog case. Its age on a day is counted from “original_due_on”, to “ended_on” if it has "
        "ended; it is not stored, for it grows every day."
    )

    unit = serializers.SlugField(source="unit.ref", help_text=_("Unit that holds it."))
    assigner_unit = serializers.SlugField(source="assigner_unit.ref")
    plan = serializers.SlugField(source="origin_period.code", allow_null=True, default=None)
    target = serializers.SlugField(
        source="target.ref", allow_null=True, default=None, help_text=_("Target carried over.")
    )
    office = serializers.SlugField(
        source="office.ref",
        allow_null=True,
        default=None,
        help_text=_("Office that resolves it; null while nobody has said."),
    )
    resolved_at = Instant(allow_null=True)
    registered_at = Instant()
    extensions = ExtensionSerializer(many=True, source="granted")
    etag = serializers.SerializerMethodField(help_text=TAG)
    links = serializers.SerializerMethodField()

    class Meta:
        model = BacklogCase
        fields = list(EXAMPLE)

    def get_etag(self, case: BacklogCase) -> str:
        return etag_of("case", case.ref, case.etag_version)

    @extend_schema_field(CaseLinksSerializer)
    def get_links(self, case: BacklogCase) -> dict[str, str]:
        return {
            "self": address(self, "cases-detail", case.ref),
            "unit": address(self, "units-detail", case.unit.ref),
        }


class CaseFilter(filters.FilterSet):
    plan = RefFilter("origin_period__code", known=plan_is_seen, label=_("plan"))
    unit = RefFilter("unit__ref", known=unit_is_seen, label=_("unit that holds it"))
    assigner_unit = RefFilter("assigner_unit__ref", known=unit_is_seen, label=_("assigning unit"))
    kind = filters.ChoiceFilter(choices=CaseKind.choices, label=_("kind"))
    state = filters.ChoiceFilter(choices=CaseState.choices, label=_("state"))
    provenance = filters.ChoiceFilter(choices=Provenance.choices, label=_("provenance"))

    class Meta:
        model = BacklogCase
        fields: list[str] = []


def seen_targets(request: Request) -> Any:
    return Target.objects.visible_to(request.user, at=request.now)


class NewCaseSerializer(StrictSerializer):
    about = _(
        "A case to be registered. Its original day is never changed again. “number”: left out, the next "
        "free one. What is clear already may be sent; a supervisor assigns it on its page."
    )

    kind = serializers.ChoiceField(choices=CaseKind.choices)
    title = serializers.CharField(max_length=300)
    unit = RefField(seen_units, help_text=_("Unit that holds it."))
    plan = RefField(seen_plans, by="code", help_text=_("Plan that it comes from."))
    original_due_on = serializers.DateField()
    number = serializers.CharField(max_length=30, required=False)
    target = RefField(seen_targets, required=False)
    office = RefField(seen_offices, required=False)
    cause = serializers.ChoiceField(choices=CaseCause.choices, required=False)
    resolvable = serializers.ChoiceField(choices=Resolvable.choices, required=False)
    task = serializers.CharField(max_length=4000, required=False)
    responsibility = serializers.CharField(max_length=4000, required=False)
    product = serializers.CharField(max_length=4000, required=False)
    competence = serializers.ChoiceField(choices=Competence.choices, required=False)
    authority = serializers.CharField(max_length=4000, required=False)


def sending(name: str, value: dict[str, Any]) -> list[OpenApiExample]:
    return [OpenApiExample(name, value=value, request_only=True), *EXAMPLES]


@extend_schema_view(
    list=extend_schema(
        summary=_("List backlog cases"),
        description=_("Cases that a unit which the holder may see holds or has assigned."),
        examples=EXAMPLES,
    ),
    retrieve=extend_schema(
        summary=_("Read one backlog case"),
        description=_("What is overdue, who must do it by when, and what became of it."),
        examples=EXAMPLES,
    ),
)
class CaseCollection(Collection):
    scope = Scope.CASES_READ
    scopes = {"create": Scope.CASES_WRITE}
    questions = {"create": somewhere(permissions.registers_somewhere)}
    bodies = {"create": NewCaseSerializer}
    kind = "backlog_case"
    pointers = {"origin_period": "plan"}
    queryset = BacklogCase.objects.none()
    serializer_class = CaseSerializer
    filterset_class = CaseFilter

    def get_queryset(self) -> Any:
        granted = CaseExtension.objects.order_by("ordinal")
        seen = BacklogCase.objects.visible_to(self.request.user, at=self.request.now)
        return seen.select_related(
            "unit", "assigner_unit", "origin_period", "target", "office"
        ).prefetch_related(Prefetch("extensions", granted, to_attr="granted"))

    @extend_schema(
        summary=_("Register a backlog case"),
        description=_(
            "Enters it with its original day. Who resolves it by when, a supervisor decides on its page."
        ),
        request=NewCaseSerializer,
        responses={201: CaseSerializer},
        examples=sending("new case", NEW),
    )
    @idempotent
    def create(self, request: Request) -> Response:
        sent = self.sent()
        more = {f"{name}_id": sent.pop(name).pk for name in ("target", "office") if name in sent}
        done = backlog.register_case(
            unit_id=sent.pop("unit").pk,
            period_id=sent.pop("plan").pk,
            by=request.user,
            at=request.now,
            **more,
            **sent,
        )
        return self.created(done.pk)
