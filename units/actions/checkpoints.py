"""Closing stretches of the register under a signed root, publishing them, and proving one entry.

Whoever owns the database can rewrite it, triggers or not. Nobody can rewrite what was published
elsewhere under a key that the database does not hold; so what is older than the last published
checkpoint can be changed, but not unseen.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from units.actions import register
from units.channels import keys, places
from units.models import (
    RegisterCheckpoint,
    RegisterEntry,
    RegisterEpoch,
    RegisterLink,
    RegisterPublication,
)
from units.rules import checkpoints as rules
from units.rules import merkle
from units.rules import register as chain

KeyUnusable = keys.KeyUnusable
PlaceSilent = places.PlaceSilent

log = logging.getLogger(__name__)
CHECKPOINT_LOCK = 0x5EA  # the advisory lock of the one who closes stretches
AT_ONCE = 500  # copies to one place in one run


def make_and_publish(*, at: datetime) -> int:
    """Close what is due and bring every place up to date; return how much was done.

    `at`: real time. Raises KeyUnusable where something is due and the key cannot be opened.
    """
    return make(at=at) + publish(at=at)


# --- closing ----------------------------------------------------------------------------------


@transaction.atomic
def make(*, at: datetime, now: bool = False) -> int:
    """Close the stretches that are due under signed roots; return how many checkpoints were made.

    A full stretch is due at once, what is left 55 minutes after the last checkpoint, or `now`. One
    at a time, like the sequencer. A checkpoint belongs to the newest epoch, also where its stretch
    begins before it. Raises KeyUnusable.
    """
    if not register.take_turn(CHECKPOINT_LOCK):
        return 0
    epoch = RegisterEpoch.objects.order_by("-number").first()
    end = RegisterLink.objects.aggregate(last=Max("seq"))["last"]
    last = RegisterCheckpoint.objects.order_by("-last_seq").first()
    first = last.last_seq + 1 if last else 1
    if epoch is None or end is None or end < first:
        return 0
    due = now or at - (last.made_at if last else epoch.started_at) >= rules.EVERY
    spans = list(rules.spans(first, end, due=due))
    if spans:
        signer = open_key()
        for first_seq, last_seq in spans:
            last = _close(epoch, last, first_seq, last_seq, signer=signer, at=at)
    return len(spans)


def _close(
    epoch: RegisterEpoch,
    last: RegisterCheckpoint | None,
    first_seq: int,
    last_seq: int,
    *,
    signer: keys.Signer,
    at: datetime,
) -> RegisterCheckpoint:
    rows = RegisterLink.objects.filter(seq__range=(first_seq, last_seq)).order_by("seq")
    hashes = [(bytes(leaf), link) for leaf, link in rows.values_list("leaf_hash", "link_hash")]
    if last is not None and last.epoch_id != epoch.number:
        last = None  # each epoch counts its own
    number = last.number + 1 if last else 1
    previous = bytes.fromhex(last.sha256) if last else chain.epoch_hash(epoch.text)
    text = rules.text_of(
        origin=settings.REGISTER_ORIGIN,
        epoch=epoch.number,
        number=number,
        first_seq=first_seq,
        last_seq=last_seq,
        root=merkle.root([leaf for leaf, _link in hashes]),
        last_link=bytes(hashes[-1][1]),
        previous=previous,
        key=rules.fingerprint(signer.public_key),
        at=at,
    )
    one = rules.Signed(text, signer.sign(text), signer.public_key)
    return RegisterCheckpoint.objects.create(
        epoch=epoch,
        number=number,
        first_seq=first_seq,
        last_seq=last_seq,
        text=text,
        sha256=one.sha256.hex(),
        previous=previous.hex(),
        signature=one.signature.hex(),
        public_key=one.public_key.hex(),
        made_at=at,
    )


def open_key() -> keys.Signer:
    """Open the key of this installation: REGISTER_KEY_FILE, else the one that DATA_DIR keeps for
    itself, drawn at the first use. Raises KeyUnusable."""
    path = Path(settings.REGISTER_KEY_FILE)
    return keys.open_key(path) if settings.REGISTER_KEY_APART else keys.open_or_make(path)


def make_key(path: Path) -> str:
    """Draw a key into the new file `path`; return its fingerprint. Raises FileExistsError, OSError."""
    keys.make_key(path)
    return rules.fingerprint(keys.open_key(path).public_key)


def fingerprint() -> str:
    """Return the fingerprint of this installation's key. Raises KeyUnusable."""
    return rules.fingerprint(open_key().public_key)


# --- publishing -------------------------------------------------------------------------------


def beside() -> places.Folder:
    """Return the folder beside the deployment that keeps every checkpoint: a database put back from
    an old copy is behind it."""
    return places.Folder(Path(settings.REGISTER_COPIES))


def outside() -> list[places.Place]:
    """Return the places that others look after, as REGISTER_PUBLISH names them.

    Raises ValueError for an address that is none.
    """
    return [places.place_of(address) for address in settings.REGISTER_PUBLISH]


def publish(*, at: datetime) -> int:
    """Bring every place up to date; return how many copies arrived.

    No transaction is open while a place is asked. The first failure of a place ends its turn; the
    next run asks again. What it answered is kept, a failure once until it changes.
    """
    done = 0
    for place in [beside(), *outside()]:
        for one in RegisterCheckpoint.objects.wanted_at(place.label)[:AT_ONCE]:
            name = rules.name_of(one.epoch_id, one.number)
            answer = place.put(name, rules.document(one.signed))
            _note(one, place, answer, at=at)
            if not answer.ok:
                log.warning("%s did not take checkpoint %s: %s", place.label, name, answer.text)
                break
            done += 1
    return done


