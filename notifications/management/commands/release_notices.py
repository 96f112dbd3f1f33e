"""`manage.py release_notices`: look at what a restore has withheld, and decide."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from notifications import messages
from notifications.actions import withholding
from notifications.actions.facts import facts_of, gather
from notifications.models import Notice
from units import clock
from units.errors import Refused
from units.models import User

SHOWN = 500


class Command(BaseCommand):
    help = (
        "List the notices that are withheld since a backup was put back. With --send or --drop decide about "
        "those that are named, or about --all: what leaves is looked at once more, so what is settled does not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("notices", nargs="*", type=UUID, metavar="NOTICE", help="as listed")
        parser.add_argument("--all", action="store_true", help="all that are withheld")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--send", action="store_true", help="let them leave")
        what.add_argument("--drop", action="store_true", help="end them unsent; the inbox has them")
        parser.add_argument("--by", default="", help="user name of the administrator who decides")

    @no_translations  # what actions say is English here too, as all that is said around it
    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["send"] or options["drop"]):
            self._list()
            return
        if bool(options["notices"]) == options["all"]:
            raise CommandError("Name the notices, or say --all.")
        by = User.objects.filter(username=options["by"]).first()
        if by is None:
            raise CommandError(
                f"There is no user “{options['by']}”. Say who decides: --by USERNAME."
            )
        try:
            count = withholding.decide(
                uuids=None if options["all"] else options["notices"],
                send=options["send"],
                by=by,
                at=clock.business_now(),
            )
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused
        one, many = ("leaves", "leave") if options["send"] else ("is ended", "are ended")
        verb, end = one if count == 1 else many, "now" if options["send"] else "unsent"
        self.stdout.write(f"{count} notice{'' if count == 1 else 's'} {verb} {end}.")

    def _list(self) -> None:
        rows = list(Notice.objects.withheld().with_matter().order_by("pk")[: SHOWN + 1])
        gather(rows)
        for notice in rows[:SHOWN]:
            facts = facts_of(notice, at=clock.business_now(), language="en", with_step=False)
            self.stdout.write(
                f"{notice.uuid} {notice.created_at:%Y-%m-%d %H:%M} {notice.recipient.username}: "
                f"{messages.headline(notice.message, facts)}"
            )
        if len(rows) > SHOWN:
            self.stdout.write("... and more.")
        if not rows:
            self.stdout.write("No notice is withheld.")
