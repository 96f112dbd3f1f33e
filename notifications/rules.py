"""When a message may disturb somebody, when a failed one is tried again, and how a hint is signed."""

import hmac
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from commitments.enums.policies import Pace
from notifications.enums import NoticeKind
from units.rules.calendars import instant

QUIET_FROM, QUIET_TO = time(20), time(7)
MORNING = time(8)  # when the one letter of a day comes, for whoever wants it so
LONGEST_QUIET = timedelta(hours=16)  # a day must leave room for what cannot wait
CAN_WAIT = frozenset({NoticeKind.REMINDER, NoticeKind.RESULT})  # nobody waits for an answer to them
MOST_SINGLE = 5  # letters that may leave for one person at once; more become one
DAY = timedelta(days=1)
LONGEST_CLOSURE = 366  # days
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
URGENCY: Mapping[str, int] = {kind: place for place, kind in enumerate(NoticeKind)}


def first_allowed(
    at: datetime,
    *,
    quiet_from: time,
    quiet_to: time,
    is_open: Callable[[date], bool],
    zone: ZoneInfo,
) -> datetime:
    """Return the first instant from `at` on that lies on an open day and outside quiet hours.

    The quiet span is half-open, `[quiet_from, quiet_to)`, and may cross midnight; equal ends mean
    that there is none. Raises ValueError where a year has no open day. Source: a house rule.

    >>> from datetime import UTC
    >>> first_allowed(
    ...     datetime(2024, 5, 15, 14, tzinfo=UTC),  # 21:00
    ...     quiet_from=time(20),
    ...     quiet_to=time(7),
    ...     is_open=lambda day: day.weekday() < 5,
    ...     zone=ZoneInfo("Asia/Ho_Chi_Minh"),
    ... )
    datetime.datetime(2024, 5, 16, 0, 0, tzinfo=datetime.timezone.utc)
    """
    day = at.astimezone(zone).date()
    for _ in range(LONGEST_CLOSURE):
        if is_open(day):
            for begins, ends in _loud_spans(day, quiet_from, quiet_to, zone):
                if max(at, begins) < ends:  # a span may be empty: quiet from midnight on
                    return max(at, begins)
        day += DAY
    raise ValueError(f"The calendar has no open day for {LONGEST_CLOSURE} days, up to {day}.")


def next_morning(at: datetime, *, is_open: Callable[[date], bool], zone: ZoneInfo) -> datetime:
    """Return the first MORNING of an open day that is not before `at`: when a day's letter leaves.

    Raises ValueError where a year has no open day. Source: a house rule.

    >>> from datetime import UTC
    >>> friday = datetime(2024, 5, 17, 3, tzinfo=UTC)  # 10:00
    >>> zone = ZoneInfo("Asia/Ho_Chi_Minh")
    >>> next_morning(friday, is_open=lambda day: day.weekday() < 5, zone=zone)
    datetime.datetime(2024, 5, 20, 1, 0, tzinfo=datetime.timezone.utc)
    """
    day = at.astimezone(zone).date()
    for _ in range(LONGEST_CLOSURE):
        if is_open(day) and (morning := instant(day, MORNING, zone)) >= at:
            return morning
        day += DAY
    raise ValueError(f"The calendar has no open day for {LONGEST_CLOSURE} days, up to {day}.")


def quiet_span(quiet_from: time, quiet_to: time) -> timedelta:
    """Return how long the half-open quiet span `[quiet_from, quiet_to)` is; equal ends: none.

    >>> quiet_span(time(20), time(7))
    datetime.timedelta(seconds=39600)
    """
    begins, ends = (timedelta(hours=one.hour, minutes=one.minute) for one in (quiet_from, quiet_to))
    return (ends - begins) % DAY


def is_daily(kind: str, *, pace: str, chosen: bool) -> bool:
    """Say whether what is told as `kind` waits for the one letter of a morning.

    `pace`: what the step of the ladder says (a Pace), "" where it says nothing; then the person's
    choice, `chosen`, holds. What asks for an act or is escalated never waits. Source: a house rule.

    >>> is_daily("reminder", pace="instant", chosen=True), is_daily("request", pace="", chosen=True)
    (False, False)
    """
    return kind in CAN_WAIT and (pace == Pace.DAILY if pace else chosen)


def together(daily: Sequence[bool]) -> list[int]:
    """Return which of the notices that may leave now for one person go in one letter, by their
    places in `daily`, which says of each whether it waits for the morning; [] where each goes alone.

    Whatever was chosen, nobody gets more than MOST_SINGLE letters at once: after an outage all of it
    is one. Source: a house rule.

    >>> together([False, True, True])
    [1, 2]
    """
    if len(daily) > MOST_SINGLE:
        return list(range(len(daily)))
    waiting = [place for place, waits in enumerate(daily) if waits]
    return waiting if len(waiting) > 1 else []


