"""Which version of an object the person has seen: what is decided is what was read."""

from collections.abc import Mapping

from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from units.errors import StaleVersion, VersionMissing

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


def expected_version(request: Request, *, shown: str, version: int) -> int:
    """Return `version` if the request was made after a look at the tag `shown`.

    Raises VersionMissing without If-Match or with “*”, which has seen nothing; StaleVersion for
    another tag, a weak one among them, and for what is none because its quotes are gone.
    """
    given = request.headers.get("If-Match", "").strip()
    if given in {"", "*"}:
        raise VersionMissing(
            _(
                "Send the tag of the object in the header If-Match: what is changed is what was read."
            ),
            code="version-missing",
        )
    tags = parse_etags(given)
    if shown not in tags:
        changed = _("The object has changed since you read it. Read it again, then decide.")
        unlike = _(
            "If-Match holds no tag as it was read. Send it with its double quotes, and without “W/”."
        )
        strong = any(tag.startswith('"') for tag in tags)
        raise StaleVersion(changed if strong else unlike, code="object-changed")
    return version
