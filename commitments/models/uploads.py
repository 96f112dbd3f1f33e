"""Signatures made outside: who may sign with which certificate, whom we trust, and what came back."""

from django.db import models
from django.db.models import F, Q

from commitments.enums.uploads import GateRule, RevocationState


class TrustSet(models.Model):
    """Whom signatures made outside must lead to. The newest approved one is in force."""

    roots = models.TextField()  # PEM
    intermediates = models.TextField(blank=True)  # PEM
    hosts = models.TextField(blank=True)  # a line each: who is asked about revocation, nobody else
    sha256 = models.CharField(max_length=64)  # of the three, canonical
    proposed_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="trustset_has_roots", condition=~Q(roots="")),
        ]

    def __str__(self) -> str:
        return self.sha256[:16]


class TrustSetApproval(models.Model):
    """A second person approved a trust set: from then on it counts."""

    trust_set = models.OneToOneField(
        TrustSet, models.PROTECT, primary_key=True, related_name="approval"
    )
    proposed_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="trustsetapproval_by_a_second_person", condition=~Q(by=F("proposed_by"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.trust_set_id} by {self.by_id}"


class SignerCertificate(models.Model):
    """A certificate that an officer says is this person's; it counts once another confirms it."""

    person = models.ForeignKey("units.User", models.PROTECT, related_name="signer_certificates")
    fingerprint = models.CharField(max_length=64)  # SHA-256 of its DER
    der = models.BinaryField()
    subject = models.CharField(max_length=300)
    issuer = models.CharField(max_length=300)
    serial = models.CharField(max_length=64)  # hex
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    registered_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="signercertificate_registered_by_another",
                condition=~Q(registered_by=F("person")),
            )
        ]

    def __str__(self) -> str:
        return self.subject


class SignerCertificateConfirmation(models.Model):
    """A second officer confirmed whose certificate it is. One certificate belongs to one person."""

    certificate = models.OneToOneField(
        SignerCertificate, models.PROTECT, primary_key=True, related_name="confirmation"
    )
    fingerprint = models.CharField(max_length=64)
    person = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    registered_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="signercertificateconfirmation_one_person", fields=["fingerprint"]
            ),
            models.CheckConstraint(
                name="signercertificateconfirmation_by_a_second_officer",
                condition=~Q(by=F("registered_by")) & ~Q(by=F("person")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate_id} by {self.by_id}"


class SignerCertificateEnd(models.Model):
    """From `at` on nobody signs with this certificate here any more."""

    certificate = models.OneToOneField(
        SignerCertificate, models.PROTECT, primary_key=True, related_name="end"
    )
    by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="signercertificateend_has_reason", condition=~Q(reason=""))
        ]

    def __str__(self) -> str:
        return f"end of {self.certificate_id}"


class HandOut(models.Model):
    """This person took revision `base_no` away, to sign it with a program of their own."""

    uuid = models.UUIDField(unique=True)
    slot = models.ForeignKey("commitments.DocumentSlot", models.PROTECT, related_name="hand_outs")
    person = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    step_up_use = models.OneToOneField(
        "commitments.StepUpUse", models.PROTECT, related_name="hand_out"
    )
    base_no = models.PositiveSmallIntegerField()
    base_sha256 = models.CharField(max_length=64)
    handed_out_at = models.DateTimeField()  # real time, as the computers of signatories have it
    expires_at = models.DateTimeField()  # real time

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="handout_expires", condition=Q(expires_at__gt=F("handed_out_at"))
            )
        ]

    def __str__(self) -> str:
        return f"r{self.base_no} to {self.person_id}"


class ExternalUpload(models.Model):
    """What came back, with the gate's verdict. `rule` "": accepted, and the file is `revision`."""

    uuid = models.UUIDField(unique=True)
    hand_out = models.ForeignKey(HandOut, models.PROTECT, related_name="uploads")
    sha256 = models.CharField(max_length=64)
    length = models.PositiveIntegerField()  # bytes
    rule = models.CharField(max_length=3, choices=GateRule, blank=True)
    report = models.TextField()  # JSON: why, and the facts of a good signature
    gate_version = models.PositiveSmallIntegerField()
    trust_set = models.ForeignKey(TrustSet, models.PROTECT, null=True, related_name="+")
    revision = models.OneToOneField(  # its file is the upload, byte for byte
        "commitments.DocumentRevision", models.PROTECT, null=True, related_name="upload"
    )
    certificate = models.ForeignKey(
        SignerCertificate, models.PROTECT, null=True, related_name="uploads"
    )
    cms_sha256 = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 unique if there
    received_at = models.DateTimeField()  # real time

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="externalupload_accepted_or_refused",
                condition=Q(
                    rule="",
                    revision__isnull=False,
                    certificate__isnull=False,
                    cms_sha256__isnull=False,
                    trust_set__isnull=False,
                )
                | (~Q(rule="") & Q(revision=None, certificate=None, cms_sha256=None)),
            ),
            models.UniqueConstraint(
                name="externalupload_one_accepted", fields=["hand_out"], condition=Q(rule="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule or 'accepted'} {self.sha256[:16]}"


class RefusedFile(models.Model):
    """The bytes of a refused upload, for whoever asks why; deleted after `keep_until`."""

    upload = models.OneToOneField(
        ExternalUpload, models.PROTECT, primary_key=True, related_name="refused_file"
    )
    data = models.BinaryField()
    keep_until = models.DateTimeField()  # real time

    class Meta:
        indexes = [models.Index(name="refusedfile_to_delete", fields=["keep_until"])]

    def __str__(self) -> str:
        return f"bytes of {self.upload_id}"


class RevocationCheck(models.Model):
    """How an accepted signature stands with its authority; the newest row counts."""

    upload = models.ForeignKey(ExternalUpload, models.PROTECT, related_name="checks")
    state = models.CharField(max_length=9, choices=RevocationState)
    report = models.TextField()  # JSON: what was asked, and what was said
    at = models.DateTimeField()  # real time

    def __str__(self) -> str:
        return f"{self.upload_id}: {self.state}"
