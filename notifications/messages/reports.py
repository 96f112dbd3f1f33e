"""Texts about reports that a unit owes by one day, or that await a decision, all of them in one message."""

from django.utils.translation import gettext_lazy as _

from notifications.messages.texts import Text

REPORTS: dict[str, Text] = {
    "report-due": Text(
        _("Reminder: %(unit)s owes %(reports)s by %(due)s"),
        _(
            "%(unit)s still owes %(reports)s for %(period)s, to be handed in by %(due)s. What comes "
            "later counts as late."
        ),
    ),
    "report-due-watch": Text(
        _("Nobody to report: %(unit)s owes %(reports)s by %(due)s"),
        _(
            "%(unit)s still owes %(reports)s for %(period)s, to be handed in by %(due)s, and nobody "
            "heads the unit or reports for it. See that somebody is appointed, titular or acting."
        ),
    ),
    "report-late": Text(
        _("Late: %(unit)s has owed %(reports)s since %(due)s"),
        _(
            "%(unit)s still owes %(reports)s for %(period)s, to be handed in by %(due)s. Days late: "
            "%(days)s. Where nothing happened, say that there is nothing to report."
        ),
    ),
    "report-late-watch": Text(
        _("Escalated to you: %(unit)s has not handed in %(reports)s"),
        _(
            "%(unit)s still owes %(reports)s for %(period)s, to be handed in by %(due)s, and has not "
            "handed in. Days late: %(days)s."
        ),
    ),
    "report-verify-due": Text(
        _("Reminder: %(reports)s of %(unit)s to verify by %(due)s"),
        _(
            "%(unit)s has handed in %(reports)s for %(period)s that await your decision, by %(due)s: verify "
            "them, or return them with a reason."
        ),
    ),
    "report-verify-due-watch": Text(
        _("Nobody to verify: %(reports)s of %(unit)s by %(due)s"),
        _(
            "%(unit)s has handed in %(reports)s for %(period)s, to be decided on by %(due)s, and nobody "
            "may verify them. See that somebody of another unit is given that role."
        ),
    ),
    "report-verify-late": Text(
        _("Late: verify %(reports)s of %(unit)s"),
        _(
            "%(unit)s has handed in %(reports)s for %(period)s that still await your decision. The first "
            "of them was to be decided on by %(due)s. Days late: %(days)s."
        ),
    ),
    "report-verify-late-watch": Text(
        _("Escalated to you: %(reports)s of %(unit)s not verified"),
        _(
            "%(unit)s has handed in %(reports)s for %(period)s, and nobody has decided on them. The first "
            "of them was to be decided on by %(due)s. Days late: %(days)s."
        ),
    ),
    "missing-late-watch": Text(
        _("Escalated to you: %(unit)s never handed in %(reports)s"),
        _(
            "%(unit)s has not handed in %(reports)s for %(period)s. The last day was %(due)s: what is "
            "missing is locked and counts as missing. A supervisor can ask to unlock it."
        ),
        _(
            "Within minutes a backlog case is opened for each of them; a supervisor makes it clear and "
            "assigns it."
        ),
    ),
}
