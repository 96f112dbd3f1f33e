"""Acts that change what clients have copies of: each the ordinary action, on whatever is there now.

An act that the present state does not allow is refused, as ever, and leaves nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from commitments.actions import (
    allocations,
    duties,
    plans,
    reports,
    targets,
    verifications,
)
from commitments.actions.revisions import Wanted
from commitments.enums import Comparator
from commitments.models import Report, ReportingDuty, Target
from tests.api import acts_on_cases, acts_on_commitments
from tests.factories.reports import SAID, Desk, make_desk
from units.actions import appointments, organisation, people, register
from units.enums import Tree, UnitKind
from units.errors import Refused
from units.models import Appointment, OrgEdge, OrgUnit, User

DAY = date(2024, 1, 15)
WANTED = Wanted(Comparator.GE, Decimal(21))


@dataclass
class Year:
    """A body in its year; `n` counts the acts, so that no two make the same thing. What begins does
    so on `day`."""

    desk: Desk
    administrator: User
    day: date = DAY
    n: int = 0
    refused: dict[str, str] = field(default_factory=dict)  # act -> why it last was

    @property
    def body(self) -> Any:
        return self.desk.body

    @property
    def now(self) -> datetime:
        return self.desk.body.now

    def do(self, name: str) -> bool:
        """Do the act and number its entries; False: it was refused."""
        self.n += 1
        try:
            ACTS[name](self)
            done = True
        except Refused as error:
            self.refused[name], done = error.code, False
        while register.sequence():
            pass
        return done


def make_year() -> Year:
    """Return the year of the small body."""
    desk = make_desk()
    administrator = User.objects.create_user("vien", None, full_name="Vien")
    desk.body.make_administrator(administrator)
    while register.sequence():
        pass
    return Year(desk, administrator)


def _target(year: Year, **named: Any) -> Target:
    return Target.objects.filter(**named).order_by("-pk").first() or year.body.targets[-1]


def _on_target(
    year: Year, act: Callable[..., Any], state: str, who: str = "planner", **more: Any
) -> None:
    target = _target(year, state=state, parent=None)
    by = getattr(year.body, who)
    act(target_id=target.pk, by=by, expected=target.etag_version, at=year.now, **more)


def _draw_up(year: Year, unit: OrgUnit, code: str = "") -> Target:
    body = year.body
    return targets.create_target(
        period_id=body.plan.pk,
        group_id=body.targets[0].group_id,
        indicator_id=body.targets[0].indicator_id,
        unit_id=unit.pk,
        code=code or f"Z.{year.n}",
        wanted=WANTED,
        by=body.planner,
        at=year.now,
    )


def _split(year: Year, *parts: int) -> None:
    """Split the newest target of the committee among as many communes as there are parts."""
    body = year.body
    wholes = Target.objects.filter(unit=body.committee).exclude(state="withdrawn")
    whole = wholes.order_by("-pk").first()
    if whole is None:
        whole = _draw_up(year, body.committee)
    communes = (body.commune, body.other)
    allocations.allocate(
        target_id=whole.pk,
        parts={unit.pk: Decimal(part) for unit, part in zip(communes, parts, strict=False)},
        by=body.planner,
        expected=whole.etag_version,
        at=year.now,
    )


def _report(year: Year, state: str, by: User) -> Report:
    """Return the newest report in the state: of whom `by` may act for, if it is the reporter."""
    rows = Report.objects.filter(state=state)
    if by == year.desk.reporter:
        rows = rows.filter(duty__unit__in=(year.body.commune, year.body.other))
    found = rows.order_by("-pk").first()
    if found is None:
        year.desk.filed(year.desk.duty(place=year.n % 4))
        found = Report.objects.order_by("-pk")[0]
    return found


def _save(year: Year) -> None:
    duty = year.desk.duty(place=year.n % 4)
    draft = duty.reports.open().first()
    reports.save(
        duty_id=duty.pk,
        answer=SAID,
        by=year.desk.reporter,
        expected=draft.etag_version if draft else 0,
        at=year.desk.opened,
    )


def _on_report(year: Year, act: Callable[..., Any], state: str, by: User, **more: Any) -> None:
    report = _report(year, state, by)
    act(report_id=report.pk, by=by, expected=report.etag_version, at=year.desk.opened, **more)


def _waive(year: Year) -> None:
    duty = ReportingDuty.objects.filter(state="awaited").order_by("-pk").first()
    if duty is None:
        raise Refused("Every report has come, or was locked.", code="wrong-state")
    duties.waive(
        duty_id=duty.pk,
        reason="Later.",
        by=year.body.assigner,
        expected=duty.etag_version,
        at=year.desk.opened,
    )


def _rename(year: Year, person: User) -> None:
    person.refresh_from_db()
    people.change_person(
        person_id=person.pk,
        full_name=f"Người Thứ {year.n}",
        email=person.email,
        phone=person.phone,
        personnel_no=person.personnel_no,
        by=year.administrator,
        expected=person.etag_version,
        at=year.now,
        real_at=year.now,
    )


def _found(year: Year) -> OrgUnit:
    """Found a commune beside the commune: under what that stands under, in each line."""
    edges = OrgEdge.objects.filter(child=year.body.commune, valid_to=None)
    return organisation.create_unit(
        kind=UnitKind.COMMUNE,
        name_vi=f"Xã {year.n}",
        under={Tree(edge.tree): edge.parent_id for edge in edges},
        valid_from=year.day,
        by=year.administrator,
        at=year.now,
    )


def _rename_unit(year: Year) -> None:
    unit = OrgUnit.objects.order_by("-pk")[0]
    organisation.rename_unit(
        unit_id=unit.pk,
        name_vi=f"Phường {year.n}",
        from_on=year.day + timedelta(days=1 + year.n % 15),
        by=year.administrator,
        expected=unit.etag_version,
        at=year.now,
    )


def _move_unit(year: Year) -> None:
    """Put the other commune under the first one, which then sees it."""
    other = year.body.other
    other.refresh_from_db()
    organisation.put_under(
        unit_id=other.pk,
        parent_id=year.body.commune.pk,
        tree=Tree.PARTY,
        from_on=year.day,
        by=year.administrator,
        expected=other.etag_version,
        at=year.now,
    )


def _appoint(year: Year) -> None:
    office = organisation.create_position(
        unit_id=year.body.commune.pk,
        title_vi=f"Chức vụ {year.n}",
        tree=Tree.PARTY,
        valid_from=year.day,
        by=year.administrator,
        at=year.now,
    )
    appointments.appoint(
        person_id=year.body.leader.pk,
        position_id=office.pk,
        valid_from=year.day,
        by=year.administrator,
        at=year.now,
    )


def _end_appointment(year: Year) -> None:
    row = Appointment.objects.order_by("-pk")[0]
    appointments.end_appointment(
        appointment_id=row.pk,
        end_on=date(2024, 12, 1),
        by=year.administrator,
        expected=row.etag_version,
        at=year.now,
    )


def _end_office(year: Year) -> None:
    organisation.end_position(
        position_id=Appointment.objects.order_by("-pk")[0].position_id,
        end_on=date(2024, 11, 1),
        by=year.administrator,
        at=year.now,
    )


def _edit_plan(year: Year) -> None:
    plan = year.body.plan
    plan.refresh_from_db()
    plans.edit_period(
        period_id=plan.pk,
        by=year.body.planner,
        expected=plan.etag_version,
        at=year.now,
        name_en=f"The year {year.n}",
    )


def _add_group(year: Year) -> None:
    plans.create_group(
        period_id=year.body.plan.pk,
        mandate_id=year.body.mandate.pk,
        code=f"G{year.n}",
        title_vi="Nhóm",
        field="socio_economic",
        by=year.body.planner,
        at=year.now,
    )


def _new_plan(year: Year) -> None:
    """A plan of the committee's with a target of the other commune, which thereby sees it."""
    body = year.body
    plan = plans.create_period(
        owner_id=body.committee.pk, year=2024 + year.n, by=body.planner, at=year.now
    )
    group = plans.create_group(
        period_id=plan.pk,
        mandate_id=body.mandate.pk,
        code="G1",
        title_vi="Nhóm",
        field="socio_economic",
        by=body.planner,
        at=year.now,
    )
    targets.create_target(
        period_id=plan.pk,
        group_id=group.pk,
        indicator_id=body.targets[0].indicator_id,
        unit_id=body.other.pk,
        code="N.1",
        wanted=WANTED,
        by=body.planner,
        at=year.now,
    )


