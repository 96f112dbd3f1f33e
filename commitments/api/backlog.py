"""Backlog cases: programs read, register and make them clear; what becomes of one, people decide."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from commitments import permissions
from commitments.actions import backlog, evidence, proposed, resolutions, suspensions
from commitments.api import explanations, ladders, reminders
from commitments.api.cases import CASE, CaseSerializer
from commitments.api.evidence import SHA256
from commitments.api.inputs.backlog import (
    CHANGE,
    DECIDE,
    EXPLAIN,
    EXTEND,
    JUDGE,
    NEW,
    REASON,
    RESOLVE,
    RESUME,
    ChangeCaseSerializer,
    DecideSerializer,
    ExplainSerializer,
    ExtendSerializer,
    JudgeExplanationSerializer,
    NewCaseSerializer,
    ResolveSerializer,
    ResumeSerializer,
)
from commitments.api.inputs.reports import ReasonSerializer
from commitments.api.plans import plan_is_seen
from commitments.enums.backlog import CaseKind, CaseProposalAct, CaseState
from commitments.models import (
    BacklogCase,
    CaseProposal,
)
from commitments.rules.backlog import BUCKETS
from units import clock
from units.enums import Provenance, Scope
from units.http import files
from units.http.files import BytesRenderer
from units.http.filters import RefFilter, unit_is_seen
from units.http.idempotency import idempotent
from units.http.parsers import StrictSerializer
from units.http.writing import Collection, NothingSerializer, named, somewhere
from units.models import User

EXAMPLES = [OpenApiExample("case", value=CASE, response_only=True)]


def sending(name: str, value: dict[str, Any]) -> list[OpenApiExample]:
    return [OpenApiExample(name, value=value, request_only=True), *EXAMPLES]


class CaseFilter(filters.FilterSet):
    plan = RefFilter("origin_period__code", known=plan_is_seen, label=_("plan"))
    unit = RefFilter("unit__ref", known=unit_is_seen, label=_("unit that holds it"))
    assigner_unit = RefFilter("assigner_unit__ref", known=unit_is_seen, label=_("assigning unit"))
    kind = filters.ChoiceFilter(choices=CaseKind.choices, label=_("kind"))
    state = filters.ChoiceFilter(choices=CaseState.choices, label=_("state"))
    age = filters.ChoiceFilter(
        choices=[(name, name) for name in BUCKETS],
        method="of_age",
        label=_("age today: up to 30 days, 31 to 90, 91 to 180, 181 to 365, or older"),
    )
    provenance = filters.ChoiceFilter(choices=Provenance.choices, label=_("provenance"))

    class Meta:
        model = BacklogCase
        fields: list[str] = []

    def of_age(self, cases: Any, _name: str, bucket: str) -> QuerySet:
        return cases.aged(bucket, on=clock.local_date(self.request.now))


# --- who may: asked of the object, before the body is read ------------------------------------------


def _may_register(user: User, case: BacklogCase, *, at: datetime) -> bool:
    return permissions.may_register_case(user, case.unit_id, at=at)


def _supervises(user: User, case: BacklogCase, *, at: datetime) -> bool:
    return permissions.supervises(user, case.unit_id, at=at)


def _leads(user: User, case: BacklogCase, *, at: datetime) -> bool:
    return permissions.leads(user, case.unit_id, at=at)


def _may_decide(user: User, case: BacklogCase, *, at: datetime) -> bool:
    """Say whether `user` decides on extensions or reopenings; the action looks at which it is."""
    return permissions.may_extend(user, case, at=at) or _leads(user, case, at=at)


PEOPLES = {  # acts of people: no scope opens them
    "assign": _supervises,
    "extend": _supervises,
    "reopen": _supervises,
    "decide": _may_decide,
    "suspend": _leads,
    "resume": _leads,
    "cancel": _leads,
    "resolve": permissions.may_resolve,
    "accept": permissions.may_verify_case,
    "reject": permissions.may_verify_case,
    "explain": explanations.may_explain,
    "judge": _supervises,
}
BODIES: dict[str, type[StrictSerializer]] = {
    "create": NewCaseSerializer,
    "partial_update": ChangeCaseSerializer,
    "extend": ExtendSerializer,
    "reopen": ReasonSerializer,
    "decide": DecideSerializer,
    "suspend": ReasonSerializer,
    "resume": ResumeSerializer,
    "cancel": ReasonSerializer,
    "resolve": ResolveSerializer,
    "reject": ReasonSerializer,
    "explain": ExplainSerializer,
    "judge": JudgeExplanationSerializer,
}


def _act(
    name: str, run: Callable[..., Any], summary: Any, description: Any, example: dict | None = None
) -> Any:
    """Return the address of one act of people on a case. `run`: its action; gets what was sent."""

    def do(view: "CaseCollection", request: Request, ref: str) -> Response:
        case = view.get_object()
        sent = view.sent()
        who = {"by": request.user, "expected": view.expected(case), "at": request.now}
        run(case_id=case.pk, **who, **sent)
        return view.changed(case.pk)

    do.__name__ = name
    described = extend_schema(
        operation_id=f"cases_{name}",
        summary=summary,
        description=description,
        request=BODIES.get(name, NothingSerializer),
        responses=CaseSerializer,
        examples=sending("sent", example or {}),
    )
    return described(action(detail=True, methods=["post"])(idempotent(do)))


def _extend(**given: Any) -> CaseProposal:
    return proposed.propose(act=CaseProposalAct.EXTEND, **given)


def _reopen(**given: Any) -> CaseProposal:
    return proposed.propose(act=CaseProposalAct.REOPEN, **given)


@extend_schema_view(
    list=extend_schema(
        summary=_("List backlog cases"),
        description=_("Cases that a unit which the holder may see holds or has assigned."),
        examples=EXAMPLES,
    ),
    retrieve=extend_schema(
        summary=_("Read one backlog case"),
        description=_("What is overdue, who must do it by when, and what became of it."),
        examples=EXAMPLES,
    ),
    **named(
        "cases",
        ladder=_("Read the ladder of a case"),
        acknowledge=_("Say that the last step on a case is seen"),
        delegate=_("Hand a case to somebody of the own unit"),
        undelegate=_("Take back a case that was handed on"),
        snooze=_("Put a case aside in one's own queue"),
        take_back=_("Take a case back into one's own queue"),
    ),
)
class CaseCollection(ladders.Laddered, reminders.Snoozable, Collection):
    scope = Scope.CASES_READ
    scopes = {
        "create": Scope.CASES_WRITE,
        "partial_update": Scope.CASES_WRITE,
        **dict.fromkeys(PEOPLES),
        **ladders.SCOPES,
        **reminders.SCOPES,
    }
    questions = {
        "create": somewhere(permissions.registers_somewhere),
        "partial_update": _may_register,
        **PEOPLES,
        **ladders.QUESTIONS,
        **reminders.QUESTIONS,
    }
    problems = ladders.PROBLEMS | reminders.PROBLEMS
    bodies = BODIES | ladders.BODIES | reminders.BODIES
    kind = "backlog_case"
    pointers = {"origin_period": "plan"}
    queryset = BacklogCase.objects.none()
    serializer_class = CaseSerializer
    filterset_class = CaseFilter

    def get_queryset(self) -> Any:
        seen = BacklogCase.objects.visible_to(self.request.user, at=self.request.now)
        return seen.for_api()

    @extend_schema(
        summary=_("Register a backlog case"),
        description=_(
            "Enters it with its original day. Who resolves it by when, a supervisor decides."
        ),
        request=NewCaseSerializer,
        responses={201: CaseSerializer},
        examples=sending("new case", NEW),
    )
    @idempotent
    def create(self, request: Request) -> Response:
        sent = self.sent()
        more = {f"{name}_id": sent.pop(name).pk for name in ("target", "office") if name in sent}
        done = backlog.register_case(
            unit_id=sent.pop("unit").pk,
            period_id=sent.pop("plan").pk,
            by=request.user,
            at=request.now,
            **more,
            **sent,
        )
        return self.created(done.pk)

    @extend_schema(
        summary=_("Make a backlog case clear"),
        description=_("Writes what has become known of a case, until it is assigned."),
        request=ChangeCaseSerializer,
        responses=CaseSerializer,
        examples=sending("change", CHANGE),
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        case = self.get_object()
        sent = self.sent()
        office = sent.pop("office", case.office)
        backlog.edit(
            case_id=case.pk,
            office_id=office and office.pk,
            by=request.user,
            expected=self.expected(case),
            at=request.now,
            **sent,
        )
        return self.changed(case.pk)

    @extend_schema(
        operation_id="cases_file",
        summary=_("Read a file of a backlog case"),
        description=_(
            "The bytes, proved against their hash, for whoever may see the case. Files are shown with "
            "acts of people: no token adds one, and nobody takes one away."
        ),
        responses={
            (200, files.BYTES): OpenApiResponse(OpenApiTypes.BINARY, description=_("The file."))
        },
    )
    @action(
        detail=True,
        methods=["get"],
        url_path=f"files/{SHA256}",
        url_name="file",
        renderer_classes=[BytesRenderer, JSONRenderer],
    )
    def file(self, request: Request, ref: str, sha256: str) -> HttpResponse:
        case = self.get_object()
        for row in case.shown_files:
            if row.sha256 == sha256:
                return files.answer(evidence.read(row))
        raise Http404

    assign = _act(
        "assign",
        backlog.assign,
        _("Assign a backlog case"),
        _("By a supervisor, once all six are clear. The ladder starts. No token assigns."),
    )
    extend = _act(
        "extend",
        _extend,
        _("Propose an extension"),
        _("By a supervisor; the assigning side decides. Nothing moves before. No token proposes."),
        EXTEND,
    )
    reopen = _act(
        "reopen",
        _reopen,
        _("Propose to reopen a closed case"),
        _("By a supervisor; a leader in charge decides. No token proposes."),
        REASON,
    )
    decide = _act(
        "decide",
        proposed.decide,
        _("Decide on what is proposed"),
        _(
            "By somebody else than who proposed it: an extension by the assigning side, a reopening by "
            "a leader in charge. No token decides."
        ),
        DECIDE,
    )
    suspend = _act(
        "suspend",
        suspensions.suspend,
        _("Suspend a backlog case"),
        _(
            "By a leader in charge, for an objective cause. The ladder stands still, the age goes on. "
            "No token suspends."
        ),
        REASON,
    )
    resume = _act(
        "resume",
        suspensions.resume,
        _("Take a suspended case up again"),
        _("By a leader in charge, who sets the day. No token does."),
        RESUME,
    )
    cancel = _act(
        "cancel",
        backlog.cancel,
        _("Cancel a backlog case"),
        _("By a leader in charge, if it is none. It ends for good. No token cancels."),
        REASON,
    )
    resolve = _act(
        "resolve",
        resolutions.resolve,
        _("Say that a backlog case is resolved"),
        _("By who holds the office that resolves it, with what was delivered. No token does."),
        RESOLVE,
    )
    accept = _act(
        "accept",
        resolutions.accept,
        _("Accept what was delivered"),
        _("By a verifier of another unit. The case is closed. No token accepts."),
    )
    reject = _act(
        "reject",
        resolutions.reject,
        _("Give a resolved case back"),
        _("By a verifier of another unit, with a reason. No token does."),
        REASON,
    )
    explain = _act(
        "explain",
        explanations.explain,
        _("Explain why a case is late"),
        _(
            "By whoever a step of the ladder has asked, once. The ladder goes on. No token explains."
        ),
        EXPLAIN,
    )
    judge = _act(
        "judge",
        explanations.judge,
        _("Say whether an explanation is accepted"),
        _("By a supervisor who did not give it. The ladder goes on either way. No token judges."),
        JUDGE,
    )
