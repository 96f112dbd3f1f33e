"""Which states, acts and kinds exist, with the labels people read."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PeriodKind(TextChoices):
    YEAR = "year", _("Year")
    HALF = "half", _("Half-year")
    QUARTER = "quarter", _("Quarter")
    MONTH = "month", _("Month")


class PeriodState(TextChoices):
    PLANNING = "planning", _("Planning")
    OPEN = "open", _("Open")
    CLOSING = "closing", _("Closing")
    CLOSED = "closed", _("Closed")


class MandateKind(TextChoices):
    RESOLUTION = "resolution", _("Resolution")
    DECISION = "decision", _("Decision")
    PLAN = "plan", _("Plan")
    NOTICE = "notice", _("Notice")
    CONCLUSION = "conclusion", _("Conclusion")


class Field(TextChoices):
    PARTY_BUILDING = "party_building", _("Party building")
    SOCIO_ECONOMIC = "socio_economic", _("Socio-economic")
    DEFENCE = "defence", _("Defence")
    SECURITY = "security", _("Security")


class IndicatorKind(TextChoices):
    NUMBER = "number", _("Number")
    COUNT = "count", _("Count")
    PERCENT = "percent", _("Percentage")
    RATIO = "ratio", _("Ratio")
    GROWTH = "growth", _("Growth")
    MILESTONE = "milestone", _("Milestones")
    BOOLEAN = "boolean", _("Yes or no")
    GRADE = "grade", _("Ordered grades")
    SHARES = "shares", _("Shares of a whole")


class Nature(TextChoices):
    FLOW = "flow", _("Adds up over the period")
    STOCK = "stock", _("State at a moment")


class TargetState(TextChoices):
    PLANNED = "planned", _("Planned")
    ASSIGNED = "assigned", _("Assigned")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    CLOSED = "closed", _("Closed")


class TargetOrigin(TextChoices):
    SUPERIOR = "superior", _("Assigned by the superior")
    OWN = "own", _("Added by this level")


class TargetMode(TextChoices):
    REACH = "reach", _("Reach")
    MAINTAIN = "maintain", _("Maintain")


class Comparator(TextChoices):
    GE = "ge", _("at least")
    GT = "gt", _("more than")
    LE = "le", _("at most")
    LT = "lt", _("less than")
    EQ = "eq", _("equal to")
    BETWEEN = "between", _("between")


class ValueBasis(TextChoices):
    """Where the value to be reached comes from; only a stated one is a number today."""

    STATED = "stated", _("A value stated here")
    LAST_YEAR = "last_year", _("Last year's result")
    SUPERIOR = "superior", _("As assigned by the superior, the value comes later")
    UNSTATED = "unstated", _("The mandate does not say")


class Qualifier(TextChoices):
    """How exactly a figure is meant; the word travels with the number."""

    EXACT = "exact", _("exactly")
    OVER = "over", _("over")
    NEARLY = "nearly", _("nearly")
    ABOUT = "about", _("about")


class Stage(TextChoices):
    """How settled a figure is."""

    ESTIMATE = "estimate", _("Estimate")
    PROVISIONAL = "provisional", _("Provisional")
    FINAL = "final", _("Final")


class FigureName(TextChoices):
    """What a computed figure is; an explanation calls every figure by its name."""

    TARGET = "target", _("target")
    STRETCH = "stretch", _("stretch value")
    BASELINE = "baseline", _("baseline")
    ACTUAL = "actual", _("actual")
    LAST_YEAR = "last_year", _("same period last year")
    NUMERATOR = "numerator", _("numerator")
    DENOMINATOR = "denominator", _("denominator")
    EXPECTED = "expected", _("expected by the roadmap")
    LOWEST = "lowest", _("lowest possible value")
    HIGHEST = "highest", _("highest possible value")
    RATIO = "ratio", _("ratio")
    VERDICT = "verdict", _("verdict")
    PERCENT_OF_PLAN = "percent_of_plan", _("percent of plan")
    PLAN_INDEX = "plan_index", _("percent of plan")
    PLANNED_LEVEL = "planned_level", _("level that the planned growth comes to")
    POINTS_RATIO = "points_ratio", _("growth reached as a share of the growth planned")
    GROWTH = "growth", _("growth on last year")
    DIFFERENCE = "difference", _("difference in percentage points")
    PROGRESS = "progress", _("progress from the baseline")
    WITHIN_LIMIT = "within_limit", _("kept within the limit")
    MAINTAINED = "maintained", _("share of checkpoints kept")
    STEPS_DONE = "steps_done", _("steps done, by weight")
    YEAR_TO_DATE = "year_to_date", _("cumulative")
    ROADMAP_RATIO = "roadmap_ratio", _("actual against the roadmap")
    REQUIRED_RATE = "required_rate", _("needed in each remaining month")
    PROJECTION = "projection", _("projection to the end of the year")
    SUM = "sum", _("sum")
    RATIO_OF_SUMS = "ratio_of_sums", _("ratio of the sums")
    GROWTH_OF_SUMS = "growth_of_sums", _("growth of the sums")
    WEIGHTED_MEAN = "weighted_mean", _("weighted mean")
    LAST = "last", _("last value")
    WORST = "worst", _("worst value")
    SHARE_TRUE = "share_true", _("share of units that reach it")
    COMPLETION = "completion", _("targets met")
    COVERAGE = "coverage", _("coverage")
    SCORE = "score", _("score")
    COMPLETENESS = "completeness", _("completeness")
    TIMELINESS = "timeliness", _("timeliness")
    IMPLIED_GROWTH = "implied_growth", _("growth implied by the published figures")
    INSPECTED = "inspected", _("units inspected, each counted once")
    INSPECTION = "inspection", _("inspection")


class RollUp(TextChoices):
    """How the figures of several units become one; only what is declared is computed."""

    SUM = "sum", _("Sum")
    RATIO_OF_SUMS = "ratio_of_sums", _("Ratio of the sums")
    GROWTH_OF_SUMS = "growth_of_sums", _("Growth of the sums")
    WEIGHTED_MEAN = "weighted_mean", _("Weighted mean")
    LAST = "last", _("Last value")
    WORST = "worst", _("Worst value")
    COUNT_TRUE = "count_true", _("Share that reaches it")
    NONE = "none", _("Not rolled up")


class InputBasis(TextChoices):
    """What a reported figure of something that adds up counts."""

    YTD = "ytd", _("Since the beginning of the year")
    PERIOD = "period", _("In the period alone")


class Keeping(TextChoices):
    """How what is to be maintained stands at the last checkpoint that is known."""

    HOLDING = "holding", _("Holding")
    BREACHED = "breached", _("Breached")
    UNKNOWN = "unknown", _("Unknown")


class LightColour(TextChoices):
    """How a target stands against its roadmap; once concluded, its verdict."""

    GREEN = "green", _("On track")
    AMBER = "amber", _("Slow")
    RED = "red", _("Far behind")
    GREY = "grey", _("Nothing to judge yet")
    BLUE = "blue", pgettext_lazy("light", "Met")


class JudgedLight(TextChoices):
    """What a person holds of how a target stands: the lights, less those that only figures give."""

    GREEN = "green", _("On track")
    AMBER = "amber", _("Slow")
    RED = "red", _("Far behind")


class MaintainRule(TextChoices):
    ALL = "all", _("At every checkpoint")
    SHARE = "share", _("At a share of the checkpoints")
    LAST = "last", _("At the last checkpoint")


class AllocationMode(TextChoices):
    ADDITIVE = "additive", _("The parts add up to the whole")
    UNIFORM = "uniform", _("Every unit has the same target")
    CONTRIBUTION = "contribution", _("The parts are not added")


class ItemRole(TextChoices):
    LEAD = "lead", _("Lead")
    CO_LEAD = "co_lead", _("Co-lead")
    SUPPORT = "support", _("Support")


class SigningOrder(TextChoices):
    PARALLEL = "parallel", _("In any order")
    IN_ORDER = "in_order", _("One after the other")


class VersionState(TextChoices):
    """The life of one version of a commitment; lateness is no state."""

    DRAFT = "draft", _("Draft")
    ISSUED = "issued", _("Awaiting signature")
    SIGNED = "signed", _("Signed, awaiting countersignature")
    RETURNED = "returned", _("Returned for correction")
    REFUSED = "refused", _("Refused")
    IN_FORCE = "in_force", _("In force")
    SUPERSEDED = "superseded", _("Superseded")
    VOIDED = "voided", _("Voided")
    SETTLED = "settled", _("Settled")


class VersionAct(TextChoices):
    """What can be done to a version; the table of moves says when."""

    DISCARD = "discard", pgettext_lazy("act", "Discard")
    ISSUE = "issue", pgettext_lazy("act", "Issue")
    SIGN = "sign", pgettext_lazy("act", "Sign")
    RETURN = "return", pgettext_lazy("act", "Return for correction")
    REFUSE = "refuse", pgettext_lazy("act", "Refuse")
    ANSWER = "answer", pgettext_lazy("act", "Answer")
    COUNTERSIGN = "countersign", pgettext_lazy("act", "Countersign")
    AMEND = "amend", pgettext_lazy("act", "Amend")
    TAKEOVER = "takeover", pgettext_lazy("act", "Ask to take over")
    VOID = "void", pgettext_lazy("act", "Void")
    SETTLE = "settle", pgettext_lazy("act", "Settle")


class IssueOutcome(TextChoices):
    """What became of one draft when all of a plan were issued."""

    WAITING = "waiting", _("Waiting")
    ISSUED = "issued", _("Issued")
    REFUSED = "refused", _("Not issued")
    LEFT = "left", _("Left as a draft")
    GONE = "gone", _("Discarded meanwhile")


class ProposalState(TextChoices):
    """What became of an item that a head proposed."""

    OPEN = "open", _("To be answered")
    ACCEPTED = "accepted", _("Accepted")
    CHANGED = "changed", _("Accepted with changes")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Taken back")


class SlotRole(TextChoices):
    UNDERTAKER = "undertaker", _("Undertaker")
    ASSIGNER = "assigner", _("Assigner")


class Grade(TextChoices):
    """What a signature is made of; the two are always shown apart."""

    ONLINE = "online", _("Approved online")
    PERSONAL = "personal", _("Personally digitally signed")


class FactorMethod(TextChoices):
    PASSKEY = "passkey", _("Passkey")
    TOTP = "totp", _("Authenticator code")


class ReasonCode(TextChoices):
    VALUE_TOO_HIGH = "value_too_high", _("The value is too high")
    WRONG_DATA = "wrong_data", _("The data are wrong")
    NOT_COMPETENT = "not_competent", _("Not within our competence")
    NO_RESOURCES = "no_resources", _("Resources are missing")
    WORDING = "wording", _("The wording is unclear")
    OTHER = "other", _("Another reason")


class RevisionKind(TextChoices):
    """What was added to the bytes of a document."""

    RENDERED = "rendered", _("The text, with room for signatures")
    SEALED = "sealed", _("Closed by the organisation's seal")
    ACT = "act", _("A signature")
    EVIDENCE = "evidence", _("Evidence added later")


class SignatureLevel(TextChoices):
    """PAdES levels: the seal alone, or with a token of a timestamp service."""

    B_B = "B-B", _("Without timestamp (B-B)")
    B_T = "B-T", _("With timestamp (B-T)")


class CheckStatus(TextChoices):
    """What the full validation of a revision found."""

    VALID = "valid", _("Checked: every signature is valid")
    INVALID = "invalid", _("Checked: something is wrong")


class ReadForm(TextChoices):
    PAGE = "page", _("Page")
    PDF = "pdf", _("PDF")


class ClockKind(TextChoices):
    """What is waited for; `LadderKey` says by which ladder."""

    SIGN = "sign", _("Signature")
    COUNTERSIGN = "countersign", _("Countersignature")
    ANSWER = "answer", _("Answer to a return or refusal")
    ASSIGN = "assign", _("Assignment of a backlog case")
    CASE = "case", _("Resolution of a backlog case")
    VERIFY = "verify", _("Verification")
    REPORT = "report", _("Handing in of reports")
    MISSING = "missing", _("Reports missing after the lock")
    CORRECTION = "correction", _("Corrective action")


class ClockState(TextChoices):
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    QUARANTINED = "quarantined", _("Set aside after errors")


class ReminderState(TextChoices):
    """How it stands with a row of the queue that one reader has put aside."""

    WAITING = "waiting", _("Put aside")
    DONE = "done", _("Came back on its day")
    CANCELLED = "cancelled", _("Came back before its day")


class Audience(TextChoices):
    HOLDER = "holder", _("Holder of the office")
    SUPERVISOR = "supervisor", _("Supervisor")
    LEADER_IN_CHARGE = "leader_in_charge", _("Leader in charge")
    STANDING_COMMITTEE = "standing_committee", _("Standing committee")


class Decision(TextChoices):
    FIRED = "fired", _("Fired")
    SUPERSEDED = "superseded", _("Overtaken by a higher step")
    SUPPRESSED = "suppressed", _("No longer needed")


class VerdictValue(TextChoices):
    MET = "met", _("Met")
    UNMET = "unmet", _("Unmet")
    INDETERMINATE = "indeterminate", _("Indeterminate")


class VerdictAgainst(TextChoices):
    ORIGINAL = "original", _("Original target")
    ADJUSTED = "adjusted", _("Adjusted target")


class VerdictBasis(TextChoices):
    COMPUTED = "computed", _("Computed")
    ASSERTED = "asserted", _("As stated by a source")


class NoPlace(TextChoices):
    """Why a unit has no place in the league table."""

    COVERAGE = "coverage", _("Too little is known")
    UNKNOWN = "unknown", _("Nothing is known yet")
    PARTIAL = "partial", _("Not every unit is seen here")


class FileAnswer(TextChoices):
    """What a file is, as far as the record knows its bytes."""

    CURRENT = "current", _("Genuine, and the newest stage")
    EARLIER = "earlier", _("Genuine, an earlier stage")
    ENDED = "ended", _("Genuine, but no longer valid")
    UNRECORDED = "unrecorded", _("Sealed, but never entered in the record")
    UNKNOWN = "unknown", _("Not known here")
