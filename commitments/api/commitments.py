"""Commitments as programs read them: lists, one commitment, its stored file."""

import re
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from commitments.actions import documents
from commitments.api.documents import (
    COMMITMENT,
    LINE,
    CommitmentLineSerializer,
    CommitmentSerializer,
)
from commitments.api.plans import plan_is_seen
from commitments.enums import VersionState
from commitments.models import Commitment, CommitmentVersion
from units.enums import Provenance, Scope
from units.errors import NotFound
from units.http import parameters
from units.http.collections import FRESH_COPIES_ONLY, ReadOnlyCollection, is_fresh
from units.http.filters import RefFilter, unit_is_seen

VERSION = OpenApiParameter(
    "version",
    {"type": "integer", "minimum": 1},
    description=_("Number of a version; without it the highest one that the holder may see."),
)


class CommitmentFilter(filters.FilterSet):
    state = extend_schema_field({"type": "string", "enum": VersionState.values})(
        filters.ChoiceFilter(
            field_name="shown_state",
            choices=VersionState.choices,
            label=_("state of the highest version that the holder may see"),
        )
    )
    unit = RefFilter("unit__ref", known=unit_is_seen, label=_("undertaking unit"))
    assigner_unit = RefFilter("assigner_unit__ref", known=unit_is_seen, label=_("assigning unit"))
    plan = RefFilter("period__code", known=plan_is_seen, label=_("plan"))
    provenance = filters.ChoiceFilter(choices=Provenance.choices, label=_("provenance"))

    class Meta:
        model = Commitment
        fields: list[str] = []


class PdfRenderer(BaseRenderer):
    """Stands for the bytes in the negotiation; the view answers with them itself."""

    media_type = "application/pdf"
    format = "pdf"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return data


@extend_schema_view(
    list=extend_schema(
        summary=_("List commitments"),
        description=_(
            "One line for each commitment between units of which the holder may see one, in the "
            "state of its highest version. A draft is shown to the assigning side only."
        ),
        responses=CommitmentLineSerializer(many=True),
        examples=[OpenApiExample("commitment", value=LINE)],
    ),
    retrieve=extend_schema(
        summary=_("Read one commitment"),
        description=_(
            "What one version promises, from its stored document and never from later data, and "
            "who signed it how. Items and parties are null for a draft."
        ),
        parameters=[VERSION],
        examples=[OpenApiExample("commitment", value=COMMITMENT)],
    ),
)
class CommitmentCollection(ReadOnlyCollection):
    scope = Scope.COMMITMENTS_READ
    queryset = Commitment.objects.none()
    serializer_class = CommitmentSerializer
    filterset_class = CommitmentFilter
    parameters = frozenset({"version"})
    problems = {
        "retrieve": ("invalid-parameter",),
        "pdf": ("invalid-parameter", "no-document"),
    }

    def get_queryset(self) -> Any:
        return Commitment.objects.shown_to(self.request.user, at=self.request.now)

    def get_serializer_class(self) -> Any:
        return CommitmentLineSerializer if self.action == "list" else CommitmentSerializer

    def get_object(self) -> Commitment:
        """Return the commitment with the version that is asked for as `shown`. Raises Http404."""
        parameters.require_known(self.request, self.parameters)
        number = self._number()
        commitment = super().get_object()
        versions = commitment.shown_versions
        found = [version for version in versions if number in (None, version.n)]
        if not found:
            raise Http404
        commitment.shown = found[-1]
        return commitment

    def _number(self) -> int | None:
        text = self.request.query_params.get("version")
        if text is None:
            return None
        if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
            raise parameters.invalid("version", _("Write the number of a version, such as 1."))
        return int(text)

    @extend_schema(
        operation_id="commitments_pdf",
        summary=_("Get the stored file of a version"),
        description=_("The PDF of one version, byte for byte, with the hashed content attached."),
        parameters=[VERSION],
        responses={
            (200, "application/pdf"): OpenApiResponse(
                OpenApiTypes.BINARY, description=_("The file.")
            )
        },
    )
    @action(detail=True, renderer_classes=[PdfRenderer, JSONRenderer])
    def pdf(self, request: Request, ref: str) -> HttpResponse:
        version: CommitmentVersion = self.get_object().shown
        if version.document is None:
            raise NotFound(
                _("Version %(n)s of %(number)s is a draft: its document is made when it is issued.")
                % {"n": version.n, "number": version.commitment.number},
                code="no-document",
            )
        etag = f'"{documents.last_revision(version.document).sha256}"'
        headers = {"ETag": etag, "Cache-Control": FRESH_COPIES_ONLY}
        if is_fresh(request, etag):
            return Response(status=304, headers=headers)
        headers["Content-Disposition"] = f'attachment; filename="{version.ref}.pdf"'
        return HttpResponse(
            documents.bytes_of(version.document), content_type="application/pdf", headers=headers
        )
