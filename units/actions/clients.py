"""Machine clients and their tokens: made by an administrator, shown once, asked at each request."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.validators import slug_re
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from units import clock
from units.actions import register
from units.actions.guards import require_administrator, unique_or
from units.enums import Scope, UserKind
from units.errors import Conflict, Invalid, NotAuthenticated, NotFound
from units.models import ApiClient, ApiToken, User

TOKEN = re.compile(r"cs_(?P<prefix>[0-9a-f]{8})_[A-Za-z0-9_-]{43}")
LIVE_AT_ONCE = 2  # the old one and the new one, while a client changes over
LONGEST = timedelta(days=365)
NOTED_EVERY = timedelta(seconds=60)


class Issued(NamedTuple):
    """`text` is the token itself: shown once, kept nowhere."""

    token: ApiToken
    text: str


def hash_of(text: str) -> str:
    """Return the keyed hash under which a token is stored; without the pepper it cannot be made."""
    return hmac.new(settings.TOKEN_PEPPER.encode(), text.encode(), hashlib.sha256).hexdigest()


@transaction.atomic
def create_client(
    *,
    ref: str,
    name: str,
    owner_unit_id: int,
    unit_scope_id: int,
    scopes: Collection[str],
    by: User,
    at: datetime,
) -> ApiClient:
    """Make a machine client of a unit; return it. It has no token yet.

    It will see what lies both under its owner and under `unit_scope_id`, in these scopes, asked at
    each request. Raises NotAllowed (create-client-not-allowed), Invalid (scope-unknown,
    ref-invalid), Conflict (client-exists).
    """
    require_administrator(by, owner_unit_id, at=at, act="create-client")
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        text = _("Choose at least one of the scopes that there are.")
        raise Invalid(text, code="scope-unknown", fields={"scopes": [text]})
    if not slug_re.fullmatch(ref) or len(ref) > 40:
        text = _("A reference has letters a-z, digits, hyphens and underscores, at most 40 signs.")
        raise Invalid(text, code="ref-invalid", fields={"ref": [text]})
    taken = Conflict(
        _("There is already a client “%(ref)s”. Choose another reference.") % {"ref": ref},
        code="client-exists",
    )
    with unique_or(taken):
        user = User.objects.create_user(
            f"client-{ref}", full_name=name, kind=UserKind.MACHINE, date_joined=at
        )
        client = ApiClient.objects.create(
            ref=ref,
            name=name,
            user=user,
            owner_unit_id=owner_unit_id,
            unit_scope_id=unit_scope_id,
            scopes=sorted(set(scopes)),
        )
    _note("create", client, by=by, at=at, data={"scopes": ",".join(client.scopes)})
    return client


@transaction.atomic
def issue_token(
    *, client_id: int, lasts: timedelta, by: User, at: datetime, real_at: datetime
) -> Issued:
    """Make a token that is good for `lasts` from `real_at` on, at most a year.

    Raises NotAllowed, NotFound, Invalid (token-lasts-too-long), Conflict (client-has-ended,
    two-tokens-live).
    """
    client = _lock(client_id)
    require_administrator(by, client.owner_unit_id, at=at, act="issue-token")
    if has_ended(client, day=clock.local_date(at)):
        raise Conflict(
            _("“%(client)s” is disabled, or its unit has ended: no token would open anything.")
            % {"client": client.name},
            code="client-has-ended",
        )
    if not timedelta(0) < lasts <= LONGEST:
        text = _("A token is good for at most 365 days. Choose from 1 to 365.")
        raise Invalid(text, code="token-lasts-too-long", fields={"lasts": [text]})
    live = client.tokens.filter(revoked_at=None, expires_at__gt=real_at)
    if live.count() >= LIVE_AT_ONCE:
        raise Conflict(
            _("“%(client)s” has two tokens that are good. Revoke one of them first.")
            % {"client": client.name},
            code="two-tokens-live",
        )
    prefix = secrets.token_hex(4)
    clear = f"cs_{prefix}_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        client=client,
        prefix=prefix,
        token_hash=hash_of(clear),
        created_at=real_at,
        expires_at=real_at + lasts,
    )
    _note("issue-token", client, by=by, at=at, data={"prefix": prefix})
    return Issued(token, clear)


@transaction.atomic
def revoke_token(*, token_id: int, by: User, at: datetime, real_at: datetime) -> ApiToken:
    """Make a token useless from now on; a second time changes nothing. Raises NotAllowed, NotFound."""
    row = ApiToken.objects.filter(pk=token_id).first()
    if row is None:
        raise NotFound(
            _("There is no such token. Check its first characters, its prefix."),
            code="token-not-found",
        )
    client = _lock(row.client_id)
    require_administrator(by, client.owner_unit_id, at=at, act="revoke-token")
    token = client.tokens.get(pk=token_id)
    if token.revoked_at is None:
        token.revoked_at = real_at
        token.save(update_fields=["revoked_at"])
        _note("revoke-token", client, by=by, at=at, data={"prefix": token.prefix})
    return token


@transaction.atomic
def disable_client(*, client_id: int, by: User, at: datetime, real_at: datetime) -> ApiClient:
    """Close a client with all its tokens; a second time changes nothing. Raises NotAllowed, NotFound."""
    client = _lock(client_id)
    require_administrator(by, client.owner_unit_id, at=at, act="disable-client")
    if client.disabled_at is None:
        client.disabled_at = real_at
        client.save(update_fields=["disabled_at"])
        _note("disable", client, by=by, at=at, data={})
    return client


def authenticate(*, token: str, at: datetime, day: date) -> ApiToken:
    """Return the token row of the clear text `token`, with its client and user, at the real `at`.

    `day`: the body's day, for a client ends with its owner unit. Raises NotAuthenticated:
    token-invalid for whoever does not hold the secret, so that nobody learns which prefixes exist;
    token-revoked, token-expired, client-disabled for its holder.
    """
    form = TOKEN.fullmatch(token)
    rows = ApiToken.objects.select_related("client__user", "client__owner_unit")
    row = rows.filter(prefix=form["prefix"]).first() if form else None
    if row is None or not hmac.compare_digest(row.token_hash, hash_of(token)):
        raise NotAuthenticated(
            _("The token is not known. Check that it was copied whole."), code="token-invalid"
        )
    if row.revoked_at is not None:
        raise NotAuthenticated(
            _("The token was revoked. Ask the administrator of the unit for a new one."),
            code="token-revoked",
        )
    if row.expires_at <= at:
        raise NotAuthenticated(
            _("The token has expired. Ask the administrator of the unit for a new one."),
            code="token-expired",
        )
    if has_ended(row.client, day=day) or not row.client.user.is_active:
        raise NotAuthenticated(
            _("The machine client of this token is disabled."), code="client-disabled"
        )
    if row.last_used_at is None or at - row.last_used_at >= NOTED_EVERY:
        unused = Q(last_used_at=None) | Q(last_used_at__lte=at - NOTED_EVERY)
        ApiToken.objects.filter(unused, pk=row.pk).update(last_used_at=at)
    return row


def has_ended(client: ApiClient, *, day: date) -> bool:
    """Say whether nobody answers for `client` on `day`: it is disabled, or its unit has ended."""
    last = client.owner_unit.valid_to
    return client.disabled_at is not None or (last is not None and last <= day)


def _lock(client_id: int) -> ApiClient:
    rows = ApiClient.objects.select_for_update(of=("self",), no_key=True)
    client = rows.filter(pk=client_id).first()
    if client is None:
        raise NotFound(
            _("There is no such client. Check its reference."),
            code="client-not-found",
        )
    return client


def _note(act: str, client: ApiClient, *, by: User, at: datetime, data: dict[str, str]) -> None:
    register.append(
        kind=f"client.{act}",
        subject=f"client/{client.ref}",
        subject_version=None,
        reach=[client.owner_unit_id],
        by=by,
        at=at,
        data=data,
    )
