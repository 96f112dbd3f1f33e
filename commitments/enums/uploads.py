"""The rules of the gate for files signed outside, and how a signature stands with its authority."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RevocationState(TextChoices):
    """Missing freshness alone is waited for; everything else was refused at the gate."""

    RECEIVED = "received", _("Received: the authority has not confirmed the certificate yet")
    CONFIRMED = "confirmed", _("Confirmed: the certificate was good when it was signed")
    CONTESTED = "contested", _("Contested: the certificate was revoked before it was signed")
    UNCHECKED = "unchecked", _("Not checked: this installation asks no authority")


class GateRule(TextChoices):
    """Each rule of the gate with its message. An id is never used for another rule."""

    LINK = "G01", _("The time for this signature has passed.")
    SIZE = "G02", _("The file is larger than a signed copy can be.")
    NOT_PDF = "G03", _("This is not a PDF file.")
    UNSIGNED = "G04", _("The file is not signed yet.")
    TRUNCATED = "G05", _("The file is incomplete.")
    OLD = "G06", _("The copy that was signed is not the newest: somebody has signed after it.")
    OTHER = "G07", _("This is a different document of ours.")
    REWRITTEN = "G08", _("The signing program rebuilt the file instead of adding to it.")
    LIMIT = "G09", _("The file is too complex to be checked safely.")
    UNREADABLE = "G10", _("The file is damaged or unusual.")
    ENCRYPTED = "G11", _("The file is protected by a password.")
    ACTIVE = "G12", _("The file contains active content or an attachment that was not there.")
    DUPLICATE = "G13", _("The same signature appears twice.")
    COUNT = "G14", _("There is no new signature in the file, or more than one.")
    FIELD = "G15", _("The signature is in the wrong place.")
    COVERAGE = "G16", _("The signature does not cover the whole file.")
    TRAILING = "G17", _("The file was changed after it was signed.")
    CONTENT = "G18", _("Something was added to the document besides the signature.")
    EARLIER = "G19", _("An earlier signature was damaged.")
    SUBFILTER = "G20", _("This format of signature is not accepted.")
    CMS = "G21", _("The signature lacks parts that it must have.")
    WEAK = "G22", _("The signature uses an outdated algorithm or too short a key.")
    INVALID = "G23", _("The signature is not valid.")
    CHAIN = "G24", _("The issuer of the certificate is not recognised here.")
    USAGE = "G25", _("This certificate is not meant for signing documents.")
    VALIDITY = "G26", _("The certificate was not valid on the day of the signature.")
    REVOKED = "G27", _("The certificate has been revoked.")
    TOKEN = "G28", _("The timestamp in the signature cannot be confirmed.")
    TIME = "G29", _("The signature says a time at which it cannot have been made.")
    UNREGISTERED = "G30", _("This certificate is not registered here.")
    NOT_YOURS = "G31", _("This certificate belongs to another person, or its use has ended.")
    REUSED = "G32", _("This very signature has been used before.")
    MOVED = "G33", _("Something changed while you were signing.")
    LOCKS = "G34", _("The signature locks the file, so nobody could sign after you.")


REMEDIES = {
    GateRule.LINK: _("Open the commitment and take a new copy."),
    GateRule.SIZE: _("Sign the file that you were given and attach nothing to it."),
    GateRule.NOT_PDF: _("Choose the signed PDF file."),
    GateRule.UNSIGNED: _("Sign the file, save it, and send the saved file."),
    GateRule.TRUNCATED: _("Send the file again; if that does not help, save it anew."),
    GateRule.OLD: _("Take a new copy and sign that."),
    GateRule.OTHER: _("Send it where it belongs, or choose the right file."),
    GateRule.REWRITTEN: _(
        "Switch on “append” or “incremental” mode in the signing program, then sign a fresh copy."
    ),
    GateRule.LIMIT: _("Sign a fresh copy of the file that you were given."),
    GateRule.UNREADABLE: _(
        "Sign a fresh copy. If it is refused again, tell the administrator the file's SHA-256."
    ),
    GateRule.ENCRYPTED: _("Sign and save the file without a password."),
    GateRule.ACTIVE: _("Sign a fresh copy without scripts, links or attachments."),
    GateRule.DUPLICATE: _("Sign a fresh copy, once."),
    GateRule.COUNT: _("Sign a fresh copy with exactly one signature."),
    GateRule.FIELD: _("Click the field with the name of your office, and sign there."),
    GateRule.COVERAGE: _("Sign a fresh copy."),
    GateRule.TRAILING: _(
        "Do not save or edit the file again after signing. Switch off the adding of validation data, if your program has it."
    ),
    GateRule.CONTENT: _("Sign a fresh copy without notes, pictures or further fields."),
    GateRule.EARLIER: _("Switch on “append” mode in the signing program, then sign a fresh copy."),
    GateRule.SUBFILTER: _("Choose PAdES as the format of signature in the signing program."),
    GateRule.CMS: _("Update the signing program, then sign a fresh copy."),
    GateRule.WEAK: _("Set SHA-256 in the signing program, or ask for a new certificate."),
    GateRule.INVALID: _("Sign a fresh copy."),
    GateRule.CHAIN: _("Use the token that you were given for official signatures."),
    GateRule.USAGE: _("Choose your certificate for signing, not the one for logging in."),
    GateRule.VALIDITY: _("Renew the certificate and have it registered here."),
    GateRule.REVOKED: _("Ask the issuer of the certificate."),
    GateRule.TOKEN: _("Sign a fresh copy; if it is refused again, switch the timestamp off."),
    GateRule.TIME: _("Set the clock of your computer, then sign a fresh copy."),
    GateRule.UNREGISTERED: _("Ask two administrators to register it."),
    GateRule.NOT_YOURS: _("Sign with the certificate that is registered for you."),
    GateRule.REUSED: _("Sign a fresh copy."),
    GateRule.MOVED: _("Open the commitment to see what happened."),
    GateRule.LOCKS: _("Switch off “lock the document after signing”, then sign a fresh copy."),
}
