"""Who holds which office, in which manner, from when to when; and which office watches which unit."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from units.enums import (
    ActingReason,
    AppointmentMode,
    DelegationForm,
    OversightLevel,
    Provenance,
    Tree,
)
from units.querysets.appointments import AppointmentQuerySet, OversightQuerySet


class Appointment(models.Model):
    """One person in one office. The range is half-open: `valid_to` is the first day without it."""

    ref = models.SlugField(max_length=40, unique=True)
    person = models.ForeignKey("units.User", models.PROTECT, related_name="appointments")
    position = models.ForeignKey("units.Position", models.PROTECT, related_name="appointments")
    mode = models.CharField(
        _("manner"), max_length=10, choices=AppointmentMode, default=AppointmentMode.TITULAR
    )
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until (first day without it)"), null=True, blank=True)
    decision_number = models.CharField(_("decision number"), max_length=60, blank=True)
    decision_on = models.DateField(_("decision of"), null=True, blank=True)
    acting_reason = models.CharField(
        _("reason for acting"), max_length=12, choices=ActingReason, blank=True
    )
    scope = models.JSONField(
        _("acts delegated"), default=list, blank=True
    )  # for DELEGATE: ["sign", ...]
    form = models.CharField(
        _("form of delegation"), max_length=4, choices=DelegationForm, blank=True
    )
    delegate_position = models.ForeignKey(
        "units.Position", models.PROTECT, null=True, blank=True, related_name="delegations_held"
    )
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)
    etag_version = models.PositiveIntegerField(default=1)
    objects = AppointmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="appointment_one_open_titular",
                fields=["position"],
                condition=Q(mode="titular", valid_to=None),
                violation_error_message=_("This office already has a holder."),
            ),
            models.UniqueConstraint(
                name="appointment_one_open_acting",
                fields=["position"],
                condition=Q(mode="acting", valid_to=None),
                violation_error_message=_("This office already has an acting holder."),
            ),
            models.CheckConstraint(
                name="appointment_acting_has_reason",
                condition=(Q(mode="acting") & ~Q(acting_reason=""))
                | (~Q(mode="acting") & Q(acting_reason="")),
                violation_error_message=_(
                    "An acting appointment, and only such a one, names its reason."
                ),
            ),
            models.CheckConstraint(
                name="appointment_delegate_is_bounded",
                condition=~Q(mode="delegate")
                | (Q(valid_to__isnull=False) & ~Q(decision_number="") & ~Q(form="") & ~Q(scope=[])),
                violation_error_message=_(
                    "A delegation has an end, a decision, a form and a list of acts."
                ),
            ),
            models.CheckConstraint(
                name="appointment_range_not_empty",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                violation_error_message=_("An appointment ends after it begins."),
            ),
        ]
        indexes = [models.Index(name="appointment_of_person", fields=["person", "valid_from"])]

    def __str__(self) -> str:
        return f"{self.person} – {self.position} ({self.mode})"


class Oversight(models.Model):
    """An office that watches a unit; escalation finds its addressees here when a step fires."""

    position = models.ForeignKey("units.Position", models.PROTECT, related_name="oversights")
    unit = models.ForeignKey("units.OrgUnit", models.PROTECT, related_name="overseen_by")
    tree = models.CharField(max_length=12, choices=Tree, default=Tree.ADMIN)
    level = models.CharField(max_length=20, choices=OversightLevel)
    with_subtree = models.BooleanField(default=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    objects = OversightQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="oversight_range_not_empty",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
            models.UniqueConstraint(
                name="oversight_one_open",
                fields=["position", "unit", "tree", "level"],
                condition=Q(valid_to=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position_id} watches {self.unit_id} ({self.level})"
