"""How a person judges, by REST, how a target stands; no program does."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from commitments import permissions
from commitments.actions import judgements
from commitments.api.board import RESULT, ExplainedResultSerializer, ResultOfTarget
from commitments.enums import JudgedLight
from commitments.models import Target
from units.http import etags
from units.http.idempotency import idempotent
from units.http.parsers import StrictSerializer
from units.http.writing import Collection
from units.models import User
from units.rules import texts

JUDGE = {"light": "amber", "reason": "Hai hợp đồng ký ngày 10/5 chưa có trong số liệu."}


class JudgeSerializer(StrictSerializer):
    about = _("What a person holds of how a target stands, and why; null takes the last one back.")

    light = serializers.ChoiceField(choices=JudgedLight.choices, allow_null=True)
    reason = serializers.CharField(max_length=texts.REASON)


def may_judge(user: User, target: Target, *, at: datetime) -> bool:
    return permissions.may_judge(user, target.unit_id, at=at)


class JudgingOfTarget(ResultOfTarget, Collection):
    """The judgement beside the light, as a part of a target."""

    @extend_schema(
        operation_id="targets_judge",
        summary=_("Judge how a target stands"),
        description=_(
            "By a leader in charge or a verifier of another unit, with a reason. It stands beside the "
            "computed light and changes nothing. If-Match names the tag of “result/”. No token judges."
        ),
        request=JudgeSerializer,
        responses=ExplainedResultSerializer,
        examples=[
            OpenApiExample("judgement", value=JUDGE, request_only=True),
            OpenApiExample("result", value=RESULT, response_only=True),
        ],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def judge(self, request: Request, ref: str) -> Response:
        target: Target = self.get_object()
        sent = self.sent()
        given = judgements.given_on(target)
        shown = self.result_of(target)["etag"]
        judgements.give(
            target_id=target.pk,
            light=sent["light"] or "",
            reason=sent["reason"],
            by=request.user,
            expected=etags.expected_version(
                request, shown=shown, version=given[0].n if given else 0
            ),
            at=request.now,
        )
        data = self.result_of(target)
        return Response(data, headers={"ETag": data["etag"], "Cache-Control": "no-store"})

    def _newest(self, row: Target) -> dict[str, Any]:
        if self.action == "judge":
            return {"etag": self.result_of(row)["etag"]}
        return super()._newest(row)
