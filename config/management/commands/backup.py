"""`manage.py backup`: one archive of the database and its files, while the site runs."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backups import Refused, here, making, shelf
from config.backups.manifest import Manifest

INCOMPLETE = 2


class Command(BaseCommand):
    help = (
        "Copy the database and the files that it names into one archive, while the site runs; read the "
        "archive again. Keys are not in it. Exit code 0: all is there; 1: no backup was made; 2: it was "
        "made, but files that the database names are missing or changed."
    )
    requires_system_checks: list = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "where",
            type=Path,
            metavar="DIR_OR_FILE",
            help="a folder, or a file that is not there yet",
        )

        parser.add_argument(
            "--keep",
            type=int,
            metavar="N",
            help="in the folder DIR, keep the newest N backups of this installation, remove the others",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        keep: int | None = options["keep"]
        if keep is not None and (keep < 1 or not options["where"].is_dir()):
            raise CommandError(
                "--keep N: write a number from 1 on, and a folder to put the backup in."
            )
        try:
            target, told = making.make(options["where"])
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        except OSError as error:
            raise CommandError(f"No backup was made: {error}") from error
        try:
            shelf.note(target, told)
        except OSError as error:  # the backup is good all the same
            self.stderr.write(f"/status/ will not know of this backup: {error}")
        self.stdout.write("Not in it, and to be kept elsewhere:")
        for what, path in here.kept_apart().items():
            self.stdout.write(f"  {what}: {path}")
        for fault in told.faults:
            self.stderr.write(f"Evidence {fault}")
        self.stdout.write(f"Backup {target}: {in_words(told)}; read again and good.")
        if told.faults:
            self.stderr.write(f"{len(told.faults)} files of evidence are missing or changed.")
            sys.exit(INCOMPLETE)  # and nothing older is removed
        if keep is not None:
            for old in shelf.clear(target.parent, keep=keep, told=told):
                self.stdout.write(f"Removed {old.name}: {keep} newer ones are kept.")


def in_words(told: Manifest) -> str:
    """Return what a backup holds, in one line."""
    files = len(told.evidence)
    return (
        f"{told.engine} of {told.made_at:%Y-%m-%d %H:%M:%S} UTC, the register up to {told.seq}, "
        f"{files} {'file' if files == 1 else 'files'} of evidence, {told.size / 1e6:.1f} MB"
    )
