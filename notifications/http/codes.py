"""What messages refuse, as codes of problems."""

from django.utils.translation import gettext_lazy as _

from units.http.codes import Code

CODES: tuple[Code, ...] = (
    Code(
        "quiet-too-long",
        422,
        _("More of the day would be quiet than may be."),
        _("Choose a later beginning or an earlier end: at most 16 hours of a day are quiet."),
    ),
)
