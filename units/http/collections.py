"""What every collection of the API has in common: a strict list, one object by `ref`, its tag."""

from collections.abc import Collection
from typing import Any

from django.http import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from units.enums import Scope
from units.http import parameters, schema

FRESH_COPIES_ONLY = "private, no-cache"  # a copy may be kept, and is asked about before each use


def etag_of(kind: str, ref: str, version: int) -> str:
    """Return the strong tag of an object: it changes with every write that the object shows.

    >>> etag_of("unit", "bx-hu", 3)
    '"unit-bx-hu-3"'
    """
    return f'"{kind}-{ref}-{version}"'


def is_fresh(request: Request, etag: str) -> bool:
    """Say whether the client's copy, named in If-None-Match, is the one with `etag`."""
    given = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in given or etag in {tag.removeprefix("W/") for tag in given}


class ReadOnlyCollection(viewsets.GenericViewSet):
    """A list and its objects. Subclasses name `scope`, `serializer_class` and the visible rows."""

    scope: Scope
    schema = schema.Described()
    http_method_names = ["get", "head"]
    lookup_field = "ref"
    lookup_value_regex = "[-a-zA-Z0-9_]+"
    parameters: Collection[str] = frozenset()  # of the address of one object

    def list(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        response = self.get_paginated_response(self.get_serializer(rows, many=True).data)
        response["Cache-Control"] = "no-store"
        return response

    def retrieve(self, request: Request, ref: str) -> Response:
        parameters.require_known(request, self.parameters)
        return self.tagged(self.get_serializer(self.get_object()).data)

    def tagged(self, data: dict[str, Any]) -> Response:
        """Return `data` with its tag; without `data` if the client has it already."""
        headers = {"ETag": data["etag"], "Cache-Control": FRESH_COPIES_ONLY}
        if is_fresh(self.request, data["etag"]):
            return Response(status=304, headers=headers)
        return Response(data, headers=headers)

    def filter_queryset(self, queryset: Any) -> Any:
        """Filters are for lists: an object is at its address or it is not."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        done = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(done, ["Authorization", "Cookie"])
        return done
