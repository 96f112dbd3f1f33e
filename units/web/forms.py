"""Forms of the administrator: units, offices, appointments, people, roles."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from units.enums import ActingReason, AppointmentMode, OversightLevel, Role, Tree, UnitKind
from units.models import OrgUnit, Position, User


class DayInput(forms.DateInput):
    """The browser's own picker, which speaks ISO whatever the page's language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PersonField(forms.TypedChoiceField):
    """One of the people whom `offer` names; its value is the person."""

    def offer(self, people: list[tuple[User, str]]) -> None:
        """Let one of `people` be chosen, who come with their office or role in words."""
        by_name = {person.username: person for person, _words in people}
        named = [(person.username, f"{person.full_name} – {words}") for person, words in people]
        self.choices = [("", _("Choose…")), *named]
        self.coerce = by_name.__getitem__


class UnitForm(forms.Form):
    """A unit with its first name and its superiors."""

    kind = forms.ChoiceField(label=_("Kind"), choices=UnitKind.choices)
    name_vi = forms.CharField(label=_("Name in Vietnamese"), max_length=200)
    name_en = forms.CharField(label=_("Name in English"), max_length=200, required=False)
    ref = forms.SlugField(
        label=_("Permanent reference"),
        max_length=40,
        required=False,
        help_text=_("Stands in addresses and never changes. Empty: made from the name."),
    )
    official_code = forms.CharField(label=_("Official code"), max_length=20, required=False)
    under_admin = forms.ModelChoiceField(
        OrgUnit.objects.none(),
        label=_("Superior in the authority's line"),
        required=False,
        empty_label="–",
    )
    under_party = forms.ModelChoiceField(
        OrgUnit.objects.none(),
        label=_("Superior in the Party's line"),
        required=False,
        empty_label="–",
    )
    valid_from = forms.DateField(label=_("Exists from"), widget=DayInput(), required=False)

    def __init__(self, data: Any = None, *, units: Any) -> None:
        super().__init__(data)
        self.fields["under_admin"].queryset = units
        self.fields["under_party"].queryset = units

    def arguments(self) -> dict[str, Any]:
        """Return what `organisation.create_unit` takes."""
        data = dict(self.cleaned_data)
        lines = ((Tree.ADMIN, data.pop("under_admin")), (Tree.PARTY, data.pop("under_party")))
        code_system = "official" if data["official_code"] else ""
        return data | {
            "under": {tree: unit.pk for tree, unit in lines if unit},
            "code_system": code_system,
        }


class NameForm(forms.Form):
    """What a unit is called, and its official code, from a day on."""

    KEPT = ("name_vi", "name_en", "short_name", "official_code")  # what stands in the form at first
    name_vi = forms.CharField(label=_("Name in Vietnamese"), max_length=200)
    name_en = forms.CharField(label=_("Name in English"), max_length=200, required=False)
    short_name = forms.CharField(label=_("Short name"), max_length=60, required=False)
    official_code = forms.CharField(label=_("Official code"), max_length=20, required=False)
    from_on = forms.DateField(label=_("From"), widget=DayInput())

    def arguments(self, *, code_system: str) -> dict[str, Any]:
        """Return what `organisation.rename_unit` takes; a first code stands in our own system."""
        return dict(self.cleaned_data) | {"code_system": code_system or "official"}


class SuperiorForm(forms.Form):
    """Under whom a unit stands in one line, from a day on."""

    tree = forms.ChoiceField(label=_("Line"), choices=Tree.choices)
    parent = forms.ModelChoiceField(
        OrgUnit.objects.none(), label=_("Superior"), required=False, empty_label=_("nobody")
    )
    from_on = forms.DateField(label=_("From"), widget=DayInput())

    def __init__(self, data: Any = None, *, units: Any) -> None:
        super().__init__(data)
        self.fields["parent"].queryset = units


class OfficeForm(forms.Form):
    """An office of a unit."""

    title_vi = forms.CharField(label=_("Title in Vietnamese"), max_length=200)
    title_en = forms.CharField(label=_("Title in English"), max_length=200, required=False)
    tree = forms.ChoiceField(label=_("Line"), choices=Tree.choices)
    is_head = forms.BooleanField(label=_("Heads the unit in this line"), required=False)
    valid_from = forms.DateField(label=_("Exists from"), widget=DayInput(), required=False)

    def arguments(self) -> dict[str, Any]:
        """Return what `organisation.create_position` takes."""
        return dict(self.cleaned_data)


