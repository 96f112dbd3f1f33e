"""Who may do what with plans and commitments: one question, one function, always at an instant."""

from datetime import datetime

from django.conf import settings

from commitments.enums import PeriodState, SlotRole, VersionAct, VersionState
from commitments.models import (
    BacklogCase,
    CommitmentVersion,
    CorrectiveAction,
    DocumentSlot,
    Period,
    Target,
)
from units import clock
from units.enums import (
    AppointmentMode,
    DelegatedAct,
    OversightLevel,
    Role,
    Scope,
    UserKind,
)
from units.models import Appointment, OrgUnit, Oversight, Position, User
from units.permissions import (
    has_role,
    holder_at,
    machine_may,
    offices_of,
    roles_of,
    watchers_of,
)
from units.querysets.organisation import NOWHERE, Reach, reach_of, subtree

# --- plans, targets, allocations ------------------------------------------------------------------


def may_plan(user: User, unit: OrgUnit | int, *, at: datetime) -> bool:
    """Say whether `user` draws up plans and targets of `unit`, the assigning side, at `at`: a planner,
    or a machine with `plans:write`."""
    return plans_in_person(user, unit, at=at) or machine_may(user, Scope.PLANS_WRITE, unit, at=at)


def plans_in_person(user: User, unit: OrgUnit | int, *, at: datetime) -> bool:
    """Say whether `user` is a planner of `unit`: for the acts that no machine does."""
    return has_role(user, Role.PLANNER, unit, at=at)


def plans_somewhere(user: User, *, at: datetime) -> bool:
    """Say whether `user` is a planner of any unit: indicators and measures belong to all plans."""
    return Role.PLANNER in roles_of(user, at=at)


def may_assign_period(user: User, period: Period, *, at: datetime) -> bool:
    """Say whether `user` opens and closes a plan: an assigner by role, or a head of its owner."""
    if has_role(user, Role.ASSIGNER, period.owner_id, at=at):
        return True
    heads = {office.position_id for office in offices_of(user, at=at) if office.position.is_head}
    return period.owner.positions.filter(pk__in=heads).exists()


def may_withdraw(user: User, target: Target, *, at: datetime) -> bool:
    """Say whether `user` takes a target back: who opens and closes its plan, or a machine with
    `plans:write`. To conclude a target is for people alone."""
    return may_assign_period(user, target.period, at=at) or machine_may(
        user, Scope.PLANS_WRITE, target.assigner_id, at=at
    )


def may_conclude(user: User, unit: OrgUnit | int, *, at: datetime) -> bool:
    """Say whether `user` records verdicts on targets that `unit` assigns: an assigner, in person."""
    return has_role(user, Role.ASSIGNER, unit, at=at)


def may_correct(user: User, target: Target, *, at: datetime) -> bool:
    """Say whether `user` writes the corrective action of `target`: who reports for its unit, in person,
    or a planner of the unit that assigned it."""
    if not acts_in_person(user):
        return False
    return may_report(user, target.unit_id, at=at) or plans_in_person(
        user, target.assigner_id, at=at
    )


def may_finish_correction(user: User, row: CorrectiveAction, *, at: datetime) -> bool:
    """Say whether `user` says that a corrective action is done: whoever holds the office that answers
    for it, or who reports for its unit, in person."""
    if not acts_in_person(user):
        return False
    holder = holder_at(row.office_id, at=at)
    own = holder is not None and holder.person_id == user.pk
    return own or may_report(user, row.target.unit_id, at=at)


def may_decide_correction(user: User, row: CorrectiveAction, *, at: datetime) -> bool:
    """Say whether `user` confirms that a corrective action is done, or takes it back: a supervisor of
    its unit or whoever assigned the target, of another unit, who did not say so (separation)."""
    unit = row.target.unit_id
    if user.pk == row.done_by_id or belongs_to(user, unit, at=at):
        return False
    return supervises(user, unit, at=at) or may_conclude(user, row.target.assigner_id, at=at)


