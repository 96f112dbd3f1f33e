"""Reading a stored content in the reader's language."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import get_language

from commitments.enums import ItemRole
from commitments.rules import targets
from units.rules import dates

register = template.Library()


@register.filter
def said(row: Mapping[str, Any], name: str) -> str:
    """Return `row["<name>_<language>"]` in the reader's language: `{{ item|said:"title" }}`."""
    language = "en" if get_language() == "en" else "vi"
    return row[f"{name}_{language}"]


@register.filter
def iso_day(day: str) -> str:
    """Return a day of the content, `2024-06-30`, as people write it."""
    return dates.day_text(date.fromisoformat(day))


@register.filter
def role(value: str) -> str:
    """Return what a unit is to a target of the content: `{{ item.role|role }}`."""
    return str(ItemRole(value).label)


@register.filter
def quantity(value: str | Decimal | int) -> str:
    """Return a number in the reader's language with the decimals it has: `{{ gap|quantity }}`."""
    number = Decimal(value)
    language = "en" if get_language() == "en" else "vi"
    return targets.format_quantity(number, decimals=targets.decimals_of(number), language=language)


@register.filter
def code_in_groups(code: str) -> str:
    """Return a document's code in groups of four, as people read it aloud."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


@register.filter
def spoken(row: Any, name: str) -> str:
    """Return `row.<name>_<language>` in the reader's language: `{{ signatory|spoken:"office" }}`."""
    return getattr(row, f"{name}_{'en' if get_language() == 'en' else 'vi'}")
