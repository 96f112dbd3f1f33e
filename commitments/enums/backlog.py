"""Kinds, states and acts of backlog cases, with the labels people read."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CaseKind(TextChoices):
    """What lies behind a backlog case."""

    CARRYOVER = "carryover", _("Target carried over")
    TARGET = "target", _("Slow or unmet target")
    MILESTONE = "milestone", _("Missed milestone")
    REPORT = "report", _("Missing report")
    CLEARANCE = "clearance", _("Site clearance")
    ADMIN = "admin", _("Administrative case")
    CONCLUSION = "conclusion", _("Conclusion of an inspection")


class CaseCause(TextChoices):
    """Why it has not been done."""

    LAND = "land", _("Land")
    PROCEDURE = "procedure", _("Procedure")
    FUNDING = "funding", _("Funding")
    CONTRACTOR = "contractor", _("Contractor")
    STAFF = "staff", _("Staff")
    LEGAL = "legal", _("Legal rules")
    COORDINATION = "coordination", _("Coordination")
    OTHER = "other", pgettext_lazy("cause", "Another cause")


class CorrectionState(TextChoices):
    """The life of a corrective action; lateness is no state."""

    OPEN = "open", pgettext_lazy("corrective action", "To be done")
    DONE = "done", pgettext_lazy("corrective action", "Said to be done, awaits confirmation")
    CONFIRMED = "confirmed", pgettext_lazy("corrective action", "Confirmed")


class CorrectionAct(TextChoices):
    """What can be done to a corrective action that is written; the table of moves says when."""

    REVISE = "revise", pgettext_lazy("act", "Write anew")
    FINISH = "finish", pgettext_lazy("act", "Say that it is done")
    TAKE_BACK = "take_back", pgettext_lazy("act", "Take it back")
    CONFIRM = "confirm", pgettext_lazy("act", "Confirm")


class Competence(TextChoices):
    """Who has the authority to resolve it."""

    OWN = "own", _("The unit itself")
    SUPERIOR = "superior", _("A superior level")
    OTHER = "other", pgettext_lazy("competence", "Another body")


class Resolvable(TextChoices):
    NOW = "now", _("Can be resolved at once")
    ROADMAP = "roadmap", _("Needs a roadmap")


class CaseState(TextChoices):
    """The life of a backlog case; lateness and level are no states."""

    REGISTERED = "registered", _("Registered")
    ASSIGNED = "assigned", pgettext_lazy("case", "Assigned")
    SUSPENDED = "suspended", pgettext_lazy("case", "Suspended")
    RESOLVED = "resolved", _("Resolved, awaits verification")
    CLOSED = "closed", pgettext_lazy("case", "Closed")
    CANCELLED = "cancelled", pgettext_lazy("case", "Cancelled")


class CaseAct(TextChoices):
    """What can be done to a backlog case; the table of moves says when."""

    EDIT = "edit", pgettext_lazy("act", "Edit")
    ASSIGN = "assign", pgettext_lazy("act", "Assign")
    EXTEND = "extend", pgettext_lazy("act", "Extend")
    SUSPEND = "suspend", pgettext_lazy("act", "Suspend")
    RESUME = "resume", pgettext_lazy("act", "Resume")
    RESOLVE = "resolve", pgettext_lazy("act", "Resolve")
    ACCEPT = "accept", pgettext_lazy("act", "Accept")
    REJECT = "reject", pgettext_lazy("act", "Reject")
    REOPEN = "reopen", pgettext_lazy("act", "Reopen")
    CANCEL = "cancel", pgettext_lazy("act", "Cancel")


class CaseFileUse(TextChoices):
    """With which act a file was shown on a case."""

    SUSPEND = "suspend", _("proves the objective cause")
    EXPLAIN = "explain", _("shown with an explanation")
    RESOLVE = "resolve", _("shows what was delivered")


class CaseProposalAct(TextChoices):
    """What a supervisor proposes and somebody else decides."""

    EXTEND = "extend", pgettext_lazy("proposal", "Extension")
    REOPEN = "reopen", pgettext_lazy("proposal", "Reopening")


class CaseProposalState(TextChoices):
    OPEN = "open", pgettext_lazy("proposal", "To be decided")
    GRANTED = "granted", pgettext_lazy("proposal", "Granted")
    DECLINED = "declined", pgettext_lazy("proposal", "Declined")
    LAPSED = "lapsed", pgettext_lazy("proposal", "Lapsed: the case has moved on")
