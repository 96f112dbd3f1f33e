"""Backlog cases: registered, made clear, assigned, cancelled.

Pausing stands in `suspensions`, resolving and verifying in `resolutions`, extending and reopening, which take two people, in
`proposed`, explanations in `explanations`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import cases, reminders
from commitments.actions.subjects import Cases
from commitments.enums import ClockKind
from commitments.enums.backlog import CaseAct, CaseKind, CaseProposalState, CaseState
from commitments.enums.policies import LadderKey
from commitments.models import BacklogCase, Period, Report, Target
from commitments.rules import backlog as rules
from units import clock
from units.actions import register
from units.actions.guards import require_seen, require_text
from units.enums import Provenance
from units.errors import Conflict, Invalid, NotAllowed, NotFound, WrongState
from units.models import OrgUnit, Position, RegisterEntry, User
from units.rules.dates import day_text
from units.rules.refs import slug, without_clash

MOST_YEARS = 30  # between today and the original day; what is further away is a slip of the pen
EDITABLE = (
    "title",
    "cause",
    "resolvable",
    "task",
    "responsibility",
    "product",
    "competence",
    "authority",
)
LATER = [  # what the acts after the registration write
    "suspended_on",
    "resolved_by",
    "resolved_at",
    "verified_by",
    "ended_on",
    "registered_by",
    "rule",
]
LADDERS: Mapping[CaseKind, LadderKey] = {  # of an assigned case; the others climb that of CASE
    CaseKind.TARGET: LadderKey.TARGET,
    CaseKind.MILESTONE: LadderKey.MILESTONE,
}
CLEAR_LABELS = {
    "office": _("who: the office that resolves it"),
    "task": _("task"),
    "responsibility": _("responsibility"),
    "product": _("product"),
    "current_due_on": _("by when"),
    "authority": _("authority: with whom it lies, and who decides"),
}


def what(case: BacklogCase) -> str:
    """Return how messages name a case."""
    return _("Backlog case %(number)s") % {"number": case.number}


def lock(case_id: int) -> BacklogCase:
    """Return the case with its row locked until the transaction ends. Raises NotFound."""
    rows = BacklogCase.objects.select_related("unit", "assigner_unit", "office")
    case = rows.select_for_update(of=("self",), no_key=True).filter(pk=case_id).first()
    if case is None:
        raise NotFound(
            _("There is no such backlog case. Open the list and choose one."), code="case-not-found"
        )
    return case


def require_state(act: CaseAct, case: BacklogCase) -> None:
    """Raise WrongState (<act>-not-from-<state>) unless the table of moves lists `act`."""
    state = CaseState(case.state)
    if state not in rules.MOVES[act].sources:
        raise WrongState(
            _("%(what)s is “%(state)s”: “%(act)s” is not done in this state. Read what happened.")
            % {"what": what(case), "state": state.label, "act": act.label},
            code=f"{act}-not-from-{state}",
            move=act.value,
            state=state.value,
            allowed=[allowed.value for allowed in rules.allowed_acts(state)],
        )


def require(allowed: bool, act: str, case: BacklogCase | None = None) -> None:
    """Raise NotAllowed (<act>-not-allowed) unless `allowed`."""
    if not allowed:
        raise NotAllowed(
            _(
                "You hold no office or role that lets you do this to %(what)s. Its page says who may."
            )
            % {"what": what(case) if case else _("a backlog case")},
            code=f"{act}-not-allowed",
        )


def move(
    case: BacklogCase,
    act: CaseAct,
    *,
    by: User | None,
    at: datetime,
    data: Mapping[str, Any] | None = None,
    **changes: Any,
) -> RegisterEntry:
    """Write the state after `act`, `changes` and the register entry of a locked case.

    Proposals that nobody has decided lapse when the state changes.
    """
    before = case.state
    case.state = rules.MOVES[act].target or case.state
    for field, value in changes.items():
        setattr(case, field, value)
    case.etag_version += 1
    case.save(update_fields=["state", "etag_version", *changes])
    if case.state != before:
        waiting = case.proposals.filter(state=CaseProposalState.OPEN)
        waiting.update(state=CaseProposalState.LAPSED)
        reminders.cancel(case, at=at)  # whoever has put it aside looks at it again
    return enter(
        case, act.value, by=by, at=at, data={"from": before, "to": case.state} | dict(data or {})
    )


def enter(
    case: BacklogCase, act: str, *, by: User | None, at: datetime, data: Mapping[str, Any]
) -> RegisterEntry:
    """Write the register entry `case.<act>` about a case that was saved already."""
    return register.append(
        kind=f"case.{act}",
        subject=f"{Cases.noun}/{case.ref}",
        subject_version=case.etag_version,
        reach=Cases.reach(case),
        by=by,
        at=at,
        data={"number": case.number, "current_due_on": case.current_due_on.isoformat()}
        | dict(data),
    )


def start_clock(case: BacklogCase, *, at: datetime) -> None:
    """Start the ladder of an assigned case anew, from its current due date."""
    cases.start(
        subject=case,
        kind=ClockKind.CASE,
        at=at,
        due_on=case.current_due_on,
        by=LADDERS.get(CaseKind(case.kind)),
    )


def await_assignment(case: BacklogCase, *, at: datetime) -> None:
    """Start the ladder of a case that was registered: whoever supervises the unit is to assign it."""
    cases.start(subject=case, kind=ClockKind.ASSIGN, at=at)


# --- entering and assigning -----------------------------------------------------------------------


@transaction.atomic
def register_case(
    *,
    kind: str,
    title: str,
    unit_id: int,
    period_id: int,
    original_due_on: date,
    by: User,
    at: datetime,
    number: str = "",
    office_id: int | None = None,
    target_id: int | None = None,
    provenance: str = "live",
    **clears: str,
) -> BacklogCase:
    """Enter a case of a unit; its age begins at `original_due_on`, which nobody changes any more.

    `period_id`: the plan that it comes from, whose unit assigns it. `number` "": the next free one.
    `clears`: of EDITABLE, what is known already. Raises NotAllowed (register-not-allowed), Invalid
    (case-incomplete, case-day-unlikely, unit-unknown), Conflict (case-number-taken).
    """
    unit = OrgUnit.objects.filter(pk=unit_id).first()
    period = Period.objects.select_for_update(no_key=True).filter(pk=period_id).first()
    if unit is None or period is None:
        raise Invalid(_("Choose a unit and a plan that are there."), code="unit-unknown")
    require(permissions.may_register_case(by, unit, at=at), "register")
    require_text(title.strip(), field="title", code="case-incomplete")
    if abs(original_due_on.year - clock.local_date(at).year) > MOST_YEARS:
        text = _(
            "%(day)s is more than %(years)s years away, and nobody can change it afterwards. Check the year."
        ) % {"day": day_text(original_due_on), "years": MOST_YEARS}
        raise Invalid(text, code="case-day-unlikely", fields={"original_due_on": [text]})
    number = number.strip() or next_number(period)
    if BacklogCase.objects.filter(assigner_unit=period.owner_id, number=number).exists():
        text = _("The number %(number)s is taken. Leave it empty to get the next free one.") % {
            "number": number
        }
        raise Conflict(text, code="case-number-taken", fields={"number": [text]})
    case = BacklogCase(
        ref=free_ref(period, number),
        number=number,
        kind=kind,
        title=title.strip(),
        unit=unit,
        assigner_unit_id=period.owner_id,
        origin_period=period,
        target_id=target_id,
        original_due_on=original_due_on,
        current_due_on=original_due_on,
        office=_office_of(unit, office_id),
        registered_at=at,
        registered_by=by,
        provenance=provenance,
        **_only_editable(clears),
    )
    case.full_clean(exclude=LATER)
    case.save()
    enter(
        case,
        "register",
        by=by,
        at=at,
        data={"kind": case.kind, "unit": unit.ref, "original_due_on": original_due_on.isoformat()},
    )
    await_assignment(case, at=at)
    return case


def next_number(period: Period) -> str:
    """Return the next free number of the unit that assigns; hold the lock of its plan."""
    beside = BacklogCase.objects.filter(assigner_unit=period.owner_id)
    taken = set(beside.values_list("number", flat=True))
    n = len(taken) + 1
    while f"TĐ-{n:02d}" in taken:
        n += 1
    return f"TĐ-{n:02d}"


def free_ref(period: Period, number: str) -> str:
    """Return a reference that no case has yet, from its plan and number."""
    taken = set(BacklogCase.objects.values_list("ref", flat=True))
    wanted = slug(f"{period.code} {number}", longest=50) or "case"
    return without_clash(wanted, taken, longest=60)


def mark_of(target: Target, period: Period) -> Provenance:
    """Return the mark of a case about `target`: invented where it, its plan or a report on it is."""
    invented = Report.objects.filter(duty__target=target, provenance=Provenance.SYNTHETIC)
    if Provenance.SYNTHETIC in {target.provenance, period.provenance} or invented.exists():
        return Provenance.SYNTHETIC
    return Provenance.LIVE


def _office_of(unit: OrgUnit, office_id: int | None) -> Position | None:
    if office_id is None:
        return None
    office = Position.objects.filter(pk=office_id, unit=unit).first()
    if office is None:
        text = _("Choose an office of the unit that holds the case.")
        raise Invalid(text, code="office-elsewhere", fields={"office": [text]})
    return office


def _only_editable(values: Mapping[str, str]) -> dict[str, str]:
    """Return `values` without spaces around. Raises TypeError for what is not to be edited."""
    if foreign := set(values) - set(EDITABLE):
        raise TypeError(f"Not to be edited: {sorted(foreign)}")
    return {name: value.strip() for name, value in values.items()}


@transaction.atomic
def edit(
    *,
    case_id: int,
    by: User,
    expected: int,
    at: datetime,
    office_id: int | None = None,
    **clears: str,
) -> BacklogCase:
    """Write what has become clear about a case that is not assigned yet; its days stand.

    Raises NotAllowed (edit-not-allowed), StaleVersion (case-changed), WrongState, Invalid.
    """
    case = lock(case_id)
    require(permissions.may_register_case(by, case.unit_id, at=at), "edit", case)
    require_seen(case, expected, noun="case")
    require_state(CaseAct.EDIT, case)
    said = _only_editable(clears) | {"office": _office_of(case.unit, office_id)}
    changes = {name: value for name, value in said.items() if value != getattr(case, name)}
    if "title" in changes:
        changes["title_en"] = ""  # what a person writes is the title in both languages
    for name, value in changes.items():
        setattr(case, name, value)
    case.full_clean(exclude=LATER)
    move(case, CaseAct.EDIT, by=by, at=at, data={"fields": sorted(changes)}, **changes)
    return case


@transaction.atomic
def assign(*, case_id: int, by: User, expected: int, at: datetime) -> BacklogCase:
    """Assign a case to the office that resolves it; its ladder starts, that of the assignment ends.

    Raises NotAllowed (assign-not-allowed), StaleVersion (case-changed), WrongState, Invalid
    (case-unclear, with the missing ones of the six clears in `fields`).
    """
    case = lock(case_id)
    require(permissions.supervises(by, case.unit_id, at=at), "assign", case)
    require_seen(case, expected, noun="case")
    require_state(CaseAct.ASSIGN, case)
    missing = unclear(case)
    if missing:
        raise Invalid(
            _("%(what)s cannot be assigned: still unclear is %(missing)s. Make it clear first.")
            % {
                "what": what(case),
                "missing": "; ".join(str(CLEAR_LABELS[name]) for name in missing),
            },
            code="case-unclear",
            fields={name: [_("This is still unclear.")] for name in missing},
        )
    move(
        case, CaseAct.ASSIGN, by=by, at=at, data={"office": case.office.ref if case.office else ""}
    )
    cases.finish(subject=case, at=at, reason="assigned", kinds=[ClockKind.ASSIGN])
    start_clock(case, at=at)
    return case


def unclear(case: BacklogCase) -> list[str]:
    """Return which of the six clears are still open; see `rules.unclear`."""
    names = (*rules.CLEARS, "competence")
    return rules.unclear({name: getattr(case, name) for name in names})


@transaction.atomic
def cancel(*, case_id: int, reason: str, by: User, expected: int, at: datetime) -> BacklogCase:
    """End a case that is none, registered twice or not ours. Only a leader in charge does it.

    Raises NotAllowed (cancel-not-allowed), StaleVersion (case-changed), WrongState, Invalid
    (reason-missing).
    """
    case = lock(case_id)
    require(permissions.leads(by, case.unit_id, at=at), "cancel", case)
    require_seen(case, expected, noun="case")
    require_state(CaseAct.CANCEL, case)
    require_text(reason.strip(), field="reason", code="reason-missing")
    move(
        case,
        CaseAct.CANCEL,
        by=by,
        at=at,
        data={"reason": reason.strip()},
        outcome=reason.strip(),
        ended_on=clock.local_date(at),
    )
    cases.finish(subject=case, at=at, reason="cancelled")
    return case


def require_due(day: date, case: BacklogCase, *, at: datetime, same_day: bool = False) -> None:
    """Raise Invalid unless `day` is later than the day that stands and not past at `at`
    (due-not-later), and not behind `rules.latest_due` (due-too-far).

    `same_day`: the day that stands will do.
    """
    than, today = case.current_due_on, clock.local_date(at)
    plan = case.origin_period
    last = rules.latest_due(plan.ends_on if plan else today, today=today)
    if day > last:
        far = _(
            "Choose a day until %(last)s: the end of the year after the plan, or after this."
        ) % {"last": day_text(last)}
        raise Invalid(far, code="due-too-far", fields={"new_due_on": [far]})
    if day < than or (day == than and not same_day) or day < today:
        text = _("Choose a later day: neither past nor before the day that stands.")
        raise Invalid(text, code="due-not-later", fields={"new_due_on": [text]})
