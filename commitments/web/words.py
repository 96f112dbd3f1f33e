"""A target as people say it, in the reader's language."""

from django.utils.translation import get_language

from commitments.models import Target, TargetRevision
from commitments.rules import targets as rules


def words_of(target: Target, revision: TargetRevision | None = None) -> str:
    """Return what is to be reached, e.g. "at least 21 certificates"; "" while nothing is said.

    `revision` None: the newest. Lists load targets by `TargetQuerySet.for_rows`.
    """
    said = revision or target.current
    if said is None:
        return ""
    return rules.target_words(
        said.mode,
        said.comparator,
        said.value,
        said.upper,
        target.indicator.uom.label,
        target.indicator.decimals,
        language(),
        tolerance=said.tolerance,
    )


def language() -> str:
    """Return the reader's language, "vi" or "en"."""
    return "en" if get_language() == "en" else "vi"
