"""Which version of an object the person has seen: what is decided is what was read."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from units.errors import VersionMissing

FIELD = "version"  # the hidden field of every form that changes an object


def seen_version(post: Mapping[str, str]) -> int:
    """Return the version that the posted form has seen. Raises VersionMissing where it has none."""
    seen = post.get(FIELD, "")
    if not (seen.isascii() and seen.isdigit() and len(seen) < 10):
        raise VersionMissing(
            _("The form does not say which version it shows. Open the page again, then decide."),
            code="version-missing",
        )
    return int(seen)
