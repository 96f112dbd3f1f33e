"""Short permanent references from names, and text folded so that people find what they mean."""

import re
import unicodedata

RESERVED = frozenset(
    {"new", "import", "invite", "agenda", "ladders"}
)  # parts of addresses that would otherwise name an object


def fold(text: str) -> str:
    """Return `text` in small letters without marks, as people type who have no Vietnamese keys.

    >>> fold("Xã Đạo Đức")
    'xa dao duc'
    """
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def slug(text: str, *, longest: int) -> str:
    """Return `text` as ASCII letters, digits and hyphens, at most `longest`, cut between words.

    "" where nothing is left.

    >>> slug("Huyện ủy Bình Xuyên", longest=40)
    'huyen-uy-binh-xuyen'
    """
    words = re.findall(r"[a-z0-9]+", fold(text))
    found = ""
    for word in words:
        longer = f"{found}-{word}" if found else word[:longest]
        if len(longer) > longest:
            break
        found = longer
    return found


def is_ref(text: str, *, longest: int) -> bool:
    """Say whether `text` may be a reference: small ASCII letters, digits, single hyphens."""
    return (
        len(text) <= longest
        and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) is not None
        and text not in RESERVED
    )


def without_clash(ref: str, taken: set[str], *, longest: int) -> str:
    """Return `ref`, or `ref` with the first number that is not in `taken`.

    >>> without_clash("chair", {"chair", "chair-2"}, longest=20)
    'chair-3'
    """
    found, number = ref, 1
    while found in taken:
        number += 1
        found = f"{ref[: longest - len(str(number)) - 1].rstrip('-')}-{number}"
    return found


def tidy(text: str) -> str:
    """Return typed text in Unicode form NFC, without spaces around and with single ones inside.

    The register takes no other form.
    """
    return unicodedata.normalize("NFC", " ".join(text.split()))
