"""What people set on their own account. A preference is no act of the body: no register entry."""

from django.db.models import F

from units.models import User


def choose_language(*, by: User, language: str) -> None:
    """Let pages and messages speak `language`, "vi" or "en", to `by` from now on."""
    User.objects.filter(pk=by.pk).exclude(language=language).update(
        language=language, etag_version=F("etag_version") + 1
    )
