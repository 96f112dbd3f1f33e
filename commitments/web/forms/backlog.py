"""Forms about backlog cases: entering one, making it clear, and each act on it."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.actions import evidence
from commitments.enums.backlog import CaseCause, CaseKind, Competence, Resolvable
from commitments.models import BacklogCase, Period
from commitments.web.forms.commitments import OfficeField, day_field
from units import clock
from units.enums import Role
from units.models import OrgUnit, Position, User
from units.querysets.organisation import reach_of
from units.rules import texts
from units.web.fields import WordsField


def _text(label: Any, **kwargs: Any) -> WordsField:
    return WordsField(label=label, max_length=texts.ACCOUNT, **kwargs)


def _choice(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=[("", _("Not clear yet")), *choices], required=False
    )


class ClearsForm(forms.Form):
    """What becomes clear about a case, step by step; only all of it lets it be assigned."""

    title = forms.CharField(label=_("Title"), max_length=300)
    cause = _choice(_("Cause"), CaseCause.choices)
    resolvable = _choice(_("How it can be resolved"), Resolvable.choices)
    office = OfficeField(
        Position.objects.none(),
        label=_("Who: office that resolves it"),
        required=False,
        empty_label=_("Not clear yet"),
    )
    task = _text(_("What: the task"), required=False)
    responsibility = _text(_("Responsibility: who answers for what"), required=False)
    product = _text(_("Product: what must be there in the end"), required=False)
    competence = _choice(_("Authority lies with"), Competence.choices)
    authority = _text(_("Authority: who decides"), required=False)

    def __init__(self, data: Any = None, *, case: BacklogCase, at: datetime) -> None:
        names = [name for name in self.base_fields if name != "office"]
        initial = {name: getattr(case, name) for name in names} | {"office": case.office_id}
        super().__init__(data, initial=initial)
        offices = Position.objects.in_force(clock.local_date(at)).filter(unit=case.unit_id)
        self.fields["office"].queryset = (
            offices.select_related("unit").prefetch_related("unit__versions").order_by("rank", "pk")
        )

    def as_arguments(self) -> dict[str, Any]:
        """Return what `backlog.edit` takes."""
        data = dict(self.cleaned_data)
        office = data.pop("office")
        return data | {"office_id": office.pk if office else None}


class UnitField(forms.ModelChoiceField):
    def label_from_instance(self, obj: OrgUnit) -> str:
        return obj.name


class PlanField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Period) -> str:
        return obj.name


class RegisterForm(forms.Form):
    """A case that is entered by hand; what else is known follows on its own page."""

    kind = forms.ChoiceField(label=_("Kind"), choices=CaseKind.choices)
    title = forms.CharField(label=_("Title"), max_length=300)
    unit = UnitField(
        OrgUnit.objects.none(), label=_("Unit that holds it"), empty_label=_("Choose…")
    )
    period = PlanField(
        Period.objects.none(),
        label=_("Plan that it comes from"),
        empty_label=_("Choose…"),
        help_text=_("The unit that owns the plan assigns the case and decides on extensions."),
    )
    original_due_on = day_field(
        _("Originally due on"),
        help_text=_("The age counts from this day. Nobody can change it afterwards."),
    )
    number = forms.CharField(
        label=_("Number"),
        max_length=30,
        required=False,
        help_text=_("Leave it empty to get the next free one."),
    )

    def __init__(self, data: Any = None, *, by: User, at: datetime) -> None:
        super().__init__(data)
        reach = reach_of(by, at=at, roles=[Role.SUPERVISOR])
        day = clock.local_date(at)
        units = OrgUnit.objects.in_force(day).filter(reach.on("pk"))
        self.fields["unit"].queryset = units.with_names().order_by("ref")
        plans = Period.objects.years().visible_to(by, at=at)
        self.fields["period"].queryset = plans.order_by("-starts_on", "code")

    def as_arguments(self) -> dict[str, Any]:
        """Return what `backlog.register_case` takes."""
        data = dict(self.cleaned_data)
        unit, period = data.pop("unit"), data.pop("period")
        return data | {"unit_id": unit.pk, "period_id": period.pk}


class NothingForm(forms.Form):
    """An act that needs no words, only a confirmation."""


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Photos and documents, any number; what they are, the action judges."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Photos or documents (PDF, JPEG, PNG, WebP, DOCX, XLSX, up to 10 MB each)"),
            required=False,
            widget=FilesInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.webp,.docx,.xlsx"}),
        )

    def clean(self, data: Any, initial: Any = None) -> list[evidence.Sent]:
        most = evidence.files.MAX_BYTES + 1
        return [evidence.Sent(one.name or "file", one.read(most)) for one in data or []]


class ReasonForm(forms.Form):
    reason = _text(_("Reason"))


class SuspendForm(forms.Form):
    reason = _text(
        _("Objective cause, and what proves it"),
        help_text=_(
            "The ladder stands still until somebody takes the case up again; the age goes on."
        ),
    )
    attached = FilesField()


class ResumeForm(forms.Form):
    new_due_on = day_field(_("New due date"))


class ResolveForm(forms.Form):
    outcome = _text(_("What was delivered"))
    reference = forms.CharField(
        label=_("Number or address of the document"),
        max_length=300,
        required=False,
        help_text=_("Needed when no file shows what was delivered."),
    )
    attached = FilesField()


class ExtendForm(forms.Form):
    new_due_on = day_field(_("New due date"))
    reason = _text(_("Reason"))


class DecideForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("grant", _("Grant")), ("decline", _("Decline"))],
        widget=forms.RadioSelect,
    )
    answer = _text(_("Answer"), required=False, help_text=_("Needed when you decline."))


class ExplainForm(forms.Form):
    text = _text(_("Explanation"))


class ExplainCaseForm(ExplainForm):
    attached = FilesField()


class JudgeForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("accept", _("Accept the explanation")), ("refuse", _("Do not accept it"))],
        widget=forms.RadioSelect,
    )
    answer = _text(_("Answer"), required=False, help_text=_("Needed when you do not accept it."))
