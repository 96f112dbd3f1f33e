"""Walking the chain: every hash is made anew, in order, and compared with what is stored.

A batch is looked at as a whole first, for nearly always all of it is as it was: lists are compared, not
rows. Where anything differs, the same batch is walked place by place, and what is wrong is named.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from django.db.models import Max

from units.actions import agreement
from units.models import RegisterCheckpoint, RegisterEpoch, RegisterLink
from units.querysets import register as queries
from units.rules import checkpoints, merkle
from units.rules import register as rules
from units.rules.findings import Found

BATCH = 5_000


def walk(
    using: str,
    epochs: Sequence[RegisterEpoch],
    closed: Sequence[RegisterCheckpoint],
    found: Found,
) -> None:
    """Make every hash anew: leaf, link and, over each closed stretch, the root.

    `epochs` by number, `closed` by last place. Sets `entries` and `last_seq` of `found`.
    """
    for epoch in epochs:
        _judge_epoch(epoch, found)
    walker = _Walker(epochs, closed, found)
    head = RegisterLink.objects.using(using).aggregate(last=Max("seq"))["last"] or 0
    while rows := queries.chain_rows(using, after=walker.seq, upto=head, limit=BATCH):
        if not walker.passes(rows):
            for row in rows:
                walker.steps_on(row)
        found.entries += len(rows)
    found.last_seq = walker.seq
    for stretch in walker.out_of_reach():
        found.add(
            "tail-cut",
            walker.seq + 1,
            f"missing; checkpoint {name(stretch)} reaches to {stretch.last_seq}",
        )


class _Walker:
    """Stands at place `seq`, whose link is `prev`, in epoch `number`; 0: before the first.

    `leaves`: those since the last closed stretch. `stretch`: the one that closes next.
    """

    def __init__(
        self,
        epochs: Sequence[RegisterEpoch],
        closed: Sequence[RegisterCheckpoint],
        found: Found,
    ) -> None:
        self.found = found
        self.starts = {epoch.after_seq: epoch for epoch in epochs}
        self.stretches = iter(closed)
        self.stretch = next(self.stretches, None)
        self.seq, self.prev, self.number = 0, b"", 0
        self.leaves: list[bytes] = []

    def passes(self, rows: Sequence[queries.ChainRow]) -> bool:
        """Go to the last of `rows` if all are dense, of one epoch and as they were; else stay, and
        return False."""
        seqs, told_leaves, told_prevs, told_links, texts, numbers = zip(*rows, strict=True)
        last = self.seq + len(rows)
        if seqs != tuple(range(self.seq + 1, last + 1)):
            return False
        self._begin(self.seq)
        if any(self.seq < after < last for after in self.starts) or None in texts:
            return False
        leaves = tuple([sha256(b"\0" + text).digest() for text in texts])
        places = zip(seqs, told_prevs, leaves, strict=True)
        links = tuple(
            [
                sha256(b"\2" + n.to_bytes(8, "big") + prev + leaf).digest()
                for n, prev, leaf in places
            ]
        )
        told = (told_leaves, told_prevs, told_links)
        if told != (leaves, (self.prev, *links[:-1]), links) or set(numbers) != {self.number}:
            return False
        done = 0
        while self.stretch is not None and self.stretch.last_seq <= last:
            upto = max(self.stretch.last_seq - self.seq, done)
            self.leaves += leaves[done:upto]
            self._close(links[upto - 1] if upto else self.prev)
            done = upto
        self.leaves += leaves[done:]
        self.seq, self.prev = last, links[-1]
        return True

    def steps_on(self, row: queries.ChainRow) -> None:
        """Go to the place of `row`, and name everything that is wrong with it."""
        this, told_leaf, told_prev, told_link, text, number = row
        if this != self.seq + 1:
            self.found.add("place-missing", self.seq + 1, f"missing; the next place is {this}")
            self.leaves = []
        self._begin(this - 1)
        if number != self.number:
            self.found.add("epoch-wrong", this, f"is said to be of epoch {number}")
        if text is None:
            self.found.add("entry-missing", this, "its entry is gone")
            leaf = told_leaf
        else:
            leaf = sha256(b"\0" + text).digest()
        link = rules.link_hash(this, self.prev, leaf)
        if (told_leaf, told_prev, told_link) != (leaf, self.prev, link):
            told = (told_leaf, told_prev, told_link)
            link = _judge_place(this, told, leaf, self.prev, self.found)
        self.seq, self.prev = this, link
        self.leaves.append(leaf)
        if self.stretch is not None and this >= self.stretch.last_seq:
            self._close(link)

    def out_of_reach(self) -> Iterator[RegisterCheckpoint]:
        """Yield the closed stretches that end behind the last place."""
        if self.stretch is not None:
            yield self.stretch
            yield from self.stretches

    def _begin(self, after: int) -> None:
        """Enter the epoch that begins behind place `after`, if one does."""
        if (epoch := self.starts.pop(after, None)) is not None:
            _judge_start(epoch, self.seq, self.prev, self.found)
            self.prev, self.number = rules.epoch_hash(epoch.text), epoch.number

    def _close(self, link: bytes) -> None:
        """Judge the stretch that ends here, at `link`."""
        if self.stretch is not None:
            _judge_root(self.stretch, self.leaves, link, self.found)
            self.stretch, self.leaves = next(self.stretches, None), []


def _judge_place(
    seq: int, told: tuple[bytes, bytes, bytes], leaf: bytes, prev: bytes, found: Found
) -> bytes:
    """Name what is wrong with one place, of which leaf, prev and link are `told`; return its told link,
    so that the next one is judged by itself."""
    told_leaf, told_prev, told_link = told
    if told_leaf != leaf:
        found.add("entry-changed", seq, "the entry is not the one that was registered")
    if told_prev != prev:
        found.add("link-broken", seq, "does not stand on the place before it")
    if told_link != rules.link_hash(seq, told_prev, told_leaf):
        found.add("link-wrong", seq, "its link is not that of this entry at this place")
    return told_link


def _judge_epoch(epoch: RegisterEpoch, found: Found) -> None:
    told = said(epoch)
    columns = (epoch.number, epoch.after_seq, epoch.reason, epoch.started_at)
    text = (
        told.get("epoch"),
        told.get("after_seq"),
        told.get("reason"),
        agreement.instant(told.get("started_at")),
    )
    if columns != text:
        found.add(
            "epoch-differs", epoch.after_seq + 1, f"epoch {epoch.number} is not what its text says"
        )


def _judge_start(epoch: RegisterEpoch, seq: int, prev: bytes, found: Found) -> None:
    told = said(epoch)
    before = prev.hex() if seq else None
    if (told.get("after_seq"), told.get("last_link")) != (seq, before):
        found.add(
            "epoch-misplaced",
            seq + 1,
            f"epoch {epoch.number} does not begin behind the place before",
        )


def _judge_root(
    one: RegisterCheckpoint, leaves: Sequence[bytes], link: bytes, found: Found
) -> None:
    told = one.signed.said
    known = (bad.seq for bad in found.findings if bad.seq and bad.seq >= one.first_seq)
    at = min(known, default=one.first_seq)  # the place itself, where hashes have told it already
    if len(leaves) != one.last_seq - one.first_seq + 1:
        found.add("checkpoint-span", at, f"checkpoint {name(one)} covers other places")
    elif merkle.root(leaves).hex() != told.get("root"):
        found.add(
            "root-differs",
            at,
            f"an entry of {one.first_seq} to {one.last_seq} is not as it was signed",
        )
    if link.hex() != told.get("last_link"):
        found.add("link-not-signed", one.last_seq, "its link is not the one that was signed")


def said(epoch: RegisterEpoch) -> dict[str, Any]:
    """Return what the text of `epoch` says; empty where it is no JSON object."""
    return checkpoints.Signed(epoch.text, b"", b"").said


def name(one: RegisterCheckpoint) -> str:
    """Return what people call the checkpoint `one`: epoch and number."""
    return f"{one.epoch_id}.{one.number}"
