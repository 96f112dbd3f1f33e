"""Days and instants on pages: `{{ day|day }}`, `{{ at|instant }}`, `{% span from until %}`."""

from datetime import date, datetime

from django import template
from django.utils.translation import gettext as _

from units import clock
from units.rules import dates

register = template.Library()


@register.filter
def day(value: date | datetime | None) -> str:
    """Return dd/mm/yyyy; of an instant, the body's day; "" for None."""
    if not value:
        return ""
    return dates.day_text(clock.local_date(value) if isinstance(value, datetime) else value)


@register.filter
def instant(value: datetime | None) -> str:
    """Return an instant in the body's zone, e.g. "15/05/2024 09:00 (UTC+7)"; "" for None."""
    return dates.instant_text(value, clock.body_zone()) if value else ""


@register.simple_tag
def span(valid_from: date, valid_to: date | None) -> str:
    """Return a half-open range of days in words that name its last day, not the day after."""
    if valid_to is None:
        return _("from %(day)s") % {"day": dates.day_text(valid_from)}
    last = dates.last_day(valid_to)
    return _("%(first)s to %(last)s") % {
        "first": dates.day_text(valid_from),
        "last": dates.day_text(last),
    }
