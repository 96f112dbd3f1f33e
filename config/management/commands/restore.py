"""`manage.py restore`: put a backup back, all of it or nothing."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backups import Refused, here, restoring
from config.management.commands.backup import in_words


class Command(BaseCommand):
    help = (
        "Put a backup back into an empty database, all of it or nothing, with everything stopped. Every "
        "byte is compared before anything is touched. Nothing is sent until `after_restore` was run."
    )
    requires_system_checks: list = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="what `manage.py backup` has written")
        parser.add_argument(
            "--replace",
            default="",
            metavar="NAME",
            help="throw the present database away; NAME is its name, typed in full",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = restoring.restore(options["file"], replace=options["replace"])
        except Refused as refused:
            raise CommandError(f"{refused} Nothing was changed.") from refused
        except OSError as error:
            reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            raise CommandError(f"{reason}. Nothing was changed.") from error
        for fault in done.manifest.faults:
            self.stderr.write(f"The backup itself says: evidence {fault}")
        if done.other_keys:
            self.stderr.write(self._keys_differ(done.other_keys))
        if done.old:
            self.stdout.write(done.old)
        self.stdout.write(f"Put back: {in_words(done.manifest)}.")
        steps = ["manage.py migrate"] if done.older else []
        steps += ['manage.py after_restore --reason "what happened"', "manage.py verify_register"]
        self.stdout.write("Next, before anything is started:")
        for step in steps:
            self.stdout.write(f"  {step}")

    @staticmethod
    def _keys_differ(names: Any) -> str:
        kept = here.kept_apart()
        told = "; ".join(f"{name}: {kept.get(name, '?')}" for name in names)
        return (
            f"Other secrets than those of the installation that was backed up ({told}). With another "
            "SECRET_KEY nobody's authenticator works, with another TOKEN_PEPPER no token: put the right ones back."
        )
