"""The acts of the ceremony have addresses here, and none of them acts: people do, on pages.

Signing itself has no address at all.
"""

from typing import Any, NoReturn

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from commitments.enums import ReasonCode, VersionAct
from commitments.models import CommitmentVersion
from units.enums import Scope, UserKind
from units.errors import NotAllowed
from units.http import parameters
from units.http.parsers import StrictSerializer
from units.http.permissions import has_scope
from units.rules import texts


class ObjectionSerializer(StrictSerializer):
    about = _("What is wrong with one item, or with the whole (“ordinal” null).")

    ordinal = serializers.IntegerField(min_value=1, allow_null=True, required=False)
    code = serializers.ChoiceField(choices=ReasonCode.choices, required=False)
    text = serializers.CharField(max_length=texts.REASON, required=False)


class ReturnSerializer(StrictSerializer):
    about = _("The objections, item by item.")

    items = ObjectionSerializer(many=True, required=False)


class RefuseSerializer(StrictSerializer):
    about = _("Why the whole is refused.")

    code = serializers.ChoiceField(choices=ReasonCode.choices, required=False)
    text = serializers.CharField(max_length=texts.REASON, required=False)


class CountersignSerializer(StrictSerializer):
    about = _("Nothing is sent: what is countersigned is the stored content.")


class VoidSerializer(StrictSerializer):
    about = _("Why, and by which mandate.")

    text = serializers.CharField(max_length=texts.REASON, required=False)
    mandate = serializers.SlugField(required=False)


BODIES = {
    VersionAct.RETURN: ReturnSerializer,
    VersionAct.REFUSE: RefuseSerializer,
    VersionAct.COUNTERSIGN: CountersignSerializer,
    VersionAct.VOID: VoidSerializer,
}
EXAMPLES = {
    VersionAct.RETURN: {
        "items": [{"ordinal": 1, "code": "value_too_high", "text": "19 is what we can do."}]
    },
    VersionAct.REFUSE: {"code": "not_competent", "text": "This belongs to another unit."},
    VersionAct.COUNTERSIGN: {},
    VersionAct.VOID: {"text": "The plan has changed.", "mandate": "bx-nq-2024"},
}
SUMMARIES = {
    VersionAct.RETURN: _("Return a commitment: by a person, on its page"),
    VersionAct.REFUSE: _("Refuse a commitment: by a person, on its page"),
    VersionAct.COUNTERSIGN: _("Countersign a commitment: by a person, on its page"),
    VersionAct.VOID: _("Void a commitment: by a person, on its page"),
}
EXPLANATION = _(
    "An act of a person, confirmed with a second factor over the text that was read. A token gets "
    "403 human-only, whatever its scopes. A person who is logged in gets 403 use-the-page with the "
    "address of the page on which it is done: in this version no act is done here. Nothing is "
    "written but the note that somebody tried."
)


class ActAddress(APIView):
    """Says no to everybody: to a machine for good, to a person with the address of the page."""

    act: VersionAct
    http_method_names = ["post"]
    permission_classes = [IsAuthenticated]
    problems = {
        None: (
            "human-only",
            "use-the-page",
            "csrf-failed",
            "malformed-json",
            "duplicate-field",
            "unknown-field",
            "invalid",
            "unsupported-media-type",
            "too-large",
        )
    }

    def refuse(self, request: Request, ref: str) -> NoReturn:
        parameters.require_known(request, ())
        if request.user.kind == UserKind.MACHINE:
            self._refuse_machine(request, ref)
        self._require_visible(request, ref)
        BODIES[self.act](data=request.data).is_valid(raise_exception=True)
        page = reverse("commitments:begin", kwargs={"ref": ref, "act": self.act})
        raise NotAllowed(
            _("This act is done on its page, after reading the text and with a second factor."),
            code="use-the-page",
            page=request.build_absolute_uri(page),
        )

    def _refuse_machine(self, request: Request, ref: str) -> NoReturn:
        """Say 404 only to a token that may read commitments: the others learn nothing."""
        if has_scope(request.user, Scope.COMMITMENTS_READ):
            self._require_visible(request, ref)
        raise NotAllowed(
            _("No token returns, refuses, countersigns or voids: these are acts of a person."),
            code="human-only",
        )

    def _require_visible(self, request: Request, ref: str) -> None:
        versions = CommitmentVersion.objects.visible_to(request.user, at=request.now)
        if not versions.filter(commitment__ref=ref).exists():
            raise Http404


def address_of(act: VersionAct) -> Any:
    """Return the view of one act, described as its own operation."""

    @extend_schema(
        operation_id=f"commitments_{act.value}",
        summary=SUMMARIES[act],
        description=EXPLANATION,
        request=BODIES[act],
        responses={},
        examples=[OpenApiExample(act.value, value=EXAMPLES[act], request_only=True)],
    )
    def post(self: ActAddress, request: Request, ref: str) -> NoReturn:
        self.refuse(request, ref)

    return type(f"{act.name.title()}Address", (ActAddress,), {"act": act, "post": post}).as_view()
