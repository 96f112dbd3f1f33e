"""The tamper drill: do to a copy what an owner of the database could do, and see that it is found.

Each step happens in a transaction that is undone. Whoever calls this answers for its being a copy;
the command `tamper_drill` refuses the live database.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connections, transaction

from units.actions import verification
from units.append_only import missing_triggers
from units.channels import places
from units.models import (
    RegisterCheckpoint,
    RegisterEntry,
    RegisterEpoch,
    RegisterLink,
    RegisterPublication,
)
from units.rules import canonical, merkle
from units.rules import checkpoints as rules
from units.rules import register as chain
from units.rules.findings import Finding, Found

TABLES = tuple(
    model._meta.db_table
    for model in (
        RegisterEntry,
        RegisterLink,
        RegisterEpoch,
        RegisterCheckpoint,
        RegisterPublication,
    )
)
SETTLE = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"
FEWEST = 3  # entries under the newest checkpoint


class Unfit(Exception):
    """The copy holds nothing that could be tampered with: too few entries, no checkpoint."""


class Result(NamedTuple):
    """What came of one step. `first`: the finding that names the place; None: it was not found.
    `exposed`: that is so because no checkpoint over it has been published yet, as was reported."""

    step: str
    first: Finding | None
    exposed: bool


class Scene(NamedTuple):
    """The copy: its newest checkpoint `one`, a place `seq` under it, and the last place `last`."""

    using: str
    one: RegisterCheckpoint
    seq: int
    last: int

    def link(self, seq: int) -> RegisterLink:
        return RegisterLink.objects.using(self.using).select_related("entry").get(seq=seq)

    def raw(self, sql: str, parameters: Sequence[Any]) -> None:
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, parameters)


def run(
    *,
    using: str,
    copies: Sequence[places.Place] | None = None,
    keys: Sequence[str] | None = None,
) -> Iterator[Result]:
    """Do each step to the copy `using`, undo it, and yield what checking the register found.

    `copies`, `keys`: as for `verification.verify`. Raises Unfit.
    """
    scene = _scene(using)
    before = verification.verify(using=using, copies=copies, keys=keys)
    if before.findings:
        raise Unfit(f"The copy is not as it was signed to begin with: {before.first_bad}")
    for name, tamper in STEPS.items():
        if name == "cut what is exposed" and not before.exposed:
            continue
        with transaction.atomic(using=using):
            lifted = _lift(using) if name != "switch a trigger off" else []
            tamper(scene)
            found = verification.verify(using=using, copies=copies, keys=keys)
            transaction.set_rollback(True, using=using)
        first = _without(found, lifted)
        yield Result(name, first, exposed=first is None and name == "cut what is exposed")


def _scene(using: str) -> Scene:
    one = RegisterCheckpoint.objects.using(using).order_by("-last_seq").first()
    if one is None or one.last_seq - one.first_seq + 1 < FEWEST:
        raise Unfit(f"The newest checkpoint of the copy covers fewer than {FEWEST} entries.")
    last = RegisterLink.objects.using(using).order_by("-seq").values_list("seq", flat=True)[0]
    return Scene(using, one, (one.first_seq + one.last_seq) // 2, last)


def _without(found: Found, lifted: Sequence[str]) -> Finding | None:
    """Return the first finding that is not about the triggers we lifted ourselves."""
    for trigger in lifted:
        found.findings = [one for one in found.findings if f"trigger {trigger} " not in one.detail]
    return found.first_bad


def _lift(using: str) -> list[str]:
    """Switch the register's triggers off, as an owner can; return their names."""
    connection = connections[using]
    missing = set(missing_triggers(using))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(SETTLE)  # a table with waiting checks cannot be altered
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        else:
            marks = ", ".join(["%s"] * len(TABLES))
            cursor.execute(
                f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({marks})",  # noqa: S608  # marks alone
                TABLES,
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
    return sorted(set(missing_triggers(using)) - missing)


# --- what an owner could do -----------------------------------------------------------------------


def _edit(scene: Scene) -> None:
    """Change one byte of one entry."""
    entry = scene.link(scene.seq).entry
    middle = len(entry.text) // 2
    other = "x" if entry.text[middle] != "x" else "y"
    text = entry.text[:middle] + other + entry.text[middle + 1 :]
    scene.raw("UPDATE units_registerentry SET text = %s WHERE id = %s", [text, entry.pk])


def _delete(scene: Scene) -> None:
    """Take one entry and its place away."""
    _take(scene, "seq = %s", [scene.seq])


def _take(scene: Scene, which: str, parameters: Sequence[Any]) -> None:
    links = f"SELECT entry_id FROM units_registerlink WHERE {which}"  # noqa: S608  # our own words
    with connections[scene.using].cursor() as cursor:
        cursor.execute(links, parameters)
        entries = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(f"DELETE FROM units_registerlink WHERE {which}", parameters)  # noqa: S608
        cursor.executemany(
            "DELETE FROM units_registerentry WHERE id = %s", [(pk,) for pk in entries]
        )


def _swap(scene: Scene) -> None:
    """Let two entries change places."""
    one, other = scene.link(scene.seq), scene.link(scene.seq + 1)
    scene.raw("DELETE FROM units_registerlink WHERE seq IN (%s, %s)", [one.seq, other.seq])
    one.entry, other.entry = other.entry, one.entry
    RegisterLink.objects.using(scene.using).bulk_create([one, other])


def _cut(scene: Scene) -> None:
    """Cut the tail off, into what is published."""
    _take(scene, "seq > %s", [scene.seq])


def _cut_exposed(scene: Scene) -> None:
    """Cut off only what no checkpoint covers."""
    _take(scene, "seq > %s", [scene.one.last_seq])


def _recompute(scene: Scene) -> None:
    """Change one entry and make everything behind it fit: hashes, root, signature by a fresh key."""
    rows = RegisterLink.objects.using(scene.using).select_related("entry").order_by("seq")
    links = list(rows.filter(seq__gte=scene.one.first_seq))
    text = links[scene.seq - scene.one.first_seq].entry.text.replace('"v":1}', '"v":2}')
    prev = bytes(links[0].prev_hash)
    for link in links:
        if link.seq == scene.seq:
            link.entry.text = text
            scene.raw(
                "UPDATE units_registerentry SET text = %s WHERE id = %s", [text, link.entry.pk]
            )
        link.prev_hash, link.leaf_hash = prev, chain.leaf_hash(link.entry.text)
        prev = link.link_hash = chain.link_hash(link.seq, prev, link.leaf_hash)
        scene.raw(
            "UPDATE units_registerlink SET leaf_hash = %s, prev_hash = %s, link_hash = %s "
            "WHERE seq = %s",
            [link.leaf_hash, link.prev_hash, link.link_hash, link.seq],
        )
    covered = links[: scene.one.last_seq - scene.one.first_seq + 1]
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    said = scene.one.signed.said | {
        "root": merkle.root([bytes(link.leaf_hash) for link in covered]).hex(),
        "last_link": bytes(covered[-1].link_hash).hex(),
        "key": rules.fingerprint(public),
    }
    forged = rules.Signed(canonical.text(said), b"", public)
    forged = forged._replace(signature=key.sign(forged.text.encode()))
    scene.raw(
        "UPDATE units_registercheckpoint SET text = %s, sha256 = %s, signature = %s, public_key = %s "
        "WHERE id = %s",
        [forged.text, forged.sha256.hex(), forged.signature.hex(), public.hex(), scene.one.pk],
    )


def _disable(scene: Scene) -> None:
    """Switch one trigger off."""
    if connections[scene.using].vendor == "postgresql":
        scene.raw(SETTLE, [])
        scene.raw(
            "ALTER TABLE units_registerentry DISABLE TRIGGER units_registerentry_rows_stay", []
        )
    else:
        scene.raw("DROP TRIGGER units_registerentry_no_update", [])


def _old_dump(scene: Scene) -> None:
    """Put back the register as it was before its newest checkpoint: all of it fits together."""
    scene.raw("DELETE FROM units_registerpublication WHERE checkpoint_id = %s", [scene.one.pk])
    scene.raw("DELETE FROM units_registercheckpoint WHERE id = %s", [scene.one.pk])
    _take(scene, "seq >= %s", [scene.one.first_seq])


STEPS: Mapping[str, Callable[[Scene], None]] = {
    "edit one byte": _edit,
    "delete an entry": _delete,
    "swap two entries": _swap,
    "cut the tail": _cut,
    "cut what is exposed": _cut_exposed,
    "recompute the whole chain": _recompute,
    "switch a trigger off": _disable,
    "put back an old dump": _old_dump,
}
