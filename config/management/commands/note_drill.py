"""`manage.py note_drill`: write down that a backup was put back elsewhere and found good."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backups import shelf
from units import clock


class Command(BaseCommand):
    help = (
        "Write down, on the live installation, that a backup was put back on another machine and every line "
        "of the drill was good. /status/ then says when, and how long it took."
    )
    requires_system_checks: list = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", help="name of the archive that was put back")
        parser.add_argument(
            "--minutes",
            type=int,
            required=True,
            help="from the first command to the last good line",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, minutes = options["backup"], options["minutes"]
        if not shelf.ARCHIVE.fullmatch(name) or minutes < 1:
            raise CommandError(
                "Write the archive's own name, such as commitments-20260105T020000Z.tar, and --minutes from 1 on."
            )
        try:
            shelf.note_drill(shelf.Drill(clock.real_now(), name, minutes))
        except OSError as error:
            raise CommandError(f"Nothing was written down: {error}") from error
        self.stdout.write(f"Written down: {name} was put back and good after {minutes} minutes.")
