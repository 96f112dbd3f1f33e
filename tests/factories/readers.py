"""Who reads by REST in tests: machines with tokens, and people who are logged in."""

from datetime import timedelta

from django.test import Client

from tests.factories.units import ApiClientFactory, ApiTokenFactory
from units import clock
from units.actions.clients import hash_of
from units.enums import Scope
from units.models import ApiClient, OrgUnit, User

SECRET = "s" * 43


def token_of(client: ApiClient, *, secret: str = SECRET, **changes) -> str:
    """Give `client` a token that is good now and was noted as used; return its clear text.

    `changes`: other fields of its row, such as `expires_at`, `revoked_at`, `token_hash`.
    """
    now = clock.real_now()
    prefix = f"{client.pk:08x}"
    text = f"cs_{prefix}_{secret}"
    fields = {
        "token_hash": hash_of(text),
        "created_at": now - timedelta(days=1),
        "expires_at": now + timedelta(days=30),
        "last_used_at": now,
    }
    ApiTokenFactory(client=client, prefix=prefix, **(fields | changes))
    return text


def with_token(text: str, **headers: str) -> Client:
    """Return a client that sends the token with each request."""
    return Client(headers={"Authorization": f"Bearer {text}", "Accept-Language": "en", **headers})


def machine(unit: OrgUnit, *scopes: Scope, **changes) -> Client:
    """Return a machine that reads `unit` and what stands under it; no scopes named: all of them."""
    fields = {"scopes": [scope.value for scope in scopes]} if scopes else {}
    return with_token(token_of(ApiClientFactory(owner_unit=unit, **fields, **changes)))


def person(user: User, **headers: str) -> Client:
    """Return the browser of somebody who is logged in, without passing the login page."""
    browser = Client(headers={"Accept-Language": "en", **headers})
    browser.force_login(user)
    return browser