def may_propose(user: User, period: Period, *, at: datetime) -> list[Position]:
    """Return the head offices that `user` holds, for whose units items can be proposed at `at`.

    [] unless the plan is in planning or open; without units whose commitment is issued already.
    """
    if period.state not in {PeriodState.PLANNING, PeriodState.OPEN}:
        return []
    offices = [office.position for office in offices_of(user, at=at) if office.position.is_head]
    below = subtree([(period.owner_id, None)], day=clock.local_date(at))
    return [
        office
        for office in offices
        if office.unit_id in below
        and office.unit_id != period.owner_id
        and not is_issued_to(office.unit_id, period)
    ]


def is_issued_to(unit: int, period: Period) -> bool:
    """Say whether a commitment of `unit` in this plan has left its draft."""
    versions = CommitmentVersion.objects.filter(commitment__unit=unit, commitment__period=period)
    return versions.exclude(state=VersionState.DRAFT).exists()


# --- commitments and signatures -------------------------------------------------------------------


def acts_in_person(user: User) -> bool:
    """Say whether `user` is somebody who may act at all: a person whose account is open."""
    return user.is_active and user.kind == UserKind.HUMAN


def office_at_slot(
    user: User, slot: DocumentSlot, *, at: datetime, act: VersionAct = VersionAct.SIGN
) -> Appointment | None:
    """Return the appointment by which `user` may do `act` at `slot` at `at`; None: may not.

    The holder of the office; else, only where DELEGATES_MAY_SIGN is set, a delegate in force whose
    scope names the act (to countersign is to sign; to refuse or void is not). A closed account
    acts nowhere, a machine neither.
    """
    if not acts_in_person(user):
        return None
    holder = holder_at(slot.office_id, at=at)
    if holder is not None and holder.person_id == user.pk:
        return holder
    if not settings.DELEGATES_MAY_SIGN:
        return None
    delegations = Appointment.objects.in_force(clock.local_date(at)).filter(
        person=user, position=slot.office_id, mode=AppointmentMode.DELEGATE
    )
    asked = VersionAct.SIGN if act == VersionAct.COUNTERSIGN else act
    return next((row for row in delegations if asked in row.scope), None)


def may_draft(user: User, assigner: OrgUnit | int, *, at: datetime) -> bool:
    """Say whether `user` drafts commitments that `assigner` gives: a planner of it, or a machine with
    `commitments:write`."""
    return plans_in_person(user, assigner, at=at) or machine_may(
        user, Scope.COMMITMENTS_WRITE, assigner, at=at
    )


def may_issue(user: User, version: CommitmentVersion, *, at: datetime) -> bool:
    """Say whether `user` issues a draft: a planner of the assigner, or a machine with
    `commitments:issue`, a scope of its own because to issue is to seal."""
    assigner = version.commitment.assigner_unit_id
    return plans_in_person(user, assigner, at=at) or machine_may(
        user, Scope.COMMITMENTS_ISSUE, assigner, at=at
    )


def may_steer(user: User, version: CommitmentVersion, *, at: datetime) -> bool:
    """Say whether `user` may answer or amend, and see to a whole plan: a planner of the assigner, in
    person."""
    return plans_in_person(user, version.commitment.assigner_unit_id, at=at)


def may_decide(user: User, version: CommitmentVersion, *, at: datetime) -> bool:
    """Say whether `user` holds the assigning office, which voids and settles."""
    holder = holder_at(version.assigner_id, at=at)
    return holder is not None and holder.person_id == user.pk and acts_in_person(user)


def second_office_for_void(
    user: User, version: CommitmentVersion, *, at: datetime
) -> Appointment | None:
    """Return the office in which `user` may be the second person that voids a commitment in force.

    The leader in charge of the unit, or an assigner by role who holds any office of the body.
    """
    if not acts_in_person(user):
        return None
    offices = offices_of(user, at=at)
    unit = version.commitment.unit_id
    watching = {
        position.pk
        for position in watchers_of(unit, OversightLevel.LEADER_IN_CHARGE, on=clock.local_date(at))
    }
    if has_role(user, Role.ASSIGNER, version.commitment.assigner_unit_id, at=at):
        return offices[0] if offices else None
    return next((office for office in offices if office.position_id in watching), None)


def may_remind(user: User, version: CommitmentVersion, *, at: datetime) -> bool:
    """Say whether `user` may remind the undertakers: a supervisor of the unit."""
    return has_role(user, Role.SUPERVISOR, version.commitment.unit_id, at=at)


