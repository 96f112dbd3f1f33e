"""What the API says of itself: its root, its description, the page that shows it, its 404."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse as absolute
from rest_framework.views import APIView

from config import api_page
from units.http import parameters, problems

COLLECTIONS = (
    "units",
    "appointments",
    "plans",
    "targets",
    "commitments",
    "reports",
    "inspections",
    "cases",
    "webhooks",
)

SITE = "https://commitments.example/api/v1"
ROOT = {name: f"{SITE}/{name}/" for name in (*COLLECTIONS, "schema", "docs")} | {
    "changes": f"{SITE}/changes/start"
}


class RootSerializer(serializers.Serializer):
    about = _("Where to begin.")

    units = serializers.URLField()
    appointments = serializers.URLField()
    plans = serializers.URLField()
    targets = serializers.URLField()
    commitments = serializers.URLField()
    reports = serializers.URLField()
    inspections = serializers.URLField()
    cases = serializers.URLField()
    webhooks = serializers.URLField(help_text=_("Addresses that are told of changes."))
    changes = serializers.URLField(help_text=_("Where a client that keeps a copy begins."))
    schema = serializers.URLField(help_text=_("This description as OpenAPI 3.1."))
    docs = serializers.URLField(help_text=_("This description as a page."))


class Root(APIView):
    authentication_classes = ()
    permission_classes = [AllowAny]
    http_method_names = ["get", "head"]
    problems = {None: ("unknown-parameter",)}

    @extend_schema(
        operation_id="root",
        summary=_("List the collections"),
        description=_("The addresses to begin with. Needs no token."),
        responses=RootSerializer,
        tags=["about"],
        examples=[OpenApiExample("root", value=ROOT)],
    )
    def get(self, request: Request) -> Response:
        parameters.require_known(request, ())
        names = {name: f"api:{name}-list" for name in COLLECTIONS}
        names |= {"changes": "api:changes-start", "schema": "api:schema", "docs": "api:docs"}
        return Response({name: absolute(view, request=request) for name, view in names.items()})


class Schema(APIView):
    authentication_classes = ()
    permission_classes = [AllowAny]
    http_method_names = ["get", "head"]
    renderer_classes = [
        OpenApiYamlRenderer,
        OpenApiYamlRenderer2,
        OpenApiJsonRenderer,
        OpenApiJsonRenderer2,
    ]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        parameters.require_known(request, ())
        return Response(description(get_language() or "en"))


@cache
def description(language: str) -> dict[str, Any]:
    """Return the OpenAPI document of the whole API in the active `language`; made once a process."""
    return SchemaGenerator().get_schema(request=None, public=True)


@csrf_exempt
@gzip_page  # the longest page there is; it shows everybody the same and nothing of anybody
def docs(request: HttpRequest) -> HttpResponse:
    """Show people the description: plain HTML in our own shell, no script."""
    if request.method not in {"GET", "HEAD"}:
        return problems.response("method-not-allowed", headers={"Allow": "GET, HEAD"})
    page = api_page.of(description(get_language() or "en"))
    return render(request, "api/docs.html", {"page": page, "schema_url": reverse("api:schema")})


@csrf_exempt
def not_found(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Answer every address under /api/ that there is none."""
    return problems.response("not-found")
