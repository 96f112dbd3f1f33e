"""What a message says, in the reader's language: what it is about, why, and what happens next.

Plain values in, text out. Each text names the facts it needs as placeholders; `facts` brings them as
text in that language already. Nobody's words become markup: HTML is escaped by the template.
"""

from collections.abc import Mapping
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from notifications.messages.backlog import BACKLOG
from notifications.messages.corrections import CORRECTIONS
from notifications.messages.desk import DESK
from notifications.messages.reports import REPORTS
from notifications.messages.telephones import TELEPHONES
from notifications.messages.texts import NOTHING_FOLLOWS, Text


class Message(NamedTuple):
    """A message ready to be sent."""

    subject: str
    text: str
    html: str


OF_OTHERS = BACKLOG | CORRECTIONS | DESK | REPORTS | TELEPHONES
MESSAGES: Mapping[str, Text] = {
    # --- requests -----------------------------------------------------------------------------
    "sign-request": Text(
        _("Please sign: commitment %(number)s of %(unit)s"),
        _(
            "Commitment %(number)s, version %(n)s, of %(unit)s for %(plan)s awaits the signature of "
            "your office by %(due)s. You may also return it for correction or refuse it, with reasons."
        ),
    ),
    "countersign-request": Text(
        _("Please countersign: commitment %(number)s of %(unit)s"),
        _(
            "Every undertaker has signed commitment %(number)s, version %(n)s, of %(unit)s for "
            "%(plan)s. Your office countersigns it by %(due)s."
        ),
    ),
    "answer-request-returned": Text(
        _("Please answer: commitment %(number)s of %(unit)s was returned"),
        _(
            "%(actor)s has returned commitment %(number)s, version %(n)s, of %(unit)s for correction. "
            "Answer each reason by %(due)s; a new version follows."
        ),
    ),
    "answer-request-refused": Text(
        _("Please answer: commitment %(number)s of %(unit)s was refused"),
        _(
            "%(actor)s has refused to sign commitment %(number)s, version %(n)s, of %(unit)s. The "
            "targets stay assigned. Answer the reason by %(due)s."
        ),
    ),
    "void-proposed": Text(
        _("Please decide: commitment %(number)s of %(unit)s is to be voided"),
        _(
            "%(actor)s proposes to void commitment %(number)s, version %(n)s, of %(unit)s, which is "
            "in force. It takes a second person to void it."
        ),
        _("Unless a second person confirms within seven days, the proposal expires."),
    ),
    # --- results ------------------------------------------------------------------------------
    "refused": Text(
        _("Refused: commitment %(number)s of %(unit)s"),
        _(
            "%(actor)s has refused to sign commitment %(number)s, version %(n)s, of %(unit)s for "
            "%(plan)s. The targets stay assigned."
        ),
        _("The planner answers the reason by %(due)s."),
    ),
    "in-force": Text(
        _("In force: commitment %(number)s of %(unit)s"),
        _(
            "%(actor)s has countersigned commitment %(number)s, version %(n)s, of %(unit)s for "
            "%(plan)s. It is in force."
        ),
        _("Its reports fall due period by period; each unit is reminded before the day."),
    ),
    "voided": Text(
        _("Voided: commitment %(number)s of %(unit)s"),
        _(
            "%(actor)s has voided commitment %(number)s, version %(n)s, of %(unit)s for %(plan)s. It "
            "binds nobody any more."
        ),
        NOTHING_FOLLOWS,
    ),
    # --- the ladder ---------------------------------------------------------------------------
    "sign-due": Text(
        _("Reminder: sign commitment %(number)s of %(unit)s by %(due)s"),
        _(
            "Commitment %(number)s, version %(n)s, of %(unit)s for %(plan)s still awaits the "
            "signature of your office. It is due on %(due)s."
        ),
    ),
    "sign-due-watch": Text(
        _("No head in office: commitment %(number)s of %(unit)s is due on %(due)s"),
        _(
            "Nobody holds the office that must sign commitment %(number)s, version %(n)s, of "
            "%(unit)s by %(due)s. See that somebody is appointed, titular or acting."
        ),
    ),
    "sign-late": Text(
        _("Late: commitment %(number)s of %(unit)s was due on %(due)s"),
        _(
            "Commitment %(number)s, version %(n)s, of %(unit)s for %(plan)s was to be signed by "
            "%(due)s. Your office has not signed it yet. Days late: %(days)s."
        ),
    ),
    "sign-late-watch": Text(
        _("Escalated to you: commitment %(number)s of %(unit)s is not signed"),
        _(
            "Commitment %(number)s, version %(n)s, of %(unit)s for %(plan)s was to be signed by "
            "%(due)s and is not. Days late: %(days)s."
        ),
    ),
    "explain": Text(
        _("Please explain: commitment %(number)s of %(unit)s is not signed"),
        _(
            "Commitment %(number)s, version %(n)s, of %(unit)s for %(plan)s was to be signed by "
            "%(due)s. You are asked to explain to your supervisor, by %(answer_by)s, why it is not. "
            "Signing, returning or refusing it ends the matter."
        ),
    ),
    "countersign-late": Text(
        _("Late: countersign commitment %(number)s of %(unit)s"),
        _(
            "Commitment %(number)s, version %(n)s, of %(unit)s is signed and was to be countersigned "
            "by your office by %(due)s. Days late: %(days)s."
        ),
    ),
    "countersign-late-watch": Text(
        _("Escalated to you: commitment %(number)s of %(unit)s is not countersigned"),
        _(
            "Commitment %(number)s, version %(n)s, of %(unit)s is signed and was to be countersigned "
            "by %(due)s. Days late: %(days)s."
        ),
    ),
    "answer-late": Text(
        _("Late: answer the reasons about commitment %(number)s of %(unit)s"),
        _(
            "Commitment %(number)s, version %(n)s, of %(unit)s was returned or refused. The reasons "
            "were to be answered by %(due)s. Days late: %(days)s."
        ),
    ),
    "answer-late-watch": Text(
        _("Escalated to you: nobody has answered %(unit)s about commitment %(number)s"),
        _(
            "Commitment %(number)s, version %(n)s, of %(unit)s was returned or refused. The planner "
            "was to answer the reasons by %(due)s. Days late: %(days)s."
        ),
    ),
    # --- the desk -----------------------------------------------------------------------------
    "row-handed-over": Text(
        _("%(actor)s hands over to you: commitment %(number)s of %(unit)s"),
        _(
            "%(actor)s has handed commitment %(number)s, version %(n)s, of %(unit)s over to you. It "
            "stands in your queue; the notes there say how far it is."
        ),
        NOTHING_FOLLOWS,
    ),
    "row-taken-over": Text(
        _("%(actor)s has taken over commitment %(number)s of %(unit)s"),
        _(
            "%(actor)s now works on commitment %(number)s, version %(n)s, of %(unit)s, which you had "
            "taken before."
        ),
        NOTHING_FOLLOWS,
    ),
    "row-back": Text(
        _("Back in your queue: commitment %(number)s of %(unit)s"),
        _(
            "You had put commitment %(number)s, version %(n)s, of %(unit)s aside until today. It "
            "stands in your queue again."
        ),
        NOTHING_FOLLOWS,
    ),
    # --- an office changes hands --------------------------------------------------------------
    "office-changes-hands": Text(
        _("Please ask for the takeover: commitment %(number)s of %(unit)s"),
        _(
            "From %(since)s another person holds an office that has signed commitment %(number)s of "
            "%(unit)s for %(plan)s. Ask on its page that it be taken over; until that is signed it "
            "counts as not yet taken over, and so does whatever else this office has promised."
        ),
        _("It stands in your queue from that day until it is signed."),
    ),
    # --- proposals ----------------------------------------------------------------------------
    "proposal-made": Text(
        _("Please answer: %(unit)s proposes “%(title)s”"),
        _(
            "%(actor)s proposes for %(unit)s in %(plan)s: “%(title)s”, %(wanted)s. Accept it, change "
            "it or say why not."
        ),
        _("It waits in the plan until you answer; nobody is reminded of it."),
    ),
    "proposal-answered": Text(
        _("Your proposal “%(title)s” is answered"),
        _("%(actor)s has answered the proposal “%(title)s” of %(unit)s for %(plan)s: %(state)s."),
        NOTHING_FOLLOWS,
    ),
    # --- accounts -----------------------------------------------------------------------------
    "invited": Text(
        _("Your way in to the commitments of your unit"),
        _(
            "%(actor)s has opened an account for you. Your user name is %(username)s. Choose your "
            "password on the page below; it works once, and until %(until)s."
        ),
        _("After the first login you add a second factor, by which you sign."),
    ),
    "factor-reset-asked": Text(
        _("Somebody asks to remove your second factor"),
        _(
            "%(actor)s asks that the second factor of your account %(username)s be removed because "
            "it is lost. If that is not so, tell your administrators at once."
        ),
        _("Nothing happens unless a second administrator confirms it."),
    ),
    "factor-reset-confirm": Text(
        _("Please decide: remove the second factor of %(person)s"),
        _(
            "%(actor)s asks that the lost second factor of %(person)s be removed. Speak with "
            "%(person)s, then confirm or withdraw it."
        ),
        _("Unless a second administrator confirms within seven days, the request expires."),
    ),
    "factor-reset": Text(
        _("Your second factor was removed"),
        _(
            "%(actor)s has confirmed that the second factor of your account %(username)s is removed; "
            "every login has ended. You can sign again from %(until)s. If this was not your wish, "
            "tell your administrators at once."
        ),
        _("A separate message brings you a new way in."),
    ),
    "password-reset": Text(
        _("Your password was replaced"),
        _(
            "%(actor)s has replaced the password of your account %(username)s and hands a temporary "
            "one over to you. If this was not your wish, tell your administrators at once."
        ),
        _("You choose an own password at the next login."),
    ),
    "webhook-disabled": Text(
        _("The program “%(program)s” is not told of changes any more"),
        _(
            "Nothing is sent to an address of the program “%(program)s” any more. %(why)s What it has "
            "missed it finds in the feed of changes."
        ),
        _("When the receiver is well again, the program or an administrator makes it active."),
    ),
    "absence-entered": Text(
        _("You stand in for %(actor)s from %(first)s to %(last)s"),
        _(
            "%(actor)s is away from %(first)s to %(last)s and has named you as deputy. What %(actor)s "
            "is told in these days comes to you, too, as far as you may see what it is about. The "
            "duty and the right to sign stay where they are."
        ),
        _("After the last day it ends by itself."),
    ),
    "absence-ended": Text(
        _("You do not stand in for %(actor)s any more"),
        _(
            "%(actor)s has ended the absence from %(first)s to %(last)s, in which you were named as "
            "deputy. What came to you stays in your inbox."
        ),
        NOTHING_FOLLOWS,
    ),
    # --- reminded by hand ---------------------------------------------------------------------
    "reminded-sign": Text(
        _("%(actor)s reminds you: sign commitment %(number)s of %(unit)s"),
        _(
            "%(actor)s reminds you that commitment %(number)s, version %(n)s, of %(unit)s for "
            "%(plan)s awaits the signature of your office. It is due on %(due)s."
        ),
    ),
    "reminded-countersign": Text(
        _("%(actor)s reminds you: countersign commitment %(number)s of %(unit)s"),
        _(
            "%(actor)s reminds you that commitment %(number)s, version %(n)s, of %(unit)s awaits the "
            "countersignature of your office. It is due on %(due)s."
        ),
    ),
    "reminded-answer": Text(
        _("%(actor)s reminds you: answer the reasons about commitment %(number)s of %(unit)s"),
        _(
            "%(actor)s reminds you that %(unit)s waits for an answer about commitment %(number)s, "
            "version %(n)s. It is due on %(due)s."
        ),
    ),
} | OF_OTHERS
WHY_OFFICE = _("You get this message because you hold the office “%(office)s”.")
WHY_ACCOUNT = _("You get this message because it is about your account.")
WHY_DEPUTY = _(
    "You get this message because %(absent)s has named you as deputy. Neither the duty "
    "nor the right to sign passes to you."
)
WHY_NAMED = _("You get this message because %(deputy_of)s has named you as deputy.")
FOR_ANOTHER = _("For %(absent)s: %(headline)s")
SAID_TO_ANOTHER = _("%(absent)s was told: “%(what)s”")
WHY_ROLE = _("You get this message because of your role: %(role)s.")
NEXT_STEP = _(
    "If nothing happens, the next step follows by itself on %(when)s. It goes to: %(audience)s."
)


