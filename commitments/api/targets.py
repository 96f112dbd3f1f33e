"""Targets as programs read and write them."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from commitments import permissions
from commitments.actions import allocations, targets
from commitments.api.inputs.targets import (
    CHANGE,
    NEW,
    REVISE,
    SPLIT,
    AllocateTargetSerializer,
    ChangeTargetSerializer,
    NewTargetSerializer,
    ReviseTargetSerializer,
    TargetBatchSerializer,
    WithdrawTargetSerializer,
    identity_from,
    wanted_from,
)
from commitments.api.judging import JudgeSerializer, JudgingOfTarget, may_judge
from commitments.api.plans import group_is_seen, plan_is_seen
from commitments.api.revisions import EXAMPLE, TargetSerializer
from commitments.enums import IndicatorKind, TargetState
from commitments.models import Target
from units.enums import Provenance, Scope
from units.http.batches import BatchedCollection, BatchResultsSerializer
from units.http.filters import RefFilter, unit_is_seen
from units.http.idempotency import idempotent
from units.http.writing import NothingSerializer, somewhere
from units.models import User


def target_is_seen(request: Request, ref: str) -> bool:
    """Say whether the holder sees a target of this reference."""
    return Target.objects.visible_to(request.user, at=request.now).filter(ref=ref).exists()


class TargetFilter(filters.FilterSet):
    plan = RefFilter("period__code", known=plan_is_seen, label=_("plan"))
    unit = RefFilter("unit__ref", known=unit_is_seen, label=_("accountable unit"))
    assigner = RefFilter("assigner__ref", known=unit_is_seen, label=_("assigning unit"))
    group = RefFilter(
        "group__code", known=group_is_seen, max_length=12, label=_("code of the group of tasks")
    )
    state = filters.ChoiceFilter(choices=TargetState.choices, label=_("state"))
    kind = filters.ChoiceFilter(
        field_name="indicator__kind",
        choices=IndicatorKind.choices,
        label=_("kind of the indicator"),
    )
    provenance = filters.ChoiceFilter(choices=Provenance.choices, label=_("provenance"))

    class Meta:
        model = Target
        fields: list[str] = []


def may_plan(user: User, target: Target, *, at: datetime) -> bool:
    return permissions.may_plan(user, target.assigner_id, at=at)


BATCH = {
    "atomic": True,
    "items": [
        {"act": "create", "body": NEW},
        {
            "act": "change",
            "ref": "2024-h17-01",
            "if_match": '"target-2024-h17-01-3"',
            "body": CHANGE,
        },
    ],
}
RESULTS = {
    "results": [
        {
            "index": index,
            "status": status,
            "ref": ref,
            "etag": f'"target-{ref}-{version}"',
            "problem": None,
        }
        for index, (status, ref, version) in enumerate(
            [(201, "2024-h17-02", 1), (200, "2024-h17-01", 4)]
        )
    ]
}
EXAMPLES = [OpenApiExample("target", value=EXAMPLE, response_only=True)]


def sending(name: str, value: dict[str, Any]) -> list[OpenApiExample]:
    return [OpenApiExample(name, value=value, request_only=True), *EXAMPLES]


@extend_schema_view(
    list=extend_schema(
        summary=_("List targets"),
        description=_(
            "The targets of the units that the holder may see; planned ones only for the side "
            "that assigns them."
        ),
        examples=EXAMPLES,
    ),
    retrieve=extend_schema(
        summary=_("Read one target"),
        description=_("One target with all its revisions and roadmaps."),
        examples=EXAMPLES,
    ),
)
class TargetCollection(JudgingOfTarget, BatchedCollection):
    scope = Scope.PLANS_READ
    scopes = {
        **dict.fromkeys(
            ("create", "partial_update", "assign", "revise", "withdraw", "allocate", "batch"),
            Scope.PLANS_WRITE,
        ),
        "judge": None,  # no scope opens what people alone do
    }
    questions = {
        "create": somewhere(permissions.plans_somewhere),
        "partial_update": may_plan,
        "assign": may_plan,
        "revise": may_plan,
        "withdraw": permissions.may_withdraw,
        "allocate": may_plan,
        "batch": somewhere(permissions.plans_somewhere),
        "judge": may_judge,
    }
    batched = {
        "create": "create",
        "change": "partial_update",
        "assign": "assign",
        "revise": "revise",
        "withdraw": "withdraw",
    }
    named_by = {"plan": "period__code", "code": "code"}
    fixed = ("plan",)
    problems = {"batch": ("batch-refused",)}
    bodies = {
        "create": NewTargetSerializer,
        "partial_update": ChangeTargetSerializer,
        "revise": ReviseTargetSerializer,
        "withdraw": WithdrawTargetSerializer,
        "allocate": AllocateTargetSerializer,
        "batch": TargetBatchSerializer,
        "judge": JudgeSerializer,
    }
    kind = "target"
    pointers = {"period": "plan"}
    queryset = Target.objects.none()
    serializer_class = TargetSerializer
    filterset_class = TargetFilter

    def get_queryset(self) -> Any:
        return Target.objects.visible_to(self.request.user, at=self.request.now).for_api()

    @extend_schema(
        summary=_("Draw up a target"),
        description=_("It is planned: its unit does not see it before it is assigned."),
        request=NewTargetSerializer,
        responses={201: TargetSerializer},
        examples=sending("new target", NEW),
    )
    @idempotent
    def create(self, request: Request) -> Response:
        sent = self.sent()
        plan, parent = sent["plan"], sent.get("parent")
        done = targets.create_target(
            period_id=plan.pk,
            parent_id=parent.pk if parent else None,
            wanted=wanted_from(sent["revision"], plan),
            by=request.user,
            at=request.now,
            **identity_from(sent, plan),
        )
        return self.created(done.pk)

    @extend_schema(
        summary=_("Change a planned target"),
        description=_("An assigned target is revised instead."),
        request=ChangeTargetSerializer,
        responses=TargetSerializer,
        examples=sending("change", CHANGE),
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        target = self.get_object()
        sent = self.sent()
        targets.edit_target(
            target_id=target.pk,
            wanted=wanted_from(sent.get("revision", {}), target.period, target),
            by=request.user,
            expected=self.expected(target),
            at=request.now,
            **identity_from(sent, target.period),
        )
        return self.changed(target.pk)

    @extend_schema(
        operation_id="targets_assign",
        summary=_("Assign a target to its unit"),
        description=_("From now on it changes by revision alone."),
        request=NothingSerializer,
        responses=TargetSerializer,
        examples=sending("nothing", {}),
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def assign(self, request: Request, ref: str) -> Response:
        target = self.get_object()
        self.sent()
        targets.assign_target(
            target_id=target.pk, by=request.user, expected=self.expected(target), at=request.now
        )
        return self.changed(target.pk)

    @extend_schema(
        operation_id="targets_revise",
        summary=_("Revise an assigned target"),
        description=_(
            "Writes its next revision. Commitments that hold an older one stay as they were signed."
        ),
        request=ReviseTargetSerializer,
        responses=TargetSerializer,
        examples=sending("revision", REVISE),
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def revise(self, request: Request, ref: str) -> Response:
        target = self.get_object()
        sent = self.sent()
        mandate = sent.get("mandate")
        targets.revise_target(
            target_id=target.pk,
            wanted=wanted_from(sent["revision"], target.period, target),
            reason=sent["reason"],
            mandate_id=mandate.pk if mandate else None,
            by=request.user,
            expected=self.expected(target),
            at=request.now,
        )
        return self.changed(target.pk)

    @extend_schema(
        operation_id="targets_withdraw",
        summary=_("Withdraw an assigned target"),
        description=_("It stays listed and leaves the counts."),
        request=WithdrawTargetSerializer,
        responses=TargetSerializer,
        examples=sending("reason", {"reason": "The programme has ended."}),
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: Request, ref: str) -> Response:
        target = self.get_object()
        sent = self.sent()
        targets.withdraw_target(
            target_id=target.pk,
            reason=sent["reason"],
            by=request.user,
            expected=self.expected(target),
            at=request.now,
        )
        return self.changed(target.pk)

    @extend_schema(
        operation_id="targets_allocate",
        summary=_("Split a target among units"),
        description=_(
            "Each part becomes a target of its unit. A gap may stay, but no commitment with a part "
            "is issued before it is closed."
        ),
        request=AllocateTargetSerializer,
        responses=TargetSerializer,
        examples=sending("split", SPLIT),
    )
    @action(detail=True, methods=["put"], url_path="allocation", url_name="allocation")
    def allocate(self, request: Request, ref: str) -> Response:
        target = self.get_object()
        sent = self.sent()
        parts = {part["unit"].pk: part["value"] for part in sent.pop("parts")}
        allocations.allocate(
            target_id=target.pk,
            parts=parts,
            by=request.user,
            expected=self.expected(target),
            at=request.now,
            **sent,
        )
        return self.changed(target.pk)

    @extend_schema(
        operation_id="targets_batch",
        summary=_("Write up to 200 targets at once"),
        description=_(
            "Each item gets what its own address would answer, and has its own tag. With “atomic” all "
            "of them are done, or none and 422; without it each is done or refused for itself."
        ),
        request=TargetBatchSerializer,
        responses=BatchResultsSerializer,
        examples=[
            OpenApiExample("batch", value=BATCH, request_only=True),
            OpenApiExample("results", value=RESULTS, response_only=True, status_codes=["200"]),
        ],
    )
    @action(detail=False, methods=["post"], filter_backends=[], pagination_class=None)
    @idempotent
    def batch(self, request: Request) -> Response:
        return self.carry_out()
