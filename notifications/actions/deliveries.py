"""Sending: lease rows, commit, hand over with no transaction open, record what came of it.

Each channel is served by itself, so that a slow gateway delays no mail. A mail cannot be rolled back. So each attempt stands in a row before it begins, and its outcome is
written only while the lease is still our own. A kill between the server's yes and that line leaves
one doubtful message, which is sent once more with the same Message-ID (by the gateway: the same key).
"""

import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from commitments.enums.policies import Channel
from notifications import rules
from notifications.actions import digests, needs, outlets
from notifications.actions.outlets import Outlet
from notifications.channels.letters import Result
from notifications.enums import DeadReason, NoticeState, Outcome
from notifications.models import ChannelState, DeliveryAttempt, Notice
from notifications.querysets import WAITING
from units import clock, stopping
from units.actions import restorations

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=120)
BATCH_SECONDS = 30  # then what is left of a batch is given back: a slow server keeps nobody waiting
PROBE = timedelta(minutes=1)  # how often a broken channel is tried with one message
LONGEST_WAIT = timedelta(minutes=30)  # that the other side may ask for
LEFT_AFTER = timedelta(hours=1)  # for which a channel was broken: what has another way takes it


def send(*, at: datetime, limit: int = 25, channel: Channel = Channel.EMAIL) -> int:
    """Send up to `limit` notices that may leave by `channel` at business time `at`; return how many
    were taken.

    Any number may run at once: a row is taken by one of them, under SKIP LOCKED. From a database that
    was put back nothing leaves until somebody has owned up: it may all have been sent before.
    """
    real_at = clock.database_now()  # leases: hosts with different clocks agree
    if restorations.is_unanswered(at=real_at):
        return 0
    reap(real_at=real_at)
    state = ChannelState.objects.filter(channel=channel).exclude(broken_since=None).first()
    if state is not None:
        if moved := _turn_away(state, at=at, real_at=real_at, limit=limit):
            return moved
        if state.next_try_at and state.next_try_at > real_at:
            return 0
    leased = _claim(channel=channel, at=at, real_at=real_at, limit=1 if state else limit)
    if not leased:
        return 0
    box = outlets.opened(channel)
    if box is None:
        for notice in leased:
            _without_outlet(notice)
        return len(leased)
    with box as outlet:
        _send_all(leased, outlet, at=at)
    return len(leased)


def _without_outlet(notice: Notice) -> None:
    """End or pass on what no server or gateway is set up for.

    Without a mail server the inbox is the only way there is, for everybody; a text message that was
    ordered and cannot leave is a fault that somebody must see.
    """
    if notice.channel == Channel.SMS or notice.fallbacks:
        _pass_on(notice, DeadReason.NO_GATEWAY)
    else:
        _finish(notice, NoticeState.ACCEPTED)


def _send_all(leased: list[Notice], outlet: Outlet, *, at: datetime) -> None:
    """Send one after the other; give back what is not reached, whatever the reason."""
    left, until = list(leased), time.monotonic() + BATCH_SECONDS
    try:
        while left and time.monotonic() < until and not stopping.is_asked():
            if _send_one(left.pop(0), outlet, at=at):
                break
    finally:
        for notice in left:
            _finish(notice, NoticeState.PENDING)


@transaction.atomic
def reap(*, real_at: datetime) -> int:
    """Take back what somebody leased and never finished; return how many there were.

    An attempt that began without an outcome may have arrived: UNKNOWN. None began: PENDING.
    """
    rows = Notice.objects.abandoned(real_at=real_at).select_for_update(skip_locked=True)
    found = list(rows[:100])
    for notice in found:
        open_try = notice.tries.filter(lease_token=notice.lease_token, outcome="").first()
        if open_try is not None:
            open_try.outcome, open_try.ended_at, open_try.code = Outcome.LOST, real_at, "lease lost"
            open_try.save(update_fields=["outcome", "ended_at", "code"])
            notice.state, notice.doubts = NoticeState.UNKNOWN, notice.doubts + 1
        else:
            notice.state = NoticeState.PENDING
        notice.lease_token = notice.lease_until = None
        notice.save(update_fields=["state", "doubts", "lease_token", "lease_until"])
        digests.follow(notice, notice.state, doubts=notice.doubts)
    return len(found)


