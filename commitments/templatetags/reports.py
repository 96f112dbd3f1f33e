"""Reports in templates: shares of what is expected, and whether a list can be decided on."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import template
from django.utils.translation import get_language

from commitments.rules.targets import format_quantity

register = template.Library()


@register.filter
def share(value: Fraction | None) -> str:
    """Return a share in percent; “–” where nothing is expected, which is not 0 %."""
    if not isinstance(value, Fraction):
        return "–"
    language = "en" if get_language() == "en" else "vi"
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{format_quantity(exact, decimals=2, language=language)} %"


@register.filter
def decides(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether the reader decides on any of these rows."""
    return any(row["decides"] for row in rows)
