"""`manage.py open_epoch`: say that a copy of the database was put back, and go on from there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from units import clock
from units.actions import checkpoints


class Command(BaseCommand):
    help = (
        "Begin a new epoch of the register after a database was put back from an old copy. It names the "
        "last checkpoint that was published, and so owns up for ever to the entries that are lost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True, help="what happened, in one sentence")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            epoch = checkpoints.open_epoch(reason=options["reason"], at=clock.real_now())
        except (ValueError, checkpoints.RegisterBusy, checkpoints.PlaceSilent) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Epoch {epoch.number} begins behind entry {epoch.after_seq}: {epoch.reason}"
        )
