"""The small body with months, a reporter, two verifiers and the duties of its targets for 2024.

Duties and reports come from the real actions; `duty(...)` brings one into any of its states.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from commitments.actions import duties, reports, verifications
from commitments.enums import PeriodKind
from commitments.enums.reports import DutyState, ReportState
from commitments.models import Period, Report, ReportingDuty
from commitments.rules.reports import Answer
from tests.factories.body import START, Body, make_body, person
from units.enums import Role
from units.models import RoleGrant, User

ASSIGNED = datetime(2024, 1, 2, 2, tzinfo=UTC)
OPENED = datetime(2024, 4, 2, 2, tzinfo=UTC)  # Tuesday, 09:00: March is open, due on Friday the 5th
LATE = datetime(2024, 4, 8, 2, tzinfo=UTC)  # Monday: in the queue, not locked
AFTER_LOCK = datetime(2024, 4, 23, 2, tzinfo=UTC)  # the last day was Monday the 22nd
SAID = Answer(value=Decimal(7), narrative="Seven so far.")


def grant(who: User, role: Role, unit) -> RoleGrant:
    giver = User.objects.get(username="giver")
    return RoleGrant.objects.create(
        person=who, role=role, unit=unit, valid_from=START, granted_by=giver
    )


@dataclass
class Desk:
    """Who reports and who verifies, over the rows of `body`.

    `opened`: when they do, while `month` is open; `after_lock`: when it is locked.
    """

    body: Body
    reporter: User
    verifier: User
    second: User
    months: list[Period]
    month: int = 3
    opened: datetime = OPENED
    after_lock: datetime = AFTER_LOCK

    def duty(
        self, state: str = "awaited", *, place: int = 0, month: int | None = None
    ) -> ReportingDuty:
        """Return the duty of a target for a month, brought into `state` by the ordinary acts.

        Beside the states of a duty: drafted, returned, restating, resubmitted (of a verified one).
        """
        duty = self.body.targets[place].duties.get(period=self.months[(month or self.month) - 1])
        STATES[state](self, duty)
        duty.refresh_from_db()
        return duty

    def filed(
        self, duty: ReportingDuty, answer: Answer = SAID, *, at: datetime | None = None
    ) -> Report:
        """Write and submit, whatever stands there."""
        found = duty.reports.open().first()
        return reports.file(
            duty_id=duty.pk,
            answer=answer,
            by=self.reporter,
            expected=found.etag_version if found else 0,
            at=at or self.opened,
        )

    def verified(self, duty: ReportingDuty, *, at: datetime | None = None, **filed: Any) -> Report:
        report = self.filed(duty, at=at, **filed)
        return verifications.verify(
            report_id=report.pk,
            by=self.verifier,
            expected=report.etag_version,
            at=at or self.opened,
        )


def newest(duty: ReportingDuty) -> Report:
    """Return the report of `duty` with the highest number."""
    return duty.reports.order_by("-n")[0]


def _returned(desk: Desk, duty: ReportingDuty) -> None:
    report = desk.filed(duty)
    verifications.return_to_author(
        report_id=report.pk,
        reason="Count again.",
        by=desk.verifier,
        expected=report.etag_version,
        at=OPENED,
    )


def _restating(desk: Desk, duty: ReportingDuty) -> None:
    report = desk.verified(duty)
    reports.restate(
        report_id=report.pk,
        reason="Two were counted twice.",
        by=desk.reporter,
        expected=report.etag_version,
        at=OPENED,
    )


def _resubmitted(desk: Desk, duty: ReportingDuty) -> None:
    _restating(desk, duty)
    desk.filed(duty, Answer(value=Decimal(5)))


STATES = {
    "awaited": lambda _desk, _duty: None,
    "drafted": lambda desk, duty: reports.save(
        duty_id=duty.pk, answer=SAID, by=desk.reporter, expected=0, at=OPENED
    ),
    "in_review": lambda desk, duty: desk.filed(duty),
    "returned": _returned,
    "verified": lambda desk, duty: desk.verified(duty),
    "restating": _restating,
    "resubmitted": _resubmitted,
    "missing": lambda _desk, _duty: duties.lock_due(at=AFTER_LOCK),
    "waived": lambda desk, duty: duties.waive(
        duty_id=duty.pk,
        reason="Assigned later.",
        by=desk.body.assigner,
        expected=duty.etag_version,
        at=OPENED,
    ),
}
JOINT = {  # name of a state -> (duty, its newest report)
    "awaited": (DutyState.AWAITED, None),
    "drafted": (DutyState.AWAITED, ReportState.DRAFT),
    "in_review": (DutyState.IN_REVIEW, ReportState.SUBMITTED),
    "returned": (DutyState.AWAITED, ReportState.DRAFT),
    "verified": (DutyState.VERIFIED, ReportState.VERIFIED),
    "restating": (DutyState.VERIFIED, ReportState.DRAFT),
    "resubmitted": (DutyState.VERIFIED, ReportState.SUBMITTED),
    "missing": (DutyState.MISSING, None),
    "waived": (DutyState.WAIVED, None),
}


def months_of(plan: Period) -> list[Period]:
    """Give the plan its twelve months."""
    made = []
    for month in range(1, 13):
        first = date(plan.starts_on.year, month, 1)
        after = date(first.year + month // 12, month % 12 + 1, 1)
        made.append(
            Period.objects.create(
                code=f"{plan.code}-{month:02}",
                kind=PeriodKind.MONTH,
                parent=plan,
                owner=plan.owner,
                name_vi=f"Tháng {month}",
                name_en=first.strftime("%B %Y"),
                starts_on=first,
                ends_on=after - timedelta(days=1),
            )
        )
    return made


def make_desk(*, levels: int = 1, body: Body | None = None) -> Desk:
    """Build the body, the months and the duties of its four targets."""
    body = body or make_body()
    months = months_of(body.plan)
    people = {name: person(name) for name in ("reporter", "verifier", "second")}
    grant(people["reporter"], Role.REPORTER, body.commune)
    grant(people["reporter"], Role.REPORTER, body.other)
    for name in ("verifier", "second"):
        grant(people[name], Role.VERIFIER, body.committee)
    if levels != 1:
        duties.define_rule(plan_id=body.plan.pk, levels=levels, by=body.planner, at=ASSIGNED)
    duties.generate(body.targets, at=ASSIGNED)
    return Desk(body=body, months=months, **people)
