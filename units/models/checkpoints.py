"""Checkpoints over the register, where they were published, and what checking it has found."""

from django.db import models
from django.db.models import F, Q

from units.querysets.checkpoints import RegisterCheckpointQuerySet
from units.rules.checkpoints import Signed, from_hex


class RegisterCheckpoint(models.Model):
    """A signed root over a stretch of the register. `text` is what was signed; columns repeat it."""

    epoch = models.ForeignKey("units.RegisterEpoch", models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)  # of `text`
    previous = models.CharField(max_length=64)  # of the one before, or of the epoch
    signature = models.CharField(max_length=128)  # Ed25519, hexadecimal
    public_key = models.CharField(max_length=64)
    made_at = models.DateTimeField()  # real time
    objects = RegisterCheckpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="registercheckpoint_number_once", fields=["epoch", "number"]
            ),
            models.UniqueConstraint(name="registercheckpoint_follows_one", fields=["previous"]),
            models.UniqueConstraint(name="registercheckpoint_covers_once", fields=["last_seq"]),
            models.CheckConstraint(
                name="registercheckpoint_covers_something",
                condition=Q(first_seq__gte=1, first_seq__lte=F("last_seq"), number__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.epoch_id}.{self.number}: {self.first_seq} to {self.last_seq}"

    @property
    def signed(self) -> Signed:
        return Signed(self.text, from_hex(self.signature), from_hex(self.public_key))


class RegisterPublication(models.Model):
    """What one place answered to one checkpoint. Refusals stay beside the success that follows."""

    checkpoint = models.ForeignKey(RegisterCheckpoint, models.PROTECT, related_name="publications")
    place = models.CharField(max_length=500)
    ok = models.BooleanField()
    answer = models.CharField(max_length=500)
    at = models.DateTimeField()  # real time

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="registerpublication_done_once",
                fields=["checkpoint", "place"],
                condition=Q(ok=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.checkpoint_id} at {self.place}: {self.answer}"


class RegisterVerification(models.Model):
    """What one run of checking the whole register found. `findings`: code, seq, detail of each."""

    started_at = models.DateTimeField()  # real time
    ended_at = models.DateTimeField()
    entries = models.BigIntegerField()
    exposed = models.BigIntegerField()  # entries that no published checkpoint covers yet
    findings = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(name="registerverification_by_end", fields=["ended_at"])]
        constraints = [
            models.CheckConstraint(
                name="registerverification_ends_after_it_starts",
                condition=Q(ended_at__gte=F("started_at")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.ended_at:%Y-%m-%d %H:%M}: {len(self.findings)}"

    @property
    def good(self) -> bool:
        """All was checked and nothing was wrong."""
        return not self.findings