def slots_of_act(act: VersionAct, version: CommitmentVersion) -> list[DocumentSlot]:
    """Return the slots at which `act` is done, in their order; [] for a draft."""
    if version.document_id is None:
        return []
    role = (
        SlotRole.UNDERTAKER
        if act in {VersionAct.SIGN, VersionAct.RETURN, VersionAct.REFUSE}
        else SlotRole.ASSIGNER
    )
    slots = version.sealed.slots.select_related("office").order_by("ordinal")
    return [slot for slot in slots if slot.role == role]


# --- reports --------------------------------------------------------------------------------------


def may_report(user: User, unit: OrgUnit | int, *, at: datetime) -> bool:
    """Say whether `user` writes and submits reports of `unit` at `at`: a reporter by role, whoever
    holds a head office of the unit, a delegate of one to report, or a machine with `reports:write`."""
    if machine_may(user, Scope.REPORTS_WRITE, unit, at=at):
        return True
    if not acts_in_person(user):
        return False
    pk = unit if isinstance(unit, int) else unit.pk
    held = user.appointments.in_force(clock.local_date(at)).filter(
        position__unit=pk, position__is_head=True
    )
    for row in held:
        if row.mode != AppointmentMode.DELEGATE or DelegatedAct.REPORT in row.scope:
            return True
    return has_role(user, Role.REPORTER, pk, at=at)


def may_record(user: User, target: Target, *, at: datetime) -> bool:
    """Say whether `user` records inspections for `target`: who reports for its unit, a machine with
    `reports:write` too, or a planner of the unit that assigned it, in person."""
    return may_report(user, target.unit_id, at=at) or plans_in_person(
        user, target.assigner_id, at=at
    )


def records_somewhere(user: User, *, at: datetime) -> bool:
    """Say whether `user` may record inspections for any target."""
    if user.kind == UserKind.MACHINE:
        return machine_may(user, Scope.REPORTS_WRITE, user.api_client.owner_unit_id, at=at)
    if roles_of(user, at=at) & {Role.REPORTER, Role.PLANNER}:
        return True
    return any(office.position.is_head for office in offices_of(user, at=at))


def corrects_for(user: User, plan: Period, *, at: datetime) -> Reach:
    """Return the units to whose targets in `plan` `user` writes corrective actions; the same answer as
    `may_correct`, for a whole list at once."""
    if not acts_in_person(user):
        return NOWHERE
    if plans_in_person(user, plan.owner_id, at=at):
        return Reach(True, frozenset())
    return reports_for(user, at=at)


def reports_for(user: User, *, at: datetime) -> Reach:
    """Return the units for which `user`, a person, reports: the same answer as `may_report`."""
    granted = reach_of(user, at=at, roles=[Role.REPORTER])
    held = user.appointments.in_force(clock.local_date(at)).filter(position__is_head=True)
    heads = {
        row.position.unit_id
        for row in held.select_related("position")
        if row.mode != AppointmentMode.DELEGATE or DelegatedAct.REPORT in row.scope
    }
    return Reach(granted.everything, granted.unit_ids | frozenset(heads))


def belongs_to(user: User, unit: OrgUnit | int, *, at: datetime) -> bool:
    """Say whether `user` is of `unit` at `at`: holds any office there, or reports for just that unit."""
    pk = unit if isinstance(unit, int) else unit.pk
    day = clock.local_date(at)
    if user.appointments.in_force(day).filter(position__unit=pk).exists():
        return True
    return user.role_grants.in_force(day).filter(role=Role.REPORTER, unit=pk).exists()


def verifies(user: User, unit: OrgUnit | int, *, at: datetime) -> bool:
    """Say whether `user` holds the role that verifies reports of `unit`, whatever unit they are of."""
    return has_role(user, Role.VERIFIER, unit, at=at)


def may_verify(user: User, unit: OrgUnit | int, *, at: datetime) -> bool:
    """Say whether `user` decides on reports of `unit` at `at`: a verifier of another unit, in person.

    That nobody decides on a report of their own is asked for each report.
    """
    return verifies(user, unit, at=at) and not belongs_to(user, unit, at=at)


