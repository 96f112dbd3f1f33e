"""Units as programs read and change them."""

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
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from units import permissions
from units.actions import organisation
from units.enums import Provenance, Scope, Tree, UnitKind
from units.http.collections import etag_of
from units.http.filters import RefFilter, unit_is_seen
from units.http.idempotency import idempotent
from units.http.parsers import StrictSerializer
from units.http.serializers import TAG, ReadSerializer, address
from units.http.writing import Collection, RefField, seen_units, somewhere
from units.models import OrgEdge, OrgUnit, OrgUnitVersion

EXAMPLE = {
    "ref": "bx-tan-phong",
    "kind": "commune",
    "name_vi": "Xã Tân Phong",
    "name_en": "Tan Phong commune",
    "short_name": "Tân Phong",
    "official_code": "08950",
    "code_system": "gso",
    "valid_from": "2020-01-01",
    "valid_to": None,
    "names": [
        {
            "name_vi": "Xã Tân Phong",
            "name_en": "Tan Phong commune",
            "short_name": "Tân Phong",
            "official_code": "08950",
            "code_system": "gso",
            "valid_from": "2020-01-01",
            "valid_to": None,
        }
    ],
    "superiors": [
        {"tree": "admin", "unit": "bx-ubnd", "valid_from": "2020-01-01", "valid_to": None}
    ],
    "provenance": "synthetic",
    "source_ref": "",
    "etag": '"unit-bx-tan-phong-1"',
    "links": {
        "self": "https://commitments.example/api/v1/units/bx-tan-phong/",
        "appointments": "https://commitments.example/api/v1/appointments/?unit=bx-tan-phong",
    },
}


class UnitNameSerializer(ReadSerializer):
    about = _("What the unit was called, and under which code, from day to day.")

    class Meta:
        model = OrgUnitVersion
        fields = [
            "name_vi",
            "name_en",
            "short_name",
            "official_code",
            "code_system",
            "valid_from",
            "valid_to",
        ]


class SuperiorSerializer(ReadSerializer):
    about = _("Under whom the unit stood, in which line, from day to day.")

    unit = serializers.SlugField(source="parent.ref")

    class Meta:
        model = OrgEdge
        fields = ["tree", "unit", "valid_from", "valid_to"]


class UnitLinksSerializer(serializers.Serializer):
    self = serializers.URLField()
    appointments = serializers.URLField()


class UnitSerializer(ReadSerializer):
    about = _("One unit with all its names and superiors. “valid_to” is the first day without it.")

    name_vi = serializers.CharField(source="version_now.name_vi", default="")
    name_en = serializers.CharField(source="version_now.name_en", default="")
    short_name = serializers.CharField(source="version_now.short_name", default="")
    official_code = serializers.CharField(source="version_now.official_code", default="")
    code_system = serializers.CharField(source="version_now.code_system", default="")
    names = UnitNameSerializer(many=True, source="versions")
    superiors = SuperiorSerializer(many=True, source="edges_up")
    etag = serializers.SerializerMethodField(help_text=TAG)
    links = serializers.SerializerMethodField()

    class Meta:
        model = OrgUnit
        fields = [
            "ref",
            "kind",
            "name_vi",
            "name_en",
            "short_name",
            "official_code",
            "code_system",
            "valid_from",
            "valid_to",
            "names",
            "superiors",
            "provenance",
            "source_ref",
            "etag",
            "links",
        ]

    def get_etag(self, unit: OrgUnit) -> str:
        return etag_of("unit", unit.ref, unit.etag_version)

    @extend_schema_field(UnitLinksSerializer)
    def get_links(self, unit: OrgUnit) -> dict[str, str]:
        return {
            "self": address(self, "units-detail", unit.ref),
            "appointments": address(self, "appointments-list", unit=unit.ref),
        }


EXAMPLES = [OpenApiExample("unit", value=EXAMPLE, response_only=True)]
NEW = {
    "kind": "commune",
    "name_vi": "Xã Tân Phong",
    "superiors": [{"tree": "admin", "unit": "bx-ubnd"}],
    "valid_from": "2024-01-01",
}


class SentSuperiorSerializer(StrictSerializer):
    about = _("Under whom the unit is to stand, in one line.")

    tree = serializers.ChoiceField(choices=Tree.choices)
    unit = RefField(seen_units)


class SentNameSerializer(StrictSerializer):
    name_vi = serializers.CharField(max_length=200)
    name_en = serializers.CharField(max_length=200, allow_blank=True, required=False)
    short_name = serializers.CharField(max_length=80, allow_blank=True, required=False)
    official_code = serializers.CharField(max_length=20, allow_blank=True, required=False)
    code_system = serializers.CharField(max_length=20, allow_blank=True, required=False)


