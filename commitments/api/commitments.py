"""Commitments as programs read them, draft them and issue them; their stored file."""

import re
from datetime import datetime
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

from commitments import permissions
from commitments.actions import commitments, documents, drafts
from commitments.api import ladders, reminders
from commitments.api.bundles import VERSION, ReceiptsOfCommitment
from commitments.api.documents import (
    COMMITMENT,
    LINE,
    CommitmentLineSerializer,
    CommitmentSerializer,
)
from commitments.api.inputs.commitments import (
    CHANGE,
    NEW,
    ChangeDraftSerializer,
    NewDraftSerializer,
    items_from,
)
from commitments.api.plans import plan_is_seen
from commitments.enums import VersionState
from commitments.models import Commitment, CommitmentVersion
from units.enums import Provenance, Scope
from units.errors import NotFound
from units.http import parameters
from units.http.collections import FRESH_COPIES_ONLY, is_fresh
from units.http.filters import RefFilter, unit_is_seen
from units.http.idempotency import Keep, idempotent, idempotent_where_it_commits
from units.http.writing import Collection, NothingSerializer, named, somewhere
from units.models import User

REVISION = OpenApiParameter(
    "revision",
    {"type": "integer", "minimum": 0, "maximum": 9999},
    description=_("Number of a revision of the file; without it the newest."),
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


def may_draft(user: User, commitment: Commitment, *, at: datetime) -> bool:
    return permissions.may_draft(user, commitment.assigner_unit_id, at=at)


def may_issue(user: User, commitment: Commitment, *, at: datetime) -> bool:
    return permissions.may_issue(user, commitment.shown_versions[-1], at=at)


EXAMPLES = [OpenApiExample("commitment", value=COMMITMENT, response_only=True)]


def sending(name: str, value: dict[str, Any]) -> list[OpenApiExample]:
    return [OpenApiExample(name, value=value, request_only=True), *EXAMPLES]


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
        examples=EXAMPLES,
    ),
    ladder=extend_schema(
        operation_id="commitments_ladder",
        summary=_("Read the ladder of a commitment"),
        parameters=[VERSION],
    ),
    **named(
        "commitments",
        acknowledge=_("Say that the last step on a commitment is seen"),
        delegate=_("Hand a commitment to somebody of the own unit"),
        undelegate=_("Take back a commitment that was handed on"),
        snooze=_("Put a commitment aside in one's own queue"),
        take_back=_("Take a commitment back into one's own queue"),
    ),
)
class CommitmentCollection(ReceiptsOfCommitment, ladders.Laddered, reminders.Snoozable, Collection):
    scope = Scope.COMMITMENTS_READ
    scopes = {
        **dict.fromkeys(("create", "partial_update", "discard"), Scope.COMMITMENTS_WRITE),
        "issue": Scope.COMMITMENTS_ISSUE,
        **ladders.SCOPES,
        **reminders.SCOPES,
    }
    questions = {
        "create": somewhere(permissions.plans_somewhere),
        "partial_update": may_draft,
        "discard": may_draft,
        "issue": may_issue,
        **ladders.QUESTIONS,
        **reminders.QUESTIONS,
    }
    bodies = {
        "create": NewDraftSerializer,
        "partial_update": ChangeDraftSerializer,
        **ladders.BODIES,
        **reminders.BODIES,
    }
    kind = "commitment_version"
    queryset = Commitment.objects.none()
    serializer_class = CommitmentSerializer
    filterset_class = CommitmentFilter
    parameters = frozenset({"version"})
    problems = {
        "retrieve": ("invalid-parameter",),
        "pdf": ("invalid-parameter", "no-document", "no-revision"),
        "receipts": ("invalid-parameter",),
        "issue": ("seal-missing", "timestamp-unavailable"),
        **ladders.PROBLEMS,
        **reminders.PROBLEMS,
    }

    def get_queryset(self) -> Any:
        return Commitment.objects.shown_to(self.request.user, at=self.request.now)

    def get_serializer_class(self) -> Any:
        return CommitmentLineSerializer if self.action == "list" else CommitmentSerializer

    @extend_schema(
        summary=_("Draft a commitment"),
        description=_(
            "The first version, or the next one after a void. It is seen by the assigning side only."
        ),
        request=NewDraftSerializer,
        responses={201: CommitmentSerializer},
        examples=sending("new draft", NEW),
    )
    @idempotent
    def create(self, request: Request) -> Response:
        sent = self.sent()
        second = sent.get("second_undertaker")
        more = {name: sent[name] for name in ("signing_order",) if name in sent}
        done = drafts.begin(
            period_id=sent["plan"].pk,
            unit_id=sent["unit"].pk,
            assigner_id=sent["assigner"].pk,
            first_undertaker_id=sent["first_undertaker"].pk,
            second_undertaker_id=second.pk if second else None,
            sign_by=sent["sign_by"],
            items=items_from(sent["items"]) if "items" in sent else None,
            by=request.user,
            at=request.now,
            **more,
        )
        return self.created(done.commitment_id)

    @extend_schema(
        summary=_("Change a draft"),
        description=_("What is left out stays, items with the revisions that they hold."),
        request=ChangeDraftSerializer,
        responses=CommitmentSerializer,
        examples=sending("change", CHANGE),
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        commitment = self.get_object()
        sent = self.sent()
        version = commitment.shown
        offices = {
            f"{name}_id": sent[name] and sent[name].pk if name in sent else now
            for name, now in (
                ("assigner", version.assigner_id),
                ("first_undertaker", version.first_undertaker_id),
                ("second_undertaker", version.second_undertaker_id),
            )
        }
        if "items" in sent:
            items = items_from(sent["items"])
        else:
            items = list(version.items.order_by("ordinal").values_list("revision_id", "role"))
        drafts.edit(
            version_id=version.pk,
            sign_by=sent.get("sign_by", version.sign_by),
            items=items,
            by=request.user,
            expected=self.expected(commitment),
            at=request.now,
            **offices,
        )
        return self.changed(commitment.pk)

    @extend_schema(
        operation_id="commitments_discard",
        summary=_("Discard a draft"),
        description=_("204 when no version of the commitment is left."),
        request=NothingSerializer,
        responses={
            200: CommitmentSerializer,
            204: OpenApiResponse(description=_("No version is left.")),
        },
        examples=sending("nothing", {}),
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def discard(self, request: Request, ref: str) -> Response:
        commitment = self.get_object()
        self.sent()
        drafts.discard(
            version_id=commitment.shown.pk,
            by=request.user,
            expected=self.expected(commitment),
            at=request.now,
        )
        return self.changed(commitment.pk)

    @extend_schema(
        operation_id="commitments_issue",
        summary=_("Issue a draft"),
        description=_(
            "Seals it into its document and asks the undertakers to sign. What follows, people do."
        ),
        request=NothingSerializer,
        responses=CommitmentSerializer,
        examples=sending("nothing", {}),
    )
    @action(detail=True, methods=["post"])
    @idempotent_where_it_commits
    def issue(self, request: Request, ref: str, *, keep: Keep) -> None:
        commitment = self.get_object()
        self.sent()
        commitments.issue(
            version_id=commitment.shown.pk,
            by=request.user,
            expected=self.expected(commitment),
            at=request.now,
            last=lambda: keep(self.changed(commitment.pk)),
        )

    def get_object(self) -> Commitment:
        """Return the commitment with the version that is asked for as `shown`. Raises Http404."""
        also = {"revision"} if self.action == "pdf" else set()
        parameters.require_known(self.request, self.parameters | also)
        number = self._number()
        commitment = super().get_object()
        versions = commitment.shown_versions
        found = [version for version in versions if number in (None, version.n)]
        if not found:
            raise Http404
        commitment.shown = found[-1]
        return commitment

    def version_of(self, row: Commitment) -> int:
        return row.shown.etag_version

    def subject_of(self, row: Commitment) -> str:
        return row.shown_versions[-1].ref

    def _number(self) -> int | None:
        text = self.request.query_params.get("version")
        if text is None:
            return None
        if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
            raise parameters.invalid("version", _("Write the number of a version, such as 1."))
        return int(text)

    def _revision(self) -> int | None:
        text = self.request.query_params.get("revision")
        if text is None:
            return None
        if not re.fullmatch(r"[0-9]{1,4}", text):
            raise parameters.invalid("revision", _("Write the number of a revision, such as 1."))
        return int(text)

    @extend_schema(
        operation_id="commitments_pdf",
        summary=_("Get the stored file of a version"),
        description=_(
            "The PDF of one version, byte for byte, with the hashed content attached: after its last "
            "signature, or as it was at an earlier revision."
        ),
        parameters=[VERSION, REVISION],
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
        wanted = self._revision()
        revision = documents.find_revision(version.document, wanted)
        if revision is None:
            raise NotFound(
                _("Version %(n)s of %(number)s has no revision %(no)s yet. “revisions” lists them.")
                % {"n": version.n, "number": version.commitment.number, "no": wanted},
                code="no-revision",
            )
        etag = f'"{revision.sha256}"'
        headers = {"ETag": etag, "Cache-Control": FRESH_COPIES_ONLY}
        if is_fresh(request, etag):
            return Response(status=304, headers=headers)
        headers["Content-Disposition"] = f'attachment; filename="{version.ref}.pdf"'
        return HttpResponse(
            documents.bytes_of(version.document, no=revision.no),
            content_type="application/pdf",
            headers=headers,
        )
