"""Targets: defined, drawn up, assigned, revised, withdrawn, concluded."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import corrections, duties, revisions
from commitments.actions.plans import require_planner
from commitments.actions.revisions import Wanted, wanted_of
from commitments.enums import (
    IndicatorKind,
    InputBasis,
    Nature,
    PeriodState,
    RollUp,
    TargetOrigin,
    TargetState,
    VerdictAgainst,
)
from commitments.models import (
    GradeLevel,
    GradeScale,
    IndicatorDefinition,
    Mandate,
    Period,
    Target,
    UnitOfMeasure,
)
from commitments.rules import rollups
from units.actions import register
from units.actions.guards import require_within
from units.enums import Provenance
from units.errors import Conflict, Invalid, NotAllowed, StaleVersion, WrongState
from units.models import RegisterEntry, User

CANNOT = {
    "edit": _("%(code)s cannot be edited: it is “%(state)s”. Revise it instead."),
    "assign": _("%(code)s cannot be assigned: it is “%(state)s”. Only a planned target can."),
    "revise": _("%(code)s cannot be revised: it is “%(state)s”. Only an assigned target can."),
    "withdraw": _("%(code)s cannot be withdrawn: it is “%(state)s”. Only an assigned target can."),
    "conclude": _("%(code)s cannot be concluded: it is “%(state)s”. Only an assigned target can."),
}
MOVES: Mapping[str, tuple[TargetState, TargetState]] = {
    "edit": (TargetState.PLANNED, TargetState.PLANNED),
    "assign": (TargetState.PLANNED, TargetState.ASSIGNED),
    "revise": (TargetState.ASSIGNED, TargetState.ASSIGNED),
    "withdraw": (TargetState.ASSIGNED, TargetState.WITHDRAWN),
    "conclude": (TargetState.ASSIGNED, TargetState.CLOSED),
}
FLAGS = frozenset({"is_new", "is_difficult", "needs_evidence"})
EDITABLE = FLAGS | {"group_id", "indicator_id", "unit_id", "clause", "code", "origin"}


@transaction.atomic
def define_unit_of_measure(
    *,
    code: str,
    label_vi: str,
    by: User,
    at: datetime,
    label_en: str = "",
    base: str = "",
    factor: Decimal = Decimal(1),
) -> UnitOfMeasure:
    """Enter what numbers count. `base`: conversion goes through it; default: itself."""
    if not permissions.plans_somewhere(by, at=at):
        raise NotAllowed(
            _("Only a planner does this. Ask one, or ask the administrator for that role."),
            code="define-uom-not-allowed",
        )
    uom = UnitOfMeasure(
        code=code, label_vi=label_vi, label_en=label_en, base=base or code, factor=factor
    )
    uom.full_clean()
    uom.save()
    _enter("uom.define", f"uom/{code}", by=by, at=at, label=label_vi)
    return uom


@transaction.atomic
def define_scale(
    *,
    code: str,
    name_vi: str,
    levels: Sequence[tuple[str, str]],
    by: User,
    at: datetime,
    name_en: str = "",
) -> GradeScale:
    """Enter grades in their order. `levels`: (Vietnamese, English) each, the lowest first.

    Raises NotAllowed, Invalid (scale-too-short), ValidationError for a code or a grade twice.
    """
    if not permissions.plans_somewhere(by, at=at):
        raise NotAllowed(
            _("Only a planner does this. Ask one, or ask the administrator for that role."),
            code="define-scale-not-allowed",
        )
    if len(levels) < 2:
        raise Invalid(_("A scale has two grades or more. Add one."), code="scale-too-short")
    scale = GradeScale(code=code, name_vi=name_vi, name_en=name_en)
    scale.full_clean()
    scale.save()
    for rank, (label_vi, label_en) in enumerate(levels, start=1):
        level = GradeLevel(scale=scale, rank=rank, label_vi=label_vi, label_en=label_en)
        level.full_clean()
        level.save()
    _enter("scale.define", f"scale/{code}", by=by, at=at, grades=[label for label, _en in levels])
    return scale


@transaction.atomic
def define_indicator(
    *,
    code: str,
    name_vi: str,
    kind: IndicatorKind,
    uom_id: int,
    by: User,
    at: datetime,
    name_en: str = "",
    nature: Nature = Nature.FLOW,
    decimals: int = 0,
    numerator: str = "",
    denominator: str = "",
    scale_id: int | None = None,
    input_basis: InputBasis = InputBasis.YTD,
    unit_agg: RollUp | None = None,
    provenance: Provenance = Provenance.LIVE,
) -> IndicatorDefinition:
    """Enter what is measured and how, as version 1 of `code` or as its next version.

    `unit_agg` None: the roll-up that is usual for the kind.
    """
    if not permissions.plans_somewhere(by, at=at):
        raise NotAllowed(
            _("Only a planner does this. Ask one, or ask the administrator for that role."),
            code="define-indicator-not-allowed",
        )
    indicator = IndicatorDefinition(
        code=code,
        version=IndicatorDefinition.objects.filter(code=code).count() + 1,
        name_vi=name_vi,
        name_en=name_en,
        kind=kind,
        nature=nature,
        uom_id=uom_id,
        decimals=decimals,
        numerator=numerator,
        denominator=denominator,
        scale_id=scale_id,
        input_basis=input_basis,
        unit_agg=rollups.USUAL.get(kind, RollUp.NONE) if unit_agg is None else unit_agg,
        provenance=provenance,
    )
    indicator.full_clean()
    indicator.save()
    _enter("indicator.define", f"indicator/{code}-{indicator.version}", by=by, at=at, name=name_vi)
    return indicator


def _enter(kind: str, subject: str, *, by: User, at: datetime, **data: Any) -> None:
    register.append(
        kind=kind, subject=subject, subject_version=None, reach=[], by=by, at=at, data=data
    )


@transaction.atomic
def create_target(
    *,
    period_id: int,
    group_id: int,
    indicator_id: int,
    unit_id: int,
    code: str,
    wanted: Wanted,
    by: User,
    at: datetime,
    origin: TargetOrigin = TargetOrigin.OWN,
    clause: str = "",
    parent_id: int | None = None,
    is_new: bool = False,
    is_difficult: bool = False,
    needs_evidence: bool = False,
    provenance: Provenance | None = None,
) -> Target:
    """Draw up a target of a unit in a plan; its first revision says what is to be reached."""
    plan = Period.objects.select_for_update(of=("self",), no_key=True).get(pk=period_id)
    require_planner(by, plan.owner_id, at=at, act="create-target")
    if plan.state not in {PeriodState.PLANNING, PeriodState.OPEN}:
        raise WrongState(
            _(
                "No target can be drawn up in %(plan)s: it is “%(state)s”. Choose a plan that is in planning or open."
            )
            % {"plan": plan.name, "state": PeriodState(plan.state).label},
            code=f"create-target-not-from-{plan.state}",
        )
    target = Target(
        ref=_ref(plan, code),
        period=plan,
        code=code,
        group_id=group_id,
        indicator_id=indicator_id,
        unit_id=unit_id,
        assigner_id=plan.owner_id,
        origin=origin,
        clause=clause,
        parent_id=parent_id,
        is_new=is_new,
        is_difficult=is_difficult,
        needs_evidence=needs_evidence,
        provenance=provenance or plan.provenance,
    )
    target.full_clean()
    target.save()
    revisions.write(target, wanted, n=1, at=at)
    _move_entry(target, "create", by=by, at=at)
    return target


def _ref(plan: Period, code: str) -> str:
    wanted = f"{plan.code}-{code}".lower().replace(".", "-")
    taken = set(Target.objects.filter(ref__startswith=wanted).values_list("ref", flat=True))
    # one that was dropped keeps its reference: the register and every copy know it by that
    gone = RegisterEntry.objects.filter(
        kind="target.drop", subject_kind="target", subject_ref__startswith=wanted
    )
    taken.update(gone.values_list("subject_ref", flat=True))
    place, ref = 1, wanted
    while ref in taken:
        place += 1
        ref = f"{wanted}-{place}"
    return ref


def _move_entry(target: Target, act: str, *, by: User, at: datetime, **data: Any) -> None:
    reach = {target.assigner_id}
    if target.state != TargetState.PLANNED:
        reach.add(target.unit_id)
    register.append(
        kind=f"target.{act}",
        subject=f"target/{target.ref}",
        subject_version=target.etag_version,
        reach=reach,
        by=by,
        at=at,
        published=target.state != TargetState.PLANNED,
        data={"state": target.state, "code": target.code, "plan": target.period.code} | data,
    )


def enter_drop(target: Target, *, by: User, at: datetime) -> None:
    """Enter that a planned target, locked, is about to be deleted: whoever has a copy learns of it."""
    target.etag_version += 1
    _move_entry(target, "drop", by=by, at=at)


def _lock(act: str, target_id: int, *, expected: int) -> Target:
    rows = Target.objects.select_for_update(of=("self",), no_key=True)
    target = rows.select_related("period", "group__mandate", "indicator__uom", "unit").get(
        pk=target_id
    )
    if target.etag_version != expected:
        raise StaleVersion(
            _("%(code)s has changed since you opened it. Read it again, then decide.")
            % {"code": target.code},
            code="target-changed",
        )
    if target.state != MOVES[act][0]:
        raise WrongState(
            CANNOT[act] % {"code": target.code, "state": TargetState(target.state).label},
            code=f"{act}-not-from-{target.state}",
        )
    return target


def _save(
    target: Target, act: str, *, by: User, at: datetime, end_reason: str = "", **data: Any
) -> Target:
    target.state = MOVES[act][1]
    target.etag_version += 1
    target.end_reason = end_reason
    target.save(update_fields=["state", "etag_version", "end_reason"])
    _move_entry(target, act, by=by, at=at, **data)
    return target


@transaction.atomic
def edit_target(
    *, target_id: int, wanted: Wanted, by: User, expected: int, at: datetime, **fields: Any
) -> Target:
    """Change a planned target: its fields and its one revision are replaced. Drafts keep it in its
    place, and a split stays; if the value is another one, the gap shows."""
    target = _lock("edit", target_id, expected=expected)
    require_planner(by, target.assigner_id, at=at, act="edit-target")
    for name in fields.keys() & EDITABLE:
        setattr(target, name, fields[name])
    target.full_clean()
    target.save()
    target.refresh_from_db()
    revisions.replace_planned(target, wanted, at=at)
    return _save(target, "edit", by=by, at=at)


@transaction.atomic
def assign_target(*, target_id: int, by: User, expected: int, at: datetime) -> Target:
    """Give a planned target to its unit. From now on it changes by revision alone, and is reported.

    Raises NotAllowed, StaleVersion, WrongState, Conflict (nothing-to-reach).
    """
    done = _assign(target_id, by=by, expected=expected, at=at)
    duties.generate([done], at=at)
    return done


def _assign(target_id: int, *, by: User, expected: int, at: datetime) -> Target:
    target = _lock("assign", target_id, expected=expected)
    require_planner(by, target.assigner_id, at=at, act="assign-target")
    if target.current is None:
        raise Conflict(
            _(
                "%(code)s cannot be assigned: it does not say what is to be reached. Edit it, then assign."
            )
            % {"code": target.code},
            code="nothing-to-reach",
        )
    return _save(target, "assign", by=by, at=at)


@transaction.atomic
def assign_targets(*, target_ids: Iterable[int], by: User, at: datetime) -> list[Target]:
    """Give every one of these planned targets, all of one plan, to its unit, or none of them."""
    rows = Target.objects.filter(pk__in=list(target_ids)).order_by("pk")
    seen = rows.values_list("pk", "etag_version")
    done = [_assign(pk, by=by, expected=version, at=at) for pk, version in seen]
    duties.generate(done, at=at)
    return done


@transaction.atomic
def revise_target(
    *,
    target_id: int,
    wanted: Wanted,
    reason: str,
    by: User,
    expected: int,
    at: datetime,
    mandate_id: int | None = None,
) -> Target:
    """Write the next revision of an assigned target. Commitments that hold the older one stay as
    they were signed until they are amended. Raises Invalid (reason-missing, nothing-changed)."""
    target = _lock("revise", target_id, expected=expected)
    require_planner(by, target.assigner_id, at=at, act="revise-target")
    if not reason.strip():
        raise Invalid(
            _("Say why %(code)s is revised.") % {"code": target.code},
            code="reason-missing",
            fields={"reason": [_("Write a reason.")]},
        )
    require_within(reason.strip(), field="reason")
    last = target.revisions.order_by("-n")[0]
    if revisions.completed(target.indicator, wanted) == wanted_of(last):
        raise Invalid(
            _("The revision of %(code)s says the same as before. Change the value, or leave it.")
            % {"code": target.code},
            code="nothing-changed",
        )
    mandate = Mandate.objects.get(pk=mandate_id) if mandate_id else None
    revisions.write(target, wanted, n=last.n + 1, at=at, reason=reason.strip(), mandate=mandate)
    return _save(target, "revise", by=by, at=at, revision=last.n + 1, reason=reason.strip())


@transaction.atomic
def withdraw_target(
    *, target_id: int, reason: str, by: User, expected: int, at: datetime
) -> Target:
    """Take an assigned target back; it stays listed and leaves the counts. By an assigner."""
    target = _lock("withdraw", target_id, expected=expected)
    if not permissions.may_withdraw(by, target, at=at):
        raise NotAllowed(
            _("Only an assigner withdraws %(code)s. Ask the office that assigned it.")
            % {"code": target.code},
            code="withdraw-target-not-allowed",
        )
    if not reason.strip():
        raise Invalid(
            _("Say why %(code)s is withdrawn.") % {"code": target.code},
            code="reason-missing",
            fields={"reason": [_("Write a reason.")]},
        )
    require_within(reason.strip(), field="reason")
    said = reason.strip()
    waived = duties.waive_of_target(target, reason=said, at=at)
    done = _save(
        target, "withdraw", by=by, at=at, end_reason=said, reason=said, duties_waived=waived
    )
    corrections.follow(target_id, at=at)
    return done


@transaction.atomic
def conclude_target(*, target_id: int, by: User, expected: int, at: datetime) -> Target:
    """Close an assigned target of a plan that is closing, once it has its verdicts. By an assigner.

    One that was never revised needs one verdict, for original and adjusted target are the same; a
    revised one needs both. Raises NotAllowed, Conflict (verdict-missing).
    """
    target = _lock("conclude", target_id, expected=expected)
    if not permissions.may_assign_period(by, target.period, at=at):
        raise NotAllowed(
            _("Only an assigner concludes %(code)s. Ask the office that assigned it.")
            % {"code": target.code},
            code="conclude-target-not-allowed",
        )
    given = set(target.verdicts.values_list("against", flat=True))
    revised = target.revisions.count() > 1
    if target.period.state != PeriodState.CLOSING or not given:
        raise Conflict(
            _(
                "%(code)s cannot be concluded: its plan is not closing, or it has no verdict yet. Begin to close the plan, and record the verdict."
            )
            % {"code": target.code},
            code="verdict-missing",
        )
    if revised and given != set(VerdictAgainst):
        raise Conflict(
            _(
                "%(code)s cannot be concluded: it was revised, and has a verdict against one of its two targets only. Record the verdict against the original and the adjusted one."
            )
            % {"code": target.code},
            code="verdict-missing",
        )
    return _save(target, "conclude", by=by, at=at)
