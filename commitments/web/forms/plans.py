"""Forms that build a plan: the year, its mandates and groups, indicators, targets, allocation."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from commitments.actions.targets import Wanted
from commitments.enums import (
    Comparator,
    Field,
    IndicatorKind,
    MaintainRule,
    MandateKind,
    Nature,
    TargetMode,
    TargetOrigin,
)
from commitments.models import IndicatorDefinition, Mandate, Period, TaskGroup, UnitOfMeasure
from commitments.rules import targets as rules
from commitments.web.forms.commitments import day_field
from units.models import OrgUnit


class QuantityField(forms.CharField):
    """A number typed as people write it here: `45,7` and `45.7`; what can be read in two ways is
    refused, and the message says how to write it."""

    def __init__(self, *, decimals: int = rules.MAX_DECIMALS, **kwargs: Any) -> None:
        super().__init__(max_length=40, widget=forms.TextInput({"inputmode": "decimal"}), **kwargs)
        self.decimals = decimals

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return rules.parse_quantity(
                text, language=get_language() or "vi", decimals=self.decimals
            )
        except rules.BadQuantity as error:
            raise forms.ValidationError(QUANTITY_ERRORS[error.code] % {"text": text}) from error

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            exponent = value.normalize().as_tuple().exponent
            shown = -exponent if isinstance(exponent, int) else 0
            return rules.format_quantity(
                value, decimals=max(0, shown), language=get_language() or "vi", grouping=False
            )
        return value


QUANTITY_ERRORS = {
    "not-a-number": _("“%(text)s” is not a number. Write digits, with one decimal sign at most."),
    "two-readings": _(
        "“%(text)s” can be read in two ways. Write it without separators between thousands."
    ),
    "too-many-decimals": _("“%(text)s” has more decimals than this indicator has."),
    "too-large": _("“%(text)s” is too large."),
}


class PlanForm(forms.Form):
    """The year of a plan and the unit that owns it."""

    owner = forms.ModelChoiceField(OrgUnit.objects.none(), label=_("Unit that assigns"))
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2100)
    code = forms.SlugField(
        label=_("Code in addresses"),
        required=False,
        max_length=12,
        help_text=_("Empty: the year."),
    )

    def __init__(self, data: Any = None, *, owners: Any) -> None:
        super().__init__(data)
        self.fields["owner"].queryset = owners


class MandateForm(forms.Form):
    """The document by which targets are given."""

    kind = forms.ChoiceField(label=_("Kind"), choices=MandateKind.choices)
    number = forms.CharField(
        label=_("Number"),
        required=False,
        max_length=60,
        help_text=_("Leave it empty if it has none yet."),
    )
    signed_on = day_field(_("Signed on"), required=False)
    title_vi = forms.CharField(label=_("Title in Vietnamese"), max_length=300)
    title_en = forms.CharField(label=_("Title in English"), required=False, max_length=300)
    is_classified = forms.BooleanField(label=_("It is classified"), required=False)


class GroupForm(forms.Form):
    """A group of targets of one plan."""

    mandate = forms.ModelChoiceField(Mandate.objects.none(), label=_("Mandate"))
    code = forms.CharField(label=_("Code"), max_length=12)
    title_vi = forms.CharField(label=_("Title in Vietnamese"), max_length=300)
    title_en = forms.CharField(label=_("Title in English"), required=False, max_length=300)
    field = forms.ChoiceField(label=_("Field"), choices=Field.choices)

    def __init__(self, data: Any = None, *, plan: Period) -> None:
        super().__init__(data)
        self.fields["mandate"].queryset = Mandate.objects.filter(issuer=plan.owner).order_by("pk")


class IndicatorForm(forms.Form):
    """What is measured, and in which unit of measure; a new one may be typed here."""

    code = forms.SlugField(label=_("Code"), max_length=40)
    name_vi = forms.CharField(label=_("Name in Vietnamese"), max_length=300)
    name_en = forms.CharField(label=_("Name in English"), required=False, max_length=300)
    kind = forms.ChoiceField(label=_("Kind"), choices=IndicatorKind.choices, initial="count")
    nature = forms.ChoiceField(label=_("Over the year"), choices=Nature.choices)
    uom = forms.ModelChoiceField(
        UnitOfMeasure.objects.order_by("code"), label=_("Unit of measure"), required=False
    )
    new_uom = forms.CharField(label=_("or a new unit of measure"), required=False, max_length=40)
    decimals = forms.IntegerField(label=_("Decimals shown"), min_value=0, max_value=6, initial=0)
    numerator = forms.CharField(
        label=_("Numerator in words (for a ratio)"), required=False, max_length=300
    )
    denominator = forms.CharField(
        label=_("Denominator in words (for a ratio)"), required=False, max_length=300
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("uom") and not data.get("new_uom"):
            self.add_error("uom", _("Choose a unit of measure, or type a new one."))
        return data


class WantedForm(forms.Form):
    """What is to be reached. `decimals`: how many the indicator has."""

    mode = forms.ChoiceField(label=_("Manner"), choices=TargetMode.choices)
    comparator = forms.ChoiceField(label=_("Comparison"), choices=Comparator.choices)
    value = QuantityField(label=_("Value"))
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

    def add_roadmap(self, periods: Sequence[Period], known: dict[int, Decimal]) -> None:
        """Add one optional field per part of the year."""
        self.periods = periods
        for period in periods:
            self.fields[f"point-{period.pk}"] = QuantityField(
                label=period.name, required=False, initial=known.get(period.pk)
            )

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
    group = forms.ModelChoiceField(TaskGroup.objects.none(), label=_("Task group"))
    indicator = forms.ModelChoiceField(IndicatorDefinition.objects.none(), label=_("Indicator"))
    unit = forms.ModelChoiceField(OrgUnit.objects.none(), label=_("Accountable unit"))
    origin = forms.ChoiceField(label=_("Origin"), choices=TargetOrigin.choices, initial="own")
    clause = forms.CharField(label=_("Clause of the mandate"), required=False, max_length=60)
    is_new = forms.BooleanField(label=_("New"), required=False)
    is_difficult = forms.BooleanField(label=_("Difficult"), required=False)
    field_order = ["code", "group", "indicator", "unit", "mode", "comparator", "value"]

    def __init__(self, data: Any = None, *, plan: Period, units: Any, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["group"].queryset = plan.groups.order_by("ordinal")
        self.fields["indicator"].queryset = IndicatorDefinition.objects.select_related(
            "uom"
        ).order_by("code")
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
        }


class RevisionForm(WantedForm):
    """The next revision of an assigned target, with its reason."""

    reason = forms.CharField(label=_("Reason of the revision"), widget=forms.Textarea({"rows": 3}))


class ReasonForm(forms.Form):
    """A reason, and nothing else."""

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea({"rows": 3}))


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
        """Return what was typed in the column `kind`, "part" or "key", by unit id."""
        return {
            unit.pk: self.cleaned_data[f"{kind}-{unit.pk}"]
            for unit in self.units
            if self.cleaned_data.get(f"{kind}-{unit.pk}") is not None
        }
