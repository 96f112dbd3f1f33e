"""Texts about duties that their holders hand on, and about what a queue brings back."""

from django.utils.translation import gettext_lazy as _

from notifications.messages.texts import NOTHING_FOLLOWS, Text

_STAYS = _(
    "Neither the duty nor any right has moved: only the act of whoever holds it ends it. You also get "
    "what %(actor)s is told about it."
)
DESK: dict[str, Text] = {
    "row-delegated": Text(
        _("%(actor)s asks you to see to commitment %(number)s of %(unit)s"),
        _(
            "%(actor)s must act on commitment %(number)s, version %(n)s, of %(unit)s by %(due)s, and asks "
            "you to see to it: “%(task)s”"
        ),
        _STAYS,
    ),
    "row-undelegated": Text(
        _("Taken back: commitment %(number)s of %(unit)s"),
        _(
            "%(actor)s no longer asks you to see to commitment %(number)s, version %(n)s, of %(unit)s."
        ),
        NOTHING_FOLLOWS,
    ),
    "case-back": Text(
        _("Back in your queue: backlog case %(number)s of %(unit)s"),
        _(
            "You had put backlog case %(number)s of %(unit)s, “%(title)s”, aside until today. It stands "
            "in your queue again."
        ),
        NOTHING_FOLLOWS,
    ),
    "reports-back": Text(
        _("Back in your queue: %(reports)s of %(unit)s"),
        _(
            "You had put the reports of %(unit)s for %(period)s aside until today. They stand in your "
            "queue again."
        ),
        NOTHING_FOLLOWS,
    ),
    "case-delegated": Text(
        _("%(actor)s asks you to see to backlog case %(number)s of %(unit)s"),
        _(
            "%(actor)s must act on backlog case %(number)s of %(unit)s, “%(title)s”, by %(due)s, and asks "
            "you to see to it: “%(task)s”"
        ),
        _STAYS,
    ),
    "case-undelegated": Text(
        _("Taken back: backlog case %(number)s of %(unit)s"),
        _(
            "%(actor)s no longer asks you to see to backlog case %(number)s of %(unit)s, “%(title)s”."
        ),
        NOTHING_FOLLOWS,
    ),
    "reports-delegated": Text(
        _("%(actor)s asks you to see to %(reports)s of %(unit)s"),
        _(
            "%(unit)s owes %(reports)s for %(period)s by %(due)s. %(actor)s asks you to see to it: "
            "“%(task)s”"
        ),
        _STAYS,
    ),
    "review-delegated": Text(
        _("%(actor)s asks you to see to the verification of %(reports)s of %(unit)s"),
        _(
            "%(actor)s is to decide on %(reports)s of %(unit)s for %(period)s by %(due)s, and asks you to "
            "see to it: “%(task)s”"
        ),
        _STAYS,
    ),
    "reports-undelegated": Text(
        _("Taken back: the reports of %(unit)s"),
        _("%(actor)s no longer asks you to see to the reports of %(unit)s for %(period)s."),
        NOTHING_FOLLOWS,
    ),
    "correction-delegated": Text(
        _("%(actor)s asks you to see to the corrective action for %(code)s of %(unit)s"),
        _(
            "%(actor)s answers for the corrective action for %(code)s of %(plan)s, “%(title)s”, to be "
            "done by %(due)s, and asks you to see to it: “%(task)s”"
        ),
        _STAYS,
    ),
    "confirmation-delegated": Text(
        _(
            "%(actor)s asks you to see whether the corrective action for %(code)s of %(unit)s is done"
        ),
        _(
            "%(actor)s is to decide by %(due)s whether the corrective action for %(code)s of %(plan)s, "
            "“%(title)s”, of %(unit)s is done, and asks you to see to it: “%(task)s”"
        ),
        _STAYS,
    ),
    "correction-undelegated": Text(
        _("Taken back: the corrective action for %(code)s of %(unit)s"),
        _(
            "%(actor)s no longer asks you to see to the corrective action for %(code)s of %(plan)s, "
            "“%(title)s”."
        ),
        NOTHING_FOLLOWS,
    ),
}
