"""Codes as people type them from paper, and what a file of ours is worth today."""

from commitments.enums import FileAnswer, VersionState

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 17  # 16 characters and the check character
DIGEST_LENGTH = 64
CONFUSED = str.maketrans("OIL", "011")  # letters that the alphabet leaves out, as they are misread
ENDED = frozenset({VersionState.SUPERSEDED, VersionState.VOIDED})


def check_character(body: str) -> str:
    """Return the character that completes `body`: its number modulo 37, which finds every single
    slip. Source: Crockford's base 32, whose alphabet of check characters has five more."""
    number = 0
    for character in body:
        number = number * 32 + CROCKFORD.index(character)
    return (CROCKFORD + "*~$=U")[number % 37]


def read_code(typed: str) -> str | None:
    """Return the code that was typed in its one form; None if no document can have it.

    Spaces, hyphens and case do not count, O is 0, I and L are 1. A slip in any one character is
    found by the check character, so a mistyped code is never looked up.

    >>> read_code("0000 0000 0000 000l 1")
    '00000000000000011'
    """
    bare = "".join(letter for letter in typed if letter.isalnum() and letter.isascii())
    code = bare.upper().translate(CONFUSED)
    if len(code) != CODE_LENGTH or set(code) - set(CROCKFORD):
        return None
    return code if check_character(code[:-1]) == code[-1] else None


def read_digest(typed: str) -> str | None:
    """Return a SHA-256 as 64 lower-case hexadecimal digits; None if it is none.

    Takes what programs print: upper case, groups, and the name of the file behind it.

    >>> read_digest("AB" * 32 + "  commitment.pdf") == "ab" * 32
    True
    """
    digits = "0123456789abcdef"
    words = typed.strip().lower().replace(":", "").split()
    if not words:
        return None
    grouped = "".join(words)
    for found in (words[0], grouped):
        if len(found) == DIGEST_LENGTH and not set(found) - set(digits):
            return found
    return None


def answer_for(*, no: int, last_no: int, state: VersionState) -> FileAnswer:
    """Return what a file is whose bytes are revision `no` of a document that has `last_no` by now.

    That the version has ended weighs more than which stage of it the file shows.
    """
    if state in ENDED:
        return FileAnswer.ENDED
    return FileAnswer.CURRENT if no == last_no else FileAnswer.EARLIER
