"""The bar over the queue: its buckets, in one row for each kind of matter."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, TextChoices
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy, pgettext_lazy

from commitments.querysets import queue
from units import clock
from units.enums import Role
from units.models import Position
from units.querysets.organisation import Reach

LABELS: Mapping[str, Any] = {  # of the buckets that hold versions of commitments, and of the gap
    "late": gettext_lazy("Late to sign"),
    "awaiting": gettext_lazy("Awaiting signature"),
    "returned": gettext_lazy("Returned for correction"),
    "refused": gettext_lazy("Refused"),
    "to_countersign": gettext_lazy("To countersign"),
    "drafts": gettext_lazy("Drafts"),
    "not_taken_over": gettext_lazy("Not yet taken over"),
    "in_force": gettext_lazy("In force"),
    "no_head": gettext_lazy("No head in office"),
}
STEERING = {Role.SUPERVISOR, Role.PLANNER, Role.ASSIGNER, Role.INSPECTOR}  # whose desk it is
QUIET = {"in_force"}  # whatever these hold waits for nobody


class Matter(TextChoices):
    """What a bucket is about; the bar has a row for each, in this order."""

    COMMITMENTS = "commitments", pgettext_lazy("row of the queue", "Commitments")
    REPORTS = "reports", pgettext_lazy("row of the queue", "Reports and results")
    CASES = "cases", pgettext_lazy("row of the queue", "Backlog")
    MESSAGES = "messages", pgettext_lazy("row of the queue", "Messages")


@dataclass(frozen=True)
class Tab:
    """One bucket in the bar: how many rows it holds under the present filters, and its address."""

    key: str
    label: Any
    matter: Matter
    count: int
    url: str


def others() -> dict[str, Any]:
    """Return the buckets that other nouns and apps add, by key, in the order of the settings."""
    buckets = [import_string(path) for path in settings.QUEUE_BUCKETS]
    return {bucket.key: bucket for bucket in buckets}


def vacant_heads(reach: Reach, *, on: date) -> QuerySet[Position]:
    """Return the head offices in reach that nobody holds on the day `on`."""
    heads = Position.objects.heads().in_force(on).vacant(on).filter(reach.on("unit"))
    named = heads.select_related("unit").prefetch_related("unit__versions")
    return named.order_by("unit__ref", "pk")


def tabs_of(
    user: Any, versions: QuerySet, reach: Reach, *, address: Callable[[str], str], at: datetime
) -> list[Tab]:
    """Return every bucket with how much it holds for `user` at `at`; one query for all of
    `versions`, and one or two for each other bucket. `address`: of a bucket, by its key."""
    day = clock.local_date(at)
    numbers = queue.counts(versions, on=day)
    numbers["no_head"] = vacant_heads(reach, on=day).count()
    found = [
        Tab(key, label, Matter.COMMITMENTS, numbers[key], address(key))
        for key, label in LABELS.items()
    ]
    return found + [
        Tab(key, bucket.label, bucket.matter, bucket.count(user, at=at), address(key))
        for key, bucket in others().items()
    ]


def by_matter(tabs: Iterable[Tab]) -> list[tuple[Matter, list[Tab]]]:
    """Return the tabs of each matter that has any, both in their order."""
    tabs = list(tabs)
    rows = [(matter, [tab for tab in tabs if tab.matter == matter]) for matter in Matter]
    return [(matter, found) for matter, found in rows if found]