ACTS: dict[str, Callable[[Year], object]] = {
    "found a unit": _found,
    "rename a unit": _rename_unit,
    "move a unit": _move_unit,
    "appoint": _appoint,
    "end an appointment": _end_appointment,
    "end an office": _end_office,
    "rename a head": lambda year: _rename(year, year.body.secretary),
    "rename a reporter": lambda year: _rename(year, year.desk.reporter),
    "edit the plan": _edit_plan,
    "add a group": _add_group,
    "begin another plan": _new_plan,
    "draw up a target": lambda year: _draw_up(year, year.body.commune),
    "edit a target": lambda year: _on_target(
        year, targets.edit_target, "planned", wanted=replace(WANTED, value=Decimal(30 + year.n))
    ),
    "assign a target": lambda year: _on_target(year, targets.assign_target, "planned"),
    "revise a target": lambda year: _on_target(
        year,
        targets.revise_target,
        "assigned",
        wanted=replace(WANTED, value=Decimal(40 + year.n)),
        reason="More.",
    ),
    "withdraw a target": lambda year: _on_target(
        year, targets.withdraw_target, "assigned", "assigner", reason="Ended."
    ),
    "split in two": lambda year: _split(year, 10 + year.n, 5),
    "split for one": lambda year: _split(year, 15 + year.n),
    **acts_on_commitments.ACTS,
    "save a report": _save,
    "submit a report": lambda year: year.desk.filed(year.desk.duty(place=year.n % 4)),
    "take a report back": lambda year: _on_report(
        year, reports.recall, "submitted", year.desk.reporter
    ),
    "return a report": lambda year: _on_report(
        year, verifications.return_to_author, "submitted", year.desk.verifier, reason="Again."
    ),
    "verify a report": lambda year: _on_report(
        year, verifications.verify, "submitted", year.desk.verifier
    ),
    "restate a report": lambda year: _on_report(
        year, reports.restate, "verified", year.desk.reporter, reason="Twice counted."
    ),
    "waive a report": _waive,
    "waive a month": lambda year: duties.waive_period(
        period_id=year.desk.months[1].pk,
        reason="Before.",
        by=year.body.assigner,
        at=year.desk.opened,
    ),
    **acts_on_cases.ACTS,
    "lock what is missing": lambda year: duties.lock_due(at=year.desk.after_lock),
}
