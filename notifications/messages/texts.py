"""What one text of a message is made of."""

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

NOTHING_FOLLOWS = _("No further message about this follows by itself.")


class Text(NamedTuple):
    """`subject`: one line, also the headline in the inbox. `what`: what it is about.

    `after`: what happens next where no ladder says it.
    """

    subject: Any
    what: Any
    after: Any = ""
