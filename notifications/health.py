"""How notices fare, for the status page."""

from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from commitments.enums.policies import Channel
from notifications.actions import post
from notifications.enums import WebhookState
from notifications.models import ChannelState, FeedPosition, Notice, SetAside, WebhookEndpoint
from units.models import RegisterLink

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