def headline(key: str, facts: Mapping[str, str]) -> str:
    """Return the one line that names the matter, in the language that is active."""
    line = str(MESSAGES[key].subject) % facts
    if absent := facts.get("absent"):
        return str(FOR_ANOTHER) % {"absent": absent, "headline": line}
    return line


def matter(key: str, facts: Mapping[str, str]) -> str:
    """Return what the message is about, in the language that is active.

    A deputy reads the words of the one who is told, as such: “your office” is not the deputy's.
    """
    what = str(MESSAGES[key].what) % facts
    if absent := facts.get("absent"):
        return str(SAID_TO_ANOTHER) % {"absent": absent, "what": what}
    return what


def reason(facts: Mapping[str, str]) -> str:
    """Return why the reader is told, in the language that is active: standing in for somebody, an
    office, a role, or none of these."""
    if facts.get("absent"):
        return str(WHY_DEPUTY) % facts
    if facts.get("deputy_of"):
        return str(WHY_NAMED) % facts
    if facts["office"]:
        return str(WHY_OFFICE) % facts
    return str(WHY_ROLE if facts["role"] else WHY_ACCOUNT) % facts


def what_follows(key: str, facts: Mapping[str, str]) -> str:
    """Return what happens next and when, in the language that is active.

    `facts["when"]` "": the ladder takes no further step.
    """
    after = MESSAGES[key].after
    if not facts["when"]:
        return str(after or NOTHING_FOLLOWS) % facts
    said = [] if after in {"", NOTHING_FOLLOWS} else [str(after) % facts]
    return " ".join([*said, str(NEXT_STEP) % facts])


def compose(key: str, facts: Mapping[str, str], *, language: str) -> Message:
    """Return the message `key` in `language`.

    `facts`: texts in that language: number, n, unit, plan, due, days, answer_by, actor, office,
    role, when, audience, name, url, absent (for whom a deputy is told); "" where there is none.
    Raises KeyError for an unknown key.
    """
    with translation.override(language):
        subject = headline(key, facts)
        context = {
            "language": language,
            "subject": subject,
            "name": facts["name"],
            "what": matter(key, facts),
            "reason": reason(facts),
            "what_follows": what_follows(key, facts),
            "url": facts["url"],
            "demonstration": bool(facts["demonstration"]),
            "opens_an_account": key == "invited",
        }
        return Message(
            subject,
            render_to_string("notifications/mail/message.txt", context),
            render_to_string("notifications/mail/message.html", context),
        )
