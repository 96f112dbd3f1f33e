"""The bucket of the queue for documents that would not convince a stranger."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.actions import checks
from commitments.enums import VersionState
from commitments.models import CommitmentVersion
from commitments.web.tabs import Matter
from units.models import User
from units.querysets.organisation import reach_of_page

OPEN = (VersionState.ISSUED, VersionState.SIGNED)


class Unproved:
    """Versions that nobody can sign any more as they are: not sealed, or with an invalid signature."""

    key, matter = "unproved", Matter.COMMITMENTS
    label = _("Not provable")
    template = "commitments/queue/_unproved.html"

    def _found(self, user: User, *, at: datetime) -> Any:
        versions = CommitmentVersion.objects.within(reach_of_page(user, at=at))
        return versions.filter(Q(document__in=_wrong()) | Q(state__in=OPEN, document__chain=None))

    def count(self, user: User, *, at: datetime) -> int:
        """Return how many there are; equal to the list."""
        return self._found(user, at=at).count()

    def rows(self, user: User, *, at: datetime) -> list[CommitmentVersion]:
        """Return them, the oldest first."""
        rows = list(self._found(user, at=at).for_rows().order_by("pk")[:200])
        wrong = set(_wrong())
        for version in rows:
            version.is_invalid = version.document_id in wrong
        return rows


def _wrong() -> Any:
    """Return the ids of the documents with a revision that was found wrong; few, by an index."""
    return checks.invalid().values_list("revision__document", flat=True)


UNPROVED = Unproved()
