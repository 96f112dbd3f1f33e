"""What messages refuse, as codes of problems."""

from django.utils.translation import gettext_lazy as _

from units.http.codes import Code

CODES: tuple[Code, ...] = (
    Code(
        "absence-range-empty",
        422,
        _("An absence would end before it begins."),
        _("Choose a last day that is not before the first one."),
    ),
    Code(
        "absence-over",
        422,
        _("An absence would lie in the past."),
        _("Choose a last day that is still to come: what was told already stays where it is."),
    ),
    Code(
        "absence-too-long",
        422,
        _("An absence would last more than a year."),
        _(
            "Choose an earlier last day. Who leaves an office for good is no longer appointed to it."
        ),
    ),
    Code(
        "absence-overlaps",
        422,
        _("Two absences of one person would share a day."),
        _("Choose other days, or end the other absence first."),
    ),
    Code(
        "deputy-is-oneself",
        422,
        _("Nobody stands in for themselves."),
        _("Choose a colleague."),
    ),
    Code(
        "deputy-unknown",
        422,
        _("The deputy could not read what comes."),
        _("Choose a person whose account may log in."),
    ),
    Code(
        "deputy-away",
        422,
        _("The deputy is away in the same days."),
        _("Choose somebody who is there: messages are passed on once, never twice."),
    ),
    Code(
        "end-absence-not-from-ended",
        409,
        _("The absence is over already."),
        _("Nothing needs to be done. Load the page again."),
    ),
    Code(
        "quiet-too-long",
        422,
        _("More of the day would be quiet than may be."),
        _("Choose a later beginning or an earlier end: at most 16 hours of a day are quiet."),
    ),
    Code(
        "webhook-address-refused",
        422,
        _("This address cannot be called."),
        _(
            "Give an https address of the open network on port 443, without a user and a fragment. The "
            "administrator of the installation can allow further ports and networks."
        ),
    ),
    Code(
        "webhook-not-active",
        409,
        _("Nothing is sent to this address now."),
        _("Make it active first: it was paused, or disabled because its receiver failed."),
    ),
)
