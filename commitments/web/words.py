"""A target as people say it, in the reader's language."""

from collections.abc import Mapping

from django.utils.translation import get_language

from commitments.actions import revisions
from commitments.models import Target, TargetRevision


def words_of(target: Target, revision: TargetRevision | None = None) -> str:
    """Return what is to be reached, e.g. "at least 21 certificates"; "" while nothing is said.

    `revision` None: the newest. Lists load targets by `TargetQuerySet.for_rows`.
    """
    said = revision or target.current
    if said is None:
        return ""
    return revisions.in_words(said, target.indicator, language=language())


def language() -> str:
    """Return the reader's language, "vi" or "en"."""
    return "en" if get_language() == "en" else "vi"


def searched(query: Mapping[str, str]) -> str:
    """Return what somebody looks for: `q` of the address, without what no database takes."""
    return query.get("q", "").replace("\x00", "").strip()


def as_key(text: str) -> int | None:
    """Return the key that a form's value names; None where it can be none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
