"""Acts that change what clients have copies of: each the ordinary action, on whatever is there now.

An act that the present state does not allow is refused, as ever, and leaves nothing.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from commitments.actions import (
    allocations,
    commitments,
    drafts,
    duties,
    plans,
    reports,
    targets,
    verifications,
)
from commitments.actions.revisions import Wanted
from commitments.enums import Comparator, VersionAct
from commitments.models import CommitmentVersion, Report, ReportingDuty, Target
from tests.api import acts_on_cases
from tests.factories.body import NOW
from tests.factories.reports import AFTER_LOCK, OPENED, SAID, Desk, make_desk
from units.actions import appointments, organisation, people, register
from units.enums import Tree, UnitKind
from units.errors import Refused
from units.models import Appointment, OrgUnit, User

DAY = date(2024, 1, 15)
WANTED = Wanted(Comparator.GE, Decimal(21))


@dataclass
class Year:
    """The small body in its year; `n` counts the acts, so that no two make the same thing."""

    desk: Desk
    administrator: User
    n: int = 0

    @property
    def body(self) -> Any:
        return self.desk.body

    def do(self, name: str) -> bool:
        """Do the act and number its entries; False: it was refused."""
        self.n += 1
        done = False
        with suppress(Refused):
            ACTS[name](self)
            done = True
        while register.sequence():
            pass
        return done


def make_year() -> Year:
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
    act(target_id=target.pk, by=by, expected=target.etag_version, at=NOW, **more)


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
        at=NOW,
    )


def _split(year: Year, *parts: int) -> None:
    """Split the newest target of the committee among as many communes as there are parts."""
    body = year.body
    whole = Target.objects.filter(unit=body.committee).order_by("-pk").first()
    if whole is None:
        whole = _draw_up(year, body.committee)
    communes = (body.commune, body.other)
    allocations.allocate(
        target_id=whole.pk,
        parts={unit.pk: Decimal(part) for unit, part in zip(communes, parts, strict=False)},
        by=body.planner,
        expected=whole.etag_version,
        at=NOW,
    )


def _version(year: Year) -> CommitmentVersion:
    return CommitmentVersion.objects.order_by("-pk").first() or year.body.draft()


def _on_version(year: Year, act: Callable[..., Any], **more: Any) -> None:
    version = _version(year)
    who = {"by": year.body.planner, "expected": version.etag_version, "at": NOW}
    act(version_id=version.pk, **(who | more))


def _edit_draft(year: Year) -> None:
    version = _version(year)
    drafts.edit(
        version_id=version.pk,
        sign_by=date(2024, 3, 1 + year.n % 28),
        items=drafts.default_items(version.commitment),
        first_undertaker_id=version.first_undertaker_id,
        second_undertaker_id=version.second_undertaker_id,
        assigner_id=version.assigner_id,
        by=year.body.planner,
        expected=version.etag_version,
        at=NOW,
    )


def _ceremony(year: Year, act: VersionAct, who: str) -> None:
    year.body.act(act, _version(year), getattr(year.body, who))


def _report(year: Year, state: str) -> Report:
    found = Report.objects.filter(state=state).order_by("-pk").first()
    if found is None:
        year.desk.filed(year.desk.duty(place=year.n % 4))
        found = Report.objects.order_by("-pk")[0]
    return found


def _on_report(year: Year, act: Callable[..., Any], state: str, by: User, **more: Any) -> None:
    report = _report(year, state)
    act(report_id=report.pk, by=by, expected=report.etag_version, at=OPENED, **more)


def _waive(year: Year) -> None:
    duty = ReportingDuty.objects.filter(state="awaited").order_by("-pk").first()
    if duty is None:
        raise Refused("Every report has come, or was locked.", code="wrong-state")
    duties.waive(
        duty_id=duty.pk,
        reason="Later.",
        by=year.body.assigner,
        expected=duty.etag_version,
        at=OPENED,
    )


def _rename_person(year: Year, username: str) -> None:
    person = User.objects.get(username=username)
    people.change_person(
        person_id=person.pk,
        full_name=f"Người Thứ {year.n}",
        email=person.email,
        phone=person.phone,
        personnel_no=person.personnel_no,
        by=year.administrator,
        expected=person.etag_version,
        at=NOW,
        real_at=NOW,
    )


def _found(year: Year) -> OrgUnit:
    return organisation.create_unit(
        kind=UnitKind.COMMUNE,
        name_vi=f"Xã {year.n}",
        under={Tree.PARTY: year.body.committee.pk},
        valid_from=DAY,
        by=year.administrator,
        at=NOW,
    )


def _rename_unit(year: Year) -> None:
    unit = OrgUnit.objects.order_by("-pk")[0]
    organisation.rename_unit(
        unit_id=unit.pk,
        name_vi=f"Phường {year.n}",
        from_on=date(2024, 1, 16 + year.n % 15),
        by=year.administrator,
        expected=unit.etag_version,
        at=NOW,
    )


def _move_unit(year: Year) -> None:
    """Put the other commune under the first one, which then sees it."""
    other = year.body.other
    other.refresh_from_db()
    organisation.put_under(
        unit_id=other.pk,
        parent_id=year.body.commune.pk,
        tree=Tree.PARTY,
        from_on=DAY,
        by=year.administrator,
        expected=other.etag_version,
        at=NOW,
    )


def _appoint(year: Year) -> None:
    office = organisation.create_position(
        unit_id=year.body.commune.pk,
        title_vi=f"Chức vụ {year.n}",
        tree=Tree.PARTY,
        valid_from=DAY,
        by=year.administrator,
        at=NOW,
    )
    appointments.appoint(
        person_id=year.body.leader.pk,
        position_id=office.pk,
        valid_from=DAY,
        by=year.administrator,
        at=NOW,
    )


def _end_appointment(year: Year) -> None:
    row = Appointment.objects.order_by("-pk")[0]
    appointments.end_appointment(
        appointment_id=row.pk,
        end_on=date(2024, 12, 1),
        by=year.administrator,
        expected=row.etag_version,
        at=NOW,
    )


def _end_office(year: Year) -> None:
    organisation.end_position(
        position_id=Appointment.objects.order_by("-pk")[0].position_id,
        end_on=date(2024, 11, 1),
        by=year.administrator,
        at=NOW,
    )


def _edit_plan(year: Year) -> None:
    plan = year.body.plan
    plan.refresh_from_db()
    plans.edit_period(
        period_id=plan.pk,
        by=year.body.planner,
        expected=plan.etag_version,
        at=NOW,
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
        at=NOW,
    )


def _new_plan(year: Year) -> None:
    """A plan of the committee's with a target of the other commune, which thereby sees it."""
    body = year.body
    plan = plans.create_period(
        owner_id=body.committee.pk, year=2024 + year.n, by=body.planner, at=NOW
    )
    group = plans.create_group(
        period_id=plan.pk,
        mandate_id=body.mandate.pk,
        code="G1",
        title_vi="Nhóm",
        field="socio_economic",
        by=body.planner,
        at=NOW,
    )
    targets.create_target(
        period_id=plan.pk,
        group_id=group.pk,
        indicator_id=body.targets[0].indicator_id,
        unit_id=body.other.pk,
        code="N.1",
        wanted=WANTED,
        by=body.planner,
        at=NOW,
    )


