"""Which values exist on the ground floor, with the labels people read."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class UnitKind(TextChoices):
    PROVINCE = "province", _("Province")
    DISTRICT = "district", _("District")
    COMMUNE = "commune", _("Commune")
    WARD = "ward", _("Ward")
    TOWN = "town", _("Town")
    SPECIAL_ZONE = "special_zone", _("Special zone")
    PARTY_COMMITTEE = "party_committee", _("Party committee")
    PARTY_BODY = "party_body", _("Party body")
    FRONT = "front", _("Fatherland Front")
    SOCIO_POLITICAL_ORG = "socio_political_org", _("Socio-political organisation")
    PEOPLES_COMMITTEE = "peoples_committee", _("People's Committee")
    DEPARTMENT = "department", _("Department")
    SERVICE_UNIT = "service_unit", _("Public service unit")
    OTHER = "other", _("Other")


class Tree(TextChoices):
    """The lines of subordination; a unit may have one parent in each."""

    ADMIN = "admin", _("Authority")
    PARTY = "party", _("Party")
    FRONT = "front", _("Front")
    STATISTICAL = "statistical", _("Statistical")


class Provenance(TextChoices):
    LIVE = "live", _("Live data")
    SOURCED = "sourced", _("From a published source")
    DERIVED = "derived", _("Calculated from a source")
    SYNTHETIC = "synthetic", _("Demonstration data")


class AppointmentMode(TextChoices):
    TITULAR = "titular", _("Titular")
    ACTING = "acting", _("Acting")
    DELEGATE = "delegate", _("Delegate")


class ActingReason(TextChoices):
    VACANT = "vacant", _("The office is vacant")
    ABSENCE = "absence", _("The holder is absent")
    SUSPENSION = "suspension", _("The holder is suspended")


class DelegationForm(TextChoices):
    """How a delegate signs; printed before the title, never interpreted as law."""

    KT = "kt", _("KT. (deputy for the head)")
    TL = "tl", _("TL. (by order)")
    TUQ = "tuq", _("TUQ. (by authorisation)")


class DelegatedAct(TextChoices):
    """What a delegation can name; signing also needs the body's setting."""

    SIGN = "sign", _("Sign")
    REPORT = "report", _("Report")


class UserKind(TextChoices):
    HUMAN = "human", _("Person")
    MACHINE = "machine", _("Machine")


class Role(TextChoices):
    """Roles that are granted; being head of a unit is an appointment, not a role."""

    ASSIGNER = "assigner", _("Assigner")
    PLANNER = "planner", _("Planner")
    REPORTER = "reporter", _("Reporter")
    VERIFIER = "verifier", _("Verifier")
    SUPERVISOR = "supervisor", _("Supervisor")
    INSPECTOR = "inspector", _("Inspector")
    RECORDS_OFFICER = "records_officer", _("Records officer")
    ADMINISTRATOR = "administrator", _("Administrator")


class ImportState(TextChoices):
    """What became of an uploaded workbook; its bytes are kept while it waits."""

    WAITING = "waiting", _("Waiting")
    APPLIED = "applied", _("Applied")
    DROPPED = "dropped", _("Dropped")


class OversightLevel(TextChoices):
    SUPERVISOR = "supervisor", _("Supervisor")
    LEADER_IN_CHARGE = "leader_in_charge", _("Leader in charge")
    STANDING_COMMITTEE = "standing_committee", _("Standing committee")


class DayKind(TextChoices):
    CLOSED = "closed", _("Day off")
    OPEN = "open", _("Working day in exchange")


class ReachMoment(TextChoices):
    """Whether a unit could see the object before the act, after it, or both."""

    BEFORE = "before", _("Before")
    AFTER = "after", _("After")


class Scope(TextChoices):
    """What a machine client may do; none of them signs, returns, refuses or countersigns."""

    ORG_READ = "org:read", _("Read units, positions and appointments")
    ORG_WRITE = "org:write", _("Change units and appointments")
    PLANS_READ = "plans:read", _("Read plans and targets")
    PLANS_WRITE = "plans:write", _("Change plans, targets and allocations")
    COMMITMENTS_READ = "commitments:read", _("Read commitments")
    COMMITMENTS_WRITE = "commitments:write", _("Draft commitments")
    COMMITMENTS_ISSUE = "commitments:issue", _("Issue commitments")
    REPORTS_READ = "reports:read", _("Read reporting duties and reports")
    REPORTS_WRITE = "reports:write", _("Draft and submit reports")
    CASES_READ = "cases:read", _("Read backlog cases")
    CASES_WRITE = "cases:write", _("Register backlog cases")
    CHANGES_READ = "changes:read", _("Follow changes of what the other scopes read")
    WEBHOOKS_MANAGE = "webhooks:manage", _("Be told of changes at own addresses")
