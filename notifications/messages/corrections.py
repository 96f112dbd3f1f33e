"""Texts about corrective actions: what follows from a verdict, until it is confirmed as done."""

from django.utils.translation import gettext_lazy as _

from notifications.messages.texts import NOTHING_FOLLOWS, Text

CORRECTIONS: dict[str, Text] = {
    "correction-due": Text(
        _("Reminder: the corrective action for %(code)s is to be done by %(due)s"),
        _(
            "Your office answers for the corrective action for %(code)s of %(plan)s, “%(title)s”, of "
            "%(unit)s, to be done by %(due)s: “%(remedy)s” Once it is done, say so on its page, with "
            "what was done."
        ),
    ),
    "correction-due-watch": Text(
        _("Nobody in office: the corrective action for %(code)s of %(unit)s is due on %(due)s"),
        _(
            "Nobody holds the office that answers for the corrective action for %(code)s of %(plan)s, "
            "“%(title)s”, of %(unit)s, to be done by %(due)s. See that somebody is appointed, titular "
            "or acting."
        ),
    ),
    "correction-late": Text(
        _("Late: the corrective action for %(code)s was to be done by %(due)s"),
        _(
            "Your office answers for the corrective action for %(code)s of %(plan)s, “%(title)s”, of "
            "%(unit)s, which was to be done by %(due)s: “%(remedy)s” Days late: %(days)s."
        ),
    ),
    "correction-late-watch": Text(
        _("Escalated to you: the corrective action for %(code)s of %(unit)s is not done"),
        _(
            "The corrective action for %(code)s of %(plan)s, “%(title)s”, of %(unit)s was to be done "
            "by %(due)s and is not: “%(remedy)s” Days late: %(days)s."
        ),
    ),
    "correction-done": Text(
        _("Please confirm: the corrective action for %(code)s of %(unit)s is said to be done"),
        _(
            "%(actor)s says that the corrective action for %(code)s of %(plan)s, “%(title)s”, of "
            "%(unit)s is done. Confirm it on its page by %(due)s, or take it back with a reason."
        ),
    ),
    "correction-confirm-due": Text(
        _("Reminder: is the corrective action for %(code)s of %(unit)s done?"),
        _(
            "The corrective action for %(code)s of %(plan)s, “%(title)s”, of %(unit)s is said to be done. "
            "Confirm it on its page by %(due)s, or take it back with a reason."
        ),
    ),
    "correction-confirm-due-watch": Text(
        _("Nobody to confirm: the corrective action for %(code)s of %(unit)s"),
        _(
            "The corrective action for %(code)s of %(plan)s, “%(title)s”, of %(unit)s is said to be done. "
            "That is to be confirmed by %(due)s, and nobody of another unit may. See that somebody is "
            "made its supervisor."
        ),
    ),
    "correction-confirm-late": Text(
        _("Late: is the corrective action for %(code)s of %(unit)s done?"),
        _(
            "The corrective action for %(code)s of %(plan)s, “%(title)s”, of %(unit)s is said to be done. "
            "You were to confirm it on its page by %(due)s, or to take it back with a reason. Days late: "
            "%(days)s."
        ),
    ),
    "correction-confirm-late-watch": Text(
        _("Escalated to you: the corrective action for %(code)s of %(unit)s is not confirmed"),
        _(
            "The corrective action for %(code)s of %(plan)s, “%(title)s”, of %(unit)s is said to be done, "
            "and by %(due)s nobody has confirmed it or taken it back. Days late: %(days)s."
        ),
    ),
    "correction-taken-back": Text(
        _("Taken back: the corrective action for %(code)s is not done"),
        _(
            "%(actor)s has taken back that the corrective action for %(code)s of %(plan)s, "
            "“%(title)s”, of %(unit)s is done. The reason stands on its page. Its day has not moved."
        ),
    ),
    "correction-confirmed": Text(
        _("Confirmed: the corrective action for %(code)s of %(unit)s is done"),
        _(
            "%(actor)s has confirmed that the corrective action for %(code)s of %(plan)s, “%(title)s”, "
            "of %(unit)s is done."
        ),
        NOTHING_FOLLOWS,
    ),
}
