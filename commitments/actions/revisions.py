"""What a target says: written as one revision of it, checked, read back."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from commitments.enums import Comparator, MaintainRule, TargetMode, ValueBasis
from commitments.models import (
    Allocation,
    AllocationLine,
    CommitmentItem,
    IndicatorDefinition,
    Mandate,
    Milestone,
    Period,
    RevisionShare,
    Target,
    TargetRevision,
    TrajectoryPoint,
)
from commitments.rules import targets as rules
from commitments.rules import words
from units import clock
from units.errors import Invalid

PROBLEMS = {
    "roadmap-ends-at-value": _(
        "The last checkpoint of the roadmap is not the target's value. Make the two equal."
    ),
    "roadmap-flow-never-falls": _(
        "A roadmap that adds up over the year never falls. Raise the later checkpoint, or leave it out."
    ),
    "revision-value-stated-or-marked": _(
        "State a value, or say where it comes from and leave it empty."
    ),
    "grade-unknown": _("The value is no grade of the indicator's scale. Choose one of its grades."),
    "shares-missing": _("Shares of a whole are at least two, one in each line."),
    "shares-add-up": _("The shares do not add up to 100 %. Correct them until they do."),
    "share-in-whole": _("A share is above 0 and at most 100 %."),
    "share-label-once": _("Two shares have the same name. Rename one of them."),
    "shares-of-another-kind": _(
        "Only an indicator of the kind “shares of a whole” has shares. Leave them out."
    ),
    "steps-of-another-kind": _(
        "Only an indicator of the kind “milestones” has steps. Leave them out."
    ),
    "steps-add-up": _(
        "The weights of the steps do not add up to 100 %. Correct them until they do."
    ),
    "step-in-whole": _("The weight of a step is above 0 and at most 100 %."),
}
FIELDS = {  # of a form, where a problem is told
    "revision-value-stated-or-marked": "value",
    "grade-unknown": "value",
}


@dataclass(frozen=True)
class Wanted:
    """What a target says: one revision of it. `roadmap`: (period id, expected value) each.

    `value` None: see `value_basis`; of a yes or no, of milestones and of shares the kind of the
    indicator gives comparison and value.
    """

    comparator: Comparator
    value: Decimal | None = None
    upper: Decimal | None = None
    tolerance: Decimal | None = None
    mode: TargetMode = TargetMode.REACH
    baseline: Decimal | None = None
    baseline_period: str = ""
    maintain_rule: MaintainRule | str = ""
    maintain_share: Decimal | None = None
    roadmap: Sequence[tuple[int, Decimal]] = ()
    value_basis: ValueBasis = ValueBasis.STATED
    shares: Sequence[rules.Share] = ()
    steps: Sequence[rules.Step] = ()


def write(
    target: Target,
    wanted: Wanted,
    *,
    n: int,
    at: datetime,
    reason: str = "",
    mandate: Mandate | None = None,
) -> TargetRevision:
    """Write revision `n` of `target` inside the caller's transaction. Raises Invalid (the codes of
    PROBLEMS), ValidationError."""
    wanted = completed(target.indicator, wanted)
    require_sound(target, wanted)
    revision = TargetRevision(
        target=target,
        n=n,
        mode=wanted.mode,
        comparator=wanted.comparator,
        value_basis=wanted.value_basis,
        value=wanted.value,
        upper=wanted.upper,
        tolerance=wanted.tolerance,
        baseline=wanted.baseline,
        baseline_period=wanted.baseline_period,
        maintain_rule=wanted.maintain_rule,
        maintain_share=wanted.maintain_share,
        reason=reason,
        mandate=mandate,
        effective_from=clock.local_date(at),
    )
    revision.full_clean()
    revision.save()
    TrajectoryPoint.objects.bulk_create(
        TrajectoryPoint(revision=revision, period_id=period, value=value)
        for period, value in wanted.roadmap
    )
    RevisionShare.objects.bulk_create(
        RevisionShare(revision=revision, ordinal=place, **share._asdict())
        for place, share in enumerate(wanted.shares, start=1)
    )
    Milestone.objects.bulk_create(
        Milestone(revision=revision, ordinal=place, **step._asdict())
        for place, step in enumerate(wanted.steps, start=1)
    )
    return revision


def completed(indicator: IndicatorDefinition, wanted: Wanted) -> Wanted:
    """Return `wanted` with what follows from the kind of the indicator, as tuples throughout."""
    changes: dict[str, Any] = {
        name: tuple(getattr(wanted, name)) for name in ("roadmap", "shares", "steps")
    }
    fixed = rules.FIXED.get(indicator.kind)
    if fixed is not None and wanted.value_basis == ValueBasis.STATED:
        exact = wanted.tolerance or Decimal(0)
        changes |= {"comparator": fixed[0], "value": fixed[1], "upper": None}
        changes["tolerance"] = exact if fixed[0] == Comparator.EQ else None
    return replace(wanted, **changes)


def require_sound(target: Target, wanted: Wanted) -> None:
    """Raise Invalid for everything that contradicts the kind of the indicator, or the roadmap."""
    indicator = target.indicator
    found = rules.kind_problems(
        indicator.kind,
        value=wanted.value,
        upper=wanted.upper,
        baseline=wanted.baseline,
        grades=list(indicator.grades("vi")),
        shares=wanted.shares,
        steps=wanted.steps,
    )
    if wanted.value is None and wanted.value_basis == ValueBasis.STATED:
        found.insert(0, "revision-value-stated-or-marked")
    found += _roadmap_problems(target, wanted)
    if found:
        fields: dict[str, list[Any]] = {}
        for code in found:
            fields.setdefault(FIELDS.get(code, code.split("-")[0]), []).append(PROBLEMS[code])
        raise Invalid(PROBLEMS[found[0]], code=found[0], fields=fields)


def _roadmap_problems(target: Target, wanted: Wanted) -> list[str]:
    periods = Period.objects.in_bulk([period for period, _value in wanted.roadmap])
    ordered = sorted(wanted.roadmap, key=lambda point: periods[point[0]].ends_on)
    return rules.roadmap_problems(
        [value for _period, value in ordered], value=wanted.value, nature=target.indicator.nature
    )


def remove(revision: TargetRevision) -> None:
    """Take away what a planned target said, and the items of drafts that said it."""
    for rows in (revision.roadmap, revision.shares, revision.steps, revision.items):
        rows.all().delete()
    revision.delete()


class Parts(NamedTuple):
    """What a revision is made of, each in its order: shares of a whole, steps of a task."""

    shares: tuple[rules.Share, ...] = ()
    steps: tuple[rules.Step, ...] = ()


def parts_of(revision: TargetRevision) -> Parts:
    """Return what `revision` is made of; lists prefetch `shares` and `steps`."""
    return Parts(
        tuple(
            rules.Share(row.label_vi, row.value, row.label_en) for row in _in_order(revision.shares)
        ),
        tuple(
            rules.Step(row.title_vi, row.due_on, row.weight, row.title_en)
            for row in _in_order(revision.steps)
        ),
    )


def parts_of_all(revision_ids: Collection[int]) -> dict[int, Parts]:
    """Return the parts of many revisions by id; one without any is absent.

    As plain values in two queries: a commitment has dozens of items, and most have no parts.
    """
    shares, steps = defaultdict(list), defaultdict(list)
    for row, label_vi, value, label_en in (
        RevisionShare.objects.filter(revision__in=revision_ids)
        .order_by("ordinal")
        .values_list("revision", "label_vi", "value", "label_en")
    ):
        shares[row].append(rules.Share(label_vi, value, label_en))
    for row, title_vi, due_on, weight, title_en in (
        Milestone.objects.filter(revision__in=revision_ids)
        .order_by("ordinal")
        .values_list("revision", "title_vi", "due_on", "weight", "title_en")
    ):
        steps[row].append(rules.Step(title_vi, due_on, weight, title_en))
    return {
        row: Parts(tuple(shares.get(row, ())), tuple(steps.get(row, ())))
        for row in shares.keys() | steps.keys()
    }


def wanted_of(revision: TargetRevision, **changes: Any) -> Wanted:
    """Return what `revision` says, with `changes`: the start of its next one."""
    lists = {"roadmap", "shares", "steps"}
    said: dict[str, Any] = {
        name: getattr(revision, name) for name in Wanted.__dataclass_fields__ if name not in lists
    }
    said["roadmap"] = tuple(
        (point.period_id, point.value)
        for point in sorted(revision.roadmap.all(), key=lambda point: point.period.ends_on)
    )
    said["shares"], said["steps"] = parts_of(revision)
    return Wanted(**(said | changes))


def replace_planned(target: Target, wanted: Wanted, *, at: datetime) -> TargetRevision:
    """Write what a planned target says anew. Items of drafts and the split go over to it."""
    drafted: list[dict[str, Any]] = []
    split, children = None, []
    for revision in target.revisions.all():
        drafted += [
            {"version_id": item.version_id, "ordinal": item.ordinal, "role": item.role}
            for item in revision.items.all()
        ]
        split = Allocation.objects.filter(revision=revision).first()
        if split is not None:
            children = list(split.lines.values_list("child_id", flat=True))
            split.lines.all().delete()
            split.delete()
        remove(revision)
    following = write(target, wanted, n=1, at=at)
    CommitmentItem.objects.bulk_create(
        CommitmentItem(revision=following, **item) for item in drafted
    )
    if split is not None:
        split.pk, split.revision = None, following
        split.etag_version += 1
        split.save(force_insert=True)
        AllocationLine.objects.bulk_create(
            AllocationLine(allocation=split, child_id=child) for child in children
        )
    return following


def in_words(
    revision: TargetRevision,
    indicator: IndicatorDefinition,
    *,
    language: str,
    parts: Parts | None = None,
) -> str:
    """Return what `revision` of a target of `indicator` demands, as a commitment prints it.

    `parts`: of this revision, where they are at hand.
    """
    uom = indicator.uom
    shares, steps = parts_of(revision) if parts is None else parts
    return words.target_words(
        revision.mode,
        revision.comparator,
        revision.value,
        revision.upper,
        (language == "en" and uom.label_en) or uom.label_vi,
        indicator.decimals,
        language,
        tolerance=revision.tolerance,
        kind=indicator.kind,
        value_basis=revision.value_basis,
        baseline=revision.baseline,
        baseline_period=revision.baseline_period,
        maintain_rule=revision.maintain_rule,
        maintain_share=revision.maintain_share,
        grades=indicator.grades(language),
        shares=shares,
        steps=len(steps),
    )


def _in_order(rows: Any) -> list[Any]:
    return sorted(rows.all(), key=lambda row: row.ordinal)