ACTS: dict[str, Callable[[Year], object]] = {
    "found a unit": _found,
    "rename a unit": _rename_unit,
    "move a unit": _move_unit,
    "appoint": _appoint,
    "end an appointment": _end_appointment,
    "end an office": _end_office,
    "rename a head": lambda year: _rename_person(year, "secretary"),
    "rename a reporter": lambda year: _rename_person(year, "reporter"),
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
    "draft a commitment": lambda year: year.body.draft(),
    "edit the draft": _edit_draft,
    "discard the draft": lambda year: _on_version(year, drafts.discard),
    "issue": lambda year: _on_version(year, commitments.issue),
    "sign": lambda year: _ceremony(year, VersionAct.SIGN, "secretary"),
    "sign beside": lambda year: _ceremony(year, VersionAct.SIGN, "chair"),
    "return": lambda year: _ceremony(year, VersionAct.RETURN, "secretary"),
    "countersign": lambda year: _ceremony(year, VersionAct.COUNTERSIGN, "assigner"),
    "void": lambda year: _ceremony(year, VersionAct.VOID, "assigner"),
    "save a report": lambda year: reports.save(
        duty_id=year.desk.duty(place=year.n % 4).pk,
        answer=SAID,
        by=year.desk.reporter,
        expected=0,
        at=OPENED,
    ),
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
        period_id=year.desk.months[1].pk, reason="Before.", by=year.body.assigner, at=OPENED
    ),
    **acts_on_cases.ACTS,
    "lock what is missing": lambda _year: duties.lock_due(at=AFTER_LOCK),
}
