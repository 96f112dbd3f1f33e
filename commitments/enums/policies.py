"""By which channels and how soon a step of a ladder is told, and what became of a proposed version."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class LadderKey(TextChoices):
    """Which ladder; each has versions of its own. Every kind of wait has one, and some waits have
    another for what a body may want to follow faster or slower (source: F-23)."""

    SIGN = "sign", _("Signature")
    COUNTERSIGN = "countersign", _("Countersignature")
    ANSWER = "answer", _("Answer to a return or refusal")
    HANDOVER = "handover", _("Signature of whoever takes a commitment over")
    REPORT = "report", _("Handing in of reports")
    MISSING = "missing", _("Reports missing after the lock")
    ASSIGN = "assign", _("Assignment of a backlog case")
    CASE = "case", _("Resolution of a backlog case")
    TARGET = "target", _("Case about a target behind its roadmap")
    MILESTONE = "milestone", _("Case about a missed milestone")
    VERIFY = "verify", _("Verification of a resolved backlog case")
    REVIEW = "review", _("Verification of reports")
    CORRECTION = "correction", _("Corrective action")
    CONFIRM = "confirm", _("Confirmation that a corrective action is done")


class PolicyProposalState(TextChoices):
    WAITING = "waiting", pgettext_lazy("policy", "Waiting")
    PUBLISHED = "published", pgettext_lazy("policy", "Published")
    WITHDRAWN = "withdrawn", pgettext_lazy("policy", "Withdrawn")


class Channel(TextChoices):
    """What may carry a message beside the inbox, which has every one at once."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("Text message")
    INBOX = "inbox", _("Inbox only")


class Route(TextChoices):
    """Channels in their order, split by a plus: the next one carries what the one before could not.

    Where a step of a ladder names none, each person's own choice holds.
    """

    EMAIL = "email", _("by e-mail")
    EMAIL_SMS = "email+sms", _("by e-mail, and by text message if that fails")
    SMS_EMAIL = "sms+email", _("by text message, and by e-mail if that fails")
    SMS = "sms", _("by text message")
    INBOX = "inbox", _("in the inbox only")


class Pace(TextChoices):
    """How soon what a step says leaves. Where a step names none, it is as each person has chosen."""

    INSTANT = "instant", _("at once, each by itself")
    DAILY = "daily", _("in one letter a day, at 8 in the morning")
