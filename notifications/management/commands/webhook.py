"""`manage.py webhook`: where programs are told that something has changed, and what became of it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from notifications.actions import hints, webhooks
from notifications.models import WebhookEndpoint
from units import clock
from units.errors import Refused
from units.models import User

ACTS = ("pause", "resume", "rotate", "test", "remove")


class Command(BaseCommand):
    help = (
        "Let a program be told of changes at an address of its own. A secret goes to the output alone, "
        "and is shown this once; what to know about it goes to the error output."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list", help="every address, with its state")
        add = acts.add_parser("add", help="a new address of a program")
        add.add_argument("client", help="reference of the program, such as province-sync")
        add.add_argument("url", help="https://...")
        add.add_argument("--types", nargs="+", help="only these types; default: all it may read")
        others = [add]
        for name in ACTS:
            one = acts.add_parser(name)
            one.add_argument("ref", help="as “list” shows it")
            others.append(one)
        replay = acts.add_parser("replay", help="send what was done since a place anew")
        replay.add_argument("ref", help="as “list” shows it")
        replay.add_argument("from_seq", type=int, help="place of the register, from 1")
        for one in (*others, replay):
            one.add_argument("--by", required=True, help="user name of an administrator")

    @no_translations  # what actions say is English here too, as all that is said around it
    def handle(self, *args: Any, **options: Any) -> None:
        act = options["act"]
        if act == "list":
            for row in WebhookEndpoint.objects.select_related("client").order_by("pk"):
                self.stdout.write(f"{row.ref} {row.client.ref} {row.state} {row.reason} {row.url}")
            return
        by = User.objects.filter(username=options["by"]).first()
        if by is None:
            raise CommandError(f"There is no user “{options['by']}”.")
        try:
            self._do(act, by, options)
        except Refused as refused:
            raise CommandError(str(refused)) from refused

    def _do(self, act: str, by: User, options: dict[str, Any]) -> None:
        who: dict[str, Any] = {"by": by, "at": clock.business_now()}
        now: dict[str, Any] = {"real_at": clock.real_now()}
        if act == "add":
            made = webhooks.create(
                url=options["url"],
                types=options["types"],
                client_ref=options["client"],
                **who,
                **now,
            )
            self._show(made)
            return
        ref = options["ref"]
        if act == "rotate":
            self._show(webhooks.rotate(ref=ref, lives_on=webhooks.LIVES_ON, **who, **now))
        elif act == "test":
            webhooks.test(ref=ref, **who, **now)
        elif act == "replay":
            if options["from_seq"] < 1:
                raise CommandError("Places of the register begin with 1.")
            count = hints.replay(ref=ref, from_seq=options["from_seq"], **who, **now)
            self.stderr.write(f"{count} will be sent.")
        else:
            row = WebhookEndpoint.objects.filter(ref=ref).first()
            version = row.etag_version if row else 0
            if act == "remove":
                webhooks.remove(ref=ref, expected=version, **who)
            else:
                webhooks.change(ref=ref, expected=version, active=act == "resume", **who)

    def _show(self, made: webhooks.Made) -> None:
        self.stderr.write(f"{made.endpoint.ref} is told. Its secret, shown this once:")
        self.stdout.write(made.secret)
