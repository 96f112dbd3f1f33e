"""Forms that build a plan: the year, its mandates and groups, indicators."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.enums import (
    Field,
    IndicatorKind,
    MandateKind,
    Nature,
)
from commitments.models import (
    GradeScale,
    Mandate,
    Period,
    UnitOfMeasure,
)
from commitments.web.forms.commitments import day_field
from units.models import OrgUnit


class PlanForm(forms.Form):
    """The year of a plan and the unit that owns it."""

    owner = forms.ModelChoiceField(
        OrgUnit.objects.none(), label=_("Unit that assigns"), empty_label=_("Choose…")
    )
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

    mandate = forms.ModelChoiceField(
        Mandate.objects.none(), label=_("Mandate"), empty_label=_("Choose…")
    )
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
        UnitOfMeasure.objects.order_by("code"),
        label=_("Unit of measure"),
        required=False,
        empty_label="–",
    )
    new_uom = forms.CharField(label=_("or a new unit of measure"), required=False, max_length=40)
    decimals = forms.IntegerField(label=_("Decimals shown"), min_value=0, max_value=6, initial=0)
    scale = forms.ModelChoiceField(
        GradeScale.objects.order_by("code"),
        label=_("Scale (for grades)"),
        required=False,
        empty_label="–",
    )
    new_scale = forms.CharField(
        label=_("or the grades of a new scale, the lowest first"),
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("One grade in each line; behind “|” its name in English."),
    )
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
        graded = data.get("kind") == IndicatorKind.GRADE
        if graded and not data.get("scale") and len(self.levels()) < 2:
            self.add_error("scale", _("Choose a scale, or type the grades of a new one."))
        if not graded and (data.get("scale") or data.get("new_scale")):
            self.add_error("scale", _("Grades, and nothing else, have a scale of grades."))
        return data

    def levels(self) -> list[tuple[str, str]]:
        """Return the grades of a new scale: (Vietnamese, English) each."""
        lines = self.cleaned_data.get("new_scale", "").splitlines()
        parts = [line.partition("|") for line in lines if line.strip()]
        return [(vietnamese.strip(), english.strip()) for vietnamese, _bar, english in parts]
