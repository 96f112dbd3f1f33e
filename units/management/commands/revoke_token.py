"""`manage.py revoke_token`: a token that is lost or no longer needed becomes useless at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from units import clock
from units.actions import clients
from units.errors import Refused
from units.models import ApiToken, User


class Command(BaseCommand):
    help = "Make a token useless from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", help="the eight characters after cs_, or the whole token")
        parser.add_argument("--by", required=True, help="user name of an administrator of the unit")

    @no_translations  # what actions say is English here too, as all that is said around it
    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["by"]).first()
        if by is None:
            raise CommandError(f"There is no user “{options['by']}”.")
        prefix = options["prefix"].removeprefix("cs_")[:8]
        row = ApiToken.objects.filter(prefix=prefix).first()
        if row is None:
            raise CommandError(f"There is no token “{prefix}”.")
        try:
            token = clients.revoke_token(
                token_id=row.pk, by=by, at=clock.business_now(), real_at=clock.real_now()
            )
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused
        self.stdout.write(f"The token {token.prefix} of {token.client.name} is revoked.")
