"""Texts about a person's telephone number; neither the number nor the code stands in them."""

from django.utils.translation import gettext_lazy as _

from notifications.messages.texts import NOTHING_FOLLOWS, Text

TELEPHONES: dict[str, Text] = {
    "telephone-code": Text(
        _("A code for your telephone number is on its way"),
        _(
            "You have entered a telephone number, and a code goes there by text message. Type it in on "
            "the page within ten minutes."
        ),
        _("Until the code is typed in, nothing is sent to that number."),
    ),
    "telephone-verified": Text(
        _("A telephone number was added to your account"),
        _(
            "A telephone number was proved by a code and is used for messages to you from now on. If "
            "this was not your wish, remove it on the page and tell your administrators."
        ),
        _("When it is used you choose under “How you are told”."),
    ),
    "telephone-removed": Text(
        _("The telephone number of your account was removed"),
        _(
            "No text message is sent to you any more. If this was not your wish, tell your "
            "administrators at once."
        ),
        NOTHING_FOLLOWS,
    ),
}