@transaction.atomic
def _turn_away(state: ChannelState, *, at: datetime, real_at: datetime, limit: int) -> int:
    """Let what waits for a channel that has been broken for LEFT_AFTER go its other way, if it has
    one; return how many that are. What may have arrived already stays where it is."""
    if state.broken_since is None or state.broken_since > real_at - LEFT_AFTER:
        return 0
    rows = Notice.objects.to_send(at=at, real_at=real_at, channel=state.channel)
    rows = rows.exclude(fallbacks="").filter(state__in=WAITING)
    found = list(rows.select_for_update(skip_locked=True, of=("self",))[:limit])
    moved = 0
    for notice in found:
        if outlets.can_carry(notice.fallbacks.partition("+")[0], notice.recipient):
            Notice.objects.filter(pk=notice.pk).update(**_next_way(notice))
            moved += 1
    return moved


@transaction.atomic
def _claim(*, channel: str, at: datetime, real_at: datetime, limit: int) -> list[Notice]:
    rows = Notice.objects.to_send(at=at, real_at=real_at, channel=channel)
    found = list(rows.select_for_update(skip_locked=True, of=("self",))[:limit])
    people = {notice.recipient_id for notice in found}
    led = digests.gather(people, at=at, real_at=real_at, channel=channel)
    found = [notice for notice in found if notice.pk not in led]
    keys = [notice.pk for notice in found]
    Notice.objects.filter(pk__in=keys).update(  # one token for all that one run has taken at once
        state=NoticeState.LEASED, lease_token=uuid.uuid4(), lease_until=real_at + LEASE
    )
    taken = Notice.objects.with_matter().filter(pk__in=keys).order_by("pk")
    digests.load(leased := list(taken))
    return leased


def _send_one(notice: Notice, outlet: Outlet, *, at: datetime) -> bool:
    """Check a leased notice again, hand it over, record the outcome; return whether to stop."""
    try:
        reasons = needs.reasons([notice, *notice.in_letter], at=at)
        reason = reasons[notice.pk]
        message = None if reason else outlets.write(notice, _still_led(notice, reasons), at=at)
    except Exception as error:
        log.exception("Notice %s cannot be written.", notice.uuid)  # it stops nobody else
        _postpone(notice, f"{type(error).__name__}: {error}", now=clock.real_now())
        return False
    if message is None:
        _finish(notice, NoticeState.CANCELLED, end_reason=reason)
        return False
    if not message.to_address:
        _pass_on(notice, outlets.UNREACHABLE[notice.channel])
        return False
    attempt = _begin(notice)
    if attempt is None:
        return False
    return _record(notice, attempt, outlet.send(message))


def _still_led(leader: Notice, reasons: Mapping[int, str]) -> list[Notice]:
    """Return what a letter must still tell beside its leader; end the rest of what it led."""
    ended: dict[str, list[int]] = defaultdict(list)
    for notice in leader.in_letter:
        ended[reasons[notice.pk]].append(notice.pk)
    needed = set(ended.pop("", ()))
    for reason, keys in ended.items():
        rows = Notice.objects.filter(pk__in=keys, state=NoticeState.GATHERED)
        rows.update(state=NoticeState.CANCELLED, end_reason=reason)
    return [notice for notice in leader.in_letter if notice.pk in needed]


@transaction.atomic
def _begin(notice: Notice) -> DeliveryAttempt | None:
    """Renew the lease and note that an attempt begins; None: somebody has taken the notice over."""
    ours = Notice.objects.filter(pk=notice.pk, lease_token=notice.lease_token)
    if not ours.update(lease_until=clock.database_now() + LEASE):
        log.warning("Notice %s was taken over by another run.", notice.uuid)
        return None
    return DeliveryAttempt.objects.create(
        notice=notice,
        channel=notice.channel,
        number=notice.tries.filter(channel=notice.channel).count() + 1,
        lease_token=notice.lease_token or uuid.uuid4(),
        started_at=clock.real_now(),
        maybe_duplicate=notice.doubts > 0,
    )


