"""Units as programs read them."""

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

from units.enums import Provenance, Scope, UnitKind
from units.http.collections import ReadOnlyCollection, etag_of
from units.http.filters import RefFilter, unit_is_seen
from units.http.serializers import TAG, ReadSerializer, address
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


@extend_schema_view(
    list=extend_schema(
        summary=_("List units"),
        description=_(
            "The units that the holder may see, in the order in which they were entered."
        ),
        examples=[OpenApiExample("unit", value=EXAMPLE)],
    ),
    retrieve=extend_schema(
        summary=_("Read one unit"),
        description=_("One unit with its names, codes and superiors of all times."),
        examples=[OpenApiExample("unit", value=EXAMPLE)],
    ),
)
class UnitCollection(ReadOnlyCollection):
    scope = Scope.ORG_READ
    queryset = OrgUnit.objects.none()
    serializer_class = UnitSerializer
    filterset_class = UnitFilter

    def get_queryset(self) -> Any:
        units = OrgUnit.objects.within_reach_of(self.request.user, at=self.request.now)
        return units.for_api()
