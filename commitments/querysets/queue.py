"""The supervisor's buckets: one named condition each, and their counts in one query."""

from collections.abc import Callable, Mapping
from datetime import date

from django.db.models import Count, Q, QuerySet

from commitments.enums import VersionState
from commitments.querysets import takeovers

CONDITIONS: Mapping[str, Callable[[date], Q]] = {
    "late": lambda day: Q(state=VersionState.ISSUED, sign_by__lt=day),
    "awaiting": lambda day: Q(state=VersionState.ISSUED, sign_by__gte=day),
    "returned": lambda _day: Q(state=VersionState.RETURNED),
    "refused": lambda _day: Q(state=VersionState.REFUSED),
    "to_countersign": lambda _day: Q(state=VersionState.SIGNED),
    "drafts": lambda _day: Q(state=VersionState.DRAFT),
    "not_taken_over": takeovers.not_taken_over,
    "in_force": lambda _day: Q(state=VersionState.IN_FORCE),
}


def bucket(versions: QuerySet, name: str, *, on: date) -> QuerySet:
    """Return the rows of one bucket on the day `on`. Raises KeyError for an unknown name."""
    return versions.filter(CONDITIONS[name](on))


def counts(versions: QuerySet, *, on: date) -> dict[str, int]:
    """Return how many rows each bucket holds on the day `on`; one query for all."""
    return versions.aggregate(
        **{name: Count("pk", filter=condition(on)) for name, condition in CONDITIONS.items()}
    )
