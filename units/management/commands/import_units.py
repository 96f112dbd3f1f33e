"""`manage.py import_units FILE`: what the page does with a workbook of units and people."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from units import clock
from units.actions import accounts, faults, imports
from units.errors import Refused
from units.models import User


class Command(BaseCommand):
    help = (
        "Import units, offices, people and appointments from a workbook (.xlsx), all of it or "
        "nothing; --dry-run only checks it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, metavar="USERNAME", help="the administrator")
        parser.add_argument("--dry-run", action="store_true", help="check it and write nothing")
        parser.add_argument(
            "--invite", action="store_true", help="invite each new person; tell what came of it"
        )

    @no_translations  # what actions say is English here too, as all that is said around it
    def handle(self, *args: Any, **options: Any) -> None:
        at = clock.business_now()
        try:
            by = User.objects.get(username=options["by"])
            data = options["file"].read_bytes()
            found = imports.check(data=data, by=by, at=at)
            for fault in found.faults:
                said = faults.in_words(fault)
                self.stderr.write(
                    f"{said.sheet} {said.cell or said.row or ''}: {said.what} {said.mend}"
                )
            if found.faults:
                raise CommandError(f"{len(found.faults)} faults. Nothing was written.")
            if not options["dry_run"]:
                kept = imports.upload(file_name=options["file"].name, data=data, by=by, at=at)
                imports.apply(import_id=kept.pk, seen=found.digest, by=by, at=at)
        except (User.DoesNotExist, OSError) as error:
            raise CommandError(str(error)) from error
        except (Refused, ValidationError) as error:
            raise CommandError(str(error)) from error
        for table, entries in found.entries.items():
            counts = [entry.change for entry in entries]
            self.stdout.write(
                f"{table}: {counts.count('new')} new, {counts.count('changed')} changed, "
                f"{counts.count('same')} unchanged"
            )
        self.stdout.write("Nothing was written." if options["dry_run"] else "Applied.")
        if options["invite"] and not options["dry_run"]:
            news = [entry.key for entry in found.entries["people"] if entry.change == "new"]
            self._invite(news, by)

    def _invite(self, usernames: list[str], by: User) -> None:
        for person in User.objects.people().filter(username__in=usernames).order_by("username"):
            try:
                invitation = accounts.invite(
                    person_id=person.pk,
                    by=by,
                    at=clock.business_now(),
                    real_at=clock.real_now(),
                )
            except Refused as refused:
                self.stdout.write(f"{person.username}: not invited. {refused.message}")
            else:
                self.stdout.write(f"{person.username}: invited by {invitation.sent_to}")
