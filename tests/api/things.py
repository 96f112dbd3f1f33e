"""What writes by REST are done on, made in the small body, and the bodies of new things."""

from datetime import date
from typing import Any

from commitments.actions import backlog, targets
from commitments.actions.revisions import Wanted
from commitments.enums import Comparator
from commitments.models import ReportingDuty, Target
from tests.factories.body import NOW, Body, office
from tests.factories.inspections import Inspecting, make_inspecting
from tests.factories.reports import make_desk
from units.models import OrgUnit, Position


def planned(body: Body, code: str = "N01.9", **changes: Any) -> Target:
    """Draw up a planned target of the commune that says “at least 21”."""
    first = body.targets[0]
    asked = {
        "period_id": body.plan.pk,
        "group_id": first.group_id,
        "indicator_id": first.indicator_id,
        "unit_id": body.commune.pk,
        "code": code,
        "wanted": Wanted(comparator=Comparator.GE, value=21),
        "by": body.planner,
        "at": NOW,
    }
    return targets.create_target(**(asked | changes))


def new_target(body: Body) -> dict[str, Any]:
    return {
        "plan": "2024",
        "group": "N01",
        "indicator": {"code": "i-1"},
        "unit": body.commune.ref,
        "code": "N01.9",
        "revision": {"comparator": "ge", "value": "21.5"},
    }


def new_draft(body: Body) -> dict[str, Any]:
    return {
        "plan": "2024",
        "unit": body.commune.ref,
        "assigner": body.assigning.ref,
        "first_undertaker": body.first.ref,
        "second_undertaker": body.second.ref,
        "sign_by": "2100-02-20",
    }


def drafted(body: Body) -> str:
    return body.draft(sign_by=date(2100, 2, 20)).commitment.ref


def free_office(body: Body) -> Position:
    there = Position.objects.filter(ref=f"{body.committee.ref}-deputy").first()
    return there or office(body.committee, "Deputy", None, is_head=False)


def appointed(body: Body) -> str:
    return body.first.appointments.get().ref


def owed(body: Body) -> str:
    """Return the report that the commune owes on its first target; it is taken until 2100."""
    duty = make_desk(body=body).duty()
    ReportingDuty.objects.filter(pk=duty.pk).update(locks_on=date(2100, 1, 1))
    return duty.ref


def registered(body: Body) -> str:
    """Register a case of the commune of which nothing is clear yet."""
    return backlog.register_case(
        kind="admin",
        title="Hồ sơ cũ",
        unit_id=body.commune.pk,
        period_id=body.plan.pk,
        original_due_on=date(2024, 1, 10),
        by=body.supervisor,
        at=NOW,
    ).ref


def counting(body: Body) -> OrgUnit:
    """Let the committee count the units under it one by one, once; return the committee."""
    if not Target.objects.filter(ref="2024-inspections").exists():
        make_inspecting(body=body, more=0).fix()
    return body.committee


def inspected(body: Body) -> str:
    """Record an inspection of the commune."""
    counting(body)
    target = Target.objects.get(ref="2024-inspections")
    return Inspecting(body, target).record(body.commune).ref


def new_inspection(body: Body) -> dict[str, Any]:
    return {
        "target": "2024-inspections",
        "unit": body.commune.ref,
        "inspected_on": "2024-01-15",
        "conclusion": "Chấp hành tốt.",
    }
