"""Forms of verdicts."""

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.enums import VerdictValue


class VerdictForm(forms.Form):
    """What a source says about a target."""

    verdict = forms.ChoiceField(label=_("Verdict"), choices=VerdictValue.choices)
    source_ref = forms.CharField(
        label=_("Source"),
        help_text=_("The report, decision or minutes that say so."),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
    )
