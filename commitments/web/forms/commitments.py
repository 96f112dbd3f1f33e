"""Forms of the planner: drafting, answering, amending."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.enums import ItemRole, SigningOrder, TargetState
from commitments.models import CommitmentVersion, Period, ReturnItem, SignatureAct, Target
from units import clock
from units.models import OrgUnit, Position
from units.querysets.ordering import as_counted
from units.web.fields import WordsField

MOST_DAYS = 366  # to wait for a signature


class DayInput(forms.DateInput):
    """The browser's own picker, which speaks ISO whatever the page's language."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


def day_field(label: Any, **kwargs: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DayInput(), **kwargs)


class ToBeSigned(forms.Form):
    """A form with `on`, its day: what is still to be signed is not due before it."""

    on: date

    def clean_sign_by(self) -> date:
        """Return the day to sign. Raises ValidationError for one that has passed, or that lies so
        far ahead that its year is a slip of the pen."""
        day: date = self.cleaned_data["sign_by"]
        if day < self.on:
            raise forms.ValidationError(_("This day has passed. Choose a later one."))
        if day > self.on + timedelta(days=MOST_DAYS):
            raise forms.ValidationError(_("This day is more than a year away. Check the year."))
        return day


class OfficeField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Position) -> str:
        return f"{obj.title} – {obj.unit.name}"


class DraftForm(ToBeSigned):
    """Unit, offices, day to sign and items of a draft. With `version`, its unit stands fixed."""

    unit = forms.ModelChoiceField(
        OrgUnit.objects.none(), label=_("Unit that undertakes"), empty_label=_("Choose…")
    )
    first_undertaker = OfficeField(
        Position.objects.none(), label=_("First undertaker"), empty_label=_("Choose…")
    )
    second_undertaker = OfficeField(
        Position.objects.none(), label=_("Second undertaker"), required=False, empty_label="–"
    )
    assigner = OfficeField(
        Position.objects.none(), label=_("Assigning office"), empty_label=_("Choose…")
    )
    signing_order = forms.ChoiceField(
        label=_("Order of signing"), choices=SigningOrder.choices, required=False
    )
    sign_by = day_field(_("To be signed by"))
    items = forms.ModelMultipleChoiceField(
        Target.objects.none(),
        label=_("Targets"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self,
        data: Any = None,
        *,
        period: Period,
        at: datetime,
        version: CommitmentVersion | None = None,
    ) -> None:
        self.period, self.version = period, version
        super().__init__(data, initial=self._initial(version))
        self.on = day = clock.local_date(at)
        heads = (
            Position.objects.in_force(day).select_related("unit").prefetch_related("unit__versions")
        )
        own = period.owner
        offices = heads.order_by("unit__ref", "rank", "pk")
        if version is None:
            self.fields["unit"].queryset = (
                OrgUnit.objects.in_force(day)
                .filter(targets__period=period)
                .exclude(pk=own.pk)
                .distinct()
                .with_names()
                .order_by("ref")
            )
            undertakers = offices.exclude(unit=own)
            del self.fields["items"]
        else:
            del self.fields["unit"], self.fields["signing_order"]
            undertakers = offices.filter(unit=version.commitment.unit)
            self.fields["items"].queryset = (
                Target.objects.filter(
                    period=period,
                    unit=version.commitment.unit,
                    state__in=[TargetState.PLANNED, TargetState.ASSIGNED],
                )
                .select_related("indicator")
                .order_by(as_counted("code"))
            )
        self.fields["first_undertaker"].queryset = undertakers
        self.fields["second_undertaker"].queryset = undertakers
        self.fields["assigner"].queryset = offices.filter(unit=own, is_head=True)

    @staticmethod
    def _initial(version: CommitmentVersion | None) -> dict[str, Any]:
        if version is None:
            return {}
        return {
            "first_undertaker": version.first_undertaker_id,
            "second_undertaker": version.second_undertaker_id,
            "assigner": version.assigner_id,
            "sign_by": version.sign_by,
            "items": [item.revision.target_id for item in version.items.select_related("revision")],
        }

    def _offices(self) -> dict[str, Any]:
        second = self.cleaned_data["second_undertaker"]
        return {
            "sign_by": self.cleaned_data["sign_by"],
            "first_undertaker_id": self.cleaned_data["first_undertaker"].pk,
            "second_undertaker_id": second.pk if second else None,
            "assigner_id": self.cleaned_data["assigner"].pk,
        }

    def as_arguments(self) -> dict[str, Any]:
        """Return what `drafts.begin` takes."""
        return self._offices() | {
            "unit_id": self.cleaned_data["unit"].pk,
            "signing_order": self.cleaned_data["signing_order"] or SigningOrder.PARALLEL,
        }

    def as_edit_arguments(self) -> dict[str, Any]:
        """Return what `drafts.edit` takes: the ticked targets in the order of their codes, each
        with the role it had; a new one leads."""
        held = self.version.items.select_related("revision") if self.version else []
        roles = {item.revision.target_id: item.role for item in held}
        chosen = self.cleaned_data["items"].prefetch_related("revisions")
        items = [
            (target.current.pk, roles.get(target.pk, ItemRole.LEAD))
            for target in chosen
            if target.current
        ]
        return self._offices() | {"items": items}


def reason_label(reason: ReturnItem) -> str:
    """Return what a head said about one item, or about the whole, as the page of the return says it."""
    about = _("Item %(n)s") % {"n": reason.item_ordinal} if reason.item_ordinal else _("The whole")
    return f"{about} – {reason.get_reason_code_display()}: {reason.text}"


class AnswerForm(ToBeSigned):
    """One answer per reason, and the day by which the next version is to be signed."""

    sign_by = day_field(_("Next version to be signed by"))

    def __init__(self, data: Any = None, *, objection: SignatureAct, on: date) -> None:
        super().__init__(data)
        found: list[ReturnItem | None] = list(objection.return_items.order_by("item_ordinal"))
        self.reasons = found or [None]
        self.on = on
        for reason in self.reasons:
            label = reason_label(reason) if reason else objection.reason
            self.fields[self._name(reason)] = WordsField(label=label)

    @staticmethod
    def _name(reason: Any) -> str:
        return f"answer-{reason.pk if reason else 'whole'}"

    def answers(self) -> dict[int | None, str]:
        """Return the answers by return item id; None: the whole."""
        return {
            reason.pk if reason else None: self.cleaned_data[self._name(reason)]
            for reason in self.reasons
        }


class AmendForm(ToBeSigned):
    """Why there is a next version, and by when it is to be signed."""

    reason = WordsField(label=_("Reason for the amendment"))
    sign_by = day_field(_("Next version to be signed by"))

    def __init__(self, data: Any = None, *, on: date) -> None:
        super().__init__(data)
        self.on = on
