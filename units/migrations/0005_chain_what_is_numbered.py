import json
import uuid
from datetime import UTC, datetime
from hashlib import sha256

from django.db import migrations

BATCH = 2000


def chain(apps, schema_editor):
    """Give every place that is there its hashes, as the sequencer would have."""
    alias = schema_editor.connection.alias
    links = apps.get_model("units", "RegisterLink").objects.using(alias)
    if not links.exists():
        return  # the first sequencer opens the first epoch
    at, reason = datetime.now(UTC), "the places so far are chained"
    text = json.dumps(
        {
            "v": 1,
            "alg": "sha256",
            "id": str(uuid.uuid4()),
            "epoch": 1,
            "after_seq": 0,
            "last_link": None,
            "checkpoint": None,
            "reason": reason,
            "started_at": at.isoformat(),
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    epochs = apps.get_model("units", "RegisterEpoch").objects.using(alias)
    epoch, _new = epochs.get_or_create(
        number=1, defaults={"after_seq": 0, "started_at": at, "reason": reason, "text": text}
    )  # it is there when this migration was undone before: an epoch stays
    seq, prev = 0, sha256(epoch.text.encode()).digest()
    while rows := list(links.filter(seq__gt=seq).order_by("seq").select_related("entry")[:BATCH]):
        for row in rows:
            seq = row.seq
            row.epoch_id = 1
            row.leaf_hash = sha256(b"\0" + row.entry.text.encode()).digest()
            row.prev_hash = prev
            row.link_hash = sha256(b"\2" + seq.to_bytes(8, "big") + prev + row.leaf_hash).digest()
            prev = row.link_hash
        links.bulk_update(rows, ["epoch", "leaf_hash", "prev_hash", "link_hash"], batch_size=200)


def unchain(apps, schema_editor):
    """Take the hashes off again; the column that holds them goes with the migration before."""
    alias = schema_editor.connection.alias
    links = apps.get_model("units", "RegisterLink").objects.using(alias)
    links.update(epoch=None, leaf_hash=None, prev_hash=None, link_hash=None)


class Migration(migrations.Migration):
    dependencies = [("units", "0004_register_chain")]
    operations = [migrations.RunPython(chain, unchain)]
