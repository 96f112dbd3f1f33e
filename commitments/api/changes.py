"""Which acts change what the collections of plans, targets, commitments and reports show."""

from collections.abc import Sequence

from commitments.api.backlog import CaseCollection
from commitments.api.cases import PEOPLE
from commitments.api.commitments import CommitmentCollection
from commitments.api.plans import PlanCollection
from commitments.api.reports import ReportCollection
from commitments.api.targets import TargetCollection
from commitments.models import BacklogCase, Period, Report, ReportingDuty
from units.http import feed
from units.http.feed import Act, Published, Touched


def plans_of(acts: Sequence[Act]) -> Touched:
    """A plan is also seen by whoever has a target or a commitment in it: these may bring or take it."""
    years = Period.objects.years()
    about = [act for act in acts if act.subject == "period"]
    yield from feed.named(years, about, by="code", ref="code")
    for act in acts:
        if act.subject != "period" and (plan := act.data.get("plan")):
            yield act, plan


def commitments_of(acts: Sequence[Act]) -> Touched:
    """Acts are about versions, `<ref of the commitment>-v<n>`."""
    return [(act, act.ref.rpartition("-v")[0]) for act in acts]


OWING = {"target.assign", "target.withdraw", "duty.generate"}  # make reports owed, or let them go


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
    yield from feed.own(about["duty"])
    for act in about["report"]:
        yield act, act.data["duty"]
    owing = [act for act in about["target"] if act.kind in OWING]
    yield from feed.named(ReportingDuty.objects, owing, by="target__ref")
    yield from feed.named(ReportingDuty.objects, about["period"], by="period__code")
    renamed = [act for act in about["person"] if act.kind == "person.change"]
    for who in ("author", "decided_by"):
        yield from feed.named(Report.objects, renamed, by=f"{who}__username", ref="duty__ref")


def cases_of(acts: Sequence[Act]) -> Touched:
    """A case shows the explanations that a step of its ladder asks for, and names of people."""
    yield from feed.own([act for act in acts if act.subject == "backlog_case"])
    for act in acts:
        if act.subject == "step_fired" and (case := act.data.get("case")):
            yield act, case
    renamed = [act for act in acts if act.kind == "person.change"]
    for who in PEOPLE:
        yield from feed.named(BacklogCase.objects, renamed, by=f"{who}__username")


FEEDS = (
    Published(
        "plan", PlanCollection, frozenset({"period", "target", "commitment_version"}), plans_of
    ),
    Published("target", TargetCollection, frozenset({"target"}), feed.own),
    Published(
        "commitment", CommitmentCollection, frozenset({"commitment_version"}), commitments_of
    ),
    Published(
        "report",
        ReportCollection,
        frozenset({"duty", "report", "target", "period", "person"}),
        reports_of,
    ),
    Published(
        "case", CaseCollection, frozenset({"backlog_case", "step_fired", "person"}), cases_of
    ),
)
