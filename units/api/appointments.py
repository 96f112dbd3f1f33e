"""Who holds which office, as programs read and change it."""

from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
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
from units.actions import appointments
from units.enums import ActingReason, AppointmentMode, DelegationForm, Scope
from units.http.collections import etag_of
from units.http.filters import RefFilter, unit_is_seen
from units.http.idempotency import idempotent
from units.http.parsers import StrictSerializer
from units.http.serializers import TAG, ReadSerializer, address
from units.http.writing import Collection, RefField, seen_offices, somewhere
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


EXAMPLES = [OpenApiExample("appointment", value=EXAMPLE, response_only=True)]
NEW = {
    "person": "nguoi-thu-nhat",
    "position": "bx-tan-phong-chair",
    "valid_from": "2024-01-01",
    "decision_number": "12/QĐ",
    "decision_on": "2023-12-20",
}


def known_people(request: Request) -> Any:
    """People who hold an office of a unit that the holder sees, or no office at all yet."""
    within = Appointment.objects.visible_to(request.user, at=request.now)
    known = Q(appointments=None) | Q(appointments__in=within)
    return User.objects.people().filter(known, is_active=True).distinct()


class NewAppointmentSerializer(StrictSerializer):
    about = _("Who is to hold an office from when on. “valid_to” is the first day without it.")

    person = RefField(known_people, by="username", help_text=_("Name of the account."))
    position = RefField(seen_offices)
    mode = serializers.ChoiceField(choices=AppointmentMode.choices, required=False)
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(allow_null=True, required=False)
    decision_number = serializers.CharField(max_length=60, allow_blank=True, required=False)
    decision_on = serializers.DateField(allow_null=True, required=False)
    acting_reason = serializers.ChoiceField(
        choices=ActingReason.choices, allow_blank=True, required=False
    )
    form = serializers.ChoiceField(choices=DelegationForm.choices, allow_blank=True, required=False)
    scope = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=20
    )


class EndAppointmentSerializer(StrictSerializer):
    about = _("The first day without it.")

    end_on = serializers.DateField()


def may_organise(user: User, row: Appointment, *, at: datetime) -> bool:
    return permissions.may_organise(user, row.position.unit_id, at=at)


def sending(name: str, value: dict[str, Any]) -> list[OpenApiExample]:
    return [OpenApiExample(name, value=value, request_only=True), *EXAMPLES]


@extend_schema_view(
    list=extend_schema(
        summary=_("List appointments"),
        description=_("Who holds, held or will hold the offices of the units the holder may see."),
        examples=EXAMPLES,
    ),
    retrieve=extend_schema(
        summary=_("Read one appointment"),
        description=_("One person in one office, from day to day."),
        examples=EXAMPLES,
    ),
)
class AppointmentCollection(Collection):
    scope = Scope.ORG_READ
    scopes = dict.fromkeys(("create", "end"), Scope.ORG_WRITE)
    questions = {
        "create": somewhere(permissions.is_administrator),
        "end": may_organise,
    }
    bodies = {"create": NewAppointmentSerializer, "end": EndAppointmentSerializer}
    kind = "appointment"
    queryset = Appointment.objects.none()
    serializer_class = AppointmentSerializer
    filterset_class = AppointmentFilter

    def get_queryset(self) -> Any:
        visible = Appointment.objects.visible_to(self.request.user, at=self.request.now)
        return visible.for_api()

    @extend_schema(
        summary=_("Appoint somebody"),
        description=_("Puts a person who has an account in an office, from a day on."),
        request=NewAppointmentSerializer,
        responses={201: AppointmentSerializer},
        examples=sending("new appointment", NEW),
    )
    @idempotent
    def create(self, request: Request) -> Response:
        sent = self.sent()
        done = appointments.appoint(
            person_id=sent.pop("person").pk,
            position_id=sent.pop("position").pk,
            by=request.user,
            at=request.now,
            **sent,
        )
        return self.created(done.pk)

    @extend_schema(
        operation_id="appointments_end",
        summary=_("End an appointment"),
        description=_("On a day; the person keeps the account."),
        request=EndAppointmentSerializer,
        responses=AppointmentSerializer,
        examples=sending("day", {"end_on": "2024-07-01"}),
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: Request, ref: str) -> Response:
        row = self.get_object()
        sent = self.sent()
        appointments.end_appointment(
            appointment_id=row.pk,
            by=request.user,
            expected=self.expected(row),
            at=request.now,
            **sent,
        )
        return self.changed(row.pk)
