"""The bucket of the supervisor's queue that belongs to notices: what could not be delivered."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from commitments.web.tabs import Matter
from notifications.enums import DeadReason, NoticeState
from notifications.models import Notice
from units.models import User


class Undelivered:
    """Notices that no channel could deliver, about what the reader may see."""

    key, matter = "undelivered", Matter.MESSAGES
    label = _("Not delivered")
    template = "notifications/_undelivered.html"

    def _found(self, user: User, *, at: datetime) -> Any:
        return Notice.objects.undelivered().about_visible_to(user, at=at)

    def count(self, user: User, *, at: datetime) -> int:
        """Return how many there are; equal to the list."""
        return self._found(user, at=at).count()

    def rows(self, user: User, *, at: datetime) -> list[Notice]:
        """Return them, the oldest first."""
        rows = list(self._found(user, at=at).with_matter().order_by("pk")[:200])
        for notice in rows:
            notice.why = _why(notice)
        return rows


def _why(notice: Notice) -> str:
    """Return what stood in the way: our own reason in the reader's language, else the server's."""
    if notice.state == NoticeState.UNKNOWN:
        return str(DeadReason.LOST_TWICE.label)
    ours = DeadReason._value2member_map_.get(notice.end_reason)
    return str(ours.label) if ours else notice.end_reason


UNDELIVERED = Undelivered()
