"""What is signed, frozen: the content, the places kept for signatories, and the bytes."""

from django.db import models
from django.db.models import Q

from commitments.enums import CheckStatus, Grade, RevisionKind, SignatureLevel, SlotRole


class Document(models.Model):
    """The content of one version, written at issue and never again. The hash is over `content`."""

    uuid = models.UUIDField(unique=True)
    code = models.CharField(
        max_length=17, unique=True
    )  # printed; 16 Crockford characters and a check one
    content = models.TextField()  # canonical JSON, byte for byte what is hashed
    content_sha256 = models.CharField(max_length=64)
    terms_sha256 = models.CharField(max_length=64)
    template_version = models.PositiveSmallIntegerField(default=1)
    language = models.CharField(max_length=2)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="document_has_content", condition=~Q(content="") & ~Q(content_sha256="")
            )
        ]

    def __str__(self) -> str:
        return self.code


class DocumentSlot(models.Model):
    """The place kept for one office. Equal turns sign in any order, lower ones first."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="slots")
    ordinal = models.PositiveSmallIntegerField()
    turn = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=10, choices=SlotRole)
    office = models.ForeignKey("units.Position", models.PROTECT, related_name="+")
    field_name = models.CharField(max_length=40)
    grade_required = models.CharField(max_length=10, choices=Grade, default=Grade.ONLINE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="documentslot_ordinal_once", fields=["document", "ordinal"]
            ),
            models.UniqueConstraint(
                name="documentslot_field_once", fields=["document", "field_name"]
            ),
            models.UniqueConstraint(name="documentslot_office_once", fields=["document", "office"]),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.field_name}"


class DocumentRevision(models.Model):
    """The bytes of the document after `no` additions: each row holds only what was added."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="revisions")
    no = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=RevisionKind)
    tail = models.BinaryField()
    length = models.PositiveIntegerField()  # of the whole file, in bytes
    sha256 = models.CharField(max_length=64, unique=True)  # of the whole file
    prev_sha256 = models.CharField(max_length=64, blank=True)
    level_asked = models.CharField(max_length=5, choices=SignatureLevel, blank=True)
    level_reached = models.CharField(  # measured on the bytes
        max_length=5, choices=SignatureLevel, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="documentrevision_no_once", fields=["document", "no"]),
            models.CheckConstraint(
                name="documentrevision_first_has_no_predecessor",
                condition=(Q(no=0) & Q(prev_sha256="")) | (Q(no__gt=0) & ~Q(prev_sha256="")),
            ),
            models.CheckConstraint(name="documentrevision_not_empty", condition=Q(length__gt=0)),
            models.CheckConstraint(name="documentrevision_adds_bytes", condition=~Q(tail=b"")),
            models.CheckConstraint(
                name="documentrevision_rendered_then_sealed_then_signed",
                condition=Q(no=0, kind="rendered")
                | Q(no=1, kind="sealed")
                | Q(no__gt=1, kind__in=["act", "evidence"]),
            ),
            models.CheckConstraint(
                name="documentrevision_signature_has_its_levels",
                condition=(
                    Q(kind__in=["sealed", "act"]) & ~Q(level_asked="") & ~Q(level_reached="")
                )
                | Q(kind__in=["rendered", "evidence"], level_asked="", level_reached=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} r{self.no}"


class DocumentChain(models.Model):
    """How far a sealed document has grown: the row that is locked while a revision is added.

    A document without one was issued before documents were sealed.
    """

    document = models.OneToOneField(
        Document, models.PROTECT, primary_key=True, related_name="chain"
    )
    last_no = models.PositiveSmallIntegerField()
    last_sha256 = models.CharField(max_length=64, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="documentchain_begins_sealed", condition=Q(last_no__gte=1))
        ]

    def __str__(self) -> str:
        return f"{self.document_id} up to r{self.last_no}"


class SealCertificate(models.Model):
    """A certificate that has sealed here; kept for ever, so that old documents can be checked."""

    fingerprint = models.CharField(max_length=64, unique=True)  # SHA-256 of its DER
    subject = models.CharField(max_length=300)
    chain = models.TextField()  # PEM: its own first, its authority last
    valid_until = models.DateTimeField()
    is_demo = models.BooleanField()  # made here, worth nothing
    first_used_at = models.DateTimeField()  # real time

    def __str__(self) -> str:
        return self.subject


class SealUse(models.Model):
    """The seal was put on bytes. Written before they go anywhere; some never enter the record."""

    certificate = models.ForeignKey(SealCertificate, models.PROTECT, related_name="uses")
    document_uuid = models.UUIDField()  # of a document that may never have been stored
    base_no = models.PositiveSmallIntegerField()  # of the revision that was sealed
    out_sha256 = models.CharField(max_length=64, unique=True)  # of the sealed file
    cms_sha256 = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()  # real time

    class Meta:
        indexes = [models.Index(name="sealuse_of_document", fields=["document_uuid", "base_no"])]

    def __str__(self) -> str:
        return f"{self.document_uuid} after r{self.base_no}"


class RevisionCheck(models.Model):
    """A full validation of one revision; the newest row says how it stands."""

    revision = models.ForeignKey(DocumentRevision, models.PROTECT, related_name="checks")
    status = models.CharField(max_length=8, choices=CheckStatus)
    faults = models.TextField(blank=True)  # a line each, for an administrator
    checked_at = models.DateTimeField()  # real time

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="revisioncheck_invalid_says_why",
                condition=Q(status="valid", faults="") | (Q(status="invalid") & ~Q(faults="")),
            )
        ]
        indexes = [  # serves checks.invalid(), which every queue page asks
            models.Index(
                name="revisioncheck_invalid", fields=["revision"], condition=Q(status="invalid")
            )
        ]

    def __str__(self) -> str:
        return f"{self.revision_id}: {self.status}"
