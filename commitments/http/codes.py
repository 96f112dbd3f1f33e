"""The codes that the public answers about documents carry, with what they mean and what to do."""

from django.utils.translation import gettext_lazy as _

from units.http.codes import Code

CODES: tuple[Code, ...] = (
    Code(
        "code-mistyped",
        404,
        _("This cannot be the code of a document."),
        _("A code has 17 letters and digits; the last one checks the others. Compare it again."),
    ),
    Code(
        "code-unknown",
        404,
        _("No document of this installation has this code."),
        _("Check that you ask at the address that stands on the paper."),
    ),
    Code(
        "digest-malformed",
        422,
        _("This is no SHA-256."),
        _("Send 64 hexadecimal digits: the SHA-256 of the whole file."),
    ),
    Code(
        "no-ladder",
        404,
        _("No ladder runs for this object."),
        _("Nothing is waited for in its present state, or the last step was taken."),
    ),
    Code(
        "nothing-to-acknowledge",
        409,
        _("No step of the ladder has been taken yet."),
        _("Wait for the first reminder."),
    ),
    Code(
        "clock-changed",
        412,
        _("The next step was taken meanwhile."),
        _("Read the ladder again, then decide."),
    ),
    Code(
        "acknowledged-already",
        409,
        _("The step is acknowledged already."),
        _("Nothing needs to be done: it is not repeated meanwhile."),
    ),
    Code(
        "deputy-elsewhere",
        422,
        _("The duty would be handed to somebody of another unit, or to oneself."),
        _("Name a colleague who holds an office or a role in your own unit."),
    ),
    Code(
        "deputy-sees-it-not",
        422,
        _("The deputy could not see what is to be done."),
        _("Name a colleague who sees it."),
    ),
    Code(
        "delegated-already",
        409,
        _("The duty is in a colleague's hands already."),
        _("Take it back first."),
    ),
    Code(
        "not-delegated",
        409,
        _("No deputy is named, or the duty has ended."),
        _("Nothing needs to be done."),
    ),
    Code(
        "snooze-needs-reason",
        422,
        _("A row is put aside without a reason."),
        _("Say why: others read it beside the row."),
    ),
    Code(
        "snooze-in-the-past",
        422,
        _("The row would come back on a day that is not still to come."),
        _("Choose a later day."),
    ),
    Code(
        "snooze-too-long",
        422,
        _("The row would come back after the day on which it is due, or after more than 30 days."),
        _("Choose an earlier day. What is late is not put aside."),
    ),
    Code(
        "snoozed-already",
        409,
        _("The row is put aside already."),
        _("Take it back first."),
    ),
    Code(
        "not-snoozed",
        409,
        _("The row is not put aside, or has come back by itself."),
        _("Nothing needs to be done."),
    ),
)
