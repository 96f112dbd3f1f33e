"""The bodies of a commitment: its line in a list, and what its stored document says."""

import json
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from commitments.actions import checks, documents
from commitments.api.contents import ITEM, ItemSerializer, PartySerializer
from commitments.enums import (
    Grade,
    RevisionKind,
    SignatureLevel,
    SigningOrder,
    SlotRole,
    VersionAct,
    VersionState,
)
from commitments.models import (
    Commitment,
    CommitmentVersion,
    DocumentRevision,
    SignatureAct,
)
from units.enums import AppointmentMode
from units.http.collections import etag_of
from units.http.fields import Instant
from units.http.serializers import TAG, ReadSerializer, address

SHA256 = r"^[0-9a-f]{64}$"
SITE = "https://commitments.example"
LINE = {
    "ref": "2024-bx-huong-son",
    "number": "07/CK-2024",
    "plan": "2024",
    "unit": "bx-huong-son",
    "assigner_unit": "bx-hu",
    "version": 1,
    "is_takeover": False,
    "state": "signed",
    "signing_order": "parallel",
    "sign_by": "2024-02-20",
    "issued_at": "2024-02-02T02:00:00Z",
    "signed_at": "2024-02-06T03:12:45Z",
    "in_force_at": None,
    "ended_at": None,
    "settled_at": None,
    "end_reason": "",
    "superseded_by": None,
    "items_count": 1,
    "code": "7K3M9Q2XW8D4T6RZ5",
    "content_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "provenance": "synthetic",
    "versions": [
        {
            "version": 1,
            "state": "signed",
            "issued_at": "2024-02-02T02:00:00Z",
            "content_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        }
    ],
    "etag": '"commitment-2024-bx-huong-son-v1-4"',
    "links": {
        "self": f"{SITE}/api/v1/commitments/2024-bx-huong-son/",
        "pdf": f"{SITE}/api/v1/commitments/2024-bx-huong-son/pdf/?version=1",
        "page": f"{SITE}/commitments/2024-bx-huong-son/?version=1",
    },
}
COMMITMENT = {
    **LINE,
    "parties": [
        {
            "side": "undertaker",
            "unit": {
                "ref": "bx-huong-son",
                "name_vi": "Xã Hương Sơn",
                "name_en": "Huong Son commune",
            },
            "offices": [
                {
                    "ref": "bx-huong-son-secretary",
                    "title_vi": "Bí thư Đảng ủy",
                    "title_en": "Secretary of the Party Committee",
                }
            ],
        }
    ],
    "items": [ITEM],
    "signatures": [
        {
            "slot": 1,
            "role": "undertaker",
            "turn": 1,
            "office": "bx-huong-son-secretary",
            "title_vi": "Bí thư Đảng ủy",
            "title_en": "Secretary of the Party Committee",
            "act": "sign",
            "person": "Người Thứ Hai",
            "appointment_mode": "titular",
            "grade": "online",
            "at": "2024-02-06T03:12:45Z",
        }
    ],
    "revisions": [
        {
            "no": 2,
            "kind": "act",
            "slot": 1,
            "length": 132657,
            "sha256": "5d2c0c9a3d0b8b6c2f0f5e1c7a9b4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c",
            "level_asked": "B-B",
            "level_reached": "B-B",
        }
    ],
}


# --- one line ---------------------------------------------------------------------------------------


class VersionLineSerializer(ReadSerializer):
    about = _("A version that the holder may see, lowest first.")

    version = serializers.IntegerField(source="n")
    issued_at = Instant(allow_null=True)
    content_sha256 = serializers.RegexField(
        SHA256, source="document.content_sha256", allow_null=True, default=None
    )

    class Meta:
        model = CommitmentVersion
        fields = ["version", "state", "issued_at", "content_sha256"]


class CommitmentLinksSerializer(serializers.Serializer):
    self = serializers.URLField()
    pdf = serializers.URLField(allow_null=True, help_text=_("Null for a draft."))
    page = serializers.URLField(help_text=_("The page on which people read and act."))


class CommitmentLineSerializer(ReadSerializer):
    about = _("One commitment. State, instants and hash are those of “version”.")

    plan = serializers.SlugField(source="period.code")
    unit = serializers.SlugField(source="unit.ref", help_text=_("Undertaking unit."))
    assigner_unit = serializers.SlugField(source="assigner_unit.ref")
    version = serializers.IntegerField(source="shown.n")
    is_takeover = serializers.BooleanField(
        source="shown.is_takeover",
        help_text=_("The terms before, signed by who has come into office since."),
    )
    state = serializers.ChoiceField(source="shown.state", choices=VersionState.choices)
    signing_order = serializers.ChoiceField(choices=SigningOrder.choices)
    sign_by = serializers.DateField(source="shown.sign_by")
    issued_at = Instant(source="shown.issued_at", allow_null=True)
    signed_at = Instant(source="shown.signed_at", allow_null=True)
    in_force_at = Instant(source="shown.in_force_at", allow_null=True)
    ended_at = Instant(source="shown.ended_at", allow_null=True)
    settled_at = Instant(source="shown.settled_at", allow_null=True)
    end_reason = serializers.CharField(source="shown.end_reason")
    superseded_by = serializers.IntegerField(source="shown.superseded_by", allow_null=True)
    items_count = serializers.IntegerField(source="shown.items_count")
    code = serializers.CharField(
        source="shown.document.code", allow_null=True, default=None, help_text=_("Printed code.")
    )
    content_sha256 = serializers.RegexField(
        SHA256, source="shown.document.content_sha256", allow_null=True, default=None
    )
    versions = VersionLineSerializer(many=True, source="shown_versions")
    etag = serializers.SerializerMethodField(help_text=TAG)
    links = serializers.SerializerMethodField()

    class Meta:
        model = Commitment
        fields = [
            "ref",
            "number",
            "plan",
            "unit",
            "assigner_unit",
            "version",
            "is_takeover",
            "state",
            "signing_order",
            "sign_by",
            "issued_at",
            "signed_at",
            "in_force_at",
            "ended_at",
            "settled_at",
            "end_reason",
            "superseded_by",
            "items_count",
            "code",
            "content_sha256",
            "provenance",
            "versions",
            "etag",
            "links",
        ]

    def to_representation(self, commitment: Commitment) -> dict[str, Any]:
        if not hasattr(commitment, "shown"):
            commitment.shown = commitment.shown_versions[-1]
        return super().to_representation(commitment)

    def get_etag(self, commitment: Commitment) -> str:
        """Return the tag: of the highest version seen, and changed by a write to any that is shown."""
        versions = commitment.shown_versions
        written = sum(version.etag_version for version in versions)
        return etag_of("commitment", f"{commitment.ref}-v{versions[-1].n}", written)

    @extend_schema_field(CommitmentLinksSerializer)
    def get_links(self, commitment: Commitment) -> dict[str, str | None]:
        n, ref = str(commitment.shown.n), commitment.ref
        page = reverse("commitments:detail", kwargs={"ref": ref})
        sealed = commitment.shown.document_id is not None
        return {
            "self": address(self, "commitments-detail", ref),
            "pdf": address(self, "commitments-pdf", ref, version=n) if sealed else None,
            "page": self.context["request"].build_absolute_uri(f"{page}?version={n}"),
        }


# --- one commitment: what its stored document says ----------------------------------------------


class SignatureSerializer(serializers.Serializer):
    about = _("One place for a signature; the last five are null until it is signed.")

    slot = serializers.IntegerField()
    role = serializers.ChoiceField(choices=SlotRole.choices)
    turn = serializers.IntegerField(help_text=_("Equal turns sign in any order, lower ones first."))
    office = serializers.SlugField()
    title_vi = serializers.CharField()
    title_en = serializers.CharField()
    act = serializers.ChoiceField(choices=VersionAct.choices, allow_null=True)
    person = serializers.CharField(allow_null=True, help_text=_("Name as it was when signing."))
    appointment_mode = serializers.ChoiceField(choices=AppointmentMode.choices, allow_null=True)
    grade = serializers.ChoiceField(choices=Grade.choices, allow_null=True)
    at = Instant(allow_null=True)


class DocumentRevisionSerializer(serializers.Serializer):
    about = _(
        "The file after one addition; it begins with all bytes of the one before. A commitment whose "
        "only revision is 0 was issued before documents were sealed."
    )

    no = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=RevisionKind.choices)
    slot = serializers.IntegerField(allow_null=True, help_text=_("Whose signature was added."))
    length = serializers.IntegerField(help_text=_("Of the whole file, in bytes."))
    sha256 = serializers.RegexField(SHA256, help_text=_("Of the whole file."))
    level_asked = serializers.ChoiceField(choices=SignatureLevel.choices, allow_null=True)
    level_reached = serializers.ChoiceField(choices=SignatureLevel.choices, allow_null=True)