class AppointForm(forms.Form):
    """Who holds an office, in which manner, from when to when."""

    person = forms.ModelChoiceField(
        User.objects.none(), label=_("Person"), empty_label=_("Choose…")
    )
    mode = forms.ChoiceField(label=_("Manner"))
    acting_reason = forms.ChoiceField(
        label=_("Reason for acting"), choices=[("", "–"), *ActingReason.choices], required=False
    )
    valid_from = forms.DateField(label=_("From"), widget=DayInput())
    last_on = forms.DateField(label=_("Last day"), widget=DayInput(), required=False)
    decision_number = forms.CharField(label=_("Decision number"), max_length=60, required=False)
    decision_on = forms.DateField(label=_("Decision of"), widget=DayInput(), required=False)

    def __init__(self, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["person"].queryset = User.objects.people().active().order_by("full_name")
        self.fields["mode"].choices = [
            (mode.value, mode.label) for mode in (AppointmentMode.TITULAR, AppointmentMode.ACTING)
        ]

    def arguments(self) -> dict[str, Any]:
        """Return what `appointments.appoint` takes."""
        data = dict(self.cleaned_data)
        last = data.pop("last_on")
        person = data.pop("person")
        return data | {
            "person_id": person.pk,
            "valid_to": last + timedelta(days=1) if last else None,
        }


class EndForm(forms.Form):
    """The last day of an appointment, an office, a unit."""

    last_on = forms.DateField(label=_("Last day"), widget=DayInput())

    def first_day_without(self) -> date:
        return self.cleaned_data["last_on"] + timedelta(days=1)


class OfficeField(forms.ModelChoiceField):
    """An office with the unit that it belongs to: every unit has a chair."""

    def label_from_instance(self, office: Position) -> str:
        return f"{office.title} – {office.unit.name}"


class OversightForm(forms.Form):
    """Which office watches a unit and what stands under it, at which level of the ladder."""

    position = OfficeField(
        Position.objects.none(), label=_("Office that watches"), empty_label=_("Choose…")
    )
    level = forms.ChoiceField(label=_("Level"), choices=OversightLevel.choices)
    tree = forms.ChoiceField(label=_("Line"), choices=Tree.choices)
    with_subtree = forms.BooleanField(
        label=_("With what stands under it"), required=False, initial=True
    )
    valid_from = forms.DateField(label=_("From"), widget=DayInput())

    def __init__(self, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["position"].queryset = (
            Position.objects.filter(valid_to=None)
            .select_related("unit")
            .prefetch_related("unit__versions")
            .order_by("unit__ref", "rank", "pk")
        )


class PersonForm(forms.Form):
    """An account."""

    full_name = forms.CharField(label=_("Full name"), max_length=150)
    username = forms.CharField(label=_("User name"), max_length=60)
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=30, required=False)
    personnel_no = forms.CharField(label=_("Personnel number"), max_length=30, required=False)
    language = forms.ChoiceField(
        label=_("Language"), choices=[("vi", "Tiếng Việt"), ("en", "English")]
    )
    invite = forms.BooleanField(
        label=_("Send an invitation to the e-mail address"),
        required=False,
        initial=True,
        help_text=_(
            "The person chooses a password by a link that serves once. Without it a temporary "
            "password is shown to you, to be handed over."
        ),
    )


class PersonChangeForm(forms.Form):
    """What an administrator may correct about a person."""

    full_name = forms.CharField(label=_("Full name"), max_length=150)
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_(
            "A new address ends an open invitation. Where the account has no second factor yet, a "
            "second administrator vouches before its person signs."
        ),
    )
    phone = forms.CharField(label=_("Telephone"), max_length=30, required=False)
    personnel_no = forms.CharField(label=_("Personnel number"), max_length=30, required=False)


class RoleForm(forms.Form):
    """A role over a unit, or over the whole body."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    unit = forms.ModelChoiceField(
        OrgUnit.objects.none(),
        label=_("Over the unit and what stands under it"),
        required=False,
        empty_label=_("the whole body"),
    )

    def __init__(self, data: Any = None, *, units: Any) -> None:
        super().__init__(data)
        self.fields["unit"].queryset = units
