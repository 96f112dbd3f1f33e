"""Forms of targets: what is to be reached, its revision, its split among units."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.actions.revisions import Wanted
from commitments.enums import (
    Comparator,
    IndicatorKind,
    MaintainRule,
    TargetMode,
    TargetOrigin,
    ValueBasis,
)
from commitments.models import GradeLevel, IndicatorDefinition, Period, TaskGroup
from commitments.rules.targets import FIXED
from commitments.web.forms.fields import QuantityField, SharesField, StepsField
from units.models import OrgUnit
from units.querysets.ordering import as_counted
from units.web.fields import WordsField


class WantedForm(forms.Form):
    """What is to be reached. `indicator`: of which indicator, where no field asks for it."""

    indicator_given: IndicatorDefinition | None = None

    mode = forms.ChoiceField(label=_("Manner"), choices=TargetMode.choices)
    comparator = forms.ChoiceField(label=_("Comparison"), choices=Comparator.choices)
    value_basis = forms.ChoiceField(
        label=_("The value is"), choices=ValueBasis.choices, required=False
    )
    value = QuantityField(
        label=_("Value"),
        required=False,
        help_text=_("Empty for grades, yes or no, milestones and shares of a whole."),
    )
    grade = forms.ModelChoiceField(
        GradeLevel.objects.select_related("scale").order_by("scale__code", "rank"),
        label=_("Grade (for grades)"),
        required=False,
        empty_label="–",
    )
    upper = QuantityField(label=_("Upper value (for “between”)"), required=False)
    tolerance = QuantityField(label=_("Tolerance (for “equal to”)"), required=False)
    baseline = QuantityField(label=_("Baseline"), required=False)
    baseline_period = forms.CharField(
        label=_("Period of the baseline"), required=False, max_length=20
    )
    maintain_rule = forms.ChoiceField(
        label=_("Rule (for “maintain”)"),
        required=False,
        choices=[("", "–"), *MaintainRule.choices],
    )
    maintain_share = QuantityField(label=_("Share of checkpoints in percent"), required=False)
    shares = SharesField(
        label=_("Shares of the whole"),
        help_text=_("One in each line, together 100: name | percent | name in English"),
    )
    steps = StepsField(
        label=_("Steps (for milestones)"),
        help_text=_("One in each line, together 100: day | percent | title | title in English"),
    )

    def add_roadmap(self, periods: Sequence[Period], known: dict[int, Decimal]) -> None:
        """Add one optional field per part of the year."""
        self.periods = periods
        for period in periods:
            self.fields[f"point-{period.pk}"] = QuantityField(
                label=period.name, required=False, initial=known.get(period.pk)
            )

    def clean(self) -> dict[str, Any]:
        """Take the value from the grade where the indicator has grades; ask for one where it is due."""
        data = super().clean() or {}
        indicator = self.indicator_given or data.get("indicator")
        data["value_basis"] = data.get("value_basis") or ValueBasis.STATED
        if indicator is None or "value" in self.errors:
            return data
        stated, fixed = data["value_basis"] == ValueBasis.STATED, indicator.kind in FIXED
        grade = data.get("grade")
        if indicator.kind == IndicatorKind.GRADE:
            if stated and (grade is None or grade.scale_id != indicator.scale_id):
                self.add_error("grade", _("Choose a grade of the indicator's own scale."))
            data["value"] = Decimal(grade.rank) if stated and grade else None
        elif stated and not fixed and data.get("value") is None:
            self.add_error("value", _("Type the value, or say that it comes later."))
        elif not stated and data.get("value") is not None:
            self.add_error(
                "value", _("State a value, or say where it comes from and leave it empty.")
            )
        if data.get("comparator") == Comparator.EQ and data.get("tolerance") is None:
            data["tolerance"] = Decimal(0)
        return data

    def wanted(self) -> Wanted:
        """Return what was typed as the revision of a target."""
        data = self.cleaned_data
        points = [
            (period.pk, data[f"point-{period.pk}"])
            for period in getattr(self, "periods", ())
            if data.get(f"point-{period.pk}") is not None
        ]
        names = (
            "upper",
            "tolerance",
            "baseline",
            "baseline_period",
            "maintain_rule",
            "maintain_share",
            "value_basis",
            "shares",
            "steps",
        )
        return Wanted(
            comparator=data["comparator"],
            value=data["value"],
            mode=data["mode"],
            roadmap=points,
            **{name: data[name] for name in names},
        )


class TargetForm(WantedForm):
    """One target: whose, in which group, measured how, and what is to be reached."""

    code = forms.CharField(label=_("Code"), max_length=30)
    group = forms.ModelChoiceField(
        TaskGroup.objects.none(), label=_("Task group"), empty_label=_("Choose…")
    )
    indicator = forms.ModelChoiceField(
        IndicatorDefinition.objects.none(), label=_("Indicator"), empty_label=_("Choose…")
    )
    unit = forms.ModelChoiceField(
        OrgUnit.objects.none(), label=_("Accountable unit"), empty_label=_("Choose…")
    )
    origin = forms.ChoiceField(label=_("Origin"), choices=TargetOrigin.choices, initial="own")
    clause = forms.CharField(label=_("Clause of the mandate"), required=False, max_length=60)
    is_new = forms.BooleanField(label=_("New"), required=False)
    is_difficult = forms.BooleanField(label=_("Difficult"), required=False)
    needs_evidence = forms.BooleanField(
        label=_("Each report shows a file"),
        help_text=_("No report is handed in without one, but for “nothing to report”."),
        required=False,
    )
    field_order = [
        *("code", "group", "indicator", "unit"),
        *("mode", "comparator", "value_basis", "value", "grade"),
    ]

    def __init__(self, data: Any = None, *, plan: Period, units: Any, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["group"].queryset = plan.groups.order_by("ordinal")
        self.fields["indicator"].queryset = IndicatorDefinition.objects.select_related(
            "uom"
        ).order_by(as_counted("code"))
        self.fields["unit"].queryset = units

    def identity(self) -> dict[str, Any]:
        """Return what `targets.create_target` takes beside the revision."""
        data = self.cleaned_data
        return {
            "code": data["code"],
            "group_id": data["group"].pk,
            "indicator_id": data["indicator"].pk,
            "unit_id": data["unit"].pk,
            "origin": data["origin"],
            "clause": data["clause"],
            "is_new": data["is_new"],
            "is_difficult": data["is_difficult"],
            "needs_evidence": data["needs_evidence"],
        }


class RevisionForm(WantedForm):
    """The next revision of an assigned target of `indicator`, with its reason."""

    reason = WordsField(label=_("Reason of the revision"))

    def __init__(
        self, data: Any = None, *, indicator: IndicatorDefinition, initial: Any = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.indicator_given = indicator
        if indicator.kind != IndicatorKind.GRADE:
            del self.fields["grade"]


class ReasonForm(forms.Form):
    """A reason, and nothing else."""

    reason = WordsField(label=_("Reason"))


class AllocationForm(forms.Form):
    """One part and one key per unit; reserve and overage beside them."""

    reserve = QuantityField(label=_("Reserve"), required=False)
    overage = QuantityField(label=_("Overage"), required=False)
    key_used = forms.CharField(label=_("Key used, in words"), required=False, max_length=120)

    def __init__(
        self,
        data: Any = None,
        *,
        units: Sequence[OrgUnit],
        parts: dict[int, Decimal],
        decimals: int,
        initial: Any = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.units = units
        for unit in units:
            self.fields[f"part-{unit.pk}"] = QuantityField(
                label=unit.name, required=False, decimals=decimals, initial=parts.get(unit.pk)
            )
            self.fields[f"key-{unit.pk}"] = QuantityField(
                label=_("Key of %(unit)s") % {"unit": unit.name}, required=False
            )

    def rows(self) -> list[dict[str, Any]]:
        """Return the two fields of each unit, for the table."""
        return [
            {"unit": unit, "part": self[f"part-{unit.pk}"], "key": self[f"key-{unit.pk}"]}
            for unit in self.units
        ]

    def typed(self, kind: str) -> dict[int, Decimal]:
        """Return what was typed in the column `kind`, "part" or "key", by unit id; {} for nothing."""
        names = {unit.pk: f"{kind}-{unit.pk}" for unit in self.units}
        good = self.cleaned_data
        return {pk: good[name] for pk, name in names.items() if good.get(name) is not None}