@transaction.atomic
def _record(notice: Notice, attempt: DeliveryAttempt, result: Result) -> bool:
    """Write what came of an attempt; return whether the channel is broken, so that one stops.

    The notice changes only while the lease is ours: whoever reaped it has decided already, and what
    was answered stays beside the attempt.
    """
    now = clock.real_now()
    Notice.objects.select_for_update(of=("self",)).get(pk=notice.pk)  # as `reap` does: notice first
    written = DeliveryAttempt.objects.filter(pk=attempt.pk, outcome="").update(
        outcome=result.outcome, ended_at=now, code=result.answer
    )
    if not written:
        log.warning("Notice %s was taken over by another run.", notice.uuid)
        answer = " ".join(filter(None, (result.outcome, result.answer)))
        DeliveryAttempt.objects.filter(pk=attempt.pk).update(late_answer=answer[:300])
        return result.outcome == Outcome.BROKEN
    if result.outcome == Outcome.BROKEN:
        _mark_broken(notice.channel, result, now=now)
        _finish(notice, NoticeState.PENDING)
        return True
    _mark_well(notice.channel)
    if result.outcome == Outcome.ACCEPTED:
        _finish(notice, NoticeState.ACCEPTED)
    elif result.outcome == Outcome.LOST:
        _finish(notice, NoticeState.UNKNOWN, doubts=notice.doubts + 1)
    elif result.outcome == Outcome.REFUSED:
        _pass_on(notice, result.answer or "refused")
    else:
        _postpone(notice, result.answer, now=now, asked=result.wait)
    return False


def _postpone(
    notice: Notice, answer: str, *, now: datetime, asked: timedelta | None = None
) -> None:
    """Try again later; after the last time let the next channel carry it.

    `asked`: how long the other side wants us to wait; followed up to LONGEST_WAIT.
    """
    wait = rules.retry_after(notice.attempts + 1)
    if wait is None:
        _pass_on(notice, answer or DeadReason.TOO_OFTEN)
        return
    wait = max(wait, min(asked, LONGEST_WAIT)) if asked else wait
    _finish(notice, NoticeState.PENDING, attempts=notice.attempts + 1, next_try_at=now + wait)


def _pass_on(notice: Notice, reason: str) -> None:
    """Let the next channel carry a leased notice; where there is none it is work for a person."""
    if outlets.can_carry(notice.fallbacks.partition("+")[0], notice.recipient):
        _finish(notice, NoticeState.PENDING, **_next_way(notice))
    else:
        _finish(notice, NoticeState.DEAD, end_reason=reason[:300])


def _next_way(notice: Notice) -> dict[str, Any]:
    """Return the columns of a notice that leaves its channel for the next one, there untried."""
    channel, _plus, rest = notice.fallbacks.partition("+")
    return {
        "channel": channel,
        "fallbacks": rest,
        "attempts": 0,
        "doubts": 0,
        "next_try_at": None,
    }


@transaction.atomic
def _finish(notice: Notice, state: NoticeState, **changes: Any) -> None:
    """Leave the lease with a new state, if it is still ours; what it leads takes the same end."""
    ours = Notice.objects.filter(pk=notice.pk, lease_token=notice.lease_token)
    if ours.update(state=state, lease_token=None, lease_until=None, **changes) and notice.in_letter:
        end = {name: changes[name] for name in ("end_reason", "doubts") if name in changes}
        digests.follow(notice, state, **end)


def _mark_broken(channel: str, result: Result, *, now: datetime) -> None:
    state, _created = ChannelState.objects.get_or_create(channel=channel)
    state.broken_since = state.broken_since or now
    wait = max(PROBE, min(result.wait or PROBE, LONGEST_WAIT))
    state.next_try_at, state.last_error = now + wait, result.answer[:300]
    state.save()
    log.error("The channel %s does not work: %s", channel, result.answer)


def _mark_well(channel: str) -> None:
    broken = ChannelState.objects.filter(channel=channel).exclude(broken_since=None)
    broken.update(broken_since=None, next_try_at=None)
