"""What anybody with a document in hand may ask: by its code, or by the digest of its file."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from commitments.actions import verify
from commitments.actions.verify import Signatory, Verified
from commitments.enums import (
    FileAnswer,
    Grade,
    RevisionKind,
    SignatureLevel,
    SlotRole,
    VersionState,
)
from units.enums import AppointmentMode
from units.http import parameters, throttling
from units.http.fields import Instant

SITE = "https://commitments.example"
CODE = "7K3M9Q2XW8D4T6RZ5"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SIGNATORY = {
    "role": "undertaker",
    "office_vi": "Bí thư Đảng ủy",
    "office_en": "Secretary of the Party Committee",
    "unit_vi": "Đảng bộ xã Hương Sơn",
    "unit_en": "Party organisation of Huong Son",
    "mode": "titular",
    "grade": "online",
    "at": "2024-02-06T03:12:45Z",
}
DOCUMENT = {
    "kind": "commitment",
    "code": CODE,
    "number": "07/CK-2024",
    "version": 1,
    "state": "signed",
    "superseded_by": None,
    "issued_at": "2024-02-02T02:00:00Z",
    "in_force_at": None,
    "ended_at": None,
    "settled_at": None,
    "demonstration": True,
    "demo_seal": True,
    "content_sha256": DIGEST,
    "signatories": [
        SIGNATORY,
        SIGNATORY | {"role": "assigner", "mode": "", "grade": None, "at": None},
    ],
    "revisions": [{"no": 0, "kind": "rendered", "length": 84321, "sha256": DIGEST, "level": ""}],
    "page": f"{SITE}/verify/{CODE}/",
}


class SignatorySerializer(serializers.Serializer):
    about = _(
        "One place for a signature, by its office; “grade” and “at” are null while nobody signed."
    )

    role = serializers.ChoiceField(choices=SlotRole.choices)
    office_vi = serializers.CharField()
    office_en = serializers.CharField()
    unit_vi = serializers.CharField()
    unit_en = serializers.CharField()
    mode = serializers.ChoiceField(
        choices=AppointmentMode.choices,
        allow_blank=True,
        help_text=_("How the office was held at the act; empty while nobody signed."),
    )
    grade = serializers.ChoiceField(choices=Grade.choices, source="act.grade", allow_null=True)
    at = Instant(source="act.at", allow_null=True)

    def to_representation(self, instance: Signatory) -> dict[str, Any]:
        signed = instance.act
        return {
            **{name: getattr(instance, name) for name in SIGNATORY if hasattr(instance, name)},
            "grade": signed.grade if signed else None,
            "at": Instant().to_representation(signed.at) if signed else None,
        }


class StageSerializer(serializers.Serializer):
    about = _("One revision of the file; each begins with the bytes of the one before.")

    no = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=RevisionKind.choices)
    length = serializers.IntegerField(help_text=_("Of the whole file, in bytes."))
    sha256 = serializers.CharField(help_text=_("Of the whole file."))
    level = serializers.ChoiceField(
        choices=SignatureLevel.choices,
        allow_blank=True,
        help_text=_("What its newest signature has reached; empty for none."),
    )


class VerifiedSerializer(serializers.Serializer):
    about = _("A document as the record has it now.")

    kind = serializers.CharField(source="content.kind")
    code = serializers.CharField(source="content.code")
    number = serializers.CharField(source="content.number")
    version = serializers.IntegerField(source="version.n")
    state = serializers.ChoiceField(choices=VersionState.choices, source="version.state")
    superseded_by = serializers.IntegerField(
        source="version.superseded_by",
        allow_null=True,
        help_text=_("The version that replaced this one."),
    )
    issued_at = Instant(source="version.issued_at")
    in_force_at = Instant(source="version.in_force_at", allow_null=True)
    ended_at = Instant(source="version.ended_at", allow_null=True)
    settled_at = Instant(source="version.settled_at", allow_null=True)
    demonstration = serializers.BooleanField(
        source="content.demonstration", help_text=_("True: not a real commitment.")
    )
    demo_seal = serializers.BooleanField(help_text=_("True: the seal proves nothing."))
    content_sha256 = serializers.CharField(source="version.document.content_sha256")
    signatories = SignatorySerializer(many=True)
    revisions = StageSerializer(many=True, source="stages")
    page = serializers.SerializerMethodField(help_text=_("Where people read the same."))

    def get_page(self, found: Verified) -> str:
        path = reverse("commitments:verify-code", args=[found.content["code"]])
        return self.context["request"].build_absolute_uri(path)


class VerifiedFileSerializer(serializers.Serializer):
    about = _("What a file is; “document” and “revision” are null where its bytes are unknown.")

    sha256 = serializers.CharField()
    answer = serializers.ChoiceField(
        choices=FileAnswer.choices,
        help_text=_("“unknown” does not mean forged: saving a file anew changes its bytes."),
    )
    revision = serializers.IntegerField(source="stage.no", allow_null=True, default=None)
    later = SignatorySerializer(
        many=True, help_text=_("Signatures in the record that the file does not carry.")
    )
    document = VerifiedSerializer(allow_null=True)


class Verification(APIView):
    """Public, and counted by the address of whoever asks."""

    authentication_classes = ()
    permission_classes = [AllowAny]
    throttle_classes = ()
    http_method_names = ["get", "head"]

    def answered(self, request: Request, ask: Any, form: type[serializers.Serializer]) -> Response:
        parameters.require_known(request, ())
        limits = {
            "most": settings.VERIFY_PER_MINUTE,
            "most_misses": settings.VERIFY_MISSES_PER_MINUTE,
        }
        with throttling.calm("verify", **limits):
            found = ask()
        return Response(form(found, context={"request": request}).data)


class VerifyCode(Verification):
    problems = {None: ("unknown-parameter", "code-mistyped", "code-unknown", "too-many-requests")}

    @extend_schema(
        operation_id="verify_code",
        summary=_("Check a document by its code"),
        description=_(
            "What the public page says: number, version, state, who signed in which office and when, and the hashes. Needs no token."
        ),
        parameters=[
            OpenApiParameter(
                "code",
                OpenApiTypes.STR,
                OpenApiParameter.PATH,
                description=_("As printed; spaces, hyphens and case do not count."),
            )
        ],
        responses=VerifiedSerializer,
        tags=["verify"],
        examples=[OpenApiExample("document", value=DOCUMENT)],
    )
    def get(self, request: Request, code: str) -> Response:
        return self.answered(request, lambda: verify.by_code(code), VerifiedSerializer)


class VerifyFile(Verification):
    problems = {None: ("unknown-parameter", "digest-malformed", "too-many-requests")}

    @extend_schema(
        operation_id="verify_file",
        summary=_("Check a file by its SHA-256"),
        description=_(
            "Send the digest of the file, never the file. Whether it is the newest stage, an earlier one, superseded or voided, sealed but never entered in the record, or unknown. Needs no token."
        ),
        parameters=[
            OpenApiParameter(
                "sha256",
                OpenApiTypes.STR,
                OpenApiParameter.PATH,
                pattern="^[0-9A-Fa-f]{64}$",
                description=_("64 hexadecimal digits."),
            )
        ],
        responses=VerifiedFileSerializer,
        tags=["verify"],
        examples=[
            OpenApiExample(
                "file",
                value={
                    "sha256": DIGEST,
                    "answer": "current",
                    "revision": 0,
                    "later": [SIGNATORY],
                    "document": DOCUMENT,
                },
            )
        ],
    )
    def get(self, request: Request, sha256: str) -> Response:
        return self.answered(request, lambda: verify.by_digest(sha256), VerifiedFileSerializer)
