"""Telephone numbers that people have proved to have, and the codes by which they do.

Personal data, as addresses are: neither a number nor a code is ever in the register.
"""

from django.db import models
from django.db.models import F, Q

from notifications.querysets import TelephoneCodeQuerySet
from notifications.rules import MOST_GUESSES


class Telephone(models.Model):
    """The number by which a person is told, proved by a code that was sent there."""

    person = models.OneToOneField("units.User", models.PROTECT, related_name="+")
    number = models.CharField(max_length=16)  # with country, such as +84912345678
    verified_at = models.DateTimeField()  # real time

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="telephone_has_its_country", condition=Q(number__startswith="+")
            )
        ]

    def __str__(self) -> str:
        return f"telephone of {self.person_id}"


class TelephoneCode(models.Model):
    """One code on its way to a number that is not proved yet. Instants are real time.

    The code itself stands nowhere: it is computed from `uuid`, the number and a key outside the
    database. `ended_at`: used, replaced, or guessed wrong too often.
    """

    uuid = models.UUIDField(unique=True)
    person = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    number = models.CharField(max_length=16)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    guesses = models.PositiveSmallIntegerField(default=0)  # wrong ones
    ended_at = models.DateTimeField(null=True)
    objects = TelephoneCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="telephonecode_one_open", fields=["person"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="telephonecode_expires_later", condition=Q(expires_at__gt=F("made_at"))
            ),
            models.CheckConstraint(
                name="telephonecode_guessed_wrong_too_often_is_over",
                condition=Q(guesses__lt=MOST_GUESSES)
                | Q(guesses=MOST_GUESSES, ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="telephonecode_has_its_country", condition=Q(number__startswith="+")
            ),
        ]
        indexes = [models.Index(name="telephonecode_of_number", fields=["number", "made_at"])]

    def __str__(self) -> str:
        return f"code of {self.person_id}"
