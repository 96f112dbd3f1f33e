"""Forms about inspections: which units are counted, one inspection, and its correction."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.models import Inspection
from commitments.web.forms.backlog import FilesField, UnitField
from commitments.web.forms.commitments import day_field
from units.models import OrgUnit
from units.rules import texts
from units.web.fields import WordsField


class UnitsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: OrgUnit) -> str:
        return obj.name


class ScopeForm(forms.Form):
    """The units that are counted; all that there were are ticked to begin with."""

    units = UnitsField(
        OrgUnit.objects.none(),
        label=_("Units that are counted"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "How many there are is what the share is taken of. A unit that ends later stays among them."
        ),
    )

    def __init__(self, data: Any = None, *, countable: Any) -> None:
        rows = OrgUnit.objects.filter(pk__in=countable).with_names().order_by("ref")
        super().__init__(data, initial={"units": list(countable)})
        self.fields["units"].queryset = rows

    def as_arguments(self) -> dict[str, Any]:
        """Return what `inspections.fix_scope` takes."""
        return {"unit_ids": [unit.pk for unit in self.cleaned_data["units"]]}


class InspectionForm(forms.Form):
    """One inspection. `among`: the units that are counted."""

    unit = UnitField(OrgUnit.objects.none(), label=_("Unit inspected"), empty_label=_("Choose…"))
    inspected_on = day_field(_("Day of the inspection"))
    conclusion = WordsField(
        label=_("Conclusion"),
        max_length=texts.ACCOUNT,
        rows=4,
        help_text=_("What came out, in words that somebody else understands next year."),
    )
    attached = FilesField()

    def __init__(self, data: Any = None, files: Any = None, *, among: Any, **kwargs: Any) -> None:
        super().__init__(data, files, **kwargs)
        rows = OrgUnit.objects.filter(pk__in=among)
        self.fields["unit"].queryset = rows.with_names().order_by("ref")

    def as_arguments(self) -> dict[str, Any]:
        """Return what `inspections.record` takes."""
        data = dict(self.cleaned_data)
        return data | {"unit_id": data.pop("unit").pk, "files": data.pop("attached")}


class CorrectInspectionForm(InspectionForm):
    """The record that stands in the place of a wrong one."""

    did_not = forms.BooleanField(
        label=_("There was no such inspection"),
        required=False,
        help_text=_("Nothing counts in its place. The record stays to be read."),
    )
    correction_reason = WordsField(
        label=_("Reason to correct it"),
    )

    def __init__(
        self, data: Any = None, files: Any = None, *, wrong: Inspection, among: Any
    ) -> None:
        names = ("inspected_on", "conclusion")
        initial = {name: getattr(wrong, name) for name in names} | {"unit": wrong.unit_id}
        super().__init__(data, files, among=among, initial=initial)
        self.fields["attached"].label = _("More photos or documents")
        self.fields["attached"].help_text = _("Those of the record that is corrected stay.")

    def as_arguments(self) -> dict[str, Any]:
        """Return what `inspections.correct` takes."""
        data = super().as_arguments()
        reason = data.pop("correction_reason")
        return data | {"reason": reason, "took_place": not data.pop("did_not")}
