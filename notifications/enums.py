"""Which kinds of messages exist, how far one has come, and what became of each attempt."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class NoticeKind(TextChoices):
    """Why somebody is told, the most urgent first."""

    ESCALATION = "escalation", _("Escalation")
    REQUEST = "request", _("Request")
    REMINDER = "reminder", _("Reminder")
    RESULT = "result", _("Result")
    SYSTEM = "system", _("System")


class NoticeState(TextChoices):
    PENDING = "pending", _("To be sent")
    HELD = "held", _("Held until morning")
    GATHERED = "gathered", _("To be sent with others in one letter")
    LEASED = "leased", _("Being sent")
    ACCEPTED = "accepted", _("Handed over")
    DELIVERED = "delivered", _("Read")
    UNKNOWN = "unknown", _("Perhaps sent")
    WITHHELD = "withheld", _("Withheld until a person decides")
    CANCELLED = "cancelled", _("No longer needed")
    DEAD = "dead", _("Could not be delivered")


class Outcome(TextChoices):
    """What one attempt came to. LOST: the connection went after the message was handed over."""

    ACCEPTED = "accepted", _("Accepted")
    DEFERRED = "deferred", _("Not now")
    REFUSED = "refused", _("Refused for this recipient")
    LOST = "lost", _("Unknown: the connection was lost")
    BROKEN = "broken", _("The channel does not work")


class CancelReason(TextChoices):
    """Why a notice was not sent after all."""

    SETTLED = "settled", _("What it was about has been settled.")
    OVERTAKEN = "overtaken", _("A later message has taken its place.")
    RECIPIENT_GONE = "recipient-gone", _("The recipient no longer sees what it is about.")
    DROPPED = "dropped", _("A person has decided that it is not sent.")


class WithheldReason(TextChoices):
    """Why a notice waits for a person."""

    RESTORE = "restore", _("A backup was put back; it may have been sent before.")


class DeadReason(TextChoices):
    """Why a notice could not even be tried; what a mail server says instead is kept as it is."""

    NO_ADDRESS = "no-address", _("There is no e-mail address.")
    NO_NUMBER = "no-number", _("There is no verified telephone number.")
    NO_GATEWAY = "no-gateway", _("No gateway for text messages is set up.")
    BAD_ADDRESS = "bad-address", _("This is not an e-mail address.")
    LINE_BREAK = "line-break", _("Name or address contain a line break.")
    TOO_OFTEN = "too-often", _("The mail server or the gateway put it off too often.")
    LOST_TWICE = "lost-twice", _("The connection was lost twice; it may have arrived.")


class WebhookState(TextChoices):
    """Whether hints are sent to the address of a program."""

    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    DISABLED = "disabled", _("Disabled")


class WebhookReason(TextChoices):
    """Why no hints are sent. The first two: somebody decided; the others: the service itself."""

    PROGRAM = "program", _("The program has paused it.")
    PERSON = "person", _("An administrator has paused it.")
    RESTORE = "restore", _("A backup was put back.")
    GONE = "gone", _("The receiver said that it is gone for good (410).")
    FAILING = "failing", _("The receiver has failed for three days.")


class WebhookDeliveryState(TextChoices):
    PENDING = "pending", _("To be sent")
    LEASED = "leased", _("Being sent")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Given up")
    CANCELLED = "cancelled", _("No longer needed")


class WebhookOutcome(TextChoices):
    """What one call came to. LOST: the process ended before it could say."""

    OK = "ok", _("Accepted")
    STATUS = "status", _("The receiver answered with an error")
    REDIRECT = "redirect", _("The receiver sent us elsewhere; nobody follows")
    ADDRESS = "address", _("The address is not allowed")
    NAME = "name", _("The name has no address")
    CONNECT = "connect", _("No connection")
    TLS = "tls", _("The certificate or the encryption is not accepted")
    TIMEOUT = "timeout", _("No answer in time")
    MALFORMED = "malformed", _("The answer is not HTTP")
    LOST = "lost", _("Unknown: the process ended")
