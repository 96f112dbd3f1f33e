"""Who read, declared, proved to be who they are, and acted. Every table here only grows."""

import json

from django.db import models
from django.db.models import F, Q

from commitments.enums import FactorMethod, Grade, ReadForm, ReasonCode, VersionAct


class ConsentText(models.Model):
    """The declaration a signatory agrees to, by language and number; old ones stay."""

    key = models.SlugField(max_length=20)  # sign, takeover, countersign
    language = models.CharField(max_length=2)
    number = models.PositiveSmallIntegerField()
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    in_force_from = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="consenttext_once", fields=["key", "language", "number"])
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.language} {self.number}"


class ViewReceipt(models.Model):
    """This person was shown this content, in this form and language, at this instant (business)."""

    uuid = models.UUIDField(unique=True)
    person = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    document = models.ForeignKey("commitments.Document", models.PROTECT, related_name="receipts")
    content_sha256 = models.CharField(max_length=64)
    revision_sha256 = models.CharField(max_length=64)
    form = models.CharField(max_length=4, choices=ReadForm, default=ReadForm.PAGE)
    language = models.CharField(max_length=2)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} read {self.document_id}"


class StepUpBatch(models.Model):
    """Statements that one factor confirms together: it signs the root of the tree over them."""

    uuid = models.UUIDField(unique=True)
    user = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    session_key_sha256 = models.CharField(max_length=64)
    act = models.CharField(max_length=12, choices=VersionAct)
    root_sha256 = models.CharField(max_length=64, unique=True)
    count = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="stepupbatch_expires", condition=Q(expires_at__gt=F("created_at"))
            ),
            models.CheckConstraint(
                name="stepupbatch_holds_at_most_fifty", condition=Q(count__gte=1, count__lte=50)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} times {self.act} by {self.user_id}"


class StepUpBatchUse(models.Model):
    """The batch was answered, once; what became of each statement stands in its own use."""

    batch = models.OneToOneField(StepUpBatch, models.PROTECT, primary_key=True, related_name="use")
    method = models.CharField(max_length=8, choices=FactorMethod)
    credential = models.CharField(max_length=200)
    proof = models.TextField()  # canonical JSON: the passkey's whole answer, or the time step
    used_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="stepupbatchuse_in_time", condition=Q(used_at__lte=F("expires_at"))
            )
        ]

    def __str__(self) -> str:
        return f"use of batch {self.batch_id}"


class StepUp(models.Model):
    """One statement to be confirmed with a factor, within `expires_at` (real time).

    `batch`, `leaf_index`: one of several that a factor confirms together, counted from 0.
    """

    uuid = models.UUIDField(unique=True)
    user = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    session_key_sha256 = models.CharField(
        max_length=64
    )  # the login that asked: useless in another one
    act = models.CharField(max_length=12, choices=VersionAct)
    slot = models.ForeignKey("commitments.DocumentSlot", models.PROTECT, related_name="+")
    receipt = models.ForeignKey(ViewReceipt, models.PROTECT, related_name="+")
    consent = models.ForeignKey(ConsentText, models.PROTECT, null=True, related_name="+")
    statement = models.TextField()  # canonical JSON
    statement_sha256 = models.CharField(max_length=64, unique=True)
    reason = models.TextField(
        blank=True
    )  # canonical JSON of what was typed; its hash is in the statement
    batch = models.ForeignKey(StepUpBatch, models.PROTECT, null=True, related_name="statements")
    leaf_index = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="stepup_expires", condition=Q(expires_at__gt=F("created_at"))
            ),
            models.CheckConstraint(
                name="stepup_has_its_place_in_the_batch",
                condition=Q(batch=None, leaf_index=None)
                | Q(batch__isnull=False, leaf_index__isnull=False),
            ),
            models.UniqueConstraint(name="stepup_leaf_once", fields=["batch", "leaf_index"]),
        ]

    def __str__(self) -> str:
        return f"{self.act} by {self.user_id}"

    @property
    def is_outside(self) -> bool:
        """Whether it confirms that the file is taken away, to be signed with one's own certificate."""
        return bool(json.loads(self.statement).get("outside", False))


