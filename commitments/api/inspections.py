"""Inspections of counted units as programs read and record them."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from commitments import permissions
from commitments.actions import evidence, inspections
from commitments.api.duties import EvidenceSerializer
from commitments.api.evidence import SHA256
from commitments.api.inputs.inspections import (
    CORRECT,
    NEW,
    CorrectInspectionSerializer,
    NewInspectionSerializer,
)
from commitments.api.plans import plan_is_seen
from commitments.api.targets import target_is_seen
from commitments.models import Evidence, Inspection
from units.enums import Provenance, Scope
from units.http import files
from units.http.collections import etag_of
from units.http.fields import Instant
from units.http.files import BytesRenderer
from units.http.filters import RefFilter, unit_is_seen
from units.http.idempotency import idempotent
from units.http.serializers import TAG, ReadSerializer, address
from units.http.writing import Collection, somewhere
from units.models import User

INSPECTION = {
    "ref": "2024-h17-3-i4",
    "target": "2024-h17-3",
    "unit": "bx-huong-son",
    "inspected_on": "2024-04-18",
    "conclusion": "Chấp hành tốt giờ làm việc; hai hồ sơ trả chậm.",
    "took_place": True,
    "counts": True,
    "corrects": None,
    "corrected_by": None,
    "correction_reason": "",
    "recorded_by": "Nguyễn Văn A",
    "recorded_at": "2024-04-19T02:00:00Z",
    "files": [
        {
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "name": "Kết luận.pdf",
            "kind": "application/pdf",
            "size": 48213,
            "added_at": "2024-04-19T02:00:00Z",
        }
    ],
    "provenance": "synthetic",
    "etag": '"inspection-2024-h17-3-i4-1"',
    "links": {
        "self": "https://commitments.example/api/v1/inspections/2024-h17-3-i4/",
        "target": "https://commitments.example/api/v1/targets/2024-h17-3/",
    },
}
EXAMPLES = [OpenApiExample("inspection", value=INSPECTION, response_only=True)]


def sending(name: str, value: dict[str, Any]) -> list[OpenApiExample]:
    return [OpenApiExample(name, value=value, request_only=True), *EXAMPLES]


class InspectionLinksSerializer(serializers.Serializer):
    self = serializers.URLField()
    target = serializers.URLField()


class InspectionSerializer(ReadSerializer):
    about = _(
        "One inspection of a unit that a target counts. It is never changed: a correction is another "
        "record, which names it. A unit counts once, however often it is inspected."
    )

    target = serializers.SlugField(source="target.ref")
    unit = serializers.SlugField(source="unit.ref", help_text=_("Unit inspected."))
    took_place = serializers.BooleanField(
        help_text=_("False: a correction says that there was none.")
    )
    counts = serializers.BooleanField(
        help_text=_("It is the last word, and says that the unit was inspected.")
    )
    corrects = serializers.SlugField(
        source="corrects.ref", allow_null=True, default=None, help_text=_("The wrong record.")
    )
    corrected_by = serializers.SerializerMethodField(
        help_text=_("The record that stands in its place.")
    )
    recorded_by = serializers.CharField(source="recorded_by.full_name")
    recorded_at = Instant()
    files = EvidenceSerializer(many=True, source="shown_files", help_text=_("The oldest first."))
    etag = serializers.SerializerMethodField(help_text=TAG)
    links = serializers.SerializerMethodField()

    class Meta:
        model = Inspection
        fields = list(INSPECTION)

    @extend_schema_field(serializers.SlugField(allow_null=True))
    def get_corrected_by(self, row: Inspection) -> str | None:
        return row.corrected_by.ref if row.is_corrected else None

    def get_etag(self, row: Inspection) -> str:
        return etag_of("inspection", row.ref, row.etag_version)

    @extend_schema_field(InspectionLinksSerializer)
    def get_links(self, row: Inspection) -> dict[str, str]:
        return {
            "self": address(self, "inspections-detail", row.ref),
            "target": address(self, "targets-detail", row.target.ref),
        }


class InspectionFilter(filters.FilterSet):
    plan = RefFilter("target__period__code", known=plan_is_seen, label=_("plan"))
    unit = RefFilter("unit__ref", known=unit_is_seen, label=_("unit inspected"))
    target = RefFilter("target__ref", known=target_is_seen, max_length=60, label=_("target"))
    provenance = filters.ChoiceFilter(choices=Provenance.choices, label=_("provenance"))

    class Meta:
        model = Inspection
        fields: list[str] = []


def _may_record(user: User, row: Inspection, *, at: datetime) -> bool:
    return permissions.may_record(user, row.target, at=at)


@extend_schema_view(
    list=extend_schema(
        summary=_("List inspections"),
        description=_(
            "Inspections for the targets that the holder may see, with those that were corrected."
        ),
        examples=EXAMPLES,
    ),
    retrieve=extend_schema(
        summary=_("Read one inspection"),
        description=_("With its files, and what it corrects or what stands in its place."),
        examples=EXAMPLES,
    ),
)
class InspectionCollection(Collection):
    scope = Scope.REPORTS_READ
    scopes = dict.fromkeys(("create", "correct"), Scope.REPORTS_WRITE)
    questions = {"create": somewhere(permissions.records_somewhere), "correct": _may_record}
    bodies = {"create": NewInspectionSerializer, "correct": CorrectInspectionSerializer}
    kind = "inspection"
    queryset = Inspection.objects.none()
    serializer_class = InspectionSerializer
    filterset_class = InspectionFilter

    def get_queryset(self) -> Any:
        seen = Inspection.objects.visible_to(self.request.user, at=self.request.now)
        shown = Prefetch("evidence", Evidence.objects.order_by("pk"), to_attr="shown_files")
        return seen.select_related(
            "target", "unit", "corrects", "corrected_by", "recorded_by"
        ).prefetch_related(shown)

    def subject_of(self, row: Inspection) -> str:
        """A correction is entered about the record that stands in the place of `row`."""
        return str(row.corrected_by.ref if row.is_corrected else row.ref)

    @extend_schema(
        summary=_("Record an inspection"),
        description=_(
            "Of a unit that the target counts, on a day of its year. The same unit may be inspected "
            "again; it counts once."
        ),
        request=NewInspectionSerializer,
        responses={201: InspectionSerializer},
        examples=sending("new inspection", NEW),
    )
    @idempotent
    def create(self, request: Request) -> Response:
        sent = self.sent()
        done = inspections.record(
            target_id=sent.pop("target").pk,
            unit_id=sent.pop("unit").pk,
            by=request.user,
            at=request.now,
            **sent,
        )
        return self.created(done.pk)

    @extend_schema(
        operation_id="inspections_correct",
        summary=_("Correct an inspection"),
        description=_(
            "Puts another record in the place of a wrong one, with its files and a reason. What is left "
            "out stays as it was. The answer is the wrong record, which names the new one."
        ),
        request=CorrectInspectionSerializer,
        responses=InspectionSerializer,
        examples=sending("correction", CORRECT),
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def correct(self, request: Request, ref: str) -> Response:
        wrong = self.get_object()
        sent = self.sent()
        self.expected(wrong)
        unit = sent.pop("unit", wrong.unit)
        inspections.correct(
            inspection_id=wrong.pk,
            unit_id=unit.pk,
            by=request.user,
            at=request.now,
            **{"inspected_on": wrong.inspected_on, "conclusion": wrong.conclusion} | sent,
        )
        return self.changed(wrong.pk)

    @extend_schema(
        operation_id="inspections_file",
        summary=_("Read a file of an inspection"),
        description=_("The bytes, proved against their hash, for whoever may see the inspection."),
        responses={
            (200, files.BYTES): OpenApiResponse(OpenApiTypes.BINARY, description=_("The file."))
        },
    )
    @action(
        detail=True,
        methods=["get"],
        url_path=f"files/{SHA256}",
        url_name="file",
        renderer_classes=[BytesRenderer, JSONRenderer],
    )
    def file(self, request: Request, ref: str, sha256: str) -> HttpResponse:
        for row in self.get_object().shown_files:
            if row.sha256 == sha256:
                return files.answer(evidence.read(row))
        raise Http404
