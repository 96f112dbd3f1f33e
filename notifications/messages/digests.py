"""One letter that tells several things, the most urgent first."""

from collections.abc import Sequence
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.messages import Message


class Line(NamedTuple):
    """What one notice says, in the reader's language. `url`: the page that it leads to."""

    subject: str
    what: str
    what_follows: str
    reason: str
    url: str


def compose(
    lines: Sequence[Line],
    *,
    more: int,
    inbox_url: str,
    name: str,
    demonstration: bool,
    language: str,
) -> Message:
    """Return one message of `lines` in `language`; `more`: how many others stand only in the inbox."""
    with translation.override(language):
        count = len(lines) + more
        subject = ngettext(
            "%(count)d message for you: %(first)s", "%(count)d messages for you: %(first)s …", count
        ) % {"count": count, "first": lines[0].subject}
        context = {
            "language": language,
            "subject": subject,
            "name": name,
            "lines": lines,
            "more": more,
            "count": count,
            "inbox_url": inbox_url,
            "demonstration": demonstration,
            "why": _("They come in one letter because they were to leave at the same time."),
        }
        return Message(
            subject,
            render_to_string("notifications/mail/digest.txt", context),
            render_to_string("notifications/mail/digest.html", context),
        )
