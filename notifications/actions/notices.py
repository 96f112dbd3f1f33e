"""From the register to notices: who is told is decided once, in the transaction of the position."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from commitments.actions import ladders
from commitments.actions.subjects import as_column
from commitments.enums import ClockKind, VersionState
from commitments.enums.policies import Channel
from notifications import audiences, rules
from notifications.actions import absences, deputies
from notifications.audiences import Told
from notifications.enums import CancelReason, NoticeState
from notifications.models import FeedPosition, Notice, Preference, SetAside
from units import clock
from units.actions import jobs, register
from units.models import RegisterEntry, RegisterLink, User
from units.rules.calendars import Calendar

log = logging.getLogger(__name__)
CONSUMER = "notices"
JOB = "dispatch_notices"
NEWS = timedelta(days=14)  # what no ladder overtakes is no news any more after that
FAILURES = 3  # in a row, then the entry is set aside
ENDS_WAIT = {  # which wait an entry ends for what it is about
    "commitment.return": [ClockKind.SIGN],
    "commitment.refuse": [ClockKind.SIGN],
    "commitment.countersign": [ClockKind.SIGN, ClockKind.COUNTERSIGN],
    "commitment.answer": [ClockKind.ANSWER],
    "commitment.void": list(ClockKind),
    "commitment.amend": list(ClockKind),
    "case.assign": [ClockKind.ASSIGN],
    "case.extend": [ClockKind.CASE],
    "case.suspend": [ClockKind.CASE],
    "case.resolve": [ClockKind.CASE],
    "case.accept": [ClockKind.VERIFY],
    "case.reject": [ClockKind.VERIFY],
    "case.cancel": list(ClockKind),
    "correction.finish": [ClockKind.CORRECTION],
    "correction.take_back": [ClockKind.VERIFY],
    "correction.confirm": [ClockKind.VERIFY],
    "correction.revise": [ClockKind.CORRECTION],
}


def dispatch(*, at: datetime, limit: int = 500) -> int:
    """Turn the next `limit` register entries into notices; return how many entries were read.

    Any number may run at once: the row of the position is the turn, whoever finds it taken returns
    0. Notices and position move in one transaction, so a kill repeats and skips nothing. An entry
    that fails three times is set aside, where the status page shows it, and the rest goes on.
    """
    if not is_behind():
        return 0
    if lost := jobs.lost(JOB):
        log.error("A batch of the register has died with its process; going on entry by entry.")
        done = 0
        while done < limit and (one := _dispatch_one(at=at)):
            done += one
        jobs.forget(lost)
        return done
    try:
        with jobs.under_way(JOB):
            return _dispatch(at=at, limit=limit)
    except Exception:
        log.exception("A batch of the register failed; going on entry by entry.")
    return _dispatch_one(at=at)


@transaction.atomic
def _dispatch(*, at: datetime, limit: int) -> int:
    turn = _turn()
    if turn is None:
        return 0
    links = list(RegisterLink.objects.after(turn.seq).select_related("entry__actor")[:limit])
    calendar = ladders.body_calendar()  # once: the same for all of a batch
    together: list[RegisterLink] = []
    for link in links:
        if _ends_a_wait(link.entry):  # what was said before it is there when it is taken back
            if together:
                _tell(together, at=at, calendar=calendar)
            together = []
            _end_waits(link.entry)
        together.append(link)
    if links:
        _tell(together, at=at, calendar=calendar)
        turn.seq, turn.failures = links[-1].seq, 0
        turn.save(update_fields=["seq", "failures"])
    return len(links)


def is_behind() -> bool:
    """Say whether the register holds entries that nobody was told of yet."""
    seq = FeedPosition.objects.filter(consumer=CONSUMER).values_list("seq", flat=True).first()
    return RegisterLink.objects.after(seq or 0).exists()


def _turn() -> FeedPosition | None:
    FeedPosition.objects.get_or_create(consumer=CONSUMER)
    turns = FeedPosition.objects.select_for_update(skip_locked=True)
    return turns.filter(consumer=CONSUMER).first()


def _dispatch_one(*, at: datetime) -> int:
    """Read the next entry alone; count its failure before trying, so that a kill counts too."""
    with transaction.atomic():
        turn = _turn()
        if turn is None:
            return 0
        link = RegisterLink.objects.after(turn.seq).select_related("entry__actor").first()
        if link is None:
            return 0
        if turn.failures >= FAILURES:  # and never came back to say why
            return _set_aside(link, "The process ended three times in a row.")
        turn.failures += 1
        turn.save(update_fields=["failures"])
    try:
        return _dispatch(at=at, limit=1)
    except Exception as error:
        log.exception("Entry %d of the register cannot be told.", link.seq)
        if turn.failures < FAILURES:
            return 0
        return _set_aside(link, f"{type(error).__name__}: {error}")


@transaction.atomic
def _set_aside(link: RegisterLink, error: str) -> int:
    """Pass over an entry and keep it for a person; return how many were passed over."""
    turn = _turn()
    if turn is None or turn.seq >= link.seq:
        return 0
    SetAside.objects.get_or_create(
        consumer=CONSUMER, seq=link.seq, defaults={"error": error, "at": clock.real_now()}
    )
    turn.seq, turn.failures = link.seq, 0
    turn.save(update_fields=["seq", "failures"])
    return 1


def _tell(links: Sequence[RegisterLink], *, at: datetime, calendar: Calendar) -> None:
    """Write the notices of these entries; a constant number of queries for the steps of a sweep."""
    told: Mapping[int, Sequence[Told]] = audiences.recipients_of(
        [link.entry for link in links], at=at
    )
    handed_on = deputies.beside(told, at=at)
    standing_in = absences.stand_ins(told, at=at)
    everybody = {
        one.person.pk
        for part in (told, handed_on, standing_in)
        for many in part.values()
        for one in many
    }
    if not everybody:
        return
    hours = {row.person_id: row for row in Preference.objects.filter(person__in=everybody)}
    rows = []
    for link in links:
        key = link.entry_id
        moved = {(one.on_behalf_of.pk, one.kind) for one in standing_in[key] if one.on_behalf_of}
        # one's own come first: they win where two would be the same
        for one in [*told[key], *handed_on[key], *standing_in[key]]:
            preference = hours.get(one.person.pk)
            daily = rules.is_daily(
                one.kind, pace=one.pace, chosen=bool(preference and preference.daily)
            )
            not_before = at
            if one.subject is not None:
                not_before = _first_hour(one, preference, calendar, at=at, daily=daily)
            route = _route(one, preference, elsewhere=(one.person.pk, one.kind) in moved)
            rows.append(_notice(link, one, at=at, not_before=not_before, route=route, daily=daily))
    Notice.objects.bulk_create(rows, ignore_conflicts=True)  # notice_once


def _route(one: Told, preference: Preference | None, *, elsewhere: bool) -> list[str]:
    """Return the channels by which `one` is told, in their order.

    What is about an account goes by e-mail; what a deputy gets (`elsewhere`) stays in the inbox of who
    is away; else the step of the ladder has the first word, and the person the next.
    """
    if one.subject is None:
        return (one.channels or Channel.EMAIL).split("+")
    if elsewhere:
        return [Channel.INBOX]
    if one.channels:
        return one.channels.split("+")
    chosen = (preference and preference.channels) or [Channel.EMAIL]
    return [way for way in chosen if way != Channel.INBOX] or [Channel.INBOX]


def _first_hour(
    one: Told, preference: Preference | None, calendar: Calendar, *, at: datetime, daily: bool
) -> datetime:
    """Return when `one` may be sent: on an open day, outside quiet hours, or with the day's letter."""
    is_open, zone = calendar.is_open, clock.body_zone()
    if daily:
        at = rules.next_morning(at, is_open=is_open, zone=zone)
    return rules.first_allowed(
        at,
        quiet_from=preference.quiet_from if preference else rules.QUIET_FROM,
        quiet_to=preference.quiet_to if preference else rules.QUIET_TO,
        is_open=_always if rules.ignores_closed_days(one.kind, one.level) else is_open,
        zone=zone,
    )


