"""Which day a reader looks back to, from the address of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from commitments.actions import lookback
from commitments.models import Period
from units import clock
from units.http.requests import WebRequest
from units.rules.dates import read_day


@dataclass(frozen=True)
class Look:
    """The day that is shown, and the instant as it was known. `is_past`: a day before today; `fault`:
    why the wish was not met, "" if it was; `month_ends`: the days that are offered, from `first` to
    `today`; `kept`: the other parameters of the address, which stay as they are."""

    day: date
    at: datetime
    is_past: bool
    fault: str
    month_ends: list[date]
    first: date
    today: date
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def known_at(self) -> datetime | None:
        return self.at if self.is_past else None

    @property
    def query(self) -> str:
        """What links add to stay with that day; "" for today."""
        return f"&as_of={self.day.isoformat()}" if self.is_past else ""

    @property
    def first_query(self) -> str:
        """The same for an address that has no parameters of its own."""
        return f"?as_of={self.day.isoformat()}" if self.is_past else ""

    @property
    def here(self) -> str:
        """The parameters of this page but the day, ready for one more."""
        return f"?{urlencode(self.kept)}&" if self.kept else "?"


def look(request: WebRequest, plan: Period, *, keeping: Sequence[str] = ()) -> Look:
    """Return the day asked for by `as_of`; today without one, or if it is none to look back to.

    `keeping`: names of parameters that stay in the address; `year` is always the plan that is shown.
    """
    today = clock.local_date(request.now)
    kept = [(name, request.GET[name]) for name in keeping if request.GET.get(name)]
    if "year" in keeping and not request.GET.get("year"):
        kept.insert(0, ("year", plan.code))
    offered = month_ends(plan, before=today)
    rest = (offered, plan.starts_on, today, tuple(kept))
    text = request.GET.get("as_of", "").strip()
    if not text:
        return Look(today, request.now, False, "", *rest)
    try:
        day = read_day(text)
    except ValueError:
        fault = _("“%(text)s” is no day. Choose one; below is how it stands today.")
        return Look(today, request.now, False, fault % {"text": text[:20]}, *rest)
    if day > today or day < plan.starts_on:
        fault = _(
            "Choose a day from the beginning of the plan to today; below is how it stands today."
        )
        return Look(today, request.now, False, fault, *rest)
    if day == today:
        return Look(today, request.now, False, "", *rest)
    return Look(day, lookback.end_of(day), True, "", *rest)


def month_ends(plan: Period, *, before: date) -> list[date]:
    """Return the last days of the months of `plan` that lie before the day `before`."""
    found, day = [], plan.starts_on.replace(day=1)
    while day <= plan.ends_on:
        day = (day + timedelta(days=32)).replace(day=1)
        if (last := day - timedelta(days=1)) < before:
            found.append(last)
    return found