class CommitmentSerializer(CommitmentLineSerializer):
    about = _("One commitment, and what the stored document of the version says; null for a draft.")

    parties = serializers.SerializerMethodField()
    items = serializers.SerializerMethodField()
    signatures = serializers.SerializerMethodField()
    revisions = serializers.SerializerMethodField()

    class Meta(CommitmentLineSerializer.Meta):
        fields = [
            *CommitmentLineSerializer.Meta.fields,
            "parties",
            "items",
            "signatures",
            "revisions",
        ]

    def _content(self, commitment: Commitment) -> dict[str, Any] | None:
        document = commitment.shown.document
        return documents.read_content(document) if document else None

    @extend_schema_field(PartySerializer(many=True, allow_null=True))
    def get_parties(self, commitment: Commitment) -> list[dict[str, Any]] | None:
        content = self._content(commitment)
        return content["parties"] if content else None

    @extend_schema_field(ItemSerializer(many=True, allow_null=True))
    def get_items(self, commitment: Commitment) -> list[dict[str, Any]] | None:
        content = self._content(commitment)
        return content["terms"]["items"] if content else None

    @extend_schema_field(SignatureSerializer(many=True))
    def get_signatures(self, commitment: Commitment) -> list[dict[str, Any]]:
        content = self._content(commitment)
        if content is None:
            return []
        acts = SignatureAct.objects.filter(
            slot__document=commitment.shown.document_id,
            act__in=[VersionAct.SIGN, VersionAct.COUNTERSIGN],
        ).select_related("slot")
        signed = {act.slot.ordinal: act for act in acts}
        return [_signature(slot, signed.get(slot["ordinal"])) for slot in content["slots"]]

    @extend_schema_field(DocumentRevisionSerializer(many=True))
    def get_revisions(self, commitment: Commitment) -> list[dict[str, Any]]:
        document = commitment.shown.document
        return [_revision(row) for row in checks.described(document)] if document else []


def _revision(row: DocumentRevision) -> dict[str, Any]:
    return {
        "no": row.no,
        "kind": row.kind,
        "slot": row.signature_act.slot.ordinal if row.kind == RevisionKind.ACT else None,
        "length": row.length,
        "sha256": row.sha256,
        "level_asked": row.level_asked or None,
        "level_reached": row.level_reached or None,
    }


def _signature(slot: dict[str, Any], act: SignatureAct | None) -> dict[str, Any]:
    printed = json.loads(act.as_printed) if act else {}
    return {
        "slot": slot["ordinal"],
        "role": slot["role"],
        "turn": slot["turn"],
        "office": slot["office"],
        "title_vi": slot["title_vi"],
        "title_en": slot["title_en"],
        "act": act.act if act else None,
        "person": printed.get("name"),
        "appointment_mode": printed.get("mode"),
        "grade": act.grade if act else None,
        "at": Instant().to_representation(act.at) if act else None,
    }
