"""The commitment of a unit, its versions, what they promise, and the answers to objections."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.enums import ItemRole, SigningOrder, VersionState
from commitments.querysets.commitments import CommitmentQuerySet, CommitmentVersionQuerySet
from units.enums import Provenance

if TYPE_CHECKING:
    from commitments.models.documents import Document


class Commitment(models.Model):
    """What one unit promises one assigner for one year. It has no state: its versions have."""

    ref = models.SlugField(max_length=80, unique=True)
    number = models.CharField(_("number"), max_length=40)
    period = models.ForeignKey("commitments.Period", models.PROTECT, related_name="commitments")
    assigner_unit = models.ForeignKey(
        "units.OrgUnit", models.PROTECT, related_name="commitments_assigned"
    )
    unit = models.ForeignKey(
        "units.OrgUnit", models.PROTECT, related_name="commitments"
    )  # the undertaker
    signing_order = models.CharField(
        _("order of signing"), max_length=10, choices=SigningOrder, default=SigningOrder.PARALLEL
    )
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)
    objects = CommitmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="commitment_once",
                fields=["period", "assigner_unit", "unit"],
                violation_error_message=_("This unit already has a commitment in this plan."),
            ),
            models.UniqueConstraint(name="commitment_number_once", fields=["period", "number"]),
            models.CheckConstraint(
                name="commitment_not_with_itself", condition=~Q(assigner_unit=F("unit"))
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CommitmentVersion(models.Model):
    """One frozen text of a commitment and its life.

    Its state moves through `commitments.actions`, by the table in `commitments.rules.commitments`.
    Parties are offices, not people: who signs is asked at the moment of signing.
    """

    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="versions")
    n = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.DRAFT)
    etag_version = models.PositiveIntegerField(default=1)
    first_undertaker = models.ForeignKey("units.Position", models.PROTECT, related_name="+")
    second_undertaker = models.ForeignKey(
        "units.Position", models.PROTECT, null=True, blank=True, related_name="+"
    )
    assigner = models.ForeignKey("units.Position", models.PROTECT, related_name="+")
    sign_by = models.DateField(_("to be signed by"))
    amend_reason = models.TextField(blank=True)  # why this version replaces the one before
    # The same terms as the version in force, for whoever has come into an office since.
    is_takeover = models.BooleanField(default=False)
    document = models.OneToOneField(
        "commitments.Document", models.PROTECT, null=True, blank=True, related_name="version"
    )
    issued_at = models.DateTimeField(null=True, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    in_force_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.TextField(blank=True)
    superseded_by = models.PositiveSmallIntegerField(null=True, blank=True)  # n of the next version
    settled_at = models.DateTimeField(null=True, blank=True)
    objects = CommitmentVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="version_once", fields=["commitment", "n"]),
            models.UniqueConstraint(
                name="version_one_open",
                fields=["commitment"],
                condition=Q(state__in=["draft", "issued", "signed"]),
                violation_error_message=_("This commitment already has a version in preparation."),
            ),
            models.UniqueConstraint(
                name="version_one_in_force", fields=["commitment"], condition=Q(state="in_force")
            ),
            models.CheckConstraint(
                name="version_takeover_follows_another",
                condition=Q(is_takeover=False) | Q(n__gt=1),
            ),
            models.CheckConstraint(
                name="version_sealed_unless_draft",
                condition=Q(state="draft", document=None, issued_at=None)
                | (~Q(state="draft") & Q(document__isnull=False, issued_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="version_undertakers_differ",
                condition=Q(second_undertaker=None) | ~Q(second_undertaker=F("first_undertaker")),
                violation_error_message=_("The two undertakers are different offices."),
            ),
            models.CheckConstraint(
                name="version_assigner_is_no_undertaker",
                condition=~Q(assigner=F("first_undertaker"))
                & (Q(second_undertaker=None) | ~Q(assigner=F("second_undertaker"))),
                violation_error_message=_(
                    "The assigning office does not undertake its own targets."
                ),
            ),
            models.CheckConstraint(
                name="version_signed_has_time",
                condition=~Q(state__in=["signed", "in_force", "settled"])
                | Q(signed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="version_in_force_after_signed",
                condition=(~Q(state__in=["in_force", "settled"]) | Q(in_force_at__isnull=False))
                & (Q(in_force_at=None) | Q(in_force_at__gte=F("signed_at"))),
            ),
            models.CheckConstraint(
                name="version_ended_has_reason",
                condition=~Q(state__in=["returned", "refused", "voided"])
                | (~Q(end_reason="") & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="version_superseded_has_next",
                condition=~Q(state="superseded")
                | Q(
                    superseded_by__isnull=False,  # NULL > n is NULL, which a CHECK takes
                    superseded_by__gt=F("n"),
                    ended_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="version_settled_has_time",
                condition=~Q(state="settled") | Q(settled_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="version_awaiting_signature",
                fields=["sign_by", "id"],
                condition=Q(state="issued"),
            ),
            models.Index(name="version_by_state", fields=["state", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.commitment} v{self.n}"

    @property
    def sealed(self) -> "Document":
        """The document; only a draft has none, and nobody signs a draft. Raises ValueError then."""
        if self.document is None:
            raise ValueError(f"{self} is a draft: it has no document.")
        return self.document

    @property
    def ref(self) -> str:
        """Permanent: the commitment's reference and the number of the version."""
        return f"{self.commitment.ref}-v{self.n}"


class CommitmentItem(models.Model):
    """One promise of a version: the revision of a target, and the words printed for it."""

    version = models.ForeignKey(
        CommitmentVersion, models.CASCADE, related_name="items"
    )  # only a draft goes
    ordinal = models.PositiveSmallIntegerField()
    revision = models.ForeignKey("commitments.TargetRevision", models.PROTECT, related_name="items")
    role = models.CharField(max_length=8, choices=ItemRole, default=ItemRole.LEAD)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="item_once", fields=["version", "ordinal"]),
            models.UniqueConstraint(name="item_revision_once", fields=["version", "revision"]),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} #{self.ordinal}"


class ReturnAnswer(models.Model):
    """What the planner says to one objection, or to a refusal as a whole (`return_item` None)."""

    act = models.ForeignKey("commitments.SignatureAct", models.PROTECT, related_name="answers")
    return_item = models.ForeignKey(
        "commitments.ReturnItem", models.PROTECT, null=True, blank=True, related_name="answers"
    )
    text = models.TextField()
    person = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    next_version_n = (
        models.PositiveSmallIntegerField()
    )  # the version that follows; a draft of it may go
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="returnanswer_once", fields=["act", "return_item"]),
            models.UniqueConstraint(
                name="returnanswer_whole_once", fields=["act"], condition=Q(return_item=None)
            ),
            models.CheckConstraint(name="returnanswer_has_text", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return f"answer to {self.act_id}"


class VoidProposal(models.Model):
    """The first of the two people that voiding a commitment in force takes."""

    version = models.ForeignKey(CommitmentVersion, models.PROTECT, related_name="void_proposals")
    mandate = models.ForeignKey("commitments.Mandate", models.PROTECT, related_name="+")
    reason = models.TextField()
    act = models.OneToOneField(
        "commitments.SignatureAct", models.PROTECT, related_name="void_proposal"
    )
    proposed_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="voidproposal_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="voidproposal_expires", condition=Q(expires_at__gt=F("proposed_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"void {self.version_id}"
