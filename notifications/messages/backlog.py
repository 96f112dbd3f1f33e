"""Texts about backlog cases, and about explanations that a step of a ladder asks for."""

from django.utils.translation import gettext_lazy as _

from notifications.messages.texts import NOTHING_FOLLOWS, Text

BACKLOG: dict[str, Text] = {
    # --- the ladder ---------------------------------------------------------------------------
    "case-due": Text(
        _("Reminder: resolve backlog case %(number)s by %(due)s"),
        _(
            "Backlog case %(number)s of %(unit)s, “%(title)s”, is to be resolved by your office by "
            "%(due)s. It was originally due on %(original_due)s."
        ),
    ),
    "case-due-watch": Text(
        _("Nobody in office: backlog case %(number)s of %(unit)s is due on %(due)s"),
        _(
            "Nobody holds the office that is to resolve backlog case %(number)s of %(unit)s, "
            "“%(title)s”, by %(due)s. See that somebody is appointed, titular or acting."
        ),
    ),
    "case-late": Text(
        _("Late: backlog case %(number)s was due on %(due)s"),
        _(
            "Backlog case %(number)s of %(unit)s, “%(title)s”, was to be resolved by your office by "
            "%(due)s. Days late: %(days)s. It was originally due on %(original_due)s."
        ),
    ),
    "case-late-watch": Text(
        _("Escalated to you: backlog case %(number)s of %(unit)s is not resolved"),
        _(
            "Backlog case %(number)s of %(unit)s, “%(title)s”, was to be resolved by %(due)s and is "
            "not. Days late: %(days)s. It was originally due on %(original_due)s."
        ),
    ),
    "case-explain": Text(
        _("Please explain: backlog case %(number)s of %(unit)s is not resolved"),
        _(
            "Backlog case %(number)s of %(unit)s, “%(title)s”, was to be resolved by %(due)s. You "
            "are asked to explain to your supervisor, by %(answer_by)s, why it is not. Resolving "
            "it ends the matter."
        ),
    ),
    "case-assign-late": Text(
        _("Late: assign backlog case %(number)s of %(unit)s"),
        _(
            "Backlog case %(number)s of %(unit)s, “%(title)s”, is registered and nobody has to resolve "
            "it yet. It was to be made clear and assigned by %(due)s. Days late: %(days)s. It was "
            "originally due on %(original_due)s."
        ),
    ),
    "case-assign-late-watch": Text(
        _("Escalated to you: backlog case %(number)s of %(unit)s is assigned to nobody"),
        _(
            "Backlog case %(number)s of %(unit)s, “%(title)s”, was to be assigned by %(due)s by who "
            "supervises the unit, and is not. Days late: %(days)s. It was originally due on "
            "%(original_due)s."
        ),
    ),
    "case-verify-late": Text(
        _("Late: verify backlog case %(number)s of %(unit)s"),
        _(
            "%(unit)s has resolved backlog case %(number)s, “%(title)s”. It was to be verified by "
            "%(due)s. Days late: %(days)s."
        ),
    ),
    "case-verify-late-watch": Text(
        _("Escalated to you: backlog case %(number)s of %(unit)s is not verified"),
        _(
            "%(unit)s has resolved backlog case %(number)s, “%(title)s”. It was to be verified by "
            "%(due)s and is not. Days late: %(days)s."
        ),
    ),
    "case-assign-request": Text(
        _("Please assign: backlog case %(number)s of %(unit)s was opened by a rule"),
        _(
            "The system has opened backlog case %(number)s of %(unit)s, “%(title)s”, originally due on "
            "%(original_due)s. Make it clear and assign it by %(due)s, or have it cancelled."
        ),
    ),
    # --- what people do to it -----------------------------------------------------------------
    "case-assigned": Text(
        _("Please resolve: backlog case %(number)s of %(unit)s"),
        _(
            "Backlog case %(number)s of %(unit)s, “%(title)s”, was assigned to your office. It is to "
            "be resolved by %(due)s; it was originally due on %(original_due)s."
        ),
    ),
    "case-extension-proposed": Text(
        _("Please decide: an extension of backlog case %(number)s is proposed"),
        _(
            "%(actor)s proposes to extend backlog case %(number)s of %(unit)s, “%(title)s”, to "
            "%(until)s. The age counts on from %(original_due)s either way."
        ),
        _("Until it is decided, the ladder climbs from the day that stands."),
    ),
    "case-reopening-proposed": Text(
        _("Please decide: backlog case %(number)s is to be reopened"),
        _(
            "%(actor)s proposes to reopen backlog case %(number)s of %(unit)s, “%(title)s”, which was "
            "closed."
        ),
        _("Until it is decided, the case stays closed and nobody is reminded."),
    ),
    "case-extended": Text(
        _("Extended: backlog case %(number)s is due on %(until)s"),
        _(
            "%(actor)s has extended backlog case %(number)s of %(unit)s, “%(title)s”, to %(until)s. "
            "Its age counts on from %(original_due)s."
        ),
    ),
    "case-declined": Text(
        _("Declined: what you proposed for backlog case %(number)s"),
        _(
            "%(actor)s has declined what you proposed for backlog case %(number)s of %(unit)s, "
            "“%(title)s”. The reason stands on its page."
        ),
        NOTHING_FOLLOWS,
    ),
    "case-suspended": Text(
        _("Suspended: backlog case %(number)s of %(unit)s"),
        _(
            "%(actor)s has suspended backlog case %(number)s of %(unit)s, “%(title)s”. Its ladder "
            "stands still; its age goes on."
        ),
        _("Nobody is reminded until a leader in charge takes it up again."),
    ),
    "case-resumed": Text(
        _("Taken up again: backlog case %(number)s is due on %(until)s"),
        _(
            "%(actor)s has taken backlog case %(number)s of %(unit)s, “%(title)s”, up again. It is "
            "due on %(until)s."
        ),
    ),
    "case-verify-request": Text(
        _("Please verify: backlog case %(number)s of %(unit)s is resolved"),
        _(
            "%(actor)s says that backlog case %(number)s of %(unit)s, “%(title)s”, is resolved. Verify "
            "by %(due)s what was delivered."
        ),
    ),
    "case-closed": Text(
        _("Closed: backlog case %(number)s of %(unit)s"),
        _(
            "%(actor)s has accepted what was delivered for backlog case %(number)s of %(unit)s, "
            "“%(title)s”. The case is closed."
        ),
        NOTHING_FOLLOWS,
    ),
    "case-rejected": Text(
        _("Given back: backlog case %(number)s of %(unit)s is not resolved"),
        _(
            "%(actor)s has not accepted what was delivered for backlog case %(number)s of %(unit)s, "
            "“%(title)s”. The reason stands on its page. It is due on %(due)s."
        ),
    ),
    "case-reopened": Text(
        _("Reopened: backlog case %(number)s of %(unit)s"),
        _(
            "%(actor)s has reopened backlog case %(number)s of %(unit)s, “%(title)s”. It is due on "
            "%(due)s; it was originally due on %(original_due)s."
        ),
    ),
    "case-cancelled": Text(
        _("Cancelled: backlog case %(number)s of %(unit)s"),
        _(
            "%(actor)s has cancelled backlog case %(number)s of %(unit)s, “%(title)s”. The reason "
            "stands on its page."
        ),
        NOTHING_FOLLOWS,
    ),
    # --- explanations, of cases and of commitments ----------------------------------------------
    "explanation-given": Text(
        _("%(actor)s has explained: %(number)s of %(unit)s"),
        _(
            "%(actor)s has given the explanation that was asked for about %(number)s of %(unit)s. "
            "Say on its page whether you accept it."
        ),
    ),
    "explanation-accepted": Text(
        _("Accepted: your explanation about %(number)s"),
        _("%(actor)s has accepted your explanation about %(number)s of %(unit)s."),
    ),
    "explanation-refused": Text(
        _("Not accepted: your explanation about %(number)s"),
        _(
            "%(actor)s has not accepted your explanation about %(number)s of %(unit)s. The reason "
            "stands on its page."
        ),
    ),
}
