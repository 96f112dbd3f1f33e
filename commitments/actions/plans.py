"""Plans: the year and its parts, the documents that order it, its groups; opened and closed."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.enums import Field, MandateKind, PeriodKind, PeriodState, TargetState, VersionState
from commitments.models import CommitmentVersion, Mandate, Period, TaskGroup
from units import clock
from units.actions import register
from units.enums import Provenance
from units.errors import Conflict, NotAllowed, StaleVersion, WrongState
from units.models import OrgUnit, User
from units.querysets.ordering import as_counted
from units.rules import refs

MOVES: Mapping[str, tuple[PeriodState, PeriodState]] = {
    "open": (PeriodState.PLANNING, PeriodState.OPEN),
    "start_closing": (PeriodState.OPEN, PeriodState.CLOSING),
    "close": (PeriodState.CLOSING, PeriodState.CLOSED),
}
CANNOT = {
    "open": _("%(plan)s cannot be opened: it is “%(state)s”. Only a plan in planning can."),
    "start_closing": _("%(plan)s cannot begin to close: it is “%(state)s”. Only an open plan can."),
    "close": _("%(plan)s cannot be closed: it is “%(state)s”. Begin to close it first."),
}


def require_planner(
    by: User, unit: OrgUnit | int, *, at: datetime, act: str, in_person: bool = False
) -> None:
    """Raise NotAllowed (<act>-not-allowed) unless `by` plans for `unit`; `in_person`: no machine."""
    may = permissions.plans_in_person if in_person else permissions.may_plan
    if not may(by, unit, at=at):
        raise NotAllowed(
            _(
                "Only a planner of the unit that owns the plan does this. Ask the administrator for that role."
            ),
            code=f"{act}-not-allowed",
        )


@transaction.atomic
def create_period(
    *,
    owner_id: int,
    year: int,
    by: User,
    at: datetime,
    code: str = "",
    name_vi: str = "",
    name_en: str = "",
    provenance: Provenance = Provenance.LIVE,
) -> Period:
    """Begin the plan of a unit for a year, with its quarters and months; return the year.

    `code`: of the address, default the year. Raises NotAllowed, ValidationError for a plan or a
    code that exists.
    """
    owner = OrgUnit.objects.get(pk=owner_id)
    require_planner(by, owner, at=at, act="create-plan")
    code = code or str(year)
    plan = Period(
        code=code,
        kind=PeriodKind.YEAR,
        owner=owner,
        name_vi=name_vi or f"Năm {year}",
        name_en=name_en or f"Year {year}",
        starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31),
        state=PeriodState.PLANNING,
        provenance=provenance,
    )
    plan.full_clean()
    plan.save()
    for quarter in range(1, 5):
        _part(
            plan,
            PeriodKind.QUARTER,
            f"{code}-q{quarter}",
            f"Quý {quarter}/{year}",
            f"Q{quarter} {year}",
            3 * quarter - 2,
            3,
        )
    for month in range(1, 13):
        english = date(year, month, 1).strftime("%B %Y")
        _part(
            plan,
            PeriodKind.MONTH,
            f"{code}-{month:02d}",
            f"Tháng {month}/{year}",
            english,
            month,
            1,
        )
    _enter(plan, "create", by=by, at=at)
    return plan


def _part(
    plan: Period, kind: PeriodKind, code: str, vi: str, en: str, month: int, months: int
) -> None:
    year, after = plan.starts_on.year, month + months
    beyond = date(year, after, 1) if after <= 12 else date(year + 1, 1, 1)
    Period.objects.create(
        code=code,
        kind=kind,
        parent=plan,
        owner=plan.owner,
        name_vi=vi,
        name_en=en,
        starts_on=date(year, month, 1),
        ends_on=beyond - timedelta(days=1),
        provenance=plan.provenance,
    )


def _enter(plan: Period, act: str, *, by: User | None, at: datetime, **data: Any) -> None:
    register.append(
        kind=f"period.{act}",
        subject=f"period/{plan.code}",
        subject_version=plan.etag_version,
        reach=[plan.owner_id],
        by=by,
        at=at,
        published=True,
        data={"state": plan.state} | data,
    )


def _move(act: str, period_id: int, *, by: User, expected: int, at: datetime) -> Period:
    plan = Period.objects.select_for_update(of=("self",), no_key=True).get(pk=period_id)
    if not permissions.may_assign_period(by, plan, at=at):
        raise NotAllowed(
            _("Only an assigner of %(plan)s does this. Ask the office that assigns its targets.")
            % {"plan": plan.name},
            code=f"{act}-not-allowed",
        )
    if plan.etag_version != expected:
        raise StaleVersion(
            _("%(plan)s has changed since you opened it. Read it again, then decide.")
            % {"plan": plan.name},
            code="period-changed",
        )
    source, target = MOVES[act]
    if plan.state != source:
        state = PeriodState(plan.state) if plan.state else None
        raise WrongState(
            CANNOT[act] % {"plan": plan.name, "state": state.label if state else "–"},
            code=f"{act}-not-from-{plan.state or 'part'}",
        )
    if act == "open" and not plan.targets.filter(state=TargetState.ASSIGNED).exists():
        raise Conflict(
            _("%(plan)s cannot be opened: no target is assigned yet. Assign at least one.")
            % {"plan": plan.name},
            code="no-target-assigned",
        )
    if act == "close":
        _require_done(plan)
    plan.state = target
    plan.etag_version += 1
    plan.save(update_fields=["state", "etag_version"])
    _enter(plan, act, by=by, at=at)
    return plan


def _require_done(plan: Period) -> None:
    ended = [TargetState.CLOSED, TargetState.WITHDRAWN]
    if left := list(
        plan.targets.exclude(state__in=ended)
        .order_by(as_counted("code"))
        .values_list("code", flat=True)[:10]
    ):
        raise Conflict(
            _(
                "%(plan)s cannot be closed: these targets are not concluded: %(codes)s. Conclude them first."
            )
            % {"plan": plan.name, "codes": ", ".join(left)},
            code="targets-not-concluded",
        )
    waiting = CommitmentVersion.objects.filter(commitment__period=plan, state=VersionState.IN_FORCE)
    if numbers := list(waiting.values_list("commitment__number", flat=True)[:10]):
        raise Conflict(
            _(
                "%(plan)s cannot be closed: these commitments are not settled: %(numbers)s. Settle them first."
            )
            % {"plan": plan.name, "numbers": ", ".join(numbers)},
            code="commitments-not-settled",
        )


@transaction.atomic
def open_period(*, period_id: int, by: User, expected: int, at: datetime) -> Period:
    """Open a plan: at least one target is assigned. Raises NotAllowed, StaleVersion, WrongState,
    Conflict (no-target-assigned)."""
    return _move("open", period_id, by=by, expected=expected, at=at)


@transaction.atomic
def start_closing(*, period_id: int, by: User, expected: int, at: datetime) -> Period:
    """Begin to close the books of a plan. Raises as `open_period`."""
    return _move("start_closing", period_id, by=by, expected=expected, at=at)


def advance(*, at: datetime, limit: int = 50) -> int:
    """Let open plans whose last day has passed begin to close; return how many were looked at.

    The system acts, without a person; any number of copies may run.
    """
    today = clock.local_date(at)
    ended = Period.objects.years().filter(state=PeriodState.OPEN, ends_on__lt=today)
    found = list(ended.order_by("pk").values_list("pk", flat=True)[:limit])
    for pk in found:
        with transaction.atomic():
            plan = Period.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
            if plan.state == PeriodState.OPEN:
                plan.state = PeriodState.CLOSING
                plan.etag_version += 1
                plan.save(update_fields=["state", "etag_version"])
                _enter(plan, "start_closing", by=None, at=at)
    return len(found)


@transaction.atomic
def close(*, period_id: int, by: User, expected: int, at: datetime) -> Period:
    """Close a plan whose targets are concluded and whose commitments are settled. Raises as
    `open_period`, and Conflict (targets-not-concluded, commitments-not-settled)."""
    return _move("close", period_id, by=by, expected=expected, at=at)


@transaction.atomic
def create_mandate(
    *,
    issuer_id: int,
    kind: MandateKind,
    title_vi: str,
    by: User,
    at: datetime,
    title_en: str = "",
    number: str = "",
    signed_on: date | None = None,
    is_classified: bool = False,
    ref: str = "",
    provenance: Provenance = Provenance.LIVE,
) -> Mandate:
    """Enter the document by which targets are given; an unknown number or day stays empty."""
    issuer = OrgUnit.objects.get(pk=issuer_id)
    require_planner(by, issuer, at=at, act="create-mandate")
    taken = set(Mandate.objects.values_list("ref", flat=True))
    wanted = ref or refs.slug(f"{number} {title_vi}", longest=34)
    mandate = Mandate(
        ref=refs.without_clash(wanted, taken, longest=40),
        issuer=issuer,
        kind=kind,
        number=number,
        signed_on=signed_on,
        title_vi=title_vi,
        title_en=title_en,
        is_classified=is_classified,
        provenance=provenance,
    )
    mandate.full_clean()
    mandate.save()
    register.append(
        kind="mandate.create",
        subject=f"mandate/{mandate.ref}",
        subject_version=None,
        reach=[issuer],
        by=by,
        at=at,
        data={"number": number, "title": title_vi},
    )
    return mandate


@transaction.atomic
def create_group(
    *,
    period_id: int,
    mandate_id: int,
    code: str,
    title_vi: str,
    field: Field,
    by: User,
    at: datetime,
    title_en: str = "",
    expected: int | None = None,
) -> TaskGroup:
    """Add a group of targets to a plan. `expected`: the version of the plan that was read; None: of a
    page that only adds. Raises NotAllowed, StaleVersion, ValidationError."""
    plan = _lock_to_plan(period_id, "create-group", by=by, at=at, expected=expected)
    group = TaskGroup(
        period=plan,
        mandate_id=mandate_id,
        code=code,
        ordinal=plan.groups.count() + 1,
        title_vi=title_vi,
        title_en=title_en,
        field=field,
        provenance=plan.provenance,
    )
    group.full_clean()
    group.save()
    _enter_group(group, "create", by=by, at=at)
    return group


@transaction.atomic
def edit_group(
    *, group_id: int, by: User, at: datetime, expected: int | None = None, **fields: Any
) -> TaskGroup:
    """Change titles, field or mandate (`mandate_id`) of a group. What is issued keeps its words.

    `expected`: the version of its plan; None: of an import, which asks by itself. Raises NotAllowed,
    StaleVersion, WrongState (edit-plan-not-from-closed), ValidationError.
    """
    group = TaskGroup.objects.get(pk=group_id)
    group.period = _lock_to_plan(group.period_id, "edit-group", by=by, at=at, expected=expected)
    group.refresh_from_db(fields=["title_vi", "title_en", "field", "mandate"])
    _require_not_closed(group.period)
    for name in fields.keys() & {"title_vi", "title_en", "field", "mandate_id"}:
        setattr(group, name, fields[name])
    group.full_clean()
    group.save()
    _enter_group(group, "edit", by=by, at=at)
    return group


@transaction.atomic
def edit_period(*, period_id: int, by: User, expected: int, at: datetime, **names: str) -> Period:
    """Change the names (`name_vi`, `name_en`) of a plan. Raises as `edit_group`."""
    plan = _lock_to_plan(period_id, "edit-plan", by=by, at=at, expected=expected)
    _require_not_closed(plan)
    for name in names.keys() & {"name_vi", "name_en"}:
        setattr(plan, name, names[name])
    plan.etag_version += 1
    plan.full_clean()
    plan.save(update_fields=["name_vi", "name_en", "etag_version"])
    _enter(plan, "edit", by=by, at=at, name=plan.name_vi)
    return plan


def _lock_to_plan(
    period_id: int, act: str, *, by: User, at: datetime, expected: int | None
) -> Period:
    plan = Period.objects.select_for_update(of=("self",), no_key=True).get(pk=period_id)
    require_planner(by, plan.owner_id, at=at, act=act)
    if expected is not None and plan.etag_version != expected:
        raise StaleVersion(
            _("%(plan)s has changed since you opened it. Read it again, then decide.")
            % {"plan": plan.name},
            code="period-changed",
        )
    return plan


def _require_not_closed(plan: Period) -> None:
    if plan.state == PeriodState.CLOSED:
        raise WrongState(
            _("%(plan)s cannot be changed any more: it is closed.") % {"plan": plan.name},
            code="edit-plan-not-from-closed",
        )


def _enter_group(group: TaskGroup, act: str, *, by: User, at: datetime) -> None:
    """Raise the version of the plan, of which a group is a part, and enter the act on it."""
    plan = group.period
    plan.etag_version += 1
    plan.save(update_fields=["etag_version"])
    register.append(
        kind=f"group.{act}",
        subject=f"period/{plan.code}",
        subject_version=plan.etag_version,
        reach=[plan.owner_id],
        by=by,
        at=at,
        published=True,
        data={"group": group.code, "title": group.title_vi, "field": group.field},
    )
