"""Pages by key: no offset, no count, and a token that only serves the holder and list it is for."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from units.errors import Refused
from units.http import parameters

if TYPE_CHECKING:  # REST framework loads this module while it loads its views
    from rest_framework.views import APIView

DEFAULT, LIMIT = 50, 500


class Keyset(BasePagination):
    """Rows in the order of their immutable key; `next` begins behind the last one shown.

    A row that comes meanwhile stands behind every page already read, so none is missed or doubled.
    """

    next_url: str | None = None
    order, beyond = "pk", "pk__gt"

    def paginate_queryset(
        self, queryset: QuerySet, request: Request, view: "APIView | None" = None
    ) -> Sequence[Any]:
        limit = limit_of(request)
        signer = _signer(request)
        token = request.query_params.get("page")
        if token is not None:
            queryset = queryset.filter(**{self.beyond: _after(signer, token)})
        rows = list(queryset.order_by(self.order)[: limit + 1])
        if len(rows) > limit:
            rows.pop()
            query = {name: request.query_params[name] for name in sorted(request.query_params)}
            query["page"] = signer.sign_object({"after": rows[-1].pk})
            self.next_url = request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        headers = {"Link": f'<{self.next_url}>; rel="next"'} if self.next_url else {}
        return Response({"results": data, "next": self.next_url}, headers=headers)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {
                    "type": ["string", "null"],
                    "format": "uri",
                    "example": None,
                    "description": str(
                        _(
                            "Address of the next page, to be followed unchanged; null on the last one."
                        )
                    ),
                },
            },
        }

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        return [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": str(_("How many rows a page has at most.")),
                "schema": {"type": "integer", "minimum": 1, "maximum": LIMIT, "default": DEFAULT},
            },
            {
                "name": "page",
                "in": "query",
                "required": False,
                "description": str(_("Token of a page, as it stands in “next”. Opaque.")),
                "schema": {"type": "string"},
            },
        ]


class NewestFirst(Keyset):
    """A log: the newest row first. What comes meanwhile stands before the first page."""

    order, beyond = "-pk", "pk__lt"


def limit_of(request: Request) -> int:
    """Return how many rows are asked for. Raises Refused (invalid-parameter) outside 1..500."""
    text = request.query_params.get("limit")
    if text is None:
        return DEFAULT
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= LIMIT:
        raise parameters.invalid(
            "limit", _("Write a whole number from 1 to %(limit)d.") % {"limit": LIMIT}
        )
    return int(text)


def _signer(request: Request) -> Signer:
    """Return a signer whose tokens serve this holder, address and set of filters alone."""
    filters = sorted(
        (name, value)
        for name, value in request.query_params.items()
        if name not in parameters.PAGING
    )
    return Signer(salt=f"page {request.user.pk} {request.path} {urlencode(filters)}")


def _after(signer: Signer, token: str) -> int:
    try:
        return signer.unsign_object(token)["after"]
    except BadSignature as error:
        text = _(
            "The page token was changed, or belongs to another list. Begin again without “page”."
        )
        raise Refused(
            text,
            code="page-invalid",
            errors=[{"parameter": "page", "code": "page-invalid", "detail": text}],
        ) from error
