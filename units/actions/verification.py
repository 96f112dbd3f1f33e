"""Checking the whole register: that it says what it said, as far as what is published can tell.

Everything is read and nothing trusted: every hash is made anew, every signature checked, every
published copy compared. What is newer than the last published checkpoint is counted as exposed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connections
from django.db.models import Max

from units import clock
from units.actions import agreement, chain, checkpoints
from units.append_only import missing_triggers
from units.channels import places
from units.models import (
    RegisterCheckpoint,
    RegisterEpoch,
    RegisterLink,
    RegisterVerification,
)
from units.querysets import register as queries
from units.rules import checkpoints as rules
from units.rules import register as chained
from units.rules.findings import Finding, Found

KEPT_FINDINGS = 20  # with one run
_DAY = timedelta(days=1)
COPIES_ASKED = 200  # newest checkpoints that a web address is asked for


def verify(
    *,
    using: str = "default",
    keys: Iterable[str] | None = None,
    copies: Sequence[places.Place] | None = None,
) -> Found:
    """Check the register in the database `using`; return what was found.

    `keys`: fingerprints that may have signed; None: that of our own key and REGISTER_OLD_KEYS.
    `copies`: where published checkpoints are looked up; None: beside the deployment and in every
    place of REGISTER_PUBLISH. Reads in short queries, so nobody waits.
    """
    found = Found()
    trusted = _own_keys(using, found) if keys is None else set(keys)
    looked_at = [checkpoints.beside(), *checkpoints.outside()] if copies is None else copies
    closed = list(RegisterCheckpoint.objects.using(using).order_by("last_seq", "pk"))
    epochs = list(RegisterEpoch.objects.using(using).order_by("number"))
    with _compared_meanwhile(using) as compared:
        chain.walk(using, epochs, closed, found)
        _judge_checkpoints(closed, epochs, trusted, found)
        published = _compare_copies(using, closed, epochs, looked_at, trusted, found)
    found.take(compared())
    found.exposed = max(0, found.last_seq - published)
    return found


@contextmanager
def _compared_meanwhile(using: str) -> Iterator[Callable[[], Found]]:
    """Let the database compare what it can by itself while the block runs; yield what says, after the
    block, what that found.

    On a connection of its own, so that neither waits for the other. Inside a transaction there is
    nothing that another connection could see: then it comes after the block.
    """
    if connections[using].in_atomic_block:
        yield lambda: _compare(using)
        return
    with ThreadPoolExecutor(max_workers=1) as pool:
        running = pool.submit(_compare_and_leave, using)
        yield running.result


def _compare_and_leave(using: str) -> Found:
    try:
        return _compare(using)
    finally:
        connections[using].close()  # that of this thread


def _compare(using: str) -> Found:
    """Compare columns, versions, places and triggers: what the database does by itself."""
    found = Found()
    agreement.compare_columns(using, found)
    agreement.compare_versions(using, found)
    for pk in queries.never_placed(using):
        found.add("entry-without-place", None, f"entry {pk} has no place and waits for none")
    for trigger in missing_triggers(using):
        found.add("trigger-missing", None, f"the trigger {trigger} is missing or switched off")
    return found


# --- checkpoints and their copies -----------------------------------------------------------------


def _own_keys(using: str, found: Found) -> set[str]:
    try:
        return {checkpoints.fingerprint(), *settings.REGISTER_OLD_KEYS}
    except checkpoints.KeyUnusable as error:
        if not RegisterCheckpoint.objects.using(using).exists():
            return set()
        found.unchecked.append(f"whether checkpoints are signed by our key: {error}")
        return set()


def _judge_checkpoints(
    closed: Sequence[RegisterCheckpoint],
    epochs: Sequence[RegisterEpoch],
    trusted: set[str],
    found: Found,
) -> None:
    begins = {epoch.number: chained.epoch_hash(epoch.text).hex() for epoch in epochs}
    last_seq = 0
    before: RegisterCheckpoint | None = None
    for one in closed:
        at, name = one.first_seq, chain.name(one)
        _judge_signature(one.signed, at, name, trusted, found)
        said = one.signed.said
        columns = (one.epoch_id, one.number, one.first_seq, one.last_seq, one.previous)
        text = tuple(said.get(k) for k in ("epoch", "number", "first_seq", "last_seq", "previous"))
        if columns != text or one.sha256 != one.signed.sha256.hex():
            found.add("checkpoint-differs", at, f"checkpoint {name} is not what its text says")
        same_epoch = before is not None and before.epoch_id == one.epoch_id
        previous = before.sha256 if same_epoch and before else begins.get(one.epoch_id)
        number = before.number + 1 if same_epoch and before else 1
        if (one.first_seq, one.number, one.previous) != (last_seq + 1, number, previous):
            found.add(
                "checkpoint-misplaced", at, f"checkpoint {name} does not follow the one before"
            )
        last_seq, before = one.last_seq, one


def _judge_signature(
    one: rules.Signed, at: int, name: str, trusted: set[str], found: Found
) -> bool:
    if not rules.is_signed(one):
        found.add("signature-invalid", at, f"the signature of checkpoint {name} is not valid")
        return False
    key = rules.fingerprint(one.public_key)
    if trusted and key not in trusted:
        found.add(
            "key-unknown", at, f"checkpoint {name} is signed by a key that is not ours: {key}"
        )
        return False
    return True


def _compare_copies(
    using: str,
    closed: Sequence[RegisterCheckpoint],
    epochs: Sequence[RegisterEpoch],
    looked_at: Sequence[places.Place],
    trusted: set[str],
    found: Found,
) -> int:
    """Compare every published copy; return up to which place some place holds our checkpoints."""
    known = {rules.name_of(one.epoch_id, one.number): one for one in closed}
    named = {chain.said(epoch).get("checkpoint") for epoch in epochs}
    reached = 0
    for place in looked_at:
        try:
            names = _names_to_ask(place, list(known))
            lost: list[tuple[rules.Signed, str]] = []
            for name in names:
                text = place.get(name)
                if text is None:
                    continue
                one = known.get(name)
                if one is not None and text == rules.document(one.signed):
                    reached = max(reached, one.last_seq)
                elif (copy := _copy(text, name, place, trusted, found)) is not None:
                    if one is not None:
                        found.add(
                            "copy-differs", one.first_seq,
                            f"{place.label} holds other words for checkpoint {chain.name(one)}",
                        )  # fmt: skip
                    elif not _was_made_meanwhile(using, copy):
                        lost.append((copy, name))
        except places.PlaceSilent as error:
            found.unchecked.append(f"the copies at {place.label}: {error}")
            continue
        _judge_lost(lost, named, place, found)
    return reached


def _was_made_meanwhile(using: str, copy: rules.Signed) -> bool:
    rows = RegisterCheckpoint.objects.using(using)
    return rows.filter(sha256=copy.sha256.hex(), text=copy.text).exists()


def _names_to_ask(place: places.Place, known: Sequence[str]) -> list[str]:
    """Return the names to look up: all of a folder; of a web address the newest, and those that
    would come next if the register had been longer."""
    if isinstance(place, places.Folder):
        return place.names()
    names = sorted(known)[-COPIES_ASKED:]
    if names:
        epoch, number = (int(part) for part in names[-1].removesuffix(".json").split("-"))
        names += [rules.name_of(epoch, number + 1), rules.name_of(epoch + 1, 1)]
    return names or [rules.name_of(1, 1)]


def _copy(
    text: str, name: str, place: places.Place, trusted: set[str], found: Found
) -> rules.Signed | None:
    """Return the checkpoint in a copy that is not word for word ours; None: it proves nothing."""
    try:
        copy = rules.read(text)
    except ValueError as error:
        found.add("copy-unreadable", None, f"{place.label}/{name}: {error}")
        return None
    first = copy.said["first_seq"]
    return (
        copy if _judge_signature(copy, first, f"{name} at {place.label}", trusted, found) else None
    )


def _judge_lost(
    lost: Sequence[tuple[rules.Signed, str]],
    named: set[str | None],
    place: places.Place,
    found: Found,
) -> None:
    """A published checkpoint that the database does not have: cut, or an old copy was put back.

    Unless a later epoch names it, or one behind it: then the loss was owned up to.
    """
    owned = [copy.said for copy, _name in lost if copy.sha256.hex() in named]
    for copy, name in lost:
        said = copy.said
        if not any(
            said["epoch"] == own["epoch"] and said["number"] <= own["number"] for own in owned
        ):
            found.add(
                "checkpoint-missing",
                said["first_seq"],
                f"{place.label}/{name} was published and is not here: cut, or an old copy put back",
            )


# --- each night -----------------------------------------------------------------------------------


def verify_nightly(*, at: datetime) -> int:
    """Check the register once after each 01:00 of the body; return 1 if it was done, 0 if not due.

    `at`: real time. A register that was never checked is due at once.
    """
    last = RegisterVerification.objects.order_by("-ended_at").first()
    if last is not None and last.started_at >= _last_night(at):
        return 0
    keep(verify(), started_at=at)
    return 1


def keep(found: Found, *, started_at: datetime) -> RegisterVerification:
    """Keep what a run found, for the status page."""
    texts = [[one.code, one.seq, one.detail] for one in found.in_order[:KEPT_FINDINGS]]
    texts += [["unchecked", None, text] for text in found.unchecked]
    return RegisterVerification.objects.create(
        started_at=started_at,
        ended_at=max(started_at, clock.real_now()),
        entries=found.entries,
        exposed=found.exposed,
        findings=texts,
    )


def _last_night(at: datetime) -> datetime:
    local = at.astimezone(clock.body_zone())
    night = local.replace(hour=1, minute=0, second=0, microsecond=0)
    return night if night <= local else night - _DAY


# --- what people are told -------------------------------------------------------------------------


def alarm() -> str:
    """Return what the last check found first, in one line; empty: nothing, or it never ran."""
    last = RegisterVerification.objects.order_by("-ended_at").first()
    if last is None or last.good:
        return ""
    code, seq, detail = last.findings[0]
    return str(Finding(code, seq, detail))


def is_put_back() -> bool:
    """Say whether the folder beside the deployment knows entries that the database does not hold, and
    no epoch owns up to it: a copy was put back."""
    try:
        newest = checkpoints.newest_copy()
    except (ValueError, checkpoints.PlaceSilent):
        return False  # the nightly check says so
    if newest is None:
        return False
    head = RegisterLink.objects.aggregate(last=Max("seq"))["last"] or 0
    if newest.said["last_seq"] <= head and RegisterCheckpoint.objects.filter(
        sha256=newest.sha256.hex()
    ):
        return False
    named = RegisterEpoch.objects.filter(text__contains=newest.sha256.hex())
    return not named.exists()
