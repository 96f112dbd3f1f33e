"""The body of a backlog case: what is known of it, how it was put off, explained and ended."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from commitments.actions import backlog
from commitments.models import BacklogCase, CaseExtension, CaseProposal, Evidence, Explanation
from units.http.collections import etag_of
from units.http.fields import Instant
from units.http.serializers import TAG, ReadSerializer, address

EXTENSION = {
    "ordinal": 1,
    "old_due_on": "2023-12-31",
    "new_due_on": "2024-06-28",
    "reason": "Chờ giá đất",
    "proposed_by": "Nguyễn Văn A",
    "granted_by": "Trần Thị B",
    "granted_at": "2024-01-10T02:00:00Z",
}
PROPOSAL = {
    "act": "extend",
    "new_due_on": "2024-09-30",
    "reason": "Chờ tái định cư",
    "proposed_by": "Nguyễn Văn A",
    "proposed_at": "2024-06-20T02:00:00Z",
}
EXPLANATION = {
    "level": 2,
    "asked_at": "2024-01-08T01:00:00Z",
    "due_on": "2024-01-11",
    "text": "Bốn hộ chưa đồng ý giá",
    "given_by": "Lê Văn C",
    "given_at": "2024-01-10T08:00:00Z",
    "accepted": True,
    "answer": "",
    "decided_by": "Nguyễn Văn A",
    "decided_at": "2024-01-11T02:00:00Z",
}
FILE = {
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "name": "Biên bản bàn giao.pdf",
    "kind": "application/pdf",
    "size": 48213,
    "shown_for": "explain",
    "added_at": "2024-01-10T08:00:00Z",
}
CASE = {
    "ref": "2023-td-07",
    "number": "TĐ-07",
    "kind": "clearance",
    "title": "Giải phóng mặt bằng đường vành đai",
    "unit": "bx-huong-son",
    "assigner_unit": "bx-hu",
    "plan": "2023",
    "target": None,
    "original_due_on": "2023-12-31",
    "current_due_on": "2024-06-28",
    "cause": "land",
    "resolvable": "roadmap",
    "office": "huong-son-chu-tich",
    "task": "Vận động bốn hộ còn lại",
    "responsibility": "Chủ tịch UBND xã",
    "product": "Biên bản bàn giao mặt bằng",
    "competence": "own",
    "authority": "Luật Đất đai",
    "unclear": [],
    "state": "assigned",
    "suspended_cause": "",
    "suspended_on": None,
    "outcome": "",
    "outcome_reference": "",
    "resolved_by": None,
    "resolved_at": None,
    "verified_by": None,
    "ended_on": None,
    "registered_at": "2024-01-05T02:00:00Z",
    "extensions": [EXTENSION],
    "proposal": PROPOSAL,
    "explanations": [EXPLANATION],
    "files": [FILE],
    "provenance": "synthetic",
    "source_ref": "",
    "etag": '"case-2023-td-07-3-5"',
    "links": {
        "self": "https://commitments.example/api/v1/cases/2023-td-07/",
        "unit": "https://commitments.example/api/v1/units/bx-huong-son/",
    },
}


class Name(serializers.CharField):
    """The published name of a person; null while nobody has acted."""

    def __init__(self, person: str) -> None:
        super().__init__(source=f"{person}.full_name", allow_null=True, default=None)


class ExtensionSerializer(ReadSerializer):
    about = _("An extension that was granted; the age goes on from the original day.")

    proposed_by = serializers.CharField(source="proposed_by.full_name")
    granted_by = serializers.CharField(source="granted_by.full_name")
    granted_at = Instant()

    class Meta:
        model = CaseExtension
        fields = list(EXTENSION)


class CaseProposalSerializer(ReadSerializer):
    about = _("What a supervisor has proposed and nobody has decided yet.")

    proposed_by = serializers.CharField(source="proposed_by.full_name")
    proposed_at = Instant()

    class Meta:
        model = CaseProposal
        fields = list(PROPOSAL)


class CaseExplanationSerializer(ReadSerializer):
    about = _(
        "An explanation that a step of the ladder asked for; “text” is empty until it is given, "
        "“accepted” null until somebody has said."
    )

    asked_at = Instant()
    given_by = Name("given_by")
    given_at = Instant(allow_null=True)
    decided_by = Name("decided_by")
    decided_at = Instant(allow_null=True)

    class Meta:
        model = Explanation
        fields = list(EXPLANATION)


class CaseFileSerializer(ReadSerializer):
    about = _(
        "A file that was shown with an act on a case, where it stays; its hash is of the bytes behind "
        "“files/<sha256>/”."
    )

    added_at = Instant()

    class Meta:
        model = Evidence
        fields = list(FILE)


class CaseLinksSerializer(serializers.Serializer):
    self = serializers.URLField()
    unit = serializers.URLField()


class CaseSerializer(ReadSerializer):
    about = _(
        "One backlog case. Its age on a day is counted from “original_due_on”, to “ended_on” if it has "
        "ended; it is not stored, for it grows every day."
    )

    unit = serializers.SlugField(source="unit.ref", help_text=_("Unit that holds it."))
    assigner_unit = serializers.SlugField(source="assigner_unit.ref")
    plan = serializers.SlugField(source="origin_period.code", allow_null=True, default=None)
    target = serializers.SlugField(
        source="target.ref", allow_null=True, default=None, help_text=_("Target carried over.")
    )
    office = serializers.SlugField(
        source="office.ref",
        allow_null=True,
        default=None,
        help_text=_("Office that resolves it; null while nobody has said."),
    )
    unclear = serializers.SerializerMethodField(
        help_text=_("Which of the six clears are still open; a case is assigned when none is.")
    )
    resolved_by = Name("resolved_by")
    resolved_at = Instant(allow_null=True)
    verified_by = Name("verified_by")
    registered_at = Instant()
    extensions = ExtensionSerializer(many=True, source="granted")
    proposal = serializers.SerializerMethodField()
    explanations = serializers.SerializerMethodField(help_text=_("The oldest first."))
    files = CaseFileSerializer(many=True, source="shown_files", help_text=_("The oldest first."))
    etag = serializers.SerializerMethodField(help_text=TAG)
    links = serializers.SerializerMethodField()

    class Meta:
        model = BacklogCase
        fields = list(CASE)

    def get_unclear(self, case: BacklogCase) -> list[str]:
        return backlog.unclear(case)

    @extend_schema_field(CaseProposalSerializer(allow_null=True))
    def get_proposal(self, case: Any) -> dict[str, Any] | None:
        return CaseProposalSerializer(case.waiting[0]).data if case.waiting else None

    @extend_schema_field(CaseExplanationSerializer(many=True))
    def get_explanations(self, case: Any) -> list[dict[str, Any]]:
        return list(CaseExplanationSerializer(explained(case), many=True).data)

    def get_etag(self, case: Any) -> str:
        """An explanation leaves the version of the case alone, so its own steps are counted beside it."""
        steps = [(one.asked_at, one.given_at, one.decided_at) for one in explained(case)]
        said = sum(at is not None for step in steps for at in step)
        return etag_of("case", f"{case.ref}-{said}", case.etag_version)

    @extend_schema_field(CaseLinksSerializer)
    def get_links(self, case: BacklogCase) -> dict[str, str]:
        return {
            "self": address(self, "cases-detail", case.ref),
            "unit": address(self, "units-detail", case.unit.ref),
        }


def explained(case: Any) -> list[Explanation]:
    """Return the explanations that steps of this case have asked for, the oldest first."""
    found = [one for clock in case.clocks.all() for one in clock.asked]
    return sorted(found, key=lambda one: one.pk)
