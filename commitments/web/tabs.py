"""The bar over the queue: its buckets, in one row for each kind of matter."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy


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


def by_matter(tabs: Iterable[Tab]) -> list[tuple[Matter, list[Tab]]]:
    """Return the tabs of each matter that has any, both in their order."""
    tabs = list(tabs)
    rows = [(matter, [tab for tab in tabs if tab.matter == matter]) for matter in Matter]
    return [(matter, found) for matter, found in rows if found]