def _always(_day: object) -> bool:
    return True


def _notice(
    link: RegisterLink,
    one: Told,
    *,
    at: datetime,
    not_before: datetime,
    route: list[str],
    daily: bool,
) -> Notice:
    """Return one notice. For whom the inbox is enough it has arrived by being there."""
    channel, *fallbacks = route
    state = NoticeState.HELD if not_before > at else NoticeState.PENDING
    return Notice(
        uuid=uuid.uuid4(),
        link=link,
        recipient=one.person,
        on_behalf_of=one.on_behalf_of,
        kind=one.kind,
        message=one.message,
        position=one.position,
        role=one.role,
        **(as_column(one.subject) if one.subject else {}),
        awaits=one.awaits,
        awaits_recipient=one.awaits_recipient,
        due_on=one.due_on,
        created_at=link.entry.at,
        not_before=not_before,
        expires_at=one.expires_at or link.entry.at + NEWS,
        state=NoticeState.ACCEPTED if channel == Channel.INBOX else state,
        channel=channel,
        fallbacks="+".join(fallbacks),
        daily=daily and channel != Channel.INBOX,
    )


def _ends_a_wait(entry: RegisterEntry) -> bool:
    """Say whether this entry may end a wait about which something was said; see `_end_waits`."""
    ends = entry.kind in ENDS_WAIT or entry.kind in {"commitment.sign", "clock.undelegate"}
    return ends or entry.subject_kind in {"report", "duty"}


