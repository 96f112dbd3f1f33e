"""What is signed, frozen: the content, the places kept for signatories, and the bytes."""

from django.db import models
from django.db.models import Q

from commitments.enums import Grade, RevisionKind, SlotRole


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

    class Meta:
        constraints = [
            models.UniqueConstraint(name="documentrevision_no_once", fields=["document", "no"]),
            models.CheckConstraint(
                name="documentrevision_first_has_no_predecessor",
                condition=(Q(no=0) & Q(prev_sha256="")) | (Q(no__gt=0) & ~Q(prev_sha256="")),
            ),
            models.CheckConstraint(name="documentrevision_not_empty", condition=Q(length__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} r{self.no}"
