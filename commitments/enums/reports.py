"""Which states, acts and kinds of reports exist, with the labels people read."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DutyState(TextChoices):
    """What has become of one report that is owed."""

    AWAITED = "awaited", pgettext_lazy("report", "Awaited")
    IN_REVIEW = "in_review", pgettext_lazy("report", "In review")
    VERIFIED = "verified", pgettext_lazy("report", "Verified")
    MISSING = "missing", pgettext_lazy("report", "Missing")
    WAIVED = "waived", pgettext_lazy("report", "Waived")


class ReportState(TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Awaiting verification")
    RETURNED = "returned", pgettext_lazy("report", "Returned to its author")
    VERIFIED = "verified", pgettext_lazy("report", "Verified")
    RESTATED = "restated", pgettext_lazy("report", "Restated")


class ReportAct(TextChoices):
    """What can be done to a duty and its reports; the table of moves says when."""

    SAVE = "save", pgettext_lazy("act", "Save")
    SUBMIT = "submit", pgettext_lazy("act", "Submit")
    RECALL = "recall", pgettext_lazy("act", "Take back")
    RETURN = "return", pgettext_lazy("act", "Return to the author")
    VERIFY = "verify", pgettext_lazy("act", "Verify")
    RESTATE = "restate", pgettext_lazy("act", "Restate")
    LOCK = "lock", pgettext_lazy("act", "Lock")
    UNLOCK = "unlock", pgettext_lazy("act", "Unlock")
    WAIVE = "waive", pgettext_lazy("act", "Waive")


class Timeliness(TextChoices):
    """Fixed by the first submission, for ever."""

    ON_TIME = "on_time", _("On time")
    LATE = "late", pgettext_lazy("report", "Late")


class CheckDecision(TextChoices):
    PASS = "pass", _("Passed")
    RETURN = "return", pgettext_lazy("report", "Returned")


class RollOver(TextChoices):
    """What becomes of a day that falls on a closed one."""

    NONE = "none", _("It stays")
    FORWARD = "forward", _("It moves on to the next open day")


class EvidenceKind(TextChoices):
    """What a file is, judged by its content and not by its name."""

    PDF = "application/pdf", "PDF"
    JPEG = "image/jpeg", "JPEG"
    PNG = "image/png", "PNG"
    WEBP = "image/webp", "WebP"
    DOCX = (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "DOCX",
    )
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"
