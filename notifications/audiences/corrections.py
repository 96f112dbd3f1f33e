"""Who is told of what becomes of a corrective action that is written."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from commitments.actions.addressees import Addressee, Directory
from commitments.enums import ClockKind
from commitments.models import CorrectiveAction
from notifications.audiences.told import Told, asked, told
from notifications.enums import NoticeKind
from units.enums import Role
from units.models import RegisterEntry, User

Teller = Callable[[RegisterEntry, Mapping[str, Any], Any, Directory], Iterator[Told]]


def _of_finish(
    _entry: Any, _data: Any, row: CorrectiveAction, directory: Directory
) -> Iterator[Told]:
    """Ask those who may confirm it."""
    yield from asked(row, ClockKind.VERIFY, "correction-done", directory)


def _of_taking_back(
    _entry: Any, data: Any, row: CorrectiveAction, directory: Directory
) -> Iterator[Told]:
    """Ask whoever answers for it, and tell whoever had said that it is done."""
    yield from asked(row, ClockKind.CORRECTION, "correction-taken-back", directory)
    yield from _teller_of(data, "correction-taken-back", row, directory)


def _of_confirmation(
    _entry: Any, data: Any, row: CorrectiveAction, directory: Directory
) -> Iterator[Told]:
    yield from _teller_of(data, "correction-confirmed", row, directory)


def _teller_of(
    data: Mapping[str, Any], message: str, row: CorrectiveAction, directory: Directory
) -> Iterator[Told]:
    """Tell whoever said that it is done, in the office that answers or by the role of a reporter."""
    person = User.objects.get(username=data["done_by"])
    held = {one.person.pk: one for one in directory.in_office([row.office_id])}
    one = held.get(person.pk, Addressee(person, None))
    yield told(one, NoticeKind.RESULT, message, row, role=Role.REPORTER)


CORRECTIONS: dict[str, Teller] = {
    "correction.finish": _of_finish,
    "correction.take_back": _of_taking_back,
    "correction.confirm": _of_confirmation,
}