def _note(
    one: RegisterCheckpoint, place: places.Place, answer: places.Answer, *, at: datetime
) -> None:
    rows = RegisterPublication.objects.filter(checkpoint=one, place=place.label)
    last = rows.order_by("-pk").values_list("ok", "answer").first()
    if answer.ok or last != (False, answer.text):
        row = RegisterPublication(
            checkpoint=one, place=place.label, ok=answer.ok, answer=answer.text[:500], at=at
        )
        RegisterPublication.objects.bulk_create([row], ignore_conflicts=True)  # ..._done_once


def published_at(checkpoint: Mapping[str, str] | None) -> list[str]:
    """Return the outside places that hold this checkpoint of a receipt; none for None.

    A web address whole, of a folder its last part: the rest is of no use to whoever asks.
    """
    if checkpoint is None:
        return []
    rows = RegisterPublication.objects.filter(checkpoint__text=checkpoint["text"], ok=True)
    own = beside().label
    labels = rows.exclude(place=own).order_by("place").values_list("place", flat=True)
    return [Path(label).name if label.startswith("/") else label for label in labels]


# --- beginning anew ---------------------------------------------------------------------------


@transaction.atomic
def open_epoch(*, reason: str, at: datetime) -> RegisterEpoch:
    """Begin a new epoch where a database was put back from an old copy, and say so for ever.

    It names the last checkpoint that the folder beside the deployment knows, or a folder outside,
    for the first may be lost with the machine; and so owns up to the entries that are lost. `at`:
    real time. Raises RegisterBusy while somebody else numbers, ValueError and PlaceSilent as
    `newest_copy`.
    """
    if not register.take_turn(register.SEQUENCER_LOCK):
        raise RegisterBusy("The register is being numbered; try again.")
    known = newest_copy(outside_too=True)
    return register.open_epoch(
        checkpoint=known.sha256.hex() if known else None, reason=reason, at=at
    )


def newest_copy(*, outside_too: bool = False) -> rules.Signed | None:
    """Return the newest checkpoint in the folder beside the deployment; None: there is none.

    `outside_too`: or in a folder that others look after. Raises ValueError where that file is no
    checkpoint, PlaceSilent where a folder cannot be read.
    """
    others = outside() if outside_too else []
    folders = [beside(), *(place for place in others if isinstance(place, places.Folder))]
    newest = [(name, folder) for folder in folders if (name := folder.newest())]
    if not newest:
        return None
    name, folder = max(newest, key=lambda pair: pair[0])
    text = folder.get(name)
    return rules.read(text) if text else None


# --- proving ----------------------------------------------------------------------------------


def receipt_of(entry: RegisterEntry) -> dict[str, Any]:
    """Return what proves that `entry` stands in the register, as JSON-ready values.

    `v` 1; `type`; `origin`; `entry`: the text that was hashed; `seq`, `epoch`, `leaf`, `prev`,
    `link`: its place, all null until the sequencer has given one (a moment); `checkpoint`: `text`,
    `signature` and `public_key` of the signed root, null until its hour is closed; `index`,
    `count`, `path`: the leaf's number in that stretch from 0, its size, and the hashes from the
    leaf up to the root. Hashes are hexadecimal. `units/standalone/verify_register.py` checks it
    with nothing of ours.
    """
    return receipts_of([entry])[0]


def receipts_of(entries: Iterable[RegisterEntry]) -> list[dict[str, Any]]:
    """Return the receipt of each entry, in their order; as many queries as there are checkpoints."""
    wanted = list(entries)
    newest = RegisterCheckpoint.objects.order_by("-last_seq").first()
    links = {link.entry_id: link for link in RegisterLink.objects.filter(entry__in=wanted)}
    stretches: list[_Stretch] = []
    found = []
    for entry in wanted:
        receipt: dict[str, Any] = {
            "v": 1,
            "type": rules.RECEIPT,
            "origin": settings.REGISTER_ORIGIN,
            "entry": entry.text,
            **dict.fromkeys(
                ["seq", "epoch", "leaf", "prev", "link", "checkpoint", "index", "count", "path"]
            ),
        }
        if link := links.get(entry.pk):
            receipt |= {
                "seq": link.seq,
                "epoch": link.epoch_id,
                "leaf": bytes(link.leaf_hash).hex(),
                "prev": bytes(link.prev_hash).hex(),
                "link": bytes(link.link_hash).hex(),
            }
            if newest and link.seq <= newest.last_seq:
                receipt |= _proof(link, stretches)
        found.append(receipt)
    return found


class RegisterBusy(Exception):
    """Somebody else has the turn of the register."""


class _Stretch:
    """A checkpoint and the leaves under it, read once for all entries that it covers."""

    def __init__(self, one: RegisterCheckpoint, leaves: Sequence[bytes]) -> None:
        self.one, self.leaves = one, leaves


def _proof(link: RegisterLink, stretches: list[_Stretch]) -> dict[str, Any]:
    stretch = next((s for s in stretches if s.one.first_seq <= link.seq <= s.one.last_seq), None)
    if stretch is None:
        one = RegisterCheckpoint.objects.covering(link.seq).get()
        rows = RegisterLink.objects.filter(seq__range=(one.first_seq, one.last_seq))
        leaves = rows.order_by("seq").values_list("leaf_hash", flat=True)
        stretch = _Stretch(one, [bytes(leaf) for leaf in leaves])
        stretches.append(stretch)
    index = link.seq - stretch.one.first_seq
    return {
        "checkpoint": stretch.one.signed.as_json(),
        "index": index,
        "count": len(stretch.leaves),
        "path": [step.hex() for step in merkle.path(stretch.leaves, index)],
    }
