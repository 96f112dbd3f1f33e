"""REGISTER: checking the whole register, against bare SHA-256 over the same bytes."""

import resource
import statistics
import tempfile
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from django.db import connection, transaction
from django.test import override_settings

from tests.benchmarks.measuring import Pair, Result, by_turns, exponent
from units.actions import chain, checkpoints, register, verification
from units.models import RegisterEntry, RegisterPending
from units.querysets.register import chain_rows
from units.rules import canonical

TITLE = "checking the whole register, and bare SHA-256 over the same bytes"
SIZES = {"small": (2_000, 20_000), "full": (20_000, 200_000)}
BATCH = 2_000
THEN = datetime(2024, 2, 2, 2, 0, tzinfo=UTC)


def grow(size: int) -> None:
    """Let there be `size` entries like those of a signature, numbered, chained and closed."""
    have = RegisterEntry.objects.count()
    while have < size:
        rows = [_entry(n) for n in range(have, min(size, have + BATCH))]
        with transaction.atomic():
            entries = RegisterEntry.objects.bulk_create(rows)
            RegisterPending.objects.bulk_create(RegisterPending(entry=one) for one in entries)
        have += len(rows)
        while register.sequence():
            pass
    checkpoints.make(at=THEN, now=True)
    while checkpoints.publish(at=THEN):
        pass
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _entry(n: int) -> RegisterEntry:
    ident, at = uuid.uuid4(), THEN + timedelta(seconds=n)
    said = {
        "v": 1, "alg": "sha256", "id": str(ident), "kind": "commitment.sign",
        "subject": f"commitment_version/2024-xa-{n}-v1", "subject_version": 3,
        "at": at.isoformat(), "actor": None, "office": None,
        "auth": {"door": "web", "method": "password passkey"},
        "data": {
            "from": "issued", "to": "signed", "n": 1, "commitment": f"2024-xa-{n}",
            "content_sha256": canonical.sha256_hex(f"content {n}"),
            "statement_sha256": canonical.sha256_hex(f"statement {n}"),
            "office_vi": "Chủ tịch Ủy ban nhân dân xã",
        },
        "private": {name: canonical.sha256_hex(f"{name} {n}") for name in ("ip", "user_agent")},
        "request": f"r-{n:08}",
    }  # fmt: skip
    return RegisterEntry(
        uuid=ident,
        kind="commitment.sign",
        subject_kind="commitment_version",
        subject_ref=f"2024-xa-{n}-v1",
        subject_version=3,
        published=True,
        at=at,
        request_id=f"r-{n:08}",
        text=canonical.text(said),
    )


def hashed(size: int) -> list[bytes]:
    """Return every text that the check hashes: leaves, links, and the nodes of each closed tree."""
    texts, level = [], []
    rows = chain_rows("default", after=0, upto=size, limit=size)
    for seq, leaf, prev, _link, text, _epoch in rows:
        texts += [b"\0" + text, b"\2" + seq.to_bytes(8, "big") + prev + leaf]
        level.append(leaf)
        if seq % 10_000 and seq != size:
            continue
        while len(level) > 1:
            pairs = [b"\1" + a + b for a, b in zip(level[::2], level[1::2], strict=False)]
            texts += pairs
            level = [sha256(pair).digest() for pair in pairs] + level[len(level) & ~1 :]
        level = []
    return texts


def bare(texts: Sequence[bytes]) -> Callable[[], None]:
    """Return what hashes them all, one after the other, and does nothing else."""

    def work() -> None:
        for text in texts:
            sha256(text).digest()

    return work


def read(size: int) -> None:
    """Read the chain and its texts from the database, in batches, and look at none of it."""
    after = 0
    while rows := chain_rows("default", after=after, upto=size, limit=chain.BATCH):
        after = rows[-1][0]


def good() -> None:
    """Check the whole register. Raises AssertionError unless it is good and nothing was left out."""
    found = verification.verify()
    assert found.good, found
    assert found.exposed == 0


def measure(*, sizes: Sequence[int], rounds: int) -> Result:
    """Grow one register through `sizes`; at each, check it beside bare hashing."""
    result, costs = Result("REGISTER", TITLE), []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        places = {
            "REGISTER_KEY_FILE": Path(name) / "key.pem",
            "REGISTER_COPIES": Path(name) / "beside",
            "REGISTER_PUBLISH": [str(Path(name) / "outside")],
        }
        with override_settings(**places):
            for size in sizes:
                grow(size)
                floor = bare(hashed(size))
                spans = by_turns(floor, good, rounds=rounds)
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                result.pairs.append(Pair(f"{size:,} entries, hashed", "ms", *spans, peak))
                costs.append(statistics.median(spans[1]))
                reading = by_turns(
                    lambda n=size, work=floor: (read(n), work()), good, rounds=rounds
                )
                result.pairs.append(
                    Pair(f"{size:,} entries, read and hashed", "ms", *reading, peak)
                )
    result.exponent = exponent(sizes, costs)
    result.notes += [
        f"{sizes[-1] / costs[-1] * 1000:,.0f} entries each second.",
        (
            "Goal: at most 2. Against hashing alone, with all bytes in memory, that is out of reach: "
            "the same rows only read from the database and hashed cost more already "
            f"({result.pairs[-1].floor_middle / result.pairs[-2].floor_middle:.1f} x hashing alone). So the "
            "second line of each size counts: rows read and hashed."
        ),
        (
            "Ours reads every row, makes each leaf, link and root anew and compares it, compares columns, "
            "versions, signatures, published copies and triggers."
        ),
    ]
    return result