def _end_waits(entry: RegisterEntry) -> None:
    """Cancel what has not been sent about a wait that this entry ends."""
    kinds = ENDS_WAIT.get(entry.kind)
    if entry.kind == "clock.undelegate":
        data = register.data_of(entry)
        person = User.objects.get(username=data["deputy"])
        _cancel(entry, [ClockKind(data["kind"])], recipient=person, on_behalf_of=entry.actor)
        return
    if entry.kind == "commitment.sign":
        last = register.data_of(entry)["to"] == VersionState.SIGNED
        _cancel(entry, [ClockKind.SIGN], recipient=None if last else entry.actor)
    elif entry.subject_kind in {
        "report",
        "duty",
    }:  # it says itself what is over for the whole round
        if ends := register.data_of(entry).get("ends"):
            _cancel(entry, [ClockKind(ends)])
    elif kinds:
        _cancel(entry, kinds)


def _cancel(
    entry: RegisterEntry,
    kinds: list[ClockKind],
    *,
    recipient: User | None = None,
    on_behalf_of: User | None = None,
) -> None:
    subject = audiences.subject_of(entry)
    if subject is None:  # a draft that was discarded meanwhile
        return
    waiting = Notice.objects.filter(
        **as_column(subject),
        awaits__in=kinds,
        state__in=[NoticeState.PENDING, NoticeState.HELD, NoticeState.GATHERED],
    )
    if on_behalf_of is not None:
        waiting = waiting.filter(recipient=recipient, on_behalf_of=on_behalf_of)
    elif recipient is not None:
        waiting = waiting.filter(Q(recipient=recipient) | Q(on_behalf_of=recipient))
    waiting.update(state=NoticeState.CANCELLED, end_reason=CancelReason.SETTLED)


@transaction.atomic
def mark_read(*, notice_id: int, by: User, at: datetime) -> Notice:
    """Note that the recipient has read a notice; reading it again changes nothing."""
    notice = Notice.objects.select_for_update(of=("self",)).get(pk=notice_id, recipient=by)
    if notice.read_at is None:
        notice.read_at = at
        notice.save(update_fields=["read_at"])
    return notice
