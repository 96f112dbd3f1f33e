"""Several notices for one person in one letter: the most urgent of them leads the others.

The leader is leased, tried and recorded like any notice; those that it leads wait for what comes of
its letter and take the same end in the same transaction.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import translation

from commitments.models.cases import SUBJECTS
from notifications import messages, rules
from notifications.actions.facts import facts_of, look_ahead
from notifications.enums import NoticeState
from notifications.messages import Message
from notifications.messages.digests import Line, compose
from notifications.models import Notice
from notifications.querysets import MOST_DOUBTS, WAITING

MOST = 200  # notices that one letter takes along; the others make the next one
SHOWN = 50  # of them that it tells; it counts the others


def gather(
    recipients: Collection[int], *, at: datetime, real_at: datetime, channel: str
) -> set[int]:
    """Let what may leave by `channel` now for each of these people go together where it is to; return
    what is led by another one from now on.

    Inside the transaction that claims, after its locks. What was perhaps sent already is left as it
    was sent, and what is about an account always goes alone.
    """
    led: set[int] = set()
    for ready in _ready(recipients, at=at, real_at=real_at, channel=channel):
        chosen = rules.together([row.daily for row in ready])
        if chosen:
            leader, *others = (ready[place] for place in chosen)
            rows = Notice.objects.filter(pk__in=[row.pk for row in others])
            rows.update(state=NoticeState.GATHERED, led_by=leader)
            led.update(row.pk for row in others)
    return led


def _ready(
    recipients: Collection[int], *, at: datetime, real_at: datetime, channel: str
) -> Collection[list[Notice]]:
    """Return what is ready for each person, the most urgent first, locked as far as it is free.

    What would fall back on another channel stays apart from what would not: one letter has one way.
    """
    about_something = ~Q(**{f"{column}__isnull": True for column in SUBJECTS})
    rows = (
        Notice.objects.to_send(at=at, real_at=real_at, channel=channel)
        .filter(about_something, recipient__in=recipients, state__in=WAITING)
        .exclude(Exists(Notice.objects.filter(led_by=OuterRef("pk"))))
    )
    found: dict[tuple[int, str], list[Notice]] = {}
    for row in rows.select_for_update(skip_locked=True, of=("self",))[: MOST * len(recipients)]:
        kept = found.setdefault((row.recipient_id, row.fallbacks), [])
        if len(kept) < MOST:
            kept.append(row)
    return found.values()


def load(leaders: Sequence[Notice]) -> None:
    """Put beside each leased notice those that it leads, the most urgent first. One query."""
    found: dict[int, list[Notice]] = {}
    rows = Notice.objects.with_matter().filter(led_by__in=leaders, state=NoticeState.GATHERED)
    for row in rows.by_urgency():
        found.setdefault(row.led_by_id or 0, []).append(row)
    for leader in leaders:
        leader.in_letter = found.get(leader.pk, [])


def write(told: Sequence[Notice], *, at: datetime, language: str) -> Message:
    """Return one message that tells `told` (at least one), all for one person, in their language."""
    lines, demonstration = [], False
    look_ahead(told[:SHOWN])
    for notice in told[:SHOWN]:
        facts = facts_of(notice, at=at, language=language)
        demonstration = demonstration or bool(facts["demonstration"])
        with translation.override(language):
            line = Line(
                messages.headline(notice.message, facts),
                messages.matter(notice.message, facts),
                messages.what_follows(notice.message, facts),
                messages.reason(facts),
                facts["url"],
            )
        lines.append(line)
    return compose(
        lines,
        more=len(told) - len(lines),
        inbox_url=settings.SITE_URL + reverse("notifications:inbox"),
        name=told[0].recipient.full_name,
        demonstration=demonstration,
        language=language,
    )


def follow(leader: Notice, state: NoticeState, *, end_reason: str = "", doubts: int = 0) -> None:
    """Let what `leader` leads take its end; where the leader falls away, each is on its own again."""
    led = Notice.objects.filter(led_by=leader, state=NoticeState.GATHERED)
    if state == NoticeState.CANCELLED:
        led.update(state=NoticeState.PENDING, led_by=None)
    elif state in {NoticeState.ACCEPTED, NoticeState.DEAD}:
        led.update(state=state, end_reason=end_reason)
    elif state == NoticeState.UNKNOWN and doubts >= MOST_DOUBTS:
        led.update(state=state, doubts=doubts)
