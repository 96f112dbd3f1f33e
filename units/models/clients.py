"""Machine clients and their tokens."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class ApiClient(models.Model):
    """A program that reads by REST, in the scopes and the units it was given."""

    ref = models.SlugField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    user = models.OneToOneField(
        "units.User", models.PROTECT, related_name="api_client"
    )  # kind MACHINE
    owner_unit = models.ForeignKey("units.OrgUnit", models.PROTECT, related_name="+")
    unit_scope = models.ForeignKey("units.OrgUnit", models.PROTECT, related_name="+")
    scopes = models.JSONField(default=list)
    disabled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """One token of a client: only its keyed hash is stored. Instants are real time."""

    client = models.ForeignKey(ApiClient, models.PROTECT, related_name="tokens")
    prefix = models.CharField(max_length=8, unique=True)
    token_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="token_expires_within_a_year",
                condition=Q(expires_at__gt=F("created_at"))
                & Q(expires_at__lte=F("created_at") + timedelta(days=365)),
                violation_error_message=_("A token expires within a year."),
            )
        ]

    def __str__(self) -> str:
        return f"cs_{self.prefix}…"
