"""Who holds which office, as programs read it."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
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

from units.enums import AppointmentMode, Scope
from units.http.collections import ReadOnlyCollection, etag_of
from units.http.filters import RefFilter, unit_is_seen
from units.http.serializers import TAG, ReadSerializer, address
from units.models import Appointment, Position, User

EXAMPLE = {
    "ref": "bx-tan-phong-chair-1",
    "person": {"name": "Người Thứ Nhất"},
    "unit": "bx-tan-phong",
    "position": {
        "ref": "bx-tan-phong-chair",
        "title_vi": "Chủ tịch Ủy ban nhân dân",
        "title_en": "Chair of the People's Committee",
        "tree": "admin",
        "is_head": True,
    },
    "mode": "titular",
    "acting_reason": "",
    "form": "",
    "valid_from": "2023-01-01",
    "valid_to": None,
    "decision_number": "12/QĐ",
    "decision_on": "2022-12-20",
    "provenance": "synthetic",
    "etag": '"appointment-bx-tan-phong-chair-1-3"',
    "links": {
        "self": "https://commitments.example/api/v1/appointments/bx-tan-phong-chair-1/",
        "unit": "https://commitments.example/api/v1/units/bx-tan-phong/",
    },
}


class HolderSerializer(ReadSerializer):
    about = _("The name under which the holder is published; nothing else personal.")

    name = serializers.CharField(source="full_name")

    class Meta:
        model = User
        fields = ["name"]


class OfficeSerializer(ReadSerializer):
    about = _("An office of the unit.")

    class Meta:
        model = Position
        fields = ["ref", "title_vi", "title_en", "tree", "is_head"]


class AppointmentLinksSerializer(serializers.Serializer):
    self = serializers.URLField()
    unit = serializers.URLField()


class AppointmentSerializer(ReadSerializer):
    about = _(
        "One person in one office. “valid_to” is the first day without it; null: no end is known."
    )

    person = HolderSerializer()
    unit = serializers.SlugField(source="position.unit.ref")
    position = OfficeSerializer()
    etag = serializers.SerializerMethodField(help_text=TAG)
    links = serializers.SerializerMethodField()

    class Meta:
        model = Appointment
        fields = [
            "ref",
            "person",
            "unit",
            "position",
            "mode",
            "acting_reason",
            "form",
            "valid_from",
            "valid_to",
            "decision_number",
            "decision_on",
            "provenance",
            "etag",
            "links",
        ]

    def get_etag(self, row: Appointment) -> str:
        """Return the tag. Name and title are shown too, so their writes count as well."""
        shown = row.etag_version + row.position.etag_version + row.person.etag_version
        return etag_of("appointment", row.ref, shown - 2)

    @extend_schema_field(AppointmentLinksSerializer)
    def get_links(self, row: Appointment) -> dict[str, str]:
        return {
            "self": address(self, "appointments-detail", row.ref),
            "unit": address(self, "units-detail", row.position.unit.ref),
        }


def position_is_seen(request: Request, ref: str) -> bool:
    """Say whether the holder sees an office of this reference: one of a visible unit."""
    from_unit = Position.objects.filter(ref=ref).values_list("unit__ref", flat=True).first()
    return from_unit is not None and unit_is_seen(request, from_unit)


class AppointmentFilter(filters.FilterSet):
    unit = RefFilter("position__unit__ref", known=unit_is_seen, label=_("unit of the office"))
    position = RefFilter("position__ref", known=position_is_seen, label=_("office"))
    mode = filters.ChoiceFilter(choices=AppointmentMode.choices, label=_("manner"))
    is_head = filters.ChoiceFilter(
        field_name="position__is_head",
        choices=[("true", _("yes")), ("false", _("no"))],
        method="only_heads",
        label=_("whether the office heads its unit"),
    )
    on = filters.DateFilter(method="holding_on", label=_("a day on which it holds"))

    class Meta:
        model = Appointment
        fields: list[str] = []

    def only_heads(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(**{name: value == "true"})

    def holding_on(self, rows: Any, name: str, value: date) -> QuerySet:
        return rows.in_force(value)


@extend_schema_view(
    list=extend_schema(
        summary=_("List appointments"),
        description=_("Who holds, held or will hold the offices of the units the holder may see."),
        examples=[OpenApiExample("appointment", value=EXAMPLE)],
    ),
    retrieve=extend_schema(
        summary=_("Read one appointment"),
        description=_("One person in one office, from day to day."),
        examples=[OpenApiExample("appointment", value=EXAMPLE)],
    ),
)
class AppointmentCollection(ReadOnlyCollection):
    scope = Scope.ORG_READ
    queryset = Appointment.objects.none()
    serializer_class = AppointmentSerializer
    filterset_class = AppointmentFilter

    def get_queryset(self) -> Any:
        visible = Appointment.objects.visible_to(self.request.user, at=self.request.now)
        return visible.for_api()
