"""A target as people say it, in the reader's language."""

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
