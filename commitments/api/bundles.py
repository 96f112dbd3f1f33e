"""What proves the acts on a commitment: the receipt of each from the register, for programs."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from commitments.actions import bundles
from commitments.api.board import with_tag
from commitments.enums import Grade, VersionAct
from commitments.models import CommitmentVersion
from units.http.collections import ReadOnlyCollection
from units.http.fields import Instant
from units.http.serializers import TAG

VERSION = OpenApiParameter(
    "version",
    {"type": "integer", "minimum": 1, "maximum": 9999},
    description=_("Number of a version; without it the highest one that the holder may see."),
)
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
RECEIPTS = {
    "version": 1,
    "receipts": [
        {
            "uuid": "3f0c1de2-6a0f-4a3c-9a55-0e4d4f5b7c11",
            "act": "sign",
            "slot": 1,
            "grade": "online",
            "at": "2024-02-06T03:12:45Z",
            "statement_sha256": HASH,
            "receipt": {
                "v": 1,
                "type": "register-receipt",
                "origin": "commitments.example",
                "entry": '{"actor":"secretary","kind":"commitment.sign"}',
                "seq": 812,
                "epoch": 1,
                "leaf": HASH,
                "prev": HASH,
                "link": HASH,
                "checkpoint": {
                    "text": '{"first_seq":800,"last_seq":813}',
                    "signature": "00" * 64,
                    "public_key": HASH,
                },
                "index": 12,
                "count": 14,
                "path": [HASH, HASH, HASH, HASH],
            },
        }
    ],
    "etag": '"receipts-5d2c0c9a3d0b8b6c"',
}


class SignedRootSerializer(serializers.Serializer):
    about = _("The signed root over the stretch of the register in which the entry stands.")

    text = serializers.CharField(help_text=_("What was signed, canonical JSON."))
    signature = serializers.CharField(help_text=_("Ed25519, hexadecimal."))
    public_key = serializers.CharField(
        help_text=_("Hexadecimal. Compare its SHA-256 with the fingerprint that you were given.")
    )


class ReceiptSerializer(serializers.Serializer):
    about = _(
        "What proves that an entry stands in the register: the file that verify_register.py takes. "
        "Hashes are hexadecimal. Place and checkpoint are null until they are there: the place after "
        "a moment, the checkpoint within the hour."
    )

    v = serializers.IntegerField()
    type = serializers.CharField()
    origin = serializers.CharField(help_text=_("Whose register it is."))
    entry = serializers.CharField(help_text=_("The text that was hashed, byte for byte."))
    seq = serializers.IntegerField(allow_null=True, help_text=_("Its place in the register."))
    epoch = serializers.IntegerField(allow_null=True)
    leaf = serializers.CharField(allow_null=True)
    prev = serializers.CharField(allow_null=True)
    link = serializers.CharField(allow_null=True)
    checkpoint = SignedRootSerializer(allow_null=True)
    index = serializers.IntegerField(
        allow_null=True, help_text=_("Number of the leaf in its stretch, from 0.")
    )
    count = serializers.IntegerField(allow_null=True, help_text=_("Leaves of the stretch."))
    path = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text=_("Hashes from the leaf up to the signed root."),
    )


class ProvedActSerializer(serializers.Serializer):
    about = _("One act on the version, and the receipt of its entry.")

    uuid = serializers.UUIDField()
    act = serializers.ChoiceField(choices=VersionAct.choices)
    slot = serializers.IntegerField(help_text=_("Place for a signature at which it was done."))
    grade = serializers.ChoiceField(choices=Grade.choices)
    at = Instant()
    statement_sha256 = serializers.CharField(
        help_text=_("Of the statement that was confirmed; the entry names it too.")
    )
    receipt = ReceiptSerializer()


class ReceiptsSerializer(serializers.Serializer):
    about = _("The acts on one version, oldest first, each with its receipt.")

    version = serializers.IntegerField()
    receipts = ProvedActSerializer(many=True)
    etag = serializers.CharField(help_text=TAG)


class ReceiptsOfCommitment(ReadOnlyCollection):
    """What proves the acts on a commitment, as a part of it."""

    @extend_schema(
        operation_id="commitments_receipts",
        summary=_("Get the receipts of the acts on a version"),
        description=_(
            "For each act its entry of the register with the path to a signed root. Check them with "
            "verify_register.py and the fingerprint of the register's key, which you have from "
            "elsewhere. Within the hour after an act its root is not signed yet: ask again."
        ),
        parameters=[VERSION],
        responses=ReceiptsSerializer,
        examples=[OpenApiExample("receipts", value=RECEIPTS, response_only=True)],
    )
    @action(detail=True, methods=["get"])
    def receipts(self, request: Request, ref: str) -> Response:
        version: CommitmentVersion = self.get_object().shown
        rows = [_row(proved) for proved in bundles.receipts_of(version)]
        return self.tagged(with_tag("receipts", {"version": version.n, "receipts": rows}))


def _row(proved: bundles.Proved) -> dict[str, Any]:
    act = proved.act
    return {
        "uuid": str(act.uuid),
        "act": act.act,
        "slot": act.slot.ordinal,
        "grade": act.grade,
        "at": Instant().to_representation(act.at),
        "statement_sha256": act.step_up_use.step_up.statement_sha256,
        "receipt": proved.receipt,
    }
