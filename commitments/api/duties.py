"""Bodies about reports that are owed: the duty with everything that was said, and how reporting stands."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from commitments.models import Evidence, Report, ReportingDuty
from units.http.collections import etag_of
from units.http.fields import Instant, Quantity
from units.http.serializers import TAG, ReadSerializer, address

REPORT = {
    "ref": "2024-h17-huong-son-2024-03-r1",
    "n": 1,
    "state": "submitted",
    "author": "Ninh Văn Đước",
    "submitted_at": "2024-04-03T02:00:00Z",
    "value": "10",
    "numerator": None,
    "denominator": None,
    "is_true": None,
    "nothing_to_report": False,
    "qualifier": "exact",
    "about_width": None,
    "stage": "final",
    "narrative": "",
    "cause": "",
    "next_steps": "",
    "decided_by": None,
    "decided_at": None,
    "return_reason": "",
    "restate_reason": "",
    "evidence": [],
    "provenance": "synthetic",
}
DUTY = {
    "ref": "2024-h17-huong-son-2024-03",
    "target": "2024-h17-huong-son",
    "period": "2024-03",
    "unit": "bx-huong-son",
    "opens_on": "2024-03-26",
    "due_on": "2024-04-05",
    "locks_on": "2024-04-22",
    "state": "in_review",
    "first_submitted_at": "2024-04-03T02:00:00Z",
    "timeliness": "on_time",
    "resubmit_by": None,
    "waiver_reason": "",
    "reports": [REPORT],
    "etag": '"report-2024-h17-huong-son-2024-03-1-2-2"',
    "links": {"self": "https://commitments.example/api/v1/reports/2024-h17-huong-son-2024-03/"},
}


class EvidenceSerializer(ReadSerializer):
    about = _("A file that proves a report; its hash is of the bytes behind “evidence/<sha256>/”.")

    added_at = Instant()

    class Meta:
        model = Evidence
        fields = ["sha256", "name", "kind", "size", "added_at"]


class ReportSerializer(ReadSerializer):
    about = _("What was said; a draft is shown to its own side only. A null value is not 0.")

    author = serializers.CharField(source="author.full_name")
    submitted_at = Instant(allow_null=True)
    value = Quantity(allow_null=True)
    numerator = Quantity(allow_null=True)
    denominator = Quantity(allow_null=True)
    about_width = Quantity(allow_null=True)
    decided_by = serializers.CharField(source="decided_by.full_name", allow_null=True, default=None)
    decided_at = Instant(allow_null=True)
    evidence = EvidenceSerializer(many=True)

    class Meta:
        model = Report
        fields = list(REPORT)


class DutyLinksSerializer(serializers.Serializer):
    self = serializers.URLField()


class DutySerializer(ReadSerializer):
    about = _("The report that a unit owes on one target for one period, with all that was said.")

    target = serializers.SlugField(source="target.ref")
    period = serializers.SlugField(source="period.code")
    unit = serializers.SlugField(source="unit.ref")
    first_submitted_at = Instant(allow_null=True)
    reports = ReportSerializer(source="shown", many=True, help_text=_("The newest first."))
    etag = serializers.SerializerMethodField(help_text=TAG)
    links = serializers.SerializerMethodField()

    class Meta:
        model = ReportingDuty
        fields = list(DUTY)

    def get_etag(self, duty: Any) -> str:
        newest = duty.shown[0] if duty.shown else None
        said = f"{newest.n}-{newest.etag_version}" if newest else "0-0"
        return etag_of("report", f"{duty.ref}-{said}", duty.etag_version)

    @extend_schema_field(DutyLinksSerializer)
    def get_links(self, duty: ReportingDuty) -> dict[str, str]:
        return {"self": address(self, "reports-detail", duty.ref)}


class StandingRowSerializer(serializers.Serializer):
    about = _("How one unit reports for one period. The shares are in percent.")

    unit = serializers.SlugField()
    period = serializers.SlugField()
    expected = serializers.IntegerField(help_text=_("Due by today; waived ones never are."))
    on_time = serializers.IntegerField()
    late = serializers.IntegerField()
    missing = serializers.IntegerField(help_text=_("Locked with nothing in."))
    not_in = serializers.IntegerField(help_text=_("Late, and not locked yet."))
    completeness = serializers.CharField(help_text=_("Percent with two decimals."))
    timeliness = serializers.CharField()


class StandingSerializer(serializers.Serializer):
    about = _(
        "Units and periods of which something is expected by today. Of all others nothing is known to "
        "be good or bad: they are not listed, and never 0 %."
    )

    results = StandingRowSerializer(many=True)


STANDING = {
    "results": [
        {
            "unit": "bx-huong-son",
            "period": "2024-03",
            "expected": 12,
            "on_time": 11,
            "late": 1,
            "missing": 0,
            "not_in": 0,
            "completeness": "100.00",
            "timeliness": "91.67",
        }
    ]
}
