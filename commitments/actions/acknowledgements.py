"""“I have seen it”: the holder's word to a ladder, which then repeats nothing for some days."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments.actions import firings, ladders
from commitments.actions.subjects import DIRECTORIES, directory_of
from commitments.enums import ClockState
from commitments.models import CaseClock
from commitments.rules import cases as rules
from units import clock
from units.actions import register
from units.errors import Conflict, NotAllowed, NotFound, StaleVersion, WrongState
from units.models import User


def holders_of(row: CaseClock, *, at: datetime) -> set[int]:
    """Return the keys of the people whose act would end the wait that `row` runs for, at `at`."""
    awaited = directory_of(row.subject, at=at).awaited(row.subject, row.kind)
    return {addressee.person.pk for addressee in awaited}


def is_holder(user: User, row: CaseClock, *, at: datetime) -> bool:
    """Say whether the act of `user` would end that wait, at `at`."""
    return user.pk in holders_of(row, at=at)


def holds(row: CaseClock, *, at: datetime) -> bool:
    """Say whether an acknowledgement keeps repeats away on the local day of `at`."""
    return row.ack_until is not None and clock.local_date(at) <= row.ack_until


@transaction.atomic
def acknowledge(*, clock_id: int, level: int, by: User, at: datetime) -> CaseClock:
    """Keep repeats of the present level away for the policy's `ack_days`; they resume by themselves.

    The next level comes on its day: nobody puts off a ladder by saying that it was heard. `level`: the
    one that was seen. Raises NotFound, NotAllowed (acknowledge-not-allowed) but for the holder,
    WrongState (acknowledge-not-from-<state>; nothing-to-acknowledge), StaleVersion (clock-changed)
    where another level has fired since, Conflict (acknowledged-already).
    """
    rows = CaseClock.objects.select_for_update(of=("self",), no_key=True)
    row = rows.filter(pk=clock_id).first()
    if row is None:
        raise NotFound(_("No such clock runs."), code="clock-not-found")
    if not is_holder(by, row, at=at):
        raise NotAllowed(
            _("Only whoever must act now says that it is seen."), code="acknowledge-not-allowed"
        )
    if row.state != ClockState.RUNNING:
        raise WrongState(
            _("The ladder does not run: nothing would be repeated."),
            code=f"acknowledge-not-from-{row.state}",
        )
    if row.level < 0:
        raise WrongState(
            _("No step has fired yet. Wait for the first reminder."), code="nothing-to-acknowledge"
        )
    if row.level != level:
        raise StaleVersion(
            _("The next level has fired since you opened the page. Read it again, then decide."),
            code="clock-changed",
        )
    if holds(row, at=at):
        raise Conflict(
            _("This level is acknowledged already. It is not repeated meanwhile."),
            code="acknowledged-already",
        )
    ladder = ladders.of(row.policy)
    after = rules.acknowledged(
        ladder.policy, firings.as_rule(row), on=clock.local_date(at), calendar=ladder.calendar
    )
    row.ack_by, row.ack_until = by, after.ack_until
    row.next_action_at = firings.next_at(after, ladder)
    row.state, row.end_reason = firings.state_for(row.next_action_at)
    row.save(update_fields=["ack_by", "ack_until", "next_action_at", "state", "end_reason"])
    directory = DIRECTORIES[row.column]
    register.append(
        kind="clock.acknowledge",
        subject=f"{directory.noun}/{row.subject.ref}",
        subject_version=None,
        reach=directory.reach(row.subject),
        by=by,
        at=at,
        data={
            "kind": row.kind,
            "level": row.level,
            "until": row.ack_until.isoformat() if row.ack_until else None,
        },
    )
    return row