def may_judge(user: User, unit: OrgUnit | int, *, at: datetime) -> bool:
    """Say whether `user` judges how targets of `unit` stand: a leader in charge of it or one of its
    verifiers, in person and not of that unit."""
    if belongs_to(user, unit, at=at):
        return False
    return verifies(user, unit, at=at) or leads(user, unit, at=at)


def may_waive(user: User, plan: Period, *, at: datetime) -> bool:
    """Say whether `user` waives a report and grants an unlock: who opens and closes its plan."""
    return may_assign_period(user, plan, at=at)


def may_ask_unlock(user: User, unit: OrgUnit | int, *, at: datetime) -> bool:
    """Say whether `user` asks that a locked report be opened again: a supervisor of the unit."""
    return has_role(user, Role.SUPERVISOR, unit, at=at)


# --- backlog cases --------------------------------------------------------------------------------


def supervises(user: User, unit: OrgUnit | int, *, at: datetime) -> bool:
    """Say whether `user` is a supervisor of `unit`, in person."""
    return has_role(user, Role.SUPERVISOR, unit, at=at)


def registers_somewhere(user: User, *, at: datetime) -> bool:
    """Say whether `user` is a supervisor of any unit."""
    return Role.SUPERVISOR in roles_of(user, at=at)


def may_register_case(user: User, unit: OrgUnit | int, *, at: datetime) -> bool:
    """Say whether `user` registers backlog cases of `unit`, and writes what has become clear about
    them: a supervisor, or a machine with `cases:write`. What becomes of a case is for people."""
    return supervises(user, unit, at=at) or machine_may(user, Scope.CASES_WRITE, unit, at=at)


def leads(user: User, unit: OrgUnit | int, *, at: datetime) -> bool:
    """Say whether `user` holds the office of a leader in charge of `unit`."""
    if not acts_in_person(user):
        return False
    watching = watchers_of(unit, OversightLevel.LEADER_IN_CHARGE, on=clock.local_date(at))
    mine = {office.position_id for office in offices_of(user, at=at)}
    return any(office.pk in mine for office in watching)


def may_extend(user: User, case: BacklogCase, *, at: datetime) -> bool:
    """Say whether `user` decides on extensions: an assigner by role, or a head of the assigning unit."""
    if not acts_in_person(user):
        return False
    if has_role(user, Role.ASSIGNER, case.assigner_unit_id, at=at):
        return True
    heads = {office.position_id for office in offices_of(user, at=at) if office.position.is_head}
    return Position.objects.filter(unit=case.assigner_unit_id, pk__in=heads).exists()


def may_resolve(user: User, case: BacklogCase, *, at: datetime) -> bool:
    """Say whether `user` holds the office that resolves the case."""
    if case.office_id is None or not acts_in_person(user):
        return False
    holder = holder_at(case.office_id, at=at)
    return holder is not None and holder.person_id == user.pk


def may_verify_case(user: User, case: BacklogCase, *, at: datetime) -> bool:
    """Say whether `user` may judge what was delivered: a verifier of the unit who neither resolved it,
    nor holds an office of that unit, nor granted an extension (separation of duties)."""
    if not has_role(user, Role.VERIFIER, case.unit_id, at=at) or user.pk == case.resolved_by_id:
        return False
    if any(office.position.unit_id == case.unit_id for office in offices_of(user, at=at)):
        return False
    return not case.extensions.filter(granted_by=user).exists()


def lowest_level(user: User, *, at: datetime) -> int | None:
    """Return from which level of the ladder on cases come up to `user`; None: none ever does.

    To a supervisor, by role or office, all that are late; to a leader in charge from level 3, to the
    standing committee from level 4.
    """
    if not acts_in_person(user):
        return None
    if Role.SUPERVISOR in roles_of(user, at=at):
        return 1
    offices = [office.position_id for office in offices_of(user, at=at)]
    watched = Oversight.objects.in_force(clock.local_date(at)).filter(position__in=offices)
    levels = {
        OversightLevel.SUPERVISOR: 1,
        OversightLevel.LEADER_IN_CHARGE: 3,
        OversightLevel.STANDING_COMMITTEE: 4,
    }
    found = [levels[OversightLevel(row.level)] for row in watched]
    return min(found, default=None)
