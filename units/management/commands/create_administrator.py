"""`manage.py create_administrator`: the account that begins an installation."""

import getpass
import sys
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from units import clock
from units.actions import people
from units.errors import Refused


class Command(BaseCommand):
    help = "Make the first administrator. Refused as soon as there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", required=True)
        parser.add_argument("--full-name", required=True)
        parser.add_argument("--email", default="")
        parser.add_argument(
            "--password-file",
            metavar="PATH",
            help="read the password from this file, “-” from the input",
        )

    @no_translations  # what actions say is English here too, as all that is said around it
    def handle(self, *args: Any, **options: Any) -> None:
        password = self._password(options["password_file"])
        try:
            validate_password(password)
            person = people.make_first_administrator(
                username=options["username"],
                full_name=options["full_name"],
                email=options["email"],
                password=password,
                at=clock.business_now(),
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused
        self.stdout.write(
            f"{person.full_name} administers this installation. Log in as “{person.username}”."
        )

    def _password(self, path: str | None) -> str:
        if path == "-":
            return sys.stdin.readline().rstrip("\n")
        if path:
            try:
                return Path(path).read_text(encoding="utf-8").rstrip("\n")
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}.") from error
        first = getpass.getpass("Password: ")
        if first != getpass.getpass("Password again: "):
            raise CommandError("The two passwords differ. Start again.")
        return first
