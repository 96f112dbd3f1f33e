"""Evidence by REST: a file is shown on a draft and taken out of it; whoever sees the report reads it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from commitments.actions import evidence
from commitments.api.duties import DUTY, DutySerializer
from commitments.models import Evidence, Report
from units.errors import Conflict
from units.http import files, parameters
from units.http.files import BytesParser, BytesRenderer
from units.http.idempotency import Keep, idempotent_where_it_commits
from units.http.serializers import address
from units.http.writing import Collection

SHA256 = "(?P<sha256>[0-9a-f]{64})"
EXAMPLES = [OpenApiExample("report", value=DUTY, response_only=True)]


class EvidenceOfReports(Collection):
    """The addresses of files under those of the reports that are owed."""

    @extend_schema(
        operation_id="reports_evidence_add",
        summary=_("Show a file on the draft of a report"),
        description=_(
            "The body is the file: PDF, JPEG, PNG, WebP, DOCX or XLSX without macros, at most 10 MiB; "
            "what it is, its bytes say. Ten at most are shown. Write the draft first."
        ),
        request={files.BYTES: OpenApiTypes.BINARY},
        parameters=[
            OpenApiParameter("name", str, required=True, description=_("Name of the file.")),
            OpenApiParameter(
                "captured_on", OpenApiTypes.DATE, description=_("Day of the picture, if it is one.")
            ),
        ],
        responses={201: DutySerializer},
        examples=EXAMPLES,
    )
    @action(
        detail=True,
        methods=["post"],
        url_path="evidence",
        url_name="evidence-add",
        parser_classes=[BytesParser],
    )
    @idempotent_where_it_commits
    def evidence_add(self, request: Request, ref: str, *, keep: Keep) -> None:
        duty = self.get_object()
        parameters.require_known(request, ("name", "captured_on"))
        name, captured_on = files.name_of(request), files.day_of(request, "captured_on")
        self.expected(duty)
        if not duty.shown:
            raise Conflict(
                _("Nothing is written here yet. Write the draft first, then show its files."),
                code="draft-missing",
            )
        newest: Report = duty.shown[0]
        evidence.add(
            report_id=newest.pk,
            name=name,
            data=files.sent(request),
            captured_on=captured_on,
            by=request.user,
            at=request.now,
            expected=newest.etag_version,
            last=lambda row: keep(self._shown(duty, row)),
        )

    def _shown(self, duty: Any, row: Evidence) -> Response:
        """Return the report with its new file, whose address is named."""
        done = self.changed(duty.pk)
        done.status_code = 201
        done.headers["Location"] = address(
            self.get_serializer(duty), "reports-evidence", duty.ref, row.sha256
        )
        return done

    @extend_schema(
        operation_id="reports_evidence",
        summary=_("Read a file of evidence"),
        description=_("The bytes, proved against their hash, for whoever may see the report."),
        responses={
            (200, files.BYTES): OpenApiResponse(OpenApiTypes.BINARY, description=_("The file."))
        },
    )
    @action(
        detail=True,
        methods=["get"],
        url_path=f"evidence/{SHA256}",
        url_name="evidence",
        renderer_classes=[BytesRenderer, JSONRenderer],
    )
    def evidence(self, request: Request, ref: str, sha256: str) -> HttpResponse:
        _report, row = self._file(self.get_object(), sha256)
        return files.answer(evidence.read(row))

    @extend_schema(
        operation_id="reports_evidence_remove",
        summary=_("Take a file out of the draft of a report"),
        description=_("What was handed in keeps its files for ever."),
        request=None,
        responses={200: DutySerializer},
        examples=EXAMPLES,
    )
    @evidence.mapping.delete
    def evidence_remove(self, request: Request, ref: str, sha256: str) -> Response:
        duty = self.get_object()
        self.sent()
        report, row = self._file(duty, sha256)
        self.expected(duty)
        evidence.remove(
            evidence_id=row.pk,
            by=request.user,
            at=request.now,
            expected=report.etag_version,
        )
        return self.changed(duty.pk)

    def get_renderers(self) -> list[BaseRenderer]:
        """Taking a file out shares its address with reading it, and is answered in JSON."""
        if self.action == "evidence_remove":
            return [JSONRenderer()]
        return super().get_renderers()

    def _file(self, duty: Any, sha256: str) -> tuple[Report, Evidence]:
        """Return the newest report that shows the file, and how it does. Raises Http404."""
        for report in duty.shown:
            for file in report.evidence.all():
                if file.sha256 == sha256:
                    return report, file
        raise Http404
