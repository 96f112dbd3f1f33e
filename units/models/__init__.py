from units.models.accounts import FactorReset, Invitation
from units.models.appointments import Appointment, Oversight
from units.models.calendars import CalendarDay, DemonstrationClock, WorkingCalendar
from units.models.checkpoints import (
    RegisterCheckpoint,
    RegisterPublication,
    RegisterVerification,
)
from units.models.clients import ApiClient, ApiToken
from units.models.feed import FeedKept, FeedLine, FeedTouch
from units.models.idempotency import IdempotencyRecord
from units.models.imports import OrganisationImport
from units.models.jobs import JobKind, JobRun
from units.models.organisation import OrgEdge, OrgUnit, OrgUnitVersion, Position
from units.models.people import RoleGrant, User
from units.models.register import (
    RegisterEntry,
    RegisterEpoch,
    RegisterLink,
    RegisterPending,
    RegisterPrivate,
    RegisterReach,
)
from units.models.restorations import Restoration

__all__ = [
    "ApiClient",
    "ApiToken",
    "Appointment",
    "CalendarDay",
    "DemonstrationClock",
    "FactorReset",
    "FeedKept",
    "FeedLine",
    "FeedTouch",
    "IdempotencyRecord",
    "Invitation",
    "JobKind",
    "JobRun",
    "OrgEdge",
    "OrgUnit",
    "OrgUnitVersion",
    "OrganisationImport",
    "Oversight",
    "Position",
    "RegisterCheckpoint",
    "RegisterEntry",
    "RegisterEpoch",
    "RegisterLink",
    "RegisterPending",
    "RegisterPrivate",
    "RegisterPublication",
    "RegisterReach",
    "RegisterVerification",
    "Restoration",
    "RoleGrant",
    "User",
    "WorkingCalendar",
]
