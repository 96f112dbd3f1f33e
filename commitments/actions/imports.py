"""A plan from a workbook: uploaded and kept, checked as a whole, applied as a whole or dropped."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import allocations, drafts, plans, sheets, targets
from commitments.actions.plans import require_planner
from commitments.actions.revisions import Wanted
from commitments.enums import PeriodState, VersionState
from commitments.models import (
    GradeScale,
    IndicatorDefinition,
    Period,
    PlanImport,
    Target,
    TaskGroup,
    UnitOfMeasure,
)
from commitments.rules import imports as rules
from commitments.rules import sheets as cells
from commitments.rules.columns import TABLES
from commitments.rules.sheets import Measure
from units.actions import register, workbooks
from units.enums import ImportState
from units.errors import Conflict, NotAllowed, StaleVersion, WrongState
from units.models import OrgUnit, User
from units.rules.refs import fold, slug
from units.rules.sheets import Fault, Found, Row, matched

PLANNING = frozenset({PeriodState.PLANNING, PeriodState.OPEN})


class Check(NamedTuple):
    """What a workbook would do. `digest`: of the plan and the file as they were looked at."""

    entries: Mapping[str, list[rules.Entry]]
    faults: list[Fault]
    new_uoms: list[str]
    digest: str
    language: str

    @property
    def changes(self) -> int:
        """How many things would be written."""
        return sum(entry.change != "same" for rows in self.entries.values() for entry in rows)


@transaction.atomic
def upload(*, period_id: int, file_name: str, data: bytes, by: User, at: datetime) -> PlanImport:
    """Keep a workbook for a plan until it is applied or dropped; one that waited there from the
    same person is dropped for it. Raises NotAllowed, WrongState, Invalid (workbook-...) for a file that cannot be read at all."""
    plan = _lock(period_id, by=by, at=at)
    workbooks.read(data)
    for waiting in plan.imports.filter(uploaded_by=by, state=ImportState.WAITING):
        _end(waiting, ImportState.DROPPED, by=by, at=at)
    kept = PlanImport.objects.create(
        ref=uuid.uuid4(),
        period=plan,
        file_name=file_name[-200:] or "plan.xlsx",
        content=data,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        uploaded_by=by,
        uploaded_at=at,
    )
    _enter(kept, "upload", by=by, at=at, sha256=kept.sha256, size=kept.size)
    return kept


def _lock(period_id: int, *, by: User, at: datetime) -> Period:
    rows = Period.objects.select_for_update(of=("self",), no_key=True)
    plan = rows.select_related("owner").get(pk=period_id)
    require_planner(by, plan.owner_id, at=at, act="import-plan")
    if plan.state not in PLANNING:
        raise WrongState(
            _("Nothing can be imported into %(plan)s: it is “%(state)s”.")
            % {"plan": plan.name, "state": PeriodState(plan.state).label},
            code=f"import-not-from-{plan.state}",
        )
    return plan


def _enter(kept: PlanImport, act: str, *, by: User, at: datetime, **data: Any) -> None:
    register.append(
        kind=f"import.{act}",
        subject=f"import/{kept.ref}",
        subject_version=None,
        reach=[kept.period.owner_id],
        by=by,
        at=at,
        data={"plan": kept.period.code, "file": kept.file_name} | data,
    )


def _end(kept: PlanImport, state: ImportState, *, by: User, at: datetime, **data: Any) -> None:
    kept.state, kept.content, kept.ended_by, kept.ended_at = state, None, by, at
    kept.save(update_fields=["state", "content", "ended_by", "ended_at"])
    act = "apply" if state == ImportState.APPLIED else "drop"
    _enter(kept, act, by=by, at=at, sha256=kept.sha256, **data)


def check(*, plan: Period, data: bytes, by: User, at: datetime) -> Check:
    """Return what the workbook `data` would change in `plan`, with every fault at once. Writes
    nothing. Raises NotAllowed, Invalid (a file that cannot be read)."""
    if not permissions.may_plan(by, plan.owner_id, at=at):
        raise NotAllowed(
            _("Only a planner of the plan imports into it."), code="import-not-allowed"
        )
    return _check(sheets.take(plan, by=by, at=at), data)


def _check(now: sheets.Snapshot, data: bytes) -> Check:
    named, language, wrong = matched(TABLES, workbooks.read(data))
    known = now.known
    found: dict[str, Found] = {}
    for table in TABLES:
        if table.name in named:
            found[table.name] = cells.read(
                table,
                named[table.name],
                language=language,
                measure=lambda row: _measure(row, found, known),
            )
    judged = rules.judge(found, known)
    uoms = {
        entry.row["uom"]
        for entry in judged.entries["indicators"]
        if entry.row["uom"] and fold(entry.row["uom"]) not in known.uoms
    }
    digest = hashlib.sha256(now.digest.encode() + hashlib.sha256(data).digest()).hexdigest()
    return Check(judged.entries, wrong + judged.faults, sorted(uoms), digest, language)


def _measure(row: Row, found: Mapping[str, Found], known: rules.Known) -> Measure:
    """Return how the numbers of a row are written: by the indicator it names, or its target does."""
    if "whole" in row:
        said = found["targets"].rows.values() if "targets" in found else ()
        whole = next((other for other in said if other["code"] == row["whole"]), None)
        row = whole or known.present["targets"].get(row["whole"] or "") or {}
    if "indicator" not in row:
        return Measure()
    said = found["indicators"].rows.values() if "indicators" in found else ()
    indicator = next((other for other in said if other["code"] == row["indicator"]), None)
    indicator = indicator or known.present["indicators"].get(row["indicator"] or "")
    if indicator is None:
        return Measure()
    decimals = indicator["decimals"]
    grades: dict[str, int] = {}
    for rank, names in enumerate(indicator["grades"] or (), start=1):
        grades |= {fold(name): rank for name in names if name}
    return Measure(6 if decimals is None else int(min(max(decimals, 0), 6)), grades)


def bytes_of(kept: PlanImport) -> bytes:
    """Return the kept workbook; nothing once it has ended."""
    return bytes(kept.content or b"")


@transaction.atomic
def drop(*, import_id: int, by: User, at: datetime) -> PlanImport:
    """Throw away a workbook that waits."""
    kept = _waiting(import_id, by=by, at=at, act="drop")
    _end(kept, ImportState.DROPPED, by=by, at=at)
    return kept


def _waiting(import_id: int, *, by: User, at: datetime, act: str) -> PlanImport:
    rows = PlanImport.objects.select_for_update(of=("self",), no_key=True)
    kept = rows.select_related("period__owner").get(pk=import_id)
    require_planner(by, kept.period.owner_id, at=at, act=f"{act}-import")
    if kept.state != ImportState.WAITING:
        raise WrongState(
            _("%(file)s does not wait any more: it is “%(state)s”.")
            % {"file": kept.file_name, "state": ImportState(kept.state).label},
            code=f"{act}-import-not-from-{kept.state}",
        )
    return kept


@transaction.atomic
def apply(*, import_id: int, seen: str, by: User, at: datetime) -> Check:
    """Write everything that a kept workbook says, or nothing.

    `seen`: the digest of the check that was read; if plan or file is another one by now, nothing
    is written. Raises NotAllowed, WrongState, StaleVersion (plan-changed), Conflict
    (import-has-faults), and whatever the single acts refuse.
    """
    period_id = PlanImport.objects.values_list("period_id", flat=True).get(pk=import_id)
    plan = _lock(period_id, by=by, at=at)
    kept = _waiting(import_id, by=by, at=at, act="apply")
    now = sheets.take(plan, by=by, at=at)
    done = _check(now, bytes_of(kept))
    if done.digest != seen:
        raise StaleVersion(
            _("%(plan)s has changed since this check. Look at the new check, then apply.")
            % {"plan": plan.name},
            code="plan-changed",
        )
    if done.faults:
        raise Conflict(
            _("%(file)s cannot be applied: it has faults. Mend them and upload it again.")
            % {"file": kept.file_name},
            code="import-has-faults",
        )
    _Writer(plan, now, by=by, at=at).write(done)
    counts = {
        table: sum(entry.change != "same" for entry in rows) for table, rows in done.entries.items()
    }
    _end(kept, ImportState.APPLIED, by=by, at=at, **counts)
    return done


class _Writer:
    """One application: the ordinary acts, in the order in which they need each other."""

    def __init__(self, plan: Period, now: sheets.Snapshot, *, by: User, at: datetime) -> None:
        self.plan, self.now = plan, now
        self.who: dict[str, Any] = {"by": by, "at": at}
        self.groups = {group.code: group for group in plan.groups.all()}
        self.mandates = {mandate.ref: mandate for mandate in plan.owner.mandates.all()}
        self.targets: dict[str, Target] = dict(now.targets)
        self.touched: set[str] = set()  # units that got a target

    def write(self, done: Check) -> None:
        changed = {
            table: [entry for entry in rows if entry.change != "same"]
            for table, rows in done.entries.items()
        }
        for entry in changed["groups"]:
            self.group(entry)
        for label in done.new_uoms:
            self.uom(label)
        for entry in changed["indicators"]:
            self.indicator(entry)
        for entry in sorted(changed["targets"], key=lambda entry: bool(entry.row["part_of"])):
            self.target(entry)
        for entry in changed["allocations"]:
            self.allocation(entry)
        for entry in done.entries["undertakers"]:
            self.undertaker(entry)

    def group(self, entry: rules.Entry) -> None:
        said = {name: entry.row[name] for name in ("title_vi", "title_en", "field")}
        said["mandate_id"] = self.mandates[entry.row["mandate"]].pk
        if entry.change == "changed":
            plans.edit_group(group_id=self.groups[entry.key].pk, **said, **self.who)
            return
        made: TaskGroup = plans.create_group(
            period_id=self.plan.pk, code=entry.key, **said, **self.who
        )
        self.groups[entry.key] = made

    def uom(self, label: str) -> None:
        codes = set(UnitOfMeasure.objects.values_list("code", flat=True))
        wanted, place = slug(label, longest=16) or "uom", 1
        code = wanted
        while code in codes:
            place += 1
            code = f"{wanted}-{place}"
        self.now.uoms[label] = targets.define_unit_of_measure(code=code, label_vi=label, **self.who)

    def indicator(self, entry: rules.Entry) -> None:
        row = entry.row
        names = ("name_vi", "name_en", "kind", "nature", "numerator", "denominator")
        self.now.indicators[entry.key] = targets.define_indicator(
            code=entry.key,
            uom_id=self.now.uoms[row["uom"]].pk,
            decimals=int(row["decimals"]),
            scale_id=self.scale(row).pk if row["grades"] else None,
            **{name: row[name] for name in names},
            **self.who,
        )

    def scale(self, row: Row) -> GradeScale:
        """Return the scale that has just these grades; a new one if there is none."""
        wanted = [name for name, _other in row["grades"]]
        for scale in GradeScale.objects.prefetch_related("levels").order_by("pk"):
            levels = sorted(scale.levels.all(), key=lambda level: level.rank)
            if [level.label_vi for level in levels] == wanted:
                return scale
        taken = GradeScale.objects.filter(code__startswith=row["code"][:30]).count()
        code = f"{row['code'][:30]}-{taken + 1}" if taken else row["code"]
        return targets.define_scale(
            code=code,
            name_vi=row["name_vi"][:120],
            name_en=row["name_en"][:120],
            levels=row["grades"],
            **self.who,
        )

    def target(self, entry: rules.Entry) -> None:
        row = entry.row
        indicator: IndicatorDefinition = self.now.indicators[row["indicator"]]
        said = {
            "wanted": self.wanted(row),
            "group_id": self.groups[row["group"]].pk,
            "indicator_id": indicator.pk,
            "unit_id": self.unit(row["unit"]).pk,
            **{
                name: row[name]
                for name in ("origin", "clause", "is_new", "is_difficult", "needs_evidence")
            },
        }
        self.touched.add(row["unit"])
        if entry.change == "changed":
            present = self.targets[entry.key]
            self.targets[entry.key] = targets.edit_target(
                target_id=present.pk, expected=present.etag_version, **said, **self.who
            )
            return
        whole = self.targets.get(row["part_of"])
        self.targets[entry.key] = targets.create_target(
            period_id=self.plan.pk,
            code=entry.key,
            parent_id=whole.pk if whole else None,
            **said,
            **self.who,
        )

    def wanted(self, row: Row) -> Wanted:
        names = (
            *("comparator", "value", "upper", "tolerance", "mode", "baseline", "baseline_period"),
            *("maintain_rule", "maintain_share", "value_basis", "shares", "steps"),
        )
        points = [(part, row[part]) for part in rules.QUARTERS if row[part] is not None]
        points += row["points"]
        ordered = sorted(points, key=lambda point: self.now.parts[point[0]].ends_on)
        roadmap = [(self.now.parts[part].pk, value) for part, value in ordered]
        return Wanted(roadmap=roadmap, **{name: row[name] for name in names})

    def unit(self, ref: str) -> OrgUnit:
        return self.now.units[ref]

    def allocation(self, entry: rules.Entry) -> None:
        whole = Target.objects.get(pk=self.targets[entry.key].pk)
        parts = entry.row["parts"]
        allocations.allocate(
            target_id=whole.pk,
            parts={self.unit(ref).pk: value for ref, (value, _code) in parts.items()},
            codes={self.unit(ref).pk: code for ref, (_value, code) in parts.items()},
            expected=whole.etag_version,
            **{name: entry.row[name] for name in ("mode", "reserve", "overage", "key_used")},
            **self.who,
        )
        self.touched |= set(parts)

    def undertaker(self, entry: rules.Entry) -> None:
        row, commitment = entry.row, self.now.commitments.get(entry.key)
        offices = {
            "first_undertaker_id": self.now.offices[row["first"]].pk,
            "second_undertaker_id": self.now.offices[row["second"]].pk if row["second"] else None,
            "assigner_id": self.now.offices[row["assigner"]].pk,
            "sign_by": row["sign_by"],
        }
        if entry.change == "new":
            drafts.begin(
                period_id=self.plan.pk,
                unit_id=self.unit(entry.key).pk,
                signing_order=row["order"],
                **offices,
                **self.who,
            )
            return
        if commitment is None:
            return
        newest = commitment.versions.order_by("-n").first()
        if newest is None or newest.state != VersionState.DRAFT:
            return
        if entry.change == "same" and entry.key not in self.touched:
            return
        if commitment.signing_order != row["order"]:
            commitment.signing_order = row["order"]
            commitment.save(update_fields=["signing_order"])
        drafts.edit(
            version_id=newest.pk,
            expected=newest.etag_version,
            items=drafts.items_again(newest),
            **offices,
            **self.who,
        )
