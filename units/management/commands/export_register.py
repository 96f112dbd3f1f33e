"""`manage.py export_register`: the whole register as JSON lines, to be checked elsewhere."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from units.actions import register_exports


class Command(BaseCommand):
    help = (
        "Write the register with its proofs as JSON lines. Check it anywhere: python3 -I "
        "verify_register.py FILE --key FINGERPRINT. It holds who did what; hand it to those who may "
        "know."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, help="a new file (default: the output)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["out"] is None:
            sys.stdout.writelines(line + "\n" for line in register_exports.lines())
            return
        try:
            with options["out"].open("x", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in register_exports.lines())
        except FileExistsError as error:
            raise CommandError(f"{options['out']} exists.") from error
        except OSError as error:
            raise CommandError(f"{options['out']}: {error.strerror}.") from error
