"""`manage.py after_restore`: own up to what was lost, and go on from there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backups import Refused, answering
from config.backups.answering import Answer
from units.actions import checkpoints, idempotency, restorations


class Command(BaseCommand):
    help = (
        "After a copy of the database was put back: begin a new epoch of the register, which names the last "
        "checkpoint that was published and so owns up for ever to the entries that are lost; withhold every "
        "notice that was on its way; end all logins. All of it in one transaction, once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True, help="what happened, in one sentence")
        parser.add_argument(
            "--unseen",
            action="store_true",
            help="it was put back by other means than `restore`, and no published checkpoint tells so",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reason = options["reason"].strip()
        if not 0 < len(reason) <= 500:
            raise CommandError("Say what happened in one sentence of at most 500 signs.")
        try:
            done = answering.answer(reason=reason, unseen=options["unseen"])
        except restorations.NothingPutBack as error:
            raise CommandError(
                "Nothing says that this database was put back, or it was owned up to already: nothing was done. "
                "If a copy was put back by other means than “restore”, add --unseen."
            ) from error
        except (Refused, ValueError, checkpoints.RegisterBusy, checkpoints.PlaceSilent) as error:
            raise CommandError(f"{error} Nothing was done.") from error
        for line in _in_words(done):
            self.stdout.write(line)


def _in_words(done: Answer) -> list[str]:
    lost = (
        "which entries are lost is not known: no checkpoint was published behind it"
        if done.lost is None
        else f"entries {done.lost[0]} to {done.lost[1]} were published and are lost"
    )
    lines = [
        f"Epoch {done.epoch.number} begins behind entry {done.epoch.after_seq}; {lost}.",
        f"Notices withheld: {done.withheld}. Look at them: manage.py release_notices",
        f"Addresses of programs that are paused: {done.webhooks}. Look at them: manage.py webhook list",
        f"Logins ended: {done.logins}.",
    ]
    if done.files:
        lines.append(f"Files of evidence whose reports are lost: {done.files}. They are kept.")
    if done.sent:
        lines.append("Sent by programs in the hour before the backup; compare with their logs:")
        lines += [
            f"  {row.expires_at - idempotency.KEPT_FOR:%Y-%m-%d %H:%M:%S} {row.holder.username} {row.method} "
            f"{row.path} {row.status} {row.key}"
            for row in done.sent
        ]
    return [
        *lines,
        "Tokens, roles and accounts that were taken away since the backup are back: take them away again.",
        "Empty the broker (redis-cli flushdb on REDIS_URL; the embedded one: remove valkey in DATA_DIR).",
        "Then manage.py verify_register, and start.",
    ]
