"""When one is away, by REST: a person's own days and deputy. No token is ever away."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from notifications.actions import absences
from notifications.models import Absence
from units.errors import Invalid
from units.http.idempotency import idempotent
from units.http.parsers import StrictSerializer
from units.http.serializers import TAG, ReadSerializer
from units.http.writing import Collection, NothingSerializer
from units.models import User

NEW = {"from_on": "2024-03-04", "to_on": "2024-03-15", "deputy": "chu-tich"}
ABSENCE = {**NEW, "etag": '"absence-2024-03-04-2024-03-15"'}
EXAMPLES = [OpenApiExample("absence", value=ABSENCE, response_only=True)]
FIRST_DAY = OpenApiParameter(
    "ref",
    {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    OpenApiParameter.PATH,
    description=_("First day of an absence that is not over."),
)


class AbsenceFilter(filters.FilterSet):
    """None: one has few absences, and reads them all."""

    class Meta:
        model = Absence
        fields: list[str] = []


class NewAbsenceSerializer(StrictSerializer):
    about = _(
        "Days of one's own, both included, and the user name of who is told beside oneself meanwhile."
    )

    from_on = serializers.DateField()
    to_on = serializers.DateField()
    deputy = serializers.CharField(max_length=150)


class AbsenceSerializer(ReadSerializer):
    about = _("Days on which the reader is away, and who is told beside them.")

    deputy = serializers.CharField(source="deputy.username")
    etag = serializers.SerializerMethodField(help_text=TAG)

    class Meta:
        model = Absence
        fields = ["from_on", "to_on", "deputy", "etag"]

    def get_etag(self, row: Absence) -> str:
        return f'"absence-{row.from_on}-{row.to_on}"'


def _oneself(user: User, row: Absence | None, *, at: datetime) -> bool:
    """Say yes: what is listed are the reader's own, and a token has been turned away before."""
    del at
    return row is None or row.person_id == user.pk


@extend_schema_view(
    list=extend_schema(
        summary=_("List one's own absences"),
        description=_("Those that hold or will. No token has any."),
        examples=EXAMPLES,
    ),
    retrieve=extend_schema(
        summary=_("Read an absence of one's own"),
        description=_("By its first day."),
        parameters=[FIRST_DAY],
        examples=EXAMPLES,
    ),
)
class AbsenceCollection(Collection):
    scope = None  # of a person: no scope opens it
    questions = {"create": _oneself, "end": _oneself}
    bodies = {"create": NewAbsenceSerializer}
    problems = {
        "create": (
            "absence-range-empty",
            "absence-over",
            "absence-too-long",
            "absence-overlaps",
            "deputy-is-oneself",
            "deputy-unknown",
            "deputy-away",
        ),
        "end": ("end-absence-not-from-ended",),
    }
    kind = "absence"
    lookup_field = "from_on"
    lookup_url_kwarg = "ref"
    lookup_value_regex = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9])|[0-9]{4}-(?:0[13-9]|1[0-2])-30|[0-9]{4}-(?:0[13578]|1[02])-31"
    queryset = Absence.objects.none()
    serializer_class = AbsenceSerializer
    filterset_class = AbsenceFilter

    def get_queryset(self) -> Any:
        mine = Absence.objects.not_over(at=self.request.now).filter(person=self.request.user)
        return mine.select_related("deputy")

    def version_of(self, row: Absence) -> int:
        return 1  # what stands in its tag is all that can change

    def subject_of(self, row: Absence) -> str:
        return str(row.person.username)

    @extend_schema(
        summary=_("Say that one is away"),
        description=_(
            "Meanwhile the deputy is told what one is told. Messages move, never the right to sign. No "
            "token is away."
        ),
        request=NewAbsenceSerializer,
        responses={201: AbsenceSerializer},
        examples=[OpenApiExample("days", value=NEW, request_only=True), *EXAMPLES],
    )
    @idempotent
    def create(self, request: Request) -> Response:
        sent = self.sent()
        offered = absences.candidates(request.user, at=request.now)
        people = {person.username: person for person, _words in offered}
        deputy = people.get(sent["deputy"])
        if deputy is None:
            text = _("Choose a colleague who holds an office or a role near yours.")
            raise Invalid(text, code="deputy-unknown", fields={"deputy": [text]})
        row = absences.enter(
            from_on=sent["from_on"],
            to_on=sent["to_on"],
            deputy=deputy,
            by=request.user,
            at=request.now,
        )
        body = self.get_serializer(row).data
        return Response(body, 201, headers={"ETag": body["etag"], "Cache-Control": "no-store"})

    @extend_schema(
        operation_id="absences_end",
        summary=_("End an absence of one's own"),
        description=_("One is back, or stays after all. What the deputy was told stays there."),
        parameters=[FIRST_DAY],
        request=NothingSerializer,
        responses={204: OpenApiResponse(description=_("It is over."))},
        examples=[OpenApiExample("nothing", value={}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: Request, ref: str) -> Response:
        row = self.get_object()
        self.sent()
        self.expected(row)
        absences.end(absence_id=row.pk, by=request.user, at=request.now)
        return Response(status=204)
