"""The whole register as lines, for whoever checks it with nothing of ours."""

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Max

from units.models import RegisterCheckpoint, RegisterEpoch, RegisterLink
from units.querysets import register as queries

BATCH = 5_000


def lines(using: str = "default") -> Iterator[str]:
    """Yield the whole register as JSON lines, for `verify_register.py` and for keeping.

    First a header, then epochs, entries and checkpoints, each checkpoint behind its last entry; at
    the end a line that counts them: without it the export is incomplete.
    """
    closed = list(
        RegisterCheckpoint.objects.using(using).order_by("last_seq")
    )  # first: none reaches behind `head`
    head = RegisterLink.objects.using(using).aggregate(last=Max("seq"))["last"] or 0
    yield _line(type="register-export", v=1, origin=settings.REGISTER_ORIGIN, last_seq=head)
    for epoch in RegisterEpoch.objects.using(using).order_by("number"):
        yield _line(type="epoch", text=epoch.text)
    behind = {one.last_seq: one for one in closed}
    seq = entries = 0
    reached: set[int] = set()
    while rows := queries.chain_rows(using, after=seq, upto=head, limit=BATCH):
        for seq, leaf, prev, link, text, epoch_number in rows:
            yield _line(
                type="entry", seq=seq, epoch=epoch_number, leaf=leaf.hex(),
                prev=prev.hex(), link=link.hex(), text=(text or b"").decode(),
            )  # fmt: skip
            entries += 1
            if one := behind.get(seq):
                reached.add(seq)
                yield _line(type="checkpoint", **one.signed.as_json())
    for one in closed:
        if one.last_seq not in reached:  # its entries are gone: whoever checks shall see that
            yield _line(type="checkpoint", **one.signed.as_json())
    yield _line(type="end", entries=entries, checkpoints=len(closed))


def _line(**values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