class NewUnitSerializer(SentNameSerializer):
    about = _("A unit to be founded under a superior that is seen. “ref”: left out, from the name.")

    ref = serializers.SlugField(max_length=40, required=False)
    kind = serializers.ChoiceField(choices=UnitKind.choices)
    valid_from = serializers.DateField(required=False)
    superiors = SentSuperiorSerializer(many=True, allow_empty=False)
    founding_decision = serializers.CharField(max_length=120, allow_blank=True, required=False)
    source_ref = serializers.CharField(max_length=200, allow_blank=True, required=False)

    def validate_superiors(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({row["tree"] for row in rows}) < len(rows):
            raise serializers.ValidationError(
                _("A line stands here twice. Name each once."), code="tree-twice"
            )
        return rows


class RenameUnitSerializer(SentNameSerializer):
    about = _("Another name or code from a day on; the old one stays for the days before.")

    from_on = serializers.DateField()


class PutUnderSerializer(StrictSerializer):
    about = _("Another superior in one line from a day on.")

    tree = serializers.ChoiceField(choices=Tree.choices)
    unit = RefField(seen_units, help_text=_("The superior."))
    from_on = serializers.DateField()


class EndSerializer(StrictSerializer):
    about = _("The first day without it.")

    end_on = serializers.DateField()


class UnitFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=UnitKind.choices, label=_("kind"))
    superior = RefFilter(
        "edges_up__parent__ref",
        known=unit_is_seen,
        distinct=True,
        label=_("a superior unit, now or earlier"),
    )
    official_code = filters.CharFilter(
        field_name="versions__official_code",
        max_length=20,
        distinct=True,
        label=_("official code, now or earlier"),
    )
    provenance = filters.ChoiceFilter(choices=Provenance.choices, label=_("provenance"))

    class Meta:
        model = OrgUnit
        fields: list[str] = []


def sending(name: str, value: dict[str, Any]) -> list[OpenApiExample]:
    return [OpenApiExample(name, value=value, request_only=True), *EXAMPLES]


@extend_schema_view(
    list=extend_schema(
        summary=_("List units"),
        description=_(
            "The units that the holder may see, in the order in which they were entered."
        ),
        examples=EXAMPLES,
    ),
    retrieve=extend_schema(
        summary=_("Read one unit"),
        description=_("One unit with its names, codes and superiors of all times."),
        examples=EXAMPLES,
    ),
)
class UnitCollection(Collection):
    scope = Scope.ORG_READ
    scopes = dict.fromkeys(("create", "rename", "put_under", "end"), Scope.ORG_WRITE)
    questions = {
        "create": somewhere(permissions.is_administrator),
        "rename": permissions.may_organise,
        "put_under": permissions.may_organise,
        "end": permissions.may_organise,
    }
    bodies = {
        "create": NewUnitSerializer,
        "rename": RenameUnitSerializer,
        "put_under": PutUnderSerializer,
        "end": EndSerializer,
    }
    kind = "unit"
    queryset = OrgUnit.objects.none()
    serializer_class = UnitSerializer
    filterset_class = UnitFilter

    def get_queryset(self) -> Any:
        units = OrgUnit.objects.within_reach_of(self.request.user, at=self.request.now)
        return units.for_api()

    @extend_schema(
        summary=_("Found a unit"),
        description=_("Under a superior that the holder may change; others are founded by people."),
        request=NewUnitSerializer,
        responses={201: UnitSerializer},
        examples=sending("new unit", NEW),
    )
    @idempotent
    def create(self, request: Request) -> Response:
        sent = self.sent()
        superiors = {Tree(row["tree"]): row["unit"].pk for row in sent.pop("superiors")}
        done = organisation.create_unit(under=superiors, by=request.user, at=request.now, **sent)
        return self.created(done.pk)

    @extend_schema(
        operation_id="units_rename",
        summary=_("Rename a unit"),
        description=_("From a day on; what it was called before stays known."),
        request=RenameUnitSerializer,
        responses=UnitSerializer,
        examples=sending("name", {"name_vi": "Phường Tân Phong", "from_on": "2024-07-01"}),
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def rename(self, request: Request, ref: str) -> Response:
        return self._write(organisation.rename_unit)

    @extend_schema(
        operation_id="units_put_under",
        summary=_("Put a unit under another superior"),
        description=_("In one line, from a day on."),
        request=PutUnderSerializer,
        responses=UnitSerializer,
        examples=sending("superior", {"tree": "admin", "unit": "bx-ubnd", "from_on": "2024-07-01"}),
    )
    @action(detail=True, methods=["post"], url_path="put-under", url_name="put-under")
    @idempotent
    def put_under(self, request: Request, ref: str) -> Response:
        return self._write(organisation.put_under)

    @extend_schema(
        operation_id="units_end",
        summary=_("End a unit"),
        description=_("Its names, offices and superiors end with it."),
        request=EndSerializer,
        responses=UnitSerializer,
        examples=sending("day", {"end_on": "2025-07-01"}),
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: Request, ref: str) -> Response:
        return self._write(organisation.end_unit)

    def _write(self, act: Any) -> Response:
        unit = self.get_object()
        sent = self.sent()
        if superior := sent.pop("unit", None):
            sent["parent_id"] = superior.pk
        act(
            unit_id=unit.pk,
            by=self.request.user,
            expected=self.expected(unit),
            at=self.request.now,
            **sent,
        )
        return self.changed(unit.pk)
