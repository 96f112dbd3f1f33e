"""`manage.py verify_register`: check the whole register, and name the first entry that is wrong."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from units import clock
from units.actions import verification

BAD, OPEN = 1, 2


class Command(BaseCommand):
    help = (
        "Check every hash, signature, published copy, column, version and trigger of the register. "
        "Exit code 0: all was checked and is good; 1: something is wrong; 2: something could not be "
        "checked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--key",
            action="append",
            metavar="FINGERPRINT",
            help="trust this key instead of our own; may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = clock.real_now()
        found = verification.verify(keys=options["key"])
        verification.keep(found, started_at=began)
        for one in found.in_order:
            self.stdout.write(f"BAD  {one}")
        for code, count in found.counts.items():
            if count > (shown := sum(one.code == code for one in found.findings)):
                self.stdout.write(f"BAD  {count - shown} more [{code}]")
        for text in found.unchecked:
            self.stdout.write(f"OPEN {text}")
        if found.exposed:
            first = found.last_seq - found.exposed + 1
            self.stdout.write(
                f"NOTE seq {first} to {found.last_seq}: newer than the last published checkpoint; a "
                "change to them would not be seen from outside"
            )
        if found.first_bad is not None:
            self.stdout.write(f"The first that is wrong: {found.first_bad}")
            sys.exit(BAD)
        if found.unchecked:
            sys.exit(OPEN)
        self.stdout.write(f"GOOD seq 1 to {found.last_seq}: {found.entries} entries")