class StepUpFailure(models.Model):
    """A wrong answer to a step-up. Five of them spend it."""

    step_up = models.ForeignKey(StepUp, models.PROTECT, related_name="failures")
    number = models.PositiveSmallIntegerField()
    method = models.CharField(max_length=8, choices=FactorMethod)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="stepupfailure_once", fields=["step_up", "number"]),
            models.CheckConstraint(
                name="stepupfailure_at_most_five", condition=Q(number__gte=1, number__lte=5)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_up_id} failed {self.number}"


class StepUpUse(models.Model):
    """The step-up was answered, once: its primary key makes it single use."""

    step_up = models.OneToOneField(StepUp, models.PROTECT, primary_key=True, related_name="use")
    method = models.CharField(max_length=8, choices=FactorMethod)
    credential = models.CharField(
        max_length=200
    )  # which authenticator: id and hash of its public key
    proof = (
        models.TextField()
    )  # canonical JSON: the passkey's whole answer, or the code's time step
    used_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="stepupuse_in_time", condition=Q(used_at__lte=F("expires_at"))
            )
        ]

    def __str__(self) -> str:
        return f"use of {self.step_up_id}"


class TotpStepUsed(models.Model):
    """A code's time step that has served: no code serves twice, whatever a cache forgets."""

    authenticator = models.CharField(
        max_length=40
    )  # its key; the authenticator may be removed later
    time_step = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="totpstep_used_once", fields=["authenticator", "time_step"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.authenticator}@{self.time_step}"


class SignatureAct(models.Model):
    """What a person did at a slot, in which office, by which appointment, with which proof."""

    uuid = models.UUIDField(unique=True)
    slot = models.ForeignKey("commitments.DocumentSlot", models.PROTECT, related_name="acts")
    act = models.CharField(max_length=12, choices=VersionAct)
    grade = models.CharField(max_length=10, choices=Grade, default=Grade.ONLINE)
    person = models.ForeignKey("units.User", models.PROTECT, related_name="signature_acts")
    appointment = models.ForeignKey("units.Appointment", models.PROTECT, related_name="+")
    as_printed = models.TextField()  # canonical JSON: name, title, mode, decision as they were
    receipt = models.ForeignKey(ViewReceipt, models.PROTECT, related_name="+")
    consent = models.ForeignKey(ConsentText, models.PROTECT, null=True, related_name="+")
    step_up_use = models.OneToOneField(StepUpUse, models.PROTECT, related_name="signature_act")
    reason = models.TextField(blank=True)
    reason_code = models.CharField(max_length=16, choices=ReasonCode, blank=True)
    revision = models.OneToOneField(  # the bytes that show it
        "commitments.DocumentRevision", models.PROTECT, null=True, related_name="signature_act"
    )
    before_seals = models.BooleanField(default=False)  # signed when documents were not sealed yet
    upload = models.OneToOneField(  # of a signature that was made outside
        "commitments.ExternalUpload", models.PROTECT, null=True, related_name="signature_act"
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="signatureact_signing_has_its_revision",
                condition=Q(before_seals=True, revision=None)
                | Q(act__in=["sign", "countersign"], before_seals=False, revision__isnull=False)
                | (~Q(act__in=["sign", "countersign"]) & Q(revision=None)),
            ),
            models.CheckConstraint(
                name="signatureact_personal_has_its_upload",
                condition=Q(grade="online", upload=None)
                | Q(grade="personal", upload__isnull=False),
            ),
            models.UniqueConstraint(
                name="signatureact_one_signature_per_slot",
                fields=["slot"],
                condition=Q(act__in=["sign", "countersign"]),
            ),
            models.CheckConstraint(
                name="signatureact_objection_has_reason",
                condition=~Q(act__in=["refuse", "void"]) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="signatureact_signing_has_consent",
                condition=~Q(act__in=["sign", "countersign"]) | Q(consent__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} at {self.slot_id}"


class ReturnItem(models.Model):
    """What is wrong with one item, or with the whole (`item_ordinal` None)."""

    act = models.ForeignKey(SignatureAct, models.PROTECT, related_name="return_items")
    item_ordinal = models.PositiveSmallIntegerField(null=True, blank=True)
    reason_code = models.CharField(max_length=16, choices=ReasonCode)
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="returnitem_once", fields=["act", "item_ordinal"]),
            models.CheckConstraint(name="returnitem_has_text", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return f"{self.act_id} #{self.item_ordinal}"
