"""Who is told of acts on backlog cases, and of explanations of whatever a clock runs for."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from commitments.actions.addressees import Addressee, Directory
from commitments.enums import Audience, ClockKind
from commitments.models import BacklogCase, CaseProposal
from notifications.audiences.told import Told, asked, told
from notifications.enums import NoticeKind
from units.enums import Role
from units.models import RegisterEntry, User
from units.permissions import granted, holders_at

Teller = Callable[[RegisterEntry, Mapping[str, Any], Any, Directory], Iterator[Told]]


def _ask_holder(message: str) -> Teller:
    """Return a teller that asks the office which resolves the case."""

    def tell(_entry: Any, _data: Any, case: BacklogCase, directory: Directory) -> Iterator[Told]:
        yield from asked(case, ClockKind.CASE, message, directory)

    return tell


def _of_opening(
    entry: RegisterEntry, _data: Any, case: BacklogCase, directory: Directory
) -> Iterator[Told]:
    """Ask who is to assign it, when the system has opened it; a person who registers knows of it."""
    if entry.actor_id is None:
        yield from asked(case, ClockKind.ASSIGN, "case-assign-request", directory)


def _tell_holder(message: str) -> Teller:
    """Return a teller that tells whoever holds that office of a result, and those who watch."""

    def tell(_entry: Any, _data: Any, case: BacklogCase, directory: Directory) -> Iterator[Told]:
        holders = directory.in_office([case.office_id]) if case.office_id else []
        for row in holders:
            yield told(row, NoticeKind.RESULT, message, case)
        for row in directory.watching(case, Audience.SUPERVISOR):
            yield told(row, NoticeKind.RESULT, message, case, role=Role.SUPERVISOR)

    return tell


def _of_extension(
    _entry: Any, _data: Any, case: BacklogCase, directory: Directory
) -> Iterator[Told]:
    """Ask those who decide on extensions: the heads of the assigning unit, then assigners by role."""
    heads = case.assigner_unit.positions.filter(is_head=True).values_list("pk", flat=True)
    for held in holders_at(list(heads), at=directory.at).values():
        office = Addressee(held.person, held.position)
        yield told(office, NoticeKind.REQUEST, "case-extension-proposed", case)
    for person in granted(Role.ASSIGNER, case.assigner_unit_id, at=directory.at):
        by_role = Addressee(person, None)
        yield told(by_role, NoticeKind.REQUEST, "case-extension-proposed", case, role=Role.ASSIGNER)


def _of_reopening(
    _entry: Any, _data: Any, case: BacklogCase, directory: Directory
) -> Iterator[Told]:
    for row in directory.watching(case, Audience.LEADER_IN_CHARGE):
        yield told(row, NoticeKind.REQUEST, "case-reopening-proposed", case)


def _of_decline(_entry: Any, _data: Any, case: BacklogCase, _directory: Any) -> Iterator[Told]:
    """Tell who proposed it; it is the newest proposal of the case."""
    proposal = CaseProposal.objects.filter(case=case).order_by("-pk").first()
    if proposal is not None:
        proposer = Addressee(proposal.proposed_by, None)
        yield told(proposer, NoticeKind.RESULT, "case-declined", case, role=Role.SUPERVISOR)


def _of_resolution(
    _entry: Any, _data: Any, case: BacklogCase, directory: Directory
) -> Iterator[Told]:
    yield from asked(case, ClockKind.VERIFY, "case-verify-request", directory)


def _of_explanation(_entry: Any, _data: Any, subject: Any, directory: Directory) -> Iterator[Told]:
    for row in directory.watching(subject, Audience.SUPERVISOR):
        yield told(row, NoticeKind.REQUEST, "explanation-given", subject, role=Role.SUPERVISOR)


def _of_judgement(message: str) -> Teller:
    def tell(_entry: Any, data: Any, subject: Any, _directory: Directory) -> Iterator[Told]:
        giver = User.objects.get(username=data["given_by"])
        held = giver.appointments.select_related("position").order_by("-valid_from").first()
        if held is not None:
            office = Addressee(giver, held.position)
            yield told(office, NoticeKind.RESULT, message, subject)

    return tell


BACKLOG: dict[str, Teller] = {
    "case.register": _of_opening,
    "case.assign": _ask_holder("case-assigned"),
    "case.reject": _ask_holder("case-rejected"),
    "case.reopen": _ask_holder("case-reopened"),
    "case.extend": _tell_holder("case-extended"),
    "case.suspend": _tell_holder("case-suspended"),
    "case.resume": _tell_holder("case-resumed"),
    "case.accept": _tell_holder("case-closed"),
    "case.cancel": _tell_holder("case-cancelled"),
    "case.propose_extend": _of_extension,
    "case.propose_reopen": _of_reopening,
    "case.decline": _of_decline,
    "case.resolve": _of_resolution,
    "explanation.give": _of_explanation,
    "explanation.accept": _of_judgement("explanation-accepted"),
    "explanation.refuse": _of_judgement("explanation-refused"),
}
