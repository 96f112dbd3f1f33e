"""The bucket of the supervisor's queue that belongs to notices: what could not be delivered."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from notifications.models import Notice
from units.models import User


class Undelivered:
    """Notices that no channel could deliver, about what the reader may see."""

    key = "undelivered"
    label = _("Not delivered")
    template = "notifications/_undelivered.html"

    def _found(self, user: User, *, at: datetime) -> Any:
        return Notice.objects.undelivered().about_visible_to(user, at=at)

    def count(self, user: User, *, at: datetime) -> int:
        """Return how many there are; equal to the list."""
        return self._found(user, at=at).count()

    def rows(self, user: User, *, at: datetime) -> list[Notice]:
        """Return them, the oldest first."""
        return list(self._found(user, at=at).with_matter().order_by("pk")[:200])


UNDELIVERED = Undelivered()
