"""Putting a row of one's own queue aside by REST, and taking it back: a person's word, no token's."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from commitments.actions import reminders
from commitments.models import Commitment
from units.http.idempotency import idempotent
from units.http.parsers import StrictSerializer
from units.http.writing import Collection, NothingSerializer
from units.models import User
from units.rules import texts

SNOOZE = {"until": "2024-02-19", "reason": "Chờ đồng chí Chủ tịch đi công tác về."}


class SnoozeSerializer(StrictSerializer):
    about = _("Until which morning the row is put aside, and why. Supervisors read the reason.")

    until = serializers.DateField(help_text=_("At most the day on which it is due, or 30 days."))
    reason = serializers.CharField(max_length=texts.NOTE)


class SnoozedSerializer(serializers.Serializer):
    about = _("Until when the row is hidden from the queue of who has put it aside.")

    until = serializers.DateField()
    reason = serializers.CharField()


def _sees(user: User, row: Any, *, at: datetime) -> bool:
    """Say yes: one puts aside for oneself what one sees, and nothing else changes."""
    del user, row, at
    return True


def _about(row: Any) -> Any:
    """Return what stands in the queue: of a commitment, the version that is shown."""
    return row.shown if isinstance(row, Commitment) else row


QUESTIONS = {"snooze": _sees, "take_back": _sees}
SCOPES = {"snooze": None, "take_back": None}
BODIES: dict[str, type[StrictSerializer]] = {"snooze": SnoozeSerializer}
PROBLEMS = {
    "snooze": (
        "snooze-needs-reason",
        "snooze-in-the-past",
        "snooze-too-long",
        "snoozed-already",
    ),
    "take_back": ("not-snoozed",),
}


class Snoozable(Collection):
    """What a reader of the queue does for oneself. Subclasses add QUESTIONS, SCOPES, BODIES, PROBLEMS, and
    say what the operations are `named`."""

    @extend_schema(
        description=_(
            "Others see who has, until when, and why; the ladder goes on. It comes back by itself, or when "
            "it moves on. No token has a queue."
        ),
        request=SnoozeSerializer,
        responses=SnoozedSerializer,
        examples=[OpenApiExample("snooze", value=SNOOZE)],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def snooze(self, request: Request, ref: str) -> Response:
        row = self.get_object()
        sent = self.sent()
        self.expected(row)
        reminders.snooze(about=_about(row), by=request.user, at=request.now, **sent)
        body = {"until": sent["until"].isoformat(), "reason": sent["reason"].strip()}
        return Response(body, headers={"Cache-Control": "no-store"})

    @extend_schema(
        description=_("It stands there again at once."),
        request=NothingSerializer,
        responses={204: OpenApiResponse(description=_("It is back."))},
        examples=[OpenApiExample("nothing", value={}, request_only=True)],
    )
    @action(detail=True, methods=["post"], url_path="take-back")
    @idempotent
    def take_back(self, request: Request, ref: str) -> Response:
        row = self.get_object()
        self.sent()
        self.expected(row)
        reminders.take_back(about=_about(row), by=request.user, at=request.now)
        return Response(status=204)
