"""The register: every act, once, in the transaction of the act; later numbered without a gap."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from units.enums import ReachMoment
from units.querysets.register import RegisterEntryQuerySet, RegisterLinkQuerySet

HASHES = ("leaf_hash", "prev_hash", "link_hash")


class RegisterEntry(models.Model):
    """One act. `text` is the canonical JSON that will be hashed; the columns repeat it for search."""

    uuid = models.UUIDField(unique=True)
    kind = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=30)
    subject_ref = models.CharField(max_length=80)
    subject_version = models.PositiveIntegerField(null=True)
    published = models.BooleanField(default=False)
    actor = models.ForeignKey(
        "units.User", models.PROTECT, null=True, related_name="+"
    )  # None: the system
    office = models.ForeignKey("units.Position", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    request_id = models.CharField(max_length=40, blank=True)
    text = models.TextField()
    objects = RegisterEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="registerentry_subject_version_once",
                fields=["subject_kind", "subject_ref", "subject_version"],
                condition=Q(subject_version__isnull=False),
            )
        ]
        indexes = [
            models.Index(
                name="registerentry_by_subject", fields=["subject_kind", "subject_ref", "id"]
            ),
            models.Index(name="registerentry_by_kind", fields=["kind", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_kind}/{self.subject_ref}"


class RegisterPending(models.Model):
    """This entry has no place in the sequence yet. The row goes when it has one."""

    entry = models.OneToOneField(RegisterEntry, models.PROTECT, primary_key=True, related_name="+")

    def __str__(self) -> str:
        return f"pending {self.entry_id}"


class RegisterReach(models.Model):
    """Which units may see the object of an entry, before and after the act."""

    entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="reach")
    unit = models.ForeignKey("units.OrgUnit", models.PROTECT, related_name="+")
    moment = models.CharField(max_length=6, choices=ReachMoment)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="registerreach_once", fields=["entry", "unit", "moment"])
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} reaches {self.unit_id}"


class RegisterEpoch(models.Model):
    """A stretch of the chain that nothing has interrupted; a database put back begins a new one.

    `text` is the canonical JSON whose hash stands as the first `prev_hash` of the stretch.
    """

    number = models.PositiveIntegerField(primary_key=True)
    after_seq = models.BigIntegerField()  # the last place before it; 0: the register is new
    started_at = models.DateTimeField()  # real time
    reason = models.CharField(max_length=500)
    text = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="registerepoch_counts_from_one",
                condition=Q(number__gte=1, after_seq__gte=0),
            )
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class RegisterLink(models.Model):
    """The place of an entry: dense, rising, given by one sequencer at a time, chained by hash.

    Hashes are SHA-256, 32 bytes; how they are made stands in `units.rules.register`.
    """

    seq = models.BigIntegerField(primary_key=True)
    epoch = models.ForeignKey(RegisterEpoch, models.PROTECT, related_name="+", db_index=False)
    entry = models.OneToOneField(RegisterEntry, models.PROTECT, related_name="link")
    leaf_hash = models.BinaryField(max_length=32)
    prev_hash = models.BinaryField(max_length=32)
    link_hash = models.BinaryField(max_length=32)
    objects = RegisterLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="registerlink_follows_one", fields=["prev_hash"]
            ),  # a fork is an error
            models.UniqueConstraint(name="registerlink_hash_once", fields=["link_hash"]),
            models.CheckConstraint(
                name="registerlink_hashes_have_32_bytes",
                condition=Q(*(Exact(Length(name), 32) for name in HASHES)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq}"


class RegisterPrivate(models.Model):
    """Personal data beside an entry: the entry holds only its salted hash, so it can be erased."""

    entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="private")
    field = models.CharField(max_length=20)
    salt = models.CharField(max_length=32)
    value = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="registerprivate_once", fields=["entry", "field"])
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.field}"
