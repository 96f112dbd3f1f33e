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
)
