"""Units that a target counts one by one: which they are is frozen, and inspections of them are
recorded, corrected and counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import evidence
from commitments.enums import IndicatorKind, TargetState
from commitments.models import CountedScope, CountedUnit, Inspection, Target, TargetRevision
from commitments.querysets import counted
from commitments.rules.inspections import Record, firsts
from units import clock
from units.actions import register
from units.actions.guards import require_text, unique_or
from units.enums import Provenance
from units.errors import Conflict, Invalid, NotAllowed
from units.models import OrgUnit, User
from units.querysets.organisation import subtree
from units.rules import texts
from units.rules.dates import day_text


def counted_on(target: Target) -> date:
    """Return the day as of which the units of `target` are frozen: the first of its plan, or, of a
    revised target, the day from which the revision holds."""
    current = target.current
    first = target.period.starts_on
    return first if current is None or current.n == 1 else max(first, current.effective_from)


def countable(target: Target) -> frozenset[int]:
    """Return the units that `target` may count: those under the unit that carries it and under the one
    that assigned it, as they stood on `counted_on`."""
    day = counted_on(target)
    roots = {target.unit_id, target.assigner_id}
    below = subtree([(root, None) for root in roots], day=day) - roots
    return frozenset(
        OrgUnit.objects.in_force(day).filter(pk__in=below).values_list("pk", flat=True)
    )


def scope_of(target: Target) -> CountedScope | None:
    """Return the units that `target` counts now; None: it counts none one by one."""
    scopes = CountedScope.objects.filter(revision__target=target)
    return scopes.select_related("revision", "fixed_by").order_by("-revision__n").first()


def may_fix(target: Target) -> bool:
    """Say whether units can be frozen: of a ratio that is assigned, once for each revision."""
    return (
        target.state == TargetState.ASSIGNED
        and target.indicator.kind == IndicatorKind.RATIO
        and target.current is not None
        and not hasattr(target.current, "counted_scope")
    )


@transaction.atomic
def fix_scope(
    *,
    target_id: int,
    unit_ids: Iterable[int],
    by: User,
    at: datetime,
    provenance: Provenance = Provenance.LIVE,
) -> CountedScope:
    """Freeze the units among which `target` counts; return them.

    Raises NotAllowed (fix-scope-not-allowed) unless `by` is a planner of the assigning unit in
    person, Conflict (scope-fixed: of this revision they are frozen; scope-not-asked: it is no ratio,
    or not assigned), Invalid (scope-empty, unit-not-countable).
    """
    target = _lock(target_id)
    if not permissions.plans_in_person(by, target.assigner_id, at=at):
        raise NotAllowed(
            _("A planner of the unit that assigned %(code)s says which units it counts.")
            % {"code": target.code},
            code="fix-scope-not-allowed",
        )
    revision = _require_fixable(target)
    chosen = set(unit_ids)
    if not chosen:
        text = _("Choose at least one unit: a share of none is no share.")
        raise Invalid(text, code="scope-empty", fields={"units": [text]})
    if chosen - countable(target):
        late = _(
            "One of these units was not there on %(day)s. Choose among those that are shown."
        ) % {"day": day_text(counted_on(target))}
        raise Invalid(late, code="unit-not-countable", fields={"units": [late]})
    scope = CountedScope.objects.create(
        revision=revision,
        counted_on=counted_on(target),
        fixed_by=by,
        fixed_at=at,
        provenance=provenance,
    )
    CountedUnit.objects.bulk_create(CountedUnit(scope=scope, unit_id=pk) for pk in sorted(chosen))
    refs = OrgUnit.objects.filter(pk__in=chosen).order_by("ref").values_list("ref", flat=True)
    register.append(
        kind="inspection.fix_scope",
        subject=f"scope/{target.ref}-r{scope.revision.n}",
        subject_version=1,
        reach={target.unit_id, target.assigner_id},
        by=by,
        at=at,
        data={
            "target": target.ref,
            "counted_on": scope.counted_on.isoformat(),
            "units": list(refs),
        },
    )
    return scope


def _require_fixable(target: Target) -> TargetRevision:
    current = target.current
    if current is not None and hasattr(current, "counted_scope"):
        raise Conflict(
            _(
                "The units of %(code)s are frozen. Only a revision of the target lets others be counted."
            )
            % {"code": target.code},
            code="scope-fixed",
        )
    if current is None or not may_fix(target):
        raise Conflict(
            _("%(code)s counts no units one by one: that is for a ratio that is assigned.")
            % {"code": target.code},
            code="scope-not-asked",
        )
    return current


def record(
    *,
    target_id: int,
    unit_id: int,
    inspected_on: date,
    conclusion: str,
    by: User,
    at: datetime,
    files: Sequence[evidence.Sent] = (),
    provenance: Provenance = Provenance.LIVE,
) -> Inspection:
    """Record that a counted unit was inspected, with the files that show it; return the record.

    `inspected_on`: in the year of the plan, today or before. Raises NotAllowed
    (record-inspection-not-allowed), Conflict (inspection-not-asked), Invalid (conclusion-missing,
    unit-not-counted, inspection-outside-year, inspection-to-come; those of `evidence.kept`).
    """
    with evidence.kept(files) as held, transaction.atomic():
        target = _lock(target_id)
        _require_recorder(target, by=by, at=at)
        row = Inspection(
            target=target,
            unit_id=unit_id,
            inspected_on=inspected_on,
            conclusion=conclusion.strip(),
            provenance=provenance,
        )
        return _write(row, "record", held, by=by, at=at)


def correct(
    *,
    inspection_id: int,
    reason: str,
    unit_id: int,
    inspected_on: date,
    conclusion: str,
    by: User,
    at: datetime,
    took_place: bool = True,
    files: Sequence[evidence.Sent] = (),
) -> Inspection:
    """Put another record in the place of one that was wrong, with its files and more; return it.

    `took_place` False: there was no such inspection, and none counts in its place. Raises as
    `record`, and Conflict (inspection-corrected), Invalid (reason-missing).
    """
    with evidence.kept(files) as held, transaction.atomic():
        wrong = Inspection.objects.get(pk=inspection_id)
        target = _lock(wrong.target_id)  # corrections of one target wait for each other
        _require_recorder(target, by=by, at=at)
        there = Conflict(
            _("This record has been corrected already. Open the one that stands in its place."),
            code="inspection-corrected",
        )
        if Inspection.objects.filter(corrects=wrong).exists():
            raise there
        require_text(
            reason.strip(), field="correction_reason", code="reason-missing", most=texts.REASON
        )
        row = Inspection(
            target=target,
            unit_id=unit_id,
            inspected_on=inspected_on,
            conclusion=conclusion.strip(),
            corrects=wrong,
            correction_reason=reason.strip(),
            took_place=took_place,
            provenance=wrong.provenance,
        )
        with unique_or(there):
            return _write(row, "correct", held, by=by, at=at)


def _lock(target_id: int) -> Target:
    rows = Target.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("period", "indicator").get(pk=target_id)


def _require_recorder(target: Target, *, by: User, at: datetime) -> None:
    if not permissions.may_record(by, target, at=at):
        raise NotAllowed(
            _(
                "Inspections for %(code)s are recorded by who reports for the unit that carries it, or by a planner."
            )
            % {"code": target.code},
            code="record-inspection-not-allowed",
        )
    if target.state != TargetState.ASSIGNED or scope_of(target) is None:
        raise Conflict(
            _(
                "No inspection can be recorded for %(code)s: it is not assigned, or nobody has said which units it counts."
            )
            % {"code": target.code},
            code="inspection-not-asked",
        )


def _write(row: Inspection, act: str, held: evidence.Kept, *, by: User, at: datetime) -> Inspection:
    target = row.target
    require_text(row.conclusion, field="conclusion", code="conclusion-missing")
    _require_counted(row)
    _require_day(row, today=clock.local_date(at))
    n = Inspection.objects.filter(target=target).count() + 1
    row.ref = f"{target.ref}-i{n}"
    row.recorded_by, row.recorded_at = by, at
    row.full_clean(exclude=["target", "corrects"])
    row.save(force_insert=True)
    files = evidence.attach_to_inspection(held, row, by=by, at=at)
    register.append(
        kind=f"inspection.{act}",
        subject=f"inspection/{row.ref}",
        subject_version=1,
        reach={target.unit_id, target.assigner_id},
        by=by,
        at=at,
        data={
            "target": target.ref,
            "unit": row.unit.ref,
            "inspected_on": row.inspected_on.isoformat(),
            "conclusion": row.conclusion,
            **files,
            **_of_correction(row),
        },
    )
    return row


def _of_correction(row: Inspection) -> dict[str, str]:
    if row.corrects is None:
        return {}
    return {
        "corrects": row.corrects.ref,
        "reason": row.correction_reason,
        "took_place": "yes" if row.took_place else "no",
    }


def _require_counted(row: Inspection) -> None:
    scope = scope_of(row.target)
    if scope is None or not scope.units.filter(unit=row.unit_id).exists():
        text = _("This unit is not among those that %(code)s counts. Choose one of them.") % {
            "code": row.target.code
        }
        raise Invalid(text, code="unit-not-counted", fields={"unit": [text]})


def _require_day(row: Inspection, *, today: date) -> None:
    plan = row.target.period
    if not plan.starts_on <= row.inspected_on <= plan.ends_on:
        text = _(
            "Choose a day from %(first)s to %(last)s: an inspection counts in its own year."
        ) % {"first": day_text(plan.starts_on), "last": day_text(plan.ends_on)}
        raise Invalid(text, code="inspection-outside-year", fields={"inspected_on": [text]})
    if row.inspected_on > today:
        early = _("Choose today or an earlier day: what is to come cannot be recorded.")
        raise Invalid(early, code="inspection-to-come", fields={"inspected_on": [early]})


# --- counting -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tally:
    """The units that one target counts, and the inspections of them. `reported`: it is reported on
    otherwise, so that these figures are only proposed."""

    among: frozenset[int]
    records: tuple[Record, ...] = ()
    reported: bool = False

    def upto(self, day: date) -> list[Record]:
        """Return the first inspection of each unit by the end of `day`."""
        return firsts(self.records, self.among, upto=day)


def tallies(
    targets: Iterable[int], *, on: date, known_at: datetime | None = None
) -> dict[int, Tally]:
    """Return what each of these targets counts, those left out that count no units one by one.

    Units are called as on `on`. `known_at`: as it was known at that instant. One query where nothing
    is counted, two otherwise.
    """
    among = counted.units_of(targets, at=known_at)
    if not among:
        return {}
    found: dict[int, list[Record]] = {pk: [] for pk in among}
    for row in counted.records_of(among, on=on, at=known_at):
        found[row.pop("target_id")].append(Record(**row))
    return {pk: Tally(units, tuple(found[pk]), reported) for pk, (units, reported) in among.items()}


def tally(target: Target, *, on: date) -> Tally | None:
    """Return what one target counts; None: it counts no units one by one."""
    return tallies([target.pk], on=on).get(target.pk)
