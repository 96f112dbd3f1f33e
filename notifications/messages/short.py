"""What a message says in one short text: the matter, why it came, and where to look."""

import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications.messages import headline

LONGEST = 160  # signs of the plain alphabet in one text message
MOST_OF_WHY = 60
TWICE = frozenset("^{}\\[]~|")  # signs that take the room of two there
UNKNOWN = frozenset("`")  # ASCII, but not of that alphabet
PLAINER = str.maketrans(
    {
        "đ": "d",
        "Đ": "D",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "–": "-",
        "—": "-",
        "−": "-",
        "…": "...",
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "₫": "d",
    }
)
AS_OFFICE = _("Sent to you as %(office)s.")
AS_ROLE = _("Sent to you as %(role)s.")
AS_DEPUTY = _("You stand in for %(absent)s.")
OF_ACCOUNT = _("It is about your account.")
CODE = _("%(code)s is the code for your telephone number, for ten minutes")
CODE_IS_YOURS = _("Give it to nobody.")
WHERE = _("See %(url)s")


class Short(NamedTuple):
    """`text`: whole, with every accent, for gateways that take long messages. `plain`: the same in at
    most LONGEST signs of the alphabet of text messages, without accents."""

    text: str
    plain: str


def compose(key: str, facts: Mapping[str, str], *, url: str, more: int, language: str) -> Short:
    """Return the short text of the message `key` in `language`.

    `facts` as for `messages.compose`; `url`: where to look; `more`: how many other messages it
    speaks for. Raises KeyError for an unknown key.
    """
    with translation.override(language):
        what = headline(key, facts)
        if more:
            others = ngettext("and %(n)d other message", "and %(n)d other messages", more)
            what = f"{what}, {others % {'n': more}}"
        return of_parts(what, _why(facts), str(WHERE) % {"url": url})


def code_text(code: str, url: str, *, language: str) -> Short:
    """Return the text that brings the six digits of `code` to a telephone, in `language`."""
    with translation.override(language):
        return of_parts(str(CODE) % {"code": code}, str(CODE_IS_YOURS), str(WHERE) % {"url": url})


def _why(facts: Mapping[str, str]) -> str:
    if facts.get("absent"):
        return str(AS_DEPUTY) % facts
    if facts["office"]:
        return str(AS_OFFICE) % facts
    return str(AS_ROLE if facts["role"] else OF_ACCOUNT) % facts


def of_parts(what: str, why: str, where: str) -> Short:
    """Return a text of these three: in `plain` the matter is cut at a word where room is short, and
    the place to look never.

    >>> of_parts("Ký bản cam kết 07/CK-2024 trước 31/01/2024", "Gửi Bí thư.", "Xem https://a.vn/1").plain
    'Ky ban cam ket 07/CK-2024 truoc 31/01/2024. Gui Bi thu. Xem https://a.vn/1'
    """
    ended = what if what[-1:] in ".!?" else f"{what}."
    plain_where, plain_why = plain(where), cut(plain(why), MOST_OF_WHY)
    room = LONGEST - length(plain_where) - length(plain_why) - 2
    return Short(f"{ended} {why} {where}", f"{cut(plain(ended), room)} {plain_why} {plain_where}")


def plain(text: str) -> str:
    """Return `text` without accents, in the signs that every telephone shows.

    >>> plain("Đôn đốc: “Xã Hương Sơn” – hạn 31/01")
    'Don doc: "Xa Huong Son" - han 31/01'
    """
    parts = unicodedata.normalize("NFD", text.translate(PLAINER))
    bare = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return "".join(
        sign if sign.isascii() and sign.isprintable() and sign not in UNKNOWN else "?"
        for sign in bare
    )


def length(text: str) -> int:
    """Return how much room plain `text` takes in a text message.

    >>> length("[a]")
    5
    """
    return len(text) + sum(sign in TWICE for sign in text)


def cut(text: str, room: int) -> str:
    """Return plain `text`, or its beginning up to a word and three dots, in at most `room`.

    >>> cut("Ky ban cam ket cua xa", 15)
    'Ky ban cam...'
    """
    if length(text) <= room:
        return text
    kept = text
    while kept and length(kept) > room - 3:
        kept = kept[:-1]
    at_a_word = kept.rpartition(" ")[0]
    return f"{(at_a_word or kept).rstrip(' ,.;:')}..."
