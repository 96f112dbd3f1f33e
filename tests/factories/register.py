"""Entries of the register, written as acts write them."""

from datetime import UTC, datetime

from django.db import transaction

from units.actions import checkpoints, register
from units.models import (
    FeedLine,
    FeedTouch,
    RegisterCheckpoint,
    RegisterEntry,
    RegisterLink,
    RegisterPublication,
)

AT = datetime(2024, 2, 2, 2, 0, tzinfo=UTC)


def entry(n: int = 0, **changes) -> RegisterEntry:
    """Write one entry, not yet numbered unless the transaction is committed."""
    told = {
        "kind": "unit.rename",
        "subject": f"unit/xa-{n}",
        "subject_version": None,
        "reach": [],
        "by": None,
        "at": AT,
        "data": {"name": f"Xã Số {n}"},
    }
    with transaction.atomic():
        return register.append(**(told | changes))


def entries(count: int, **changes) -> list[RegisterEntry]:
    """Write and number `count` entries."""
    found = [entry(n, **changes) for n in range(count)]
    while register.sequence():
        pass
    return found


def closed(at: datetime = AT) -> RegisterCheckpoint:
    """Close what is numbered and publish it; return the last checkpoint."""
    checkpoints.make(at=at, now=True)
    checkpoints.publish(at=at)
    return RegisterCheckpoint.objects.latest("pk")


def unsigned() -> RegisterCheckpoint:
    """Write the row of a checkpoint over the last place, which no key has signed."""
    last = RegisterLink.objects.latest("seq")
    return RegisterCheckpoint.objects.create(
        epoch_id=last.epoch_id,
        number=1,
        first_seq=last.seq,
        last_seq=last.seq,
        text="{}",
        sha256="0" * 64,
        previous="1" * 64,
        signature="0" * 128,
        public_key="0" * 64,
        made_at=AT,
    )


def publication(*, ok: bool = True) -> RegisterPublication:
    """Write what one place answered to `unsigned()`."""
    return RegisterPublication.objects.create(
        checkpoint=unsigned(), place="/outside", ok=ok, answer="it is there", at=AT
    )


def touch() -> FeedTouch:
    """Return the first act of a new register as one that has touched a unit, whose line is kept."""
    entries(1)
    line = FeedLine.objects.create(kind="unit", ref="bx-hu", body="{}")
    link = RegisterLink.objects.get()
    return FeedTouch.objects.create(link=link, line=line, kind="unit", at=AT)
