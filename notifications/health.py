"""How notices fare, for the status page."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Sum
from django.utils.translation import gettext_lazy as _

from commitments.enums.policies import Channel
from notifications.actions import post
from notifications.enums import NoticeState, WebhookDeliveryState, WebhookState
from notifications.models import (
    ChannelState,
    DeliveryAttempt,
    FeedPosition,
    Notice,
    SetAside,
    WebhookDelivery,
    WebhookEndpoint,
)
from units import clock
from units.models import RegisterLink

Measure = tuple[str, dict[str, str], float]

WAYS = {
    "sent": _("works"),
    "kept": _("kept, not sent (demonstration)"),
    "none": _("not configured: notices stay in the inbox"),
}
TEXT_WAYS = WAYS | {"none": _("not configured: nobody is told by text message")}


def figures(at: datetime) -> list[tuple[Any, Any, bool]]:
    """Return (label, value, well) for the real instant `at`: what waits, what failed, and mail."""
    del at  # these figures have no age
    head = RegisterLink.objects.aggregate(last=Max("seq"))["last"] or 0
    position = FeedPosition.objects.filter(consumer="notices").values_list("seq", flat=True).first()
    behind = head - (position or 0)
    dead = Notice.objects.undelivered().count()
    broken = dict(
        ChannelState.objects.exclude(broken_since=None).values_list("channel", "last_error")
    )
    mail, text = broken.get(Channel.EMAIL), broken.get(Channel.SMS)
    withheld = Notice.objects.withheld().count()
    aside = SetAside.objects.filter(resolved_by=None).count()
    silent = WebhookEndpoint.objects.filter(state=WebhookState.DISABLED).count()
    return [
        (_("Entries of the register not told yet"), behind, behind < 1000),
        (_("Notices that could not be delivered"), dead, dead == 0),
        (_("Notices withheld since a backup was put back"), withheld, withheld == 0),
        (_("Entries set aside"), aside, aside == 0),
        (_("Addresses of programs that were disabled"), silent, silent == 0),
        (_("E-mail"), mail or WAYS[post.way()], not mail),
        (_("Text messages"), text or TEXT_WAYS[post.way_of_texts()], not text),
    ]


def oldest_waiting(*, at: datetime, real_at: datetime) -> datetime | None:
    """Return from when the oldest notice that should have left by the business instant `at` was to
    leave; None: none. One that was put off to try again after the real instant `real_at` is no sign."""
    waiting = Notice.objects.filter(state=NoticeState.PENDING, not_before__lte=at)
    waiting = waiting.exclude(next_try_at__gt=real_at).order_by("not_before", "pk")
    return waiting.values_list("not_before", flat=True).first()


def measures(at: datetime) -> Iterator[Measure]:
    """Yield (name, labels, value) for the real instant `at`: notices, tries in doubt, what lies behind."""
    by_state = dict(Notice.objects.order_by().values_list("state").annotate(n=Count("pk")))
    for state in NoticeState:
        yield ("notices_by_state", {"state": state.value}, by_state.get(state.value, 0))
    doubts = Notice.objects.filter(doubts__gt=0).aggregate(n=Sum("doubts"))["n"] or 0
    yield ("notices_doubtful_total", {}, doubts)
    late = DeliveryAttempt.objects.exclude(late_answer="")
    yield ("fenced_total", {}, late.count())
    yield ("set_aside", {}, SetAside.objects.filter(resolved_by=None).count())
    broken = {row.channel for row in ChannelState.objects.exclude(broken_since=None)}
    for channel in Channel:
        if channel != Channel.INBOX:
            yield ("channel_broken", {"channel": channel.value}, float(channel in broken))
    position = FeedPosition.objects.filter(consumer="notices").values_list("seq", flat=True).first()
    untold = RegisterLink.objects.filter(seq__gt=position or 0)
    yield ("feed_lag_entries", {}, untold.count())
    first = untold.order_by("seq").values_list("entry__at", flat=True).first()
    business = at - clock.demonstration_offset()
    lag = max(business - first, timedelta(0)) if first else timedelta(0)
    yield ("feed_lag_seconds", {}, lag.total_seconds())
    due = WebhookDelivery.objects.filter(
        state=WebhookDeliveryState.PENDING,
        next_try_at__lte=at,
        endpoint__state=WebhookState.ACTIVE,
    )
    oldest = due.order_by("next_try_at").values_list("next_try_at", flat=True).first()
    yield ("webhook_oldest_seconds", {}, (at - oldest).total_seconds() if oldest else 0)