def _loud_spans(
    day: date, quiet_from: time, quiet_to: time, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the half-open spans of `day`, in UTC, in which a message may come."""
    midnight, next_midnight = instant(day, time(0), zone), instant(day + DAY, time(0), zone)
    if quiet_from == quiet_to:
        yield midnight, next_midnight
    elif quiet_from > quiet_to:
        yield instant(day, quiet_to, zone), instant(day, quiet_from, zone)
    else:
        yield midnight, instant(day, quiet_from, zone)
        yield instant(day, quiet_to, zone), next_midnight


def retry_after(attempts: int) -> timedelta | None:
    """Return how long to wait after the `attempts`-th failure (from 1); None: this channel gives up.

    >>> retry_after(1), retry_after(5)
    (datetime.timedelta(seconds=60), None)
    """
    return RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else None


def ignores_closed_days(kind: str, level: int | None) -> bool:
    """Say whether a message of `kind` about a step of `level` (None: about no step) may come on a
    closed day, too: the highest level and the system's own. Nights are quiet for all."""
    return kind == NoticeKind.SYSTEM or level == 4


# --- telephone numbers ------------------------------------------------------------------------------

CODE_LASTS = timedelta(minutes=10)
MOST_GUESSES = 5  # wrong codes, then a new one must be asked for
TYPED = re.compile(r"[\s.\-()/]")
NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
MOBILE_OF = {"84": re.compile(r"\+84[35789][0-9]{8}")}  # numbers that text messages reach


def international(typed: str, *, country: str) -> str:
    """Return a telephone number as +<country><number>, the form of E.164.

    `country`: digits, for a number that begins with 0. Raises ValueError for what is no number, or,
    of a country in MOBILE_OF, none that text messages reach.

    >>> international("0912 345.678", country="84"), international("0039 320-1234567", country="84")
    ('+84912345678', '+393201234567')
    """
    digits = TYPED.sub("", typed)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif digits.startswith("0"):
        digits = f"+{country}{digits[1:]}"
    mobile = next((form for code, form in MOBILE_OF.items() if digits.startswith(f"+{code}")), None)
    if not NUMBER.fullmatch(digits) or (mobile and not mobile.fullmatch(digits)):
        raise ValueError("no telephone number")
    return digits


def six_digits(secret: str, *, key: str, number: str) -> str:
    """Return the code that proves a `number`; who knows `key` and `number` alone cannot tell it."""
    own = hmac.new(secret.encode(), b"codes to telephones", sha256).digest()
    mac = hmac.new(own, f"{key} {number}".encode(), sha256).digest()
    return f"{int.from_bytes(mac[:8], 'big') % 1_000_000:06d}"


# --- hints to programs (the Standard Webhooks specification) ----------------------------------------

HINT_AGAIN_AFTER = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24)))
)
HINT_GIVES_UP_AFTER = timedelta(days=3)  # of nothing but failures the receiver is called no more
HINT_RESTS_AT_MOST = timedelta(minutes=30)  # a receiver that fails, whatever else is due there
JITTER = 0.1  # of a delay, added at most: what failed together does not come back together
SHORTEST_SECRET = 24  # bytes, as the specification says
SECRET_PREFIX = "whsec_"  # noqa: S105  # what it begins with, not what it is


def hint_again_after(
    attempts: int, *, jitter: float, asked: timedelta | None = None
) -> timedelta | None:
    """Return how long to wait after the `attempts`-th failed call (from 1); None: that was the last.

    `jitter` from 0 to 1: the share of JITTER that is added. `asked`: what the receiver asked for by
    Retry-After; it is followed between once and twice the planned delay.

    >>> hint_again_after(2, jitter=0), hint_again_after(2, jitter=0, asked=timedelta(hours=9))
    (datetime.timedelta(seconds=300), datetime.timedelta(seconds=600))
    >>> hint_again_after(10, jitter=0) is None
    True
    """
    if attempts > len(HINT_AGAIN_AFTER):
        return None
    planned = HINT_AGAIN_AFTER[attempts - 1]
    wait = planned if asked is None else min(max(asked, planned), 2 * planned)
    return wait + planned * JITTER * jitter if wait < 2 * planned else wait


def receiver_rests(failures: int, *, wait: timedelta) -> timedelta:
    """Return how long a receiver is left alone that has failed `failures` times in a row (from 1).

    `wait`: until the failed hint itself is due again; no rest is longer.

    >>> receiver_rests(40, wait=timedelta(seconds=5))
    datetime.timedelta(seconds=1800)
    """
    planned = HINT_AGAIN_AFTER[min(failures, len(HINT_AGAIN_AFTER)) - 1]
    return min(max(planned, wait), HINT_RESTS_AT_MOST)


def hint_text(*, kind: str, ref: str, seq: int, at: datetime) -> str:
    """Return the body of a hint: of which object, and by which act; the feed says what.

    >>> hint_text(kind="unit", ref="bx-hu", seq=7, at=datetime(2024, 2, 6, 3, 12, tzinfo=UTC))
    '{"type":"unit.changed","timestamp":"2024-02-06T03:12:00Z","data":{"type":"unit","ref":"bx-hu","seq":7}}'
    """
    body: dict[str, Any] = {
        "type": f"{kind}.changed" if seq else f"{kind}.test",
        "timestamp": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {"type": kind, "ref": ref, "seq": seq},
    }
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def is_secret(text: str) -> bool:
    """Say whether `text` is `whsec_<base64>` of SHORTEST_SECRET bytes or more.

    >>> is_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), is_secret("whsec_abc"), is_secret("")
    (True, False, False)
    """
    try:
        raw = b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(SECRET_PREFIX) and len(raw) >= SHORTEST_SECRET


def call_headers(secrets: Iterable[str], *, key: str, at: datetime, text: str) -> dict[str, str]:
    """Return the headers that sign a call with the body `text`; see `hint_signature`."""
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": hint_signature(secrets, key=key, at=at, text=text),
    }


def hint_signature(secrets: Iterable[str], *, key: str, at: datetime, text: str) -> str:
    """Return the header webhook-signature: one signature for each secret, `whsec_<base64>`.

    `key`: the header webhook-id; `at`: of the call, in whole seconds the header webhook-timestamp.
    """
    signed = f"{key}.{int(at.timestamp())}.{text}".encode()
    macs = (
        hmac.new(b64decode(secret.removeprefix(SECRET_PREFIX)), signed, sha256).digest()
        for secret in secrets
    )
    return " ".join(f"v1,{b64encode(mac).decode()}" for mac in macs)
