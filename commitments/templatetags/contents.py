"""Reading a stored content in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import get_language

register = template.Library()


@register.filter
def said(row: Mapping[str, Any], name: str) -> str:
    """Return `row["<name>_<language>"]` in the reader's language: `{{ item|said:"title" }}`."""
    language = "en" if get_language() == "en" else "vi"
    return row[f"{name}_{language}"]


@register.filter
def code_in_groups(code: str) -> str:
    """Return a document's code in groups of four, as people read it aloud."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))
