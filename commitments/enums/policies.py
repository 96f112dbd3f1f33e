"""What became of a proposed version of a ladder."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy


class PolicyProposalState(TextChoices):
    WAITING = "waiting", pgettext_lazy("policy", "Waiting")
    PUBLISHED = "published", pgettext_lazy("policy", "Published")
    WITHDRAWN = "withdrawn", pgettext_lazy("policy", "Withdrawn")
