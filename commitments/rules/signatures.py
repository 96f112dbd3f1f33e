"""The order of signing, and the texts a signatory agrees to."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from commitments.enums import SlotRole

MAX_FAILURES = 5  # wrong answers that spend a step-up
MAX_GUESSES = 10  # wrong answers of one person within GUESSES_WITHIN, over all step-ups
GUESSES_WITHIN = timedelta(minutes=15)

# (key, language) -> text. A changed text is stored under the next number; old acts keep theirs.
CONSENT: Mapping[tuple[str, str], str] = {
    ("sign", "vi"): (
        "Tôi đã đọc toàn bộ nội dung bản cam kết này. Với cương vị ghi dưới đây, tôi cam kết chỉ đạo, "
        "tổ chức thực hiện và chịu trách nhiệm về kết quả các chỉ tiêu, nhiệm vụ nêu trong văn bản."
    ),
    ("sign", "en"): (
        "I have read the whole of this commitment. In the office named below I undertake to direct "
        "and organise the work and to answer for the results of the targets and tasks stated in it."
    ),
    ("takeover", "vi"): (
        "Tôi đã đọc toàn bộ bản cam kết này, các chữ ký trước đó và kết quả đến ngày bàn giao. Với cương vị "
        "ghi dưới đây, tôi tiếp nhận cam kết ở hiện trạng đó, chỉ đạo, tổ chức thực hiện tiếp và chịu "
        "trách nhiệm về kết quả kể từ ngày nhận nhiệm vụ."
    ),
    ("takeover", "en"): (
        "I have read the whole of this commitment, the signatures before mine and the results up to the "
        "day of the takeover. In the office named below I take the commitment over as it stands, go on "
        "directing the work and answer for its results from the day on which I took office."
    ),
    ("countersign", "vi"): (
        "Tôi đã đọc toàn bộ nội dung bản cam kết này và các chữ ký của bên nhận. Với cương vị ghi dưới "
        "đây, tôi chấp thuận để bản cam kết có hiệu lực."
    ),
    ("countersign", "en"): (
        "I have read the whole of this commitment and the signatures of the undertaking side. In the "
        "office named below I accept it and put it in force."
    ),
}


class SlotPlace(NamedTuple):
    """What the order of signing needs to know of a slot."""

    id: int
    turn: int
    role: str


def open_slots(slots: Iterable[SlotPlace], signed: Collection[int]) -> list[SlotPlace]:
    """Return the slots whose turn it is: unsigned ones of the lowest turn that has any.

    `signed`: ids of the slots that carry a signature. Source: signing order fixed at issue.
    """
    unsigned = [slot for slot in slots if slot.id not in signed]
    turn = min((slot.turn for slot in unsigned), default=None)
    return [slot for slot in unsigned if slot.turn == turn]


def undertakers_done(slots: Iterable[SlotPlace], signed: Collection[int]) -> bool:
    """Say whether every undertaker's slot carries a signature."""
    return all(slot.id in signed for slot in slots if slot.role == SlotRole.UNDERTAKER)
