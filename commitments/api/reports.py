"""Reporting duties with their reports, as programs read and write them; how reporting stands."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
)
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from commitments import permissions
from commitments.actions import reports, verifications
from commitments.api.duties import DUTY, STANDING, DutySerializer, StandingSerializer
from commitments.api.evidence import EvidenceOfReports
from commitments.api.inputs.reports import (
    ANSWER,
    AnswerSerializer,
    ReasonSerializer,
    answer_from,
)
from commitments.api.plans import period_is_seen, plan_is_seen
from commitments.api.targets import target_is_seen
from commitments.enums.reports import DutyState, ReportState
from commitments.models import Report, ReportingDuty
from commitments.rules import discipline
from units import clock
from units.enums import Provenance, Scope
from units.http import parameters
from units.http.filters import RefFilter, unit_is_seen
from units.http.idempotency import idempotent
from units.http.writing import Collection, NothingSerializer
from units.models import User

EXAMPLES = [OpenApiExample("report", value=DUTY, response_only=True)]


def sending(name: str, value: dict[str, Any]) -> list[OpenApiExample]:
    return [OpenApiExample(name, value=value, request_only=True), *EXAMPLES]


WRITTEN_BY_PROGRAMS = ("draft", "submit", "recall", "evidence_add", "evidence_remove")
NARROWING = [
    OpenApiParameter("unit", str, description=_("reporting unit")),
    OpenApiParameter("period", str, description=_("period")),
    OpenApiParameter("plan", str, description=_("plan")),
]


class DutyFilter(filters.FilterSet):
    plan = RefFilter("target__period__code", known=plan_is_seen, label=_("plan"))
    unit = RefFilter("unit__ref", known=unit_is_seen, label=_("reporting unit"))
    period = RefFilter("period__code", known=period_is_seen, max_length=20, label=_("period"))
    target = RefFilter("target__ref", known=target_is_seen, max_length=60, label=_("target"))
    state = filters.ChoiceFilter(choices=DutyState.choices, label=_("state"))
    provenance = filters.ChoiceFilter(
        field_name="target__provenance", choices=Provenance.choices, label=_("provenance")
    )

    class Meta:
        model = ReportingDuty
        fields: list[str] = []


def may_report(user: User, duty: ReportingDuty, *, at: datetime) -> bool:
    return permissions.may_report(user, duty.unit_id, at=at)


def may_verify(user: User, duty: ReportingDuty, *, at: datetime) -> bool:
    return permissions.verifies(user, duty.unit_id, at=at)


@extend_schema_view(
    list=extend_schema(
        summary=_("List reports that are owed"),
        description=_(
            "One row for each target and period of the units that the holder may see, from the "
            "assignment of the target on, whether or not anything has come. Drafts stand at their "
            "own address alone."
        ),
        examples=EXAMPLES,
    ),
    retrieve=extend_schema(
        summary=_("Read one report that is owed"),
        description=_("With everything that was reported, the newest first."),
        examples=EXAMPLES,
    ),
)
class ReportCollection(EvidenceOfReports):
    http_method_names = [*Collection.http_method_names, "delete"]
    scope = Scope.REPORTS_READ
    scopes = {
        **dict.fromkeys(WRITTEN_BY_PROGRAMS, Scope.REPORTS_WRITE),
        "verify": None,  # no scope opens what people alone do
        "return_": None,
    }
    questions = {
        **dict.fromkeys(WRITTEN_BY_PROGRAMS, may_report),
        "verify": may_verify,
        "return_": may_verify,
    }
    bodies = {"draft": AnswerSerializer, "submit": AnswerSerializer, "return_": ReasonSerializer}
    problems = {
        "standing": ("unknown-parameter", "invalid-parameter"),
        "evidence_add": ("invalid-parameter",),
    }
    kind = "duty"
    queryset = ReportingDuty.objects.none()
    serializer_class = DutySerializer
    filterset_class = DutyFilter

    def get_queryset(self) -> Any:
        user, at = self.request.user, self.request.now
        seen = ReportingDuty.objects.visible_to(user, at=at)
        drafts = self.action != "list"  # they leave no entry, so that no feed could tell of them
        return seen.select_related("target__period", "period", "unit").with_open(
            user, at=at, drafts=drafts
        )

    def newest(self, duty: Any) -> Report:
        """Return the report that an act is about. Raises Http404 where nothing was said yet."""
        if not duty.shown:
            raise Http404
        return duty.shown[0]

    def _version(self, duty: Any) -> int:
        """Return the version of the draft that a write goes on from; 0: it begins one."""
        self.expected(duty)
        newest = duty.shown[0] if duty.shown else None
        open_states = {ReportState.DRAFT, ReportState.SUBMITTED}
        return newest.etag_version if newest is not None and newest.state in open_states else 0

    def _newest(self, duty: Any) -> dict[str, Any]:
        """Name who wrote last. A draft leaves no entry, so that its author stands without an instant;
        what was handed in or decided is entered about the report, a waiver or lock about the duty."""
        newest = duty.shown[0] if duty.shown else None
        if newest is not None and newest.state == ReportState.DRAFT:
            etag = self.get_serializer(duty).data["etag"]
            return {"etag": etag, "written_by": newest.author.full_name}
        self.kind = "duty" if newest is None else "report"
        return super()._newest(duty)

    def subject_of(self, duty: Any) -> str:
        return str(duty.shown[0].ref if duty.shown else duty.ref)

    @extend_schema(
        operation_id="reports_draft",
        summary=_("Write the draft of a report"),
        description=_("Replaces what the draft said; begins it where there is none."),
        request=AnswerSerializer,
        responses=DutySerializer,
        examples=sending("answer", ANSWER),
    )
    @action(detail=True, methods=["put"])
    def draft(self, request: Request, ref: str) -> Response:
        duty = self.get_object()
        answer = answer_from(self.sent())
        reports.save(
            duty_id=duty.pk,
            answer=answer,
            by=request.user,
            expected=self._version(duty),
            at=request.now,
        )
        return self.changed(duty.pk)

    @extend_schema(
        operation_id="reports_submit",
        summary=_("Submit a report"),
        description=_(
            "Writes what is sent and hands it in. The first submission fixes for ever whether it came "
            "on time."
        ),
        request=AnswerSerializer,
        responses=DutySerializer,
        examples=sending("answer", ANSWER),
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def submit(self, request: Request, ref: str) -> Response:
        duty = self.get_object()
        answer = answer_from(self.sent())
        reports.file(
            duty_id=duty.pk,
            answer=answer,
            by=request.user,
            expected=self._version(duty),
            at=request.now,
        )
        return self.changed(duty.pk)

    @extend_schema(
        operation_id="reports_recall",
        summary=_("Take a report back"),
        description=_("By its author, before anybody has decided."),
        request=NothingSerializer,
        responses=DutySerializer,
        examples=sending("nothing", {}),
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def recall(self, request: Request, ref: str) -> Response:
        duty = self.get_object()
        self.sent()
        report = self.newest(duty)
        self.expected(duty)
        reports.recall(
            report_id=report.pk, by=request.user, expected=report.etag_version, at=request.now
        )
        return self.changed(duty.pk)

    @extend_schema(
        operation_id="reports_verify",
        summary=_("Verify a report"),
        description=_("By a person of another unit. No token verifies."),
        request=NothingSerializer,
        responses=DutySerializer,
        examples=sending("nothing", {}),
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def verify(self, request: Request, ref: str) -> Response:
        duty = self.get_object()
        self.sent()
        report = self.newest(duty)
        self.expected(duty)
        verifications.verify(
            report_id=report.pk, by=request.user, expected=report.etag_version, at=request.now
        )
        return self.changed(duty.pk)

    @extend_schema(
        operation_id="reports_return",
        summary=_("Return a report to its author"),
        description=_("By a person of another unit, with a reason. No token returns."),
        request=ReasonSerializer,
        responses=DutySerializer,
        examples=sending("reason", {"reason": "The evidence is missing."}),
    )
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    @idempotent
    def return_(self, request: Request, ref: str) -> Response:
        duty = self.get_object()
        sent = self.sent()
        report = self.newest(duty)
        self.expected(duty)
        verifications.return_to_author(
            report_id=report.pk,
            reason=sent["reason"],
            by=request.user,
            expected=report.etag_version,
            at=request.now,
        )
        return self.changed(duty.pk)

    @extend_schema(
        operation_id="reports_standing",
        summary=_("Read how complete and timely reports are"),
        description=_(
            "By unit and period, under the filters of the list. Completeness is what came of what was "
            "expected, timeliness what came in time."
        ),
        parameters=NARROWING,
        responses=StandingSerializer,
        examples=[OpenApiExample("standing", value=STANDING, response_only=True)],
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def standing(self, request: Request) -> Response:
        owed = self.filterset_class(
            request.query_params,
            queryset=ReportingDuty.objects.visible_to(request.user, at=request.now),
            request=request,
        )
        parameters.require_known(request, set(owed.filters))
        if not owed.is_valid():
            raise parameters.all_invalid(
                [(name, " ".join(why)) for name, why in owed.errors.items()]
            )
        counted = owed.qs.order_by().counted("unit__ref", "period__code", on=_today(request.now))
        rows = [
            {
                "unit": row["unit__ref"],
                "period": row["period__code"],
                **{name: row[name] for name in COUNTS},
                **_shares(row),
            }
            for row in counted
        ]
        return Response({"results": rows}, headers={"Cache-Control": "no-store"})


COUNTS = ("expected", "on_time", "late", "missing", "not_in")


def _today(at: datetime) -> date:
    return clock.local_date(at)


def _shares(row: dict[str, int]) -> dict[str, str]:
    shares = discipline.reporting(
        expected=row["expected"], on_time=row["on_time"], late=row["late"]
    )
    return {name: _percent(share) for name, share in shares._asdict().items()}


def _percent(share: Fraction | None) -> str:
    """Return a share as text; a row is only there where something is expected."""
    exact = share or Fraction(0)
    return f"{Decimal(exact.numerator) / Decimal(exact.denominator):.2f}"
