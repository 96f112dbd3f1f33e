"""`manage.py import_plan FILE`: what the page of a plan does with a workbook, from the shell."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from commitments.actions import faults, imports
from commitments.models import Period
from units import clock
from units.errors import Refused
from units.models import User


class Command(BaseCommand):
    help = "Import a plan from a workbook (.xlsx), all of it or nothing; --dry-run only checks it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--plan", required=True, help="code of the plan, such as 2025")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="the planner")
        parser.add_argument("--dry-run", action="store_true", help="check it and write nothing")

    @no_translations  # what actions say is English here too, as all that is said around it
    def handle(self, *args: Any, **options: Any) -> None:
        at = clock.business_now()
        try:
            plan = Period.objects.years().select_related("owner").get(code=options["plan"])
            by = User.objects.get(username=options["by"])
            data = options["file"].read_bytes()
            found = imports.check(plan=plan, data=data, by=by, at=at)
            for fault in found.faults:
                said = faults.in_words(fault)
                self.stderr.write(
                    f"{said.sheet} {said.cell or said.row or ''}: {said.what} {said.mend}"
                )
            if found.faults:
                raise CommandError(f"{len(found.faults)} faults. Nothing was written.")
            if not options["dry_run"]:
                kept = imports.upload(
                    period_id=plan.pk, file_name=options["file"].name, data=data, by=by, at=at
                )
                imports.apply(import_id=kept.pk, seen=found.digest, by=by, at=at)
        except (Period.DoesNotExist, User.DoesNotExist, OSError) as error:
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
