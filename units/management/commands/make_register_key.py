"""`manage.py make_register_key`: the key that signs checkpoints, drawn where it shall lie."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from units.actions import checkpoints


class Command(BaseCommand):
    help = (
        "Draw the key that signs the register's checkpoints into a new file, for its owner alone, "
        "and print its fingerprint. Keep the file apart from the database and its administrators."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="where REGISTER_KEY_FILE will point to")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["path"].absolute()
        try:
            fingerprint = checkpoints.make_key(path)
        except FileExistsError as error:
            raise CommandError(f"{path} exists: a key is never overwritten.") from error
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from error
        self.stdout.write(f"Set REGISTER_KEY_FILE={path}.")
        self.stdout.write("Give this fingerprint to whoever shall check the register:")
        self.stdout.write(fingerprint)
