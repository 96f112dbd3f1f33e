"""How the register fares, for the status page."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from units.models import RegisterPending


def figures(at: datetime) -> Iterator[tuple[Any, Any, bool]]:
    """Yield (label, value, well) for the real instant `at`: entries that wait for their number."""
    del at  # entries carry business time, which in a demonstration is another one
    waiting = RegisterPending.objects.count()
    yield (_("Entries of the register without a number yet"), waiting, waiting < 1000)
