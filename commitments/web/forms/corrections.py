"""Forms about what follows a verdict: the corrective action, and how an unmet target goes on."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.actions import carryovers
from commitments.enums.backlog import CaseCause
from commitments.models import Carryover, CorrectiveAction, Target, TaskGroup
from commitments.web.forms.commitments import OfficeField, day_field
from units import clock
from units.models import Position
from units.web.fields import WordsField

NEW = "new"


def _text(label: Any, help_text: Any) -> WordsField:
    return WordsField(label=label, help_text=help_text)


class CorrectionForm(forms.Form):
    """Cause, remedy, who answers, and by when. `held`: what was written before."""

    cause = forms.ChoiceField(label=_("Cause"), choices=[("", _("Choose…")), *CaseCause.choices])
    reason = _text(_("What stood in the way"), _("So that somebody else understands it next year."))
    remedy = _text(_("Remedy"), _("What will be done about it, in words that can be checked."))
    office = OfficeField(
        Position.objects.none(), label=_("Office that answers for it"), empty_label=_("Choose…")
    )
    due_on = day_field(_("To be done by"))

    def __init__(
        self, data: Any = None, *, target: Target, held: CorrectiveAction | None, at: datetime
    ) -> None:
        initial = {}
        if held is not None:
            names = ("cause", "reason", "remedy", "due_on")
            initial = {name: getattr(held, name) for name in names} | {"office": held.office_id}
        super().__init__(data, initial=initial)
        offices = Position.objects.in_force(clock.local_date(at)).filter(unit=target.unit_id)
        self.fields["office"].queryset = (
            offices.select_related("unit").prefetch_related("unit__versions").order_by("rank", "pk")
        )

    def as_arguments(self) -> dict[str, Any]:
        """Return what `corrections.write` takes."""
        data = dict(self.cleaned_data)
        return data | {"office_id": data.pop("office").pk}


class DoneForm(forms.Form):
    """What was done, by whoever says that a corrective action is done."""

    note = _text(
        _("What was done"), _("And where one can see it, so that somebody else can check it.")
    )


class DecisionForm(forms.Form):
    """Whether it is done. `take_back` stands on the second button; only that needs a reason."""

    reason = _text(
        _("Reason to take it back"),
        _("What is still to be done, or is not shown. To confirm it needs none."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.takes_back = bool(data) and "take_back" in data
        self.fields["reason"].required = self.takes_back


class GroupField(forms.ModelChoiceField):
    def label_from_instance(self, obj: TaskGroup) -> str:
        return f"{obj.code} {obj.title}"


class CarryForm(forms.Form):
    """How an unmet target goes on. Offered is what is still open; `plan` None: no plan to link to."""

    as_case = forms.BooleanField(
        label=_("As a backlog case"),
        help_text=_(
            "Its age counts from the first due date. A supervisor makes it clear and assigns it."
        ),
        required=False,
    )
    next_target = forms.ChoiceField(label=_("As a target of the next plan"), required=False)
    group = GroupField(
        TaskGroup.objects.none(),
        label=_("Task group of the new target"),
        required=False,
        empty_label=_("Choose…"),
    )
    code = forms.CharField(label=_("Code of the new target"), max_length=30, required=False)

    def __init__(self, data: Any = None, *, target: Target, held: Carryover | None) -> None:
        super().__init__(data)
        self.plan = carryovers.next_plans(target).first()
        if held and held.case_id:
            del self.fields["as_case"]
        if self.plan is None or (held and held.next_target_id):
            for name in ("next_target", "group", "code"):
                del self.fields[name]
            return
        there = carryovers.next_targets(target, self.plan).select_related("indicator")
        choices = [(str(row.pk), str(row)) for row in there]
        self.fields["next_target"].choices = [
            ("", _("Not now")),
            *choices,
            (NEW, _("Draw up a new one like it")),
        ]
        self.fields["next_target"].help_text = _("In %(plan)s.") % {"plan": self.plan.name}
        same = next((row for row in there if row.indicator.code == target.indicator.code), None)
        self.initial["next_target"] = str(same.pk) if same else ""
        groups = self.plan.groups.order_by("ordinal", "code")
        self.fields["group"].queryset = groups
        self.initial["group"] = groups.filter(code=target.group.code).first()
        taken = self.plan.targets.filter(code=target.code).exists()
        year = target.period.starts_on.year
        self.initial["code"] = f"{target.code}-{year}"[:30] if taken else target.code

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("next_target") == NEW:
            for name in ("group", "code"):
                if not data.get(name):
                    self.add_error(name, _("A new target needs this. Fill it in."))
        return data

    def as_arguments(self) -> dict[str, Any]:
        """Return what `carryovers.carry` takes."""
        data = self.cleaned_data
        chosen = data.get("next_target", "")
        new = None
        if chosen == NEW:
            new = carryovers.New(data["group"].pk, data["code"].strip())
        return {
            "as_case": bool(data.get("as_case")),
            "new": new,
            "next_target_id": int(chosen) if chosen.isdigit() else None,
        }
