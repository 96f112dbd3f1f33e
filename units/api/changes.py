"""The feed of changes: where a client begins, and what has changed since it asked last."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from units import clock
from units.actions import changes
from units.api.appointments import EXAMPLE as APPOINTMENT
from units.api.appointments import AppointmentCollection
from units.api.organisation import UnitCollection
from units.enums import Scope
from units.http import feed, parameters
from units.http.collections import FRESH_COPIES_ONLY, is_fresh
from units.http.feed import Place
from units.http.fields import Instant
from units.http.lines import Listed
from units.http.throttling import FeedPerMinute

LIMIT, DEFAULT = 1000, 500
STREAMED = 50_000  # acts that one stream tells at most
AT_ONCE = 10_000  # of them, acts that are read together
NDJSON = "application/x-ndjson"

FEEDS = (
    Listed(changes.UNIT, UnitCollection, daily=True),  # what it is called today
    Listed(changes.APPOINTMENT, AppointmentCollection),
)

CURSOR = "eyJoIjo0LCJwIjpbMSwyMDQsImYwMGQiXX0:bW9yZQ"
START = {"cursor": CURSOR, "types": ["unit", "appointment"]}
CHANGE = {
    "seq": 205,
    "type": "appointment",
    "ref": APPOINTMENT["ref"],
    "op": "upsert",
    "at": "2024-02-06T03:12:45Z",
    "data": APPOINTMENT,
}
GONE = {
    "seq": 207,
    "type": "unit",
    "ref": "bx-tan-phong",
    "op": "delete",
    "at": "2024-02-06T04:00:00Z",
    "reason": "out_of_scope",
}


class StartSerializer(serializers.Serializer):
    about = _("The present end of the feed. Then read each collection; then ask what has changed.")

    cursor = serializers.CharField(help_text=_("Opaque. It serves this client and these types."))
    types = serializers.ListField(child=serializers.CharField())


class ChangeSerializer(serializers.Serializer):
    about = _(
        "One object that has changed. “data” is the body that its collection lists, as it is now; a "
        "deletion has a “reason” instead."
    )

    seq = serializers.IntegerField(help_text=_("Place of the newest act; places have holes."))
    type = serializers.CharField()
    ref = serializers.CharField()
    op = serializers.ChoiceField(choices=["upsert", "delete"])
    at = Instant(help_text=_("When the newest act was done. Never sort by it."))
    data = serializers.DictField(required=False)
    reason = serializers.ChoiceField(
        choices=["out_of_scope"],
        required=False,
        help_text=_("It is there no more, or not for you."),
    )


class ChangesSerializer(serializers.Serializer):
    changes = ChangeSerializer(many=True, help_text=_("Apply them in this order."))
    cursor = serializers.CharField(help_text=_("Keep it with what was applied, in one step."))
    has_more = serializers.BooleanField(help_text=_("True: ask again at once, even if empty."))


class LinesRenderer(BaseRenderer):
    """Stands for the lines in the negotiation; the view answers with them itself."""

    media_type = NDJSON
    format = "ndjson"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return JSONRenderer().render(data)


class Feed(APIView):
    """What both addresses share. `feeds`: every type of which clients keep copies."""

    scope = Scope.CHANGES_READ
    http_method_names = ["get", "head"]
    throttle_classes = (FeedPerMinute,)
    feeds: tuple[Listed, ...] = ()


class Start(Feed):
    problems = {None: ("unknown-parameter", "invalid-parameter")}

    @extend_schema(
        operation_id="changes_start",
        summary=_("Begin to follow changes"),
        description=_(
            "Gives the cursor of the present moment. Take it first, then read the collections from "
            "beginning to end, then ask for the changes behind it: nothing falls between."
        ),
        parameters=[
            OpenApiParameter(
                "types",
                str,
                description=_("Types with commas between; without it all that the token may read."),
            )
        ],
        responses=StartSerializer,
        tags=["changes"],
        examples=[OpenApiExample("start", value=START)],
    )
    def get(self, request: Request) -> Response:
        parameters.require_known(request, {"types"})
        types = feed.known(self.feeds, request, request.query_params.get("types"))
        cursor = feed.cursor_of(request, types, feed.end(), feed.view_of(request))
        return Response({"cursor": cursor, "types": types})


class Changes(Feed):
    renderer_classes = [JSONRenderer, LinesRenderer]
    problems = {
        None: (
            "unknown-parameter",
            "invalid-parameter",
            "cursor-invalid",
            "cursor-mismatch",
            "cursor-expired",
            "history-changed",
            "scope-changed",
        )
    }

    @extend_schema(
        operation_id="changes",
        summary=_("Read what has changed"),
        description=_(
            "Every object that was changed behind the cursor, in the order of the acts, as it is now. "
            "With “Accept: application/x-ndjson” up to 50,000 acts come as lines of one change each; the "
            "last line has the cursor, and without it the answer was cut off."
        ),
        parameters=[
            OpenApiParameter("after", str, required=True, description=_("Your last cursor.")),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": LIMIT, "default": DEFAULT},
                description=_(
                    "How many acts a page tells, and how many objects: only a single act that has "
                    "changed more makes it longer."
                ),
            ),
        ],
        responses={(200, "application/json"): ChangesSerializer, (200, NDJSON): ChangeSerializer},
        tags=["changes"],
        examples=[
            OpenApiExample(
                "changes",
                value={"changes": [CHANGE, GONE], "cursor": CURSOR, "has_more": False},
                media_type="application/json",
            ),
            OpenApiExample("line", value=CHANGE, media_type=NDJSON),
        ],
    )
    def get(self, request: Request) -> HttpResponseBase:
        parameters.require_known(request, {"after", "limit"})
        limit = _limit(request)
        after = request.query_params.get("after")
        if after is None:
            raise parameters.invalid(
                "after", _("Send the cursor; “changes/start” gives the first.")
            )
        head, tag = feed.end(), _tag(after, request)
        page = request.accepted_renderer.media_type != NDJSON
        if page and is_fresh(request, tag) and feed.stands_at(request, after, head):
            return HttpResponse(
                status=304, headers={"ETag": tag, "Cache-Control": FRESH_COPIES_ONLY}
            )
        view = feed.view_of(request)
        place, types = feed.place_of(request, after, view, head)
        types = feed.known(self.feeds, request, ",".join(types))  # scopes may have been taken away
        if not page:
            lines = _lines(self.feeds, request, types, place, view)
            return StreamingHttpResponse(
                lines, content_type=NDJSON, headers={"Cache-Control": "no-store"}
            )
        found = feed.page(self.feeds, request, types, after=place, head=head, limit=limit)
        cursor = feed.cursor_of(request, types, found.place, view)
        headers = {"ETag": _tag(cursor, request), "Cache-Control": FRESH_COPIES_ONLY}
        more = b"true" if found.has_more else b"false"
        body = b'{"changes":[%b],"cursor":"%b","has_more":%b}'
        body %= (",".join(found.changes).encode(), cursor.encode(), more)
        return HttpResponse(body, content_type="application/json", headers=headers)


def _tag(cursor: str, request: Request) -> str:
    """Return the tag of a page that ends at `cursor`. What may be seen follows the register and the
    calendar: with another day comes another tag, so that the whole question is asked again."""
    said = f"{cursor} {clock.local_date(request.now)}"
    return f'"changes-{hashlib.sha256(said.encode()).hexdigest()[:32]}"'


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT))
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= LIMIT:
        raise parameters.invalid(
            "limit", _("Write a whole number from 1 to %(limit)d.") % {"limit": LIMIT}
        )
    return int(text)


def _lines(
    feeds: tuple[Listed, ...], request: Request, types: Sequence[str], place: Place, view: str
) -> Iterator[bytes]:
    """Yield lines of one change each, page by page, and last the cursor: a fault before it cuts the answer."""
    has_more, told = True, 0
    while has_more and told < STREAMED:
        limit = min(AT_ONCE, STREAMED - told)
        found = feed.page(feeds, request, types, after=place, head=feed.end(), limit=limit)
        if found.changes:
            yield "\n".join((*found.changes, "")).encode()
        told += limit
        place, has_more = found.place, found.has_more
    last = {"cursor": feed.cursor_of(request, types, place, view), "has_more": has_more}
    yield feed.write(last) + b"\n"
