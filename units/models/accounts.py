"""How people get into their account, and how a lost second factor is replaced."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from units.querysets.accounts import FactorResetQuerySet, InvitationQuerySet


class Invitation(models.Model):
    """A way into an account, sent to the address of its person: it serves once, and not for long.

    The link is made from `uuid` with the key of the installation when the message is written, so
    neither the database nor an administrator holds it. All instants are real time.
    """

    uuid = models.UUIDField(unique=True)
    person = models.ForeignKey("units.User", models.PROTECT, related_name="invitations")
    sent_to = models.EmailField()  # the address as it was: a changed one needs a new invitation
    invited_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="invitation_one_open",
                fields=["person"],
                condition=Q(used_at=None, revoked_at=None),
            ),
            models.CheckConstraint(
                name="invitation_expires", condition=Q(expires_at__gt=F("invited_at"))
            ),
            models.CheckConstraint(
                name="invitation_used_or_revoked",
                condition=Q(used_at=None) | Q(revoked_at=None),
            ),
            models.CheckConstraint(
                name="invitation_not_by_itself",
                condition=~Q(invited_by=F("person")),
                violation_error_message=_("Nobody invites oneself."),
            ),
        ]

    def __str__(self) -> str:
        return f"invitation of {self.person_id}"


class FactorReset(models.Model):
    """A lost second factor: one administrator asks, another one confirms, and the person is told.

    All instants are real time.
    """

    person = models.ForeignKey("units.User", models.PROTECT, related_name="factor_resets")
    reason = models.TextField(_("reason"))
    asked_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    confirmed_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = FactorResetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="factorreset_one_open",
                fields=["person"],
                condition=Q(confirmed_at=None, withdrawn_at=None),
            ),
            models.CheckConstraint(name="factorreset_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="factorreset_expires", condition=Q(expires_at__gt=F("asked_at"))
            ),
            models.CheckConstraint(
                name="factorreset_confirmed_together",
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False, withdrawn_at=None),
            ),
            models.CheckConstraint(
                name="factorreset_takes_two_administrators",
                condition=~Q(asked_by=F("person"))
                & (
                    Q(confirmed_by=None)
                    | (~Q(confirmed_by=F("asked_by")) & ~Q(confirmed_by=F("person")))
                ),
                violation_error_message=_("A second administrator confirms, and never the person."),
            ),
        ]

    def __str__(self) -> str:
        return f"factor reset of {self.person_id}"
