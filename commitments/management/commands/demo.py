"""`manage.py demo`: load the demonstration, print who can log in, move its clock."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from commitments.actions import sealing
from units import clock

try:
    from commitments.demo import loading
except ModuleNotFoundError:  # taken out of this installation
    loading = None  # type: ignore[assignment]


class Command(BaseCommand):
    help = "Load the demonstration district, once; print its personas; move its clock."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print personas and API token as JSON"
        )
        parser.add_argument(
            "--personas", action="store_true", help="print who can log in, and what to try first"
        )
        parser.add_argument(
            "--move-clock",
            type=int,
            metavar="DAYS",
            help="let this many days of business time pass",
        )

        parser.add_argument(
            "--progress", action="store_true", help="say which month is being played"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if loading is None:
            raise CommandError("This installation comes without a demonstration.")
        if not settings.DEMO:
            raise CommandError(
                "The demonstration is off, and its passwords are known. Start with DEMO=1 on an empty "
                "database to use it."
            )
        with suppress(FileExistsError):
            sealing.make_demo_seal(real_at=clock.real_now())
        try:
            with transaction.atomic():
                loaded = loading.load(self._tell if options["progress"] else str)
            if loaded:
                loading.close_register()
            if options["move_clock"]:
                loading.move_clock(timedelta(days=options["move_clock"]))
        except loading.OtherData as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(loading.as_data(), indent=2))
        elif options["personas"]:
            self.stdout.write(loading.as_text())
        elif options["verbosity"]:
            self.stdout.write(
                "The demonstration is loaded." if loaded else "The demonstration is there already."
            )
            self.stdout.write(loading.as_text())

    def _tell(self, month: str) -> None:
        self.stdout.write(f"  the demonstration district, {month} ...")
        self.stdout.flush()
