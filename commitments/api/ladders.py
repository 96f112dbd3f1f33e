"""The ladder of one thing that waits; whoever must act says that its step is seen, or hands the duty on."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from commitments.actions import acknowledgements, cases, deputies
from commitments.actions.subjects import as_column
from commitments.api.board import with_tag
from commitments.enums import Audience, ClockKind, ClockState
from commitments.models import CaseClock, Commitment
from units.errors import Invalid, NotFound
from units.http import etags
from units.http.fields import Instant
from units.http.idempotency import idempotent
from units.http.parsers import StrictSerializer
from units.http.serializers import TAG
from units.http.writing import Collection, NothingSerializer
from units.models import User

LADDER = {
    "waits_for": "case",
    "state": "running",
    "due_on": "2024-04-26",
    "level": 2,
    "policy_version": 1,
    "acknowledged_by": "Lê Văn C",
    "acknowledged_until": "2024-05-09",
    "next_level": 3,
    "next_at": "2024-05-13T01:00:00Z",
    "next_audience": "leader_in_charge",
    "handed_on": [{"by": "lan", "to": "minh", "task": "Soạn giải trình"}],
    "etag": '"ladder-5d2c0c9a3d0b8b6c"',
}
EXAMPLES = [OpenApiExample("ladder", value=LADDER, response_only=True)]
DELEGATE = {"deputy": "minh", "task": "Soạn giải trình"}


class HandedOnSerializer(serializers.Serializer):
    about = _("Who is told beside whoever must act, and what that person is to do. The duty stays.")

    by = serializers.CharField(source="holder.username")
    to = serializers.CharField(source="deputy.username")
    task = serializers.CharField()


class DelegateSerializer(StrictSerializer):
    about = _("Somebody of the own unit, by name of login, and what is to be done.")

    deputy = serializers.CharField(max_length=150)
    task = serializers.CharField(max_length=500)


class LadderSerializer(serializers.Serializer):
    about = _(
        "Where the ladder stands that runs for an object. “level” is null before the first step; “next_…” "
        "are null while it stands still and after its last step."
    )

    waits_for = serializers.ChoiceField(choices=ClockKind.choices)
    state = serializers.ChoiceField(choices=ClockState.choices)
    due_on = serializers.DateField()
    level = serializers.IntegerField(allow_null=True)
    policy_version = serializers.IntegerField(help_text=_("Version of the ladder that runs."))
    acknowledged_by = serializers.CharField(allow_null=True)
    acknowledged_until = serializers.DateField(
        allow_null=True, help_text=_("Up to and with this day the level is not repeated.")
    )
    next_level = serializers.IntegerField(allow_null=True)
    next_at = Instant(allow_null=True)
    next_audience = serializers.ChoiceField(choices=Audience.choices, allow_null=True)
    handed_on = HandedOnSerializer(many=True)
    etag = serializers.CharField(help_text=TAG)


def _running(row: Any) -> CaseClock | None:
    """Return the clock that runs for an object; for a commitment, for the version that is shown."""
    newest = row.shown_versions[-1] if isinstance(row, Commitment) else row
    subject = getattr(row, "shown", newest)
    rows = CaseClock.objects.open().filter(**as_column(subject)).with_ladder()
    return rows.select_related("policy__calendar", "ack_by").order_by("pk").first()


def _must_act(user: User, row: Any, *, at: datetime) -> bool:
    found = _running(row)
    return found is None or acknowledgements.is_holder(user, found, at=at)


ACTS = ("acknowledge", "delegate", "undelegate")  # of whoever must act
QUESTIONS = dict.fromkeys(ACTS, _must_act)
SCOPES = dict.fromkeys(ACTS)  # of a person alone: no token has seen anything, or has a colleague
BODIES: dict[str, type[StrictSerializer]] = {"delegate": DelegateSerializer}
PROBLEMS = {
    "ladder": ("no-ladder",),
    "acknowledge": (
        "no-ladder",
        "nothing-to-acknowledge",
        "clock-changed",
        "acknowledged-already",
    ),
    "delegate": (
        "no-ladder",
        "deputy-elsewhere",
        "deputy-sees-it-not",
        "delegated-already",
    ),
    "undelegate": ("no-ladder", "not-delegated"),
}


class Laddered(Collection):
    """What runs for an object of the collection, as a part of it. Subclasses add QUESTIONS, SCOPES, BODIES
    and PROBLEMS to their own, and say what the operations are `named`: each summary stands there once."""

    @extend_schema(
        description=_(
            "What is waited for, which step was taken last and which follows by itself, when, and for whom."
        ),
        responses=LadderSerializer,
        examples=EXAMPLES,
    )
    @action(detail=True, methods=["get"])
    def ladder(self, request: Request, ref: str) -> Response:
        return self.tagged(self._body(self._clock_of(self.get_object())))

    @extend_schema(
        description=_(
            "By whoever must act now: the level is not repeated for some working days, and the next one "
            "comes on its day all the same. If-Match: the tag of the ladder. No token says it."
        ),
        request=NothingSerializer,
        responses=LadderSerializer,
        examples=EXAMPLES,
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def acknowledge(self, request: Request, ref: str) -> Response:
        row = self._clock_of(self.get_object())
        self.sent()
        level = self._expected_level(row)
        acknowledgements.acknowledge(clock_id=row.pk, level=level, by=request.user, at=request.now)
        return self._as_it_is()

    @extend_schema(
        description=_(
            "By whoever must act now: a colleague gets every message about it as well, until it is done or "
            "taken back. The duty stays, and no right moves. If-Match: the tag of the ladder. No token "
            "hands anything on."
        ),
        request=DelegateSerializer,
        responses=LadderSerializer,
        examples=[OpenApiExample("delegate", value=DELEGATE, request_only=True), *EXAMPLES],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def delegate(self, request: Request, ref: str) -> Response:
        row = self._clock_of(self.get_object())
        sent = self.sent()
        self._expected_level(row)
        offered = deputies.candidates(row, of=request.user, at=request.now)
        people = {person.username: person for person, _words in offered}
        deputy = people.get(sent["deputy"])
        if deputy is None:
            text = _("Choose somebody of your own unit.")
            raise Invalid(text, code="deputy-elsewhere", fields={"deputy": [text]})
        deputies.name(
            clock_id=row.pk, deputy=deputy, task=sent["task"], by=request.user, at=request.now
        )
        return self._as_it_is()

    @extend_schema(
        description=_(
            "By whoever has handed it on. What the colleague was told stays there. If-Match: the tag of "
            "the ladder."
        ),
        request=NothingSerializer,
        responses=LadderSerializer,
        examples=EXAMPLES,
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def undelegate(self, request: Request, ref: str) -> Response:
        row = self._clock_of(self.get_object())
        self.sent()
        self._expected_level(row)
        deputies.take_back(clock_id=row.pk, by=request.user, at=request.now)
        return self._as_it_is()

    def _expected_level(self, row: CaseClock) -> int:
        shown = self._body(row)["etag"]
        return etags.expected_version(self.request, shown=shown, version=row.level)

    def _as_it_is(self) -> Response:
        body = self._body(self._clock_of(self.get_object()))
        return Response(body, headers={"ETag": body["etag"], "Cache-Control": "no-store"})

    def _clock_of(self, row: Any) -> CaseClock:
        found = _running(row)
        if found is None:
            raise NotFound(
                _("No ladder runs for it: nothing is waited for, or the last step was taken."),
                code="no-ladder",
            )
        return found

    def _body(self, row: CaseClock) -> dict[str, Any]:
        at = self.request.now
        held = acknowledgements.holds(row, at=at)
        handed_on = deputies.of([row])
        holders = acknowledgements.holders_of(row, at=at) if handed_on else ()
        counting = [one for one in handed_on if one.holder_id in holders]
        coming = cases.next_step(row)
        said = {
            "waits_for": row.kind,
            "state": row.state,
            "due_on": row.due_on.isoformat(),
            "level": row.level if row.level >= 0 else None,
            "policy_version": row.policy.version,
            "acknowledged_by": row.ack_by.full_name if held and row.ack_by else None,
            "acknowledged_until": row.ack_until.isoformat() if held and row.ack_until else None,
            "next_level": coming and coming.level,
            "next_at": coming and Instant().to_representation(coming.at),
            "next_audience": coming and coming.audience,
            "handed_on": HandedOnSerializer(counting, many=True).data,
        }
        return with_tag("ladder", said)
