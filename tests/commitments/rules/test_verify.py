"""Codes and digests as people type them; what a file is worth today."""

import pytest

from commitments.actions import contents
from commitments.enums import FileAnswer, VersionState
from commitments.rules import verify

CODE = "7K3M9Q2XW8D4T6RZ" + verify.check_character("7K3M9Q2XW8D4T6RZ")


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        f"  {CODE[:4]} {CODE[4:8]}-{CODE[8:12]} {CODE[12:]} ",
        "\u00a0".join(CODE),
    ],
)
def test_spaces_hyphens_and_case_do_not_count(typed):
    assert verify.read_code(typed) == CODE


def test_letters_that_are_misread_are_read_as_digits():
    assert verify.read_code("O" * 15 + "Il") == "0" * 15 + "11"


@pytest.mark.parametrize("typed", ["", CODE[:-1], CODE + "0", "U" * 17, "Ω" * 17, "../" * 9])
def test_what_is_no_code_is_not_looked_up(typed):
    assert verify.read_code(typed) is None


def test_every_code_that_is_made_is_read():
    code = contents.new_code()
    assert verify.read_code(code) == code


@pytest.mark.parametrize(
    ("typed", "digest"),
    [
        ("AB" * 32, "ab" * 32),
        ("ab" * 32 + "  commitment.pdf\n", "ab" * 32),
        (" ".join(["ab"] * 32), "ab" * 32),
        (":".join(["AB"] * 32), "ab" * 32),
        ("", None),
        ("ab" * 31, None),
        ("xy" * 32, None),
    ],
)
def test_a_digest_is_read_as_programs_print_it(typed, digest):
    assert verify.read_digest(typed) == digest


@pytest.mark.parametrize("state", VersionState)
@pytest.mark.parametrize("no", [0, 1])
def test_an_end_weighs_more_than_the_stage(state, no):
    ended = state in {VersionState.SUPERSEDED, VersionState.VOIDED}
    stage = FileAnswer.CURRENT if no == 1 else FileAnswer.EARLIER
    found = verify.answer_for(no=no, last_no=1, state=state)
    assert found == (FileAnswer.ENDED if ended else stage)
