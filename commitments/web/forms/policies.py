"""The form of a new version of a ladder: five levels, each with its days, or without any."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.enums import Audience
from commitments.enums.policies import Pace, Route
from commitments.rules.cases import AGENDA, LETTER, Policy, Step
from commitments.rules.policies import LEVELS, rung
from commitments.web.forms.commitments import DayInput
from units.web.fields import WordsField

AS_CHOSEN = ("", _("as each person has chosen"))
NUMBER = re.compile(r"[+-]?\d{1,4}")


class OffsetsField(forms.CharField):
    """Days from the due date: whole numbers, several split by commas; a real minus sign is taken."""

    def to_python(self, value: Any) -> list[int]:  # type: ignore[override]
        text = (super().to_python(value) or "").replace("\N{MINUS SIGN}", "-")
        parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
        if not all(NUMBER.fullmatch(part) for part in parts):
            raise forms.ValidationError(
                _("Write whole numbers of days, for example -7, -1, 0."), code="offsets"
            )
        return [int(part) for part in parts]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


class PolicyForm(forms.Form):
    """A ladder as people read it. A level without days does not exist."""

    in_force_from = forms.DateField(label=_("In force from"), widget=DayInput())
    ack_days = forms.IntegerField(
        label=_("“Seen” keeps repeats away for (working days)"), min_value=1, max_value=60
    )
    legal_basis = forms.CharField(
        label=_("Legal basis"),
        max_length=200,
        required=False,
        help_text=_("The document that orders it. Empty: an internal rule."),
    )
    reason = WordsField(label=_("Why the ladder changes"))

    def __init__(self, data: Any = None, *, policy: Policy, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        present = {step.level: step for step in policy.steps}
        for level in LEVELS:
            step = present.get(level)
            self.fields |= _fields_of(level, step)
        self.fields["ack_days"].initial = policy.ack_days

    def levels(self) -> list[dict[str, Any]]:
        """Return the fields of each level, for the page."""
        return [
            {"level": level, "fields": [self[name] for name in _fields_of(level, None)]}
            for level in LEVELS
        ]

    def plain(self) -> list[Any]:
        """Return the fields that belong to no level."""
        return [self[name] for name in ("in_force_from", "ack_days", "legal_basis", "reason")]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for level in LEVELS[1:]:
            if len(data.get(f"offsets_{level}") or []) > 1:
                self.add_error(f"offsets_{level}", _("Only level 0 has several days."))
            if data.get(f"explanation_days_{level}") and data.get(f"repeat_days_{level}"):
                self.add_error(
                    f"repeat_days_{level}",
                    _("A level that asks for an explanation asks once. Leave one of the two out."),
                )
        return data

    def steps(self) -> Sequence[Step]:
        """Return the rungs that were filled in."""
        data = self.cleaned_data
        return [
            rung(
                level,
                data[f"offsets_{level}"],
                data[f"audience_{level}"],
                channels=data[f"channels_{level}"],
                pace=data[f"pace_{level}"],
                **{
                    name: data[f"{name}_{level}"]
                    for name in ("letter", "agenda", "explanation_days", "repeat_days")
                    if level
                },
            )
            for level in LEVELS
            if data[f"offsets_{level}"]
        ]


def _at_once() -> tuple[str, Any]:
    """Return the one pace besides "as chosen" of what is escalated."""
    return Pace.INSTANT.value, Pace.INSTANT.label


def _fields_of(level: int, step: Step | None) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {
        f"offsets_{level}": OffsetsField(
            label=_("Days from the due date"),
            required=False,
            initial=list(step.offsets) if step else [],
            help_text=_("0 or less, split by commas. Empty: no such level.")
            if level == 0
            else _("Empty: no such level."),
        ),
        f"audience_{level}": forms.ChoiceField(
            label=_("Who is told"),
            choices=Audience.choices,
            initial=step.audience if step else Audience.HOLDER,
        ),
        f"channels_{level}": forms.ChoiceField(
            label=_("By which way"),
            choices=[AS_CHOSEN, *Route.choices],
            required=False,
            initial=step.channels if step else "",
            help_text=_("The inbox has it in any case. What is named here holds for everybody."),
        ),
        f"pace_{level}": forms.ChoiceField(
            label=_("How soon"),
            choices=[AS_CHOSEN, *(Pace.choices if level < 2 else [_at_once()])],
            required=False,
            initial=step.pace if step else "",
        ),
    }
    if level:
        fields |= {
            f"letter_{level}": forms.BooleanField(
                label=_("A letter to the holder"),
                required=False,
                initial=bool(step and LETTER in step.acts),
            ),
            f"explanation_days_{level}": forms.IntegerField(
                label=_("Explanation within (working days)"),
                required=False,
                min_value=1,
                max_value=60,
                initial=step.explanation_days if step else None,
            ),
            f"agenda_{level}": forms.BooleanField(
                label=_("Onto the agenda"),
                required=False,
                initial=bool(step and AGENDA in step.acts),
            ),
            f"repeat_days_{level}": forms.IntegerField(
                label=_("Again every (days)"),
                required=False,
                min_value=1,
                max_value=400,
                initial=step.repeat_days if step else None,
            ),
        }
    return fields
