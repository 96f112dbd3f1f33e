"""`manage.py create_token`: a token for a program that reads by REST, and its client if it is new."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.core.validators import validate_slug
from django.db import transaction

from units import clock
from units.actions import clients
from units.enums import Scope
from units.errors import Refused
from units.models import ApiClient, OrgUnit, User

READING = [Scope.ORG_READ, Scope.PLANS_READ, Scope.COMMITMENTS_READ]


class Command(BaseCommand):
    help = (
        "Give a program a token. The token alone goes to the output, what to know about it to the "
        "error output; it is shown this once and only its hash is kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", help="reference of the client, such as province-sync")
        parser.add_argument("--by", required=True, help="user name of an administrator of the unit")
        parser.add_argument(
            "--days", type=int, default=90, help="how long it is good (at most 365)"
        )
        new = parser.add_argument_group("a client that does not exist yet")
        new.add_argument("--unit", metavar="REF", help="the unit that answers for the client")
        new.add_argument("--name", help="what people call the client")
        new.add_argument("--within", metavar="REF", help="sees only what stands under this unit")
        new.add_argument(
            "--scopes",
            nargs="+",
            choices=Scope.values,
            default=READING,
            metavar="SCOPE",
            help=f"what it reads; default: all of {', '.join(READING)}",
        )

    @no_translations  # what actions say is English here too, as all that is said around it
    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["by"]).first()
        if by is None:
            raise CommandError(f"There is no user “{options['by']}”.")
        client = ApiClient.objects.filter(ref=options["client"]).first()
        try:
            with transaction.atomic():
                client = client or self._new_client(by, options)
                issued = clients.issue_token(
                    client_id=client.pk,
                    lasts=timedelta(days=options["days"]),
                    by=by,
                    at=clock.business_now(),
                    real_at=clock.real_now(),
                )
        except Refused as refused:
            told = _live_tokens(client) if client and refused.code == "two-tokens-live" else ""
            raise CommandError(f"{refused.message}{told}") from refused
        self.stderr.write(_about(client, issued), ending="")
        self.stdout.write(issued.text)

    def _new_client(self, by: User, options: dict[str, Any]) -> ApiClient:
        ref, name = options["client"], options["name"]
        try:
            validate_slug(ref)
        except ValidationError as error:
            raise CommandError(
                f"“{ref}” cannot be a reference: write letters, digits, - and _ only."
            ) from error
        if not name or not options["unit"]:
            raise CommandError(
                f"There is no client “{ref}” yet. To make it, name its unit and say what it is called: "
                "--unit REF --name NAME."
            )
        unit = _unit(options["unit"])
        within = _unit(options["within"]) if options["within"] else unit
        return clients.create_client(
            ref=ref,
            name=name,
            owner_unit_id=unit.pk,
            unit_scope_id=within.pk,
            scopes=options["scopes"],
            by=by,
            at=clock.business_now(),
        )


def _unit(ref: str) -> OrgUnit:
    unit = OrgUnit.objects.filter(ref=ref).first()
    if unit is None:
        raise CommandError(
            f"There is no unit “{ref}”. Its reference stands in the address of its page."
        )
    return unit


def _about(client: ApiClient, issued: clients.Issued) -> str:
    token = issued.token
    return (
        f"{client.name} ({client.ref}) reads {client.unit_scope.ref} and what stands under it: "
        f"{', '.join(client.scopes)}.\n"
        f"The token {token.prefix} is good until {token.expires_at:%Y-%m-%d %H:%M} UTC and is shown "
        "this once. Send it as “Authorization: Bearer <token>”.\n"
    )


def _live_tokens(client: ApiClient) -> str:
    """Return the tokens between which somebody has to choose."""
    rows = client.tokens.filter(revoked_at=None, expires_at__gt=clock.real_now())
    lines = [
        f"  {row.prefix}  until {row.expires_at:%Y-%m-%d}, last used "
        + (f"{row.last_used_at:%Y-%m-%d %H:%M} UTC" if row.last_used_at else "never")
        for row in rows.order_by("created_at")
    ]
    return "\n".join(["", *lines, "Revoke one: manage.py revoke_token PREFIX --by USERNAME"])
