"""Which acts change what clients see of plans, targets, commitments, reports and cases."""

from collections.abc import Sequence

from commitments.models import BacklogCase, Commitment, Period, Report, ReportingDuty, Target
from units.actions import changes
from units.actions.changes import Act, Published, Touched
from units.enums import Scope

OWING = {"target.assign", "target.withdraw", "duty.generate"}  # make reports owed, or let them go
# Whose names stand in a body: a person with another name changes it.
PEOPLE = (
    "resolved_by",
    "verified_by",
    "extensions__proposed_by",
    "extensions__granted_by",
    "proposals__proposed_by",
    "clocks__explanations__given_by",
    "clocks__explanations__decided_by",
)


def plans_of(acts: Sequence[Act]) -> Touched:
    """A plan is also seen by whoever has a target or a commitment in it: these may bring or take it."""
    years = Period.objects.years()
    about = [act for act in acts if act.subject == "period"]
    yield from changes.named(years, about, by="code", ref="code")
    for act in acts:
        if act.subject != "period" and (plan := act.data.get("plan")):
            yield act, plan


def commitments_of(acts: Sequence[Act]) -> Touched:
    """Acts are about versions, `<ref of the commitment>-v<n>`."""
    return [(act, act.ref.rpartition("-v")[0]) for act in acts]


def reports_of(acts: Sequence[Act]) -> Touched:
    """Reports that are owed come with their target and fall away with it, or a whole period at once."""
    about: dict[str, list[Act]] = {
        "duty": [],
        "report": [],
        "target": [],
        "period": [],
        "person": [],
    }
    for act in acts:
        about[act.subject].append(act)
    yield from changes.own(about["duty"])
    for act in about["report"]:
        yield act, act.data["duty"]
    owing = [act for act in about["target"] if act.kind in OWING]
    yield from changes.named(ReportingDuty.objects, owing, by="target__ref")
    yield from changes.named(ReportingDuty.objects, about["period"], by="period__code")
    renamed = [act for act in about["person"] if act.kind == "person.change"]
    for who in ("author", "decided_by"):
        yield from changes.named(Report.objects, renamed, by=f"{who}__username", ref="duty__ref")


def cases_of(acts: Sequence[Act]) -> Touched:
    """A case shows the explanations that a step of its ladder asks for, and names of people."""
    yield from changes.own([act for act in acts if act.subject == "backlog_case"])
    for act in acts:
        if act.subject == "step_fired" and (case := act.data.get("case")):
            yield act, case
    renamed = [act for act in acts if act.kind == "person.change"]
    for who in PEOPLE:
        yield from changes.named(BacklogCase.objects, renamed, by=f"{who}__username")


PLAN = Published(
    "plan",
    Scope.PLANS_READ,
    frozenset({"period", "target", "commitment_version"}),
    plans_of,
    lambda user, at: Period.objects.visible_to(user, at=at).years(),
    ref="code",
)
TARGET = Published(
    "target",
    Scope.PLANS_READ,
    frozenset({"target"}),
    changes.own,
    lambda user, at: Target.objects.visible_to(user, at=at),
)
COMMITMENT = Published(
    "commitment",
    Scope.COMMITMENTS_READ,
    frozenset({"commitment_version"}),
    commitments_of,
    lambda user, at: Commitment.objects.shown_to(user, at=at),
)
REPORT = Published(
    "report",
    Scope.REPORTS_READ,
    frozenset({"duty", "report", "target", "period", "person"}),
    reports_of,
    lambda user, at: ReportingDuty.objects.visible_to(user, at=at),
)
CASE = Published(
    "case",
    Scope.CASES_READ,
    frozenset({"backlog_case", "step_fired", "person"}),
    cases_of,
    lambda user, at: BacklogCase.objects.visible_to(user, at=at),
)
TYPES = (PLAN, TARGET, COMMITMENT, REPORT, CASE)
