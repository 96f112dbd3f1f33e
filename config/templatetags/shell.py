"""What the pages of shell and account need to show their values."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import template

register = template.Library()

BROWSERS = [  # the first that is found names it: most call themselves by several names
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("coc_coc", "Cốc Cốc"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari/", "Safari"),
]
SYSTEMS = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
]


@register.filter
def browser(user_agent: str) -> str:
    """Return browser and system in words, "Firefox, Windows"; else the first words of the header.

    >>> browser("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0")
    'Firefox, Windows'
    """
    name = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return ", ".join(filter(None, [name, system])) or user_agent[:40] or "–"


@register.filter
def in_groups(code: str, size: int = 4) -> str:
    """Return `code` in groups of `size` characters, as people type it.

    >>> in_groups("GEZDGNBV")
    'GEZD GNBV'
    """
    return " ".join(code[start : start + size] for start in range(0, len(code), size))


@register.filter
def as_json(value: Any) -> str:
    """Return `value` as JSON text for an attribute; the template escapes it."""
    return json.dumps(_plain(value))


def _plain(value: Any) -> Any:
    """Return mappings and sequences of any class as dicts and lists."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(part) for part in value]
    return value
