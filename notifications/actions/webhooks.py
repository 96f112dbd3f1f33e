"""Where programs are told of changes: their addresses, with the secrets that sign what is sent there."""

import secrets as random
import uuid
from base64 import b64encode
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext_lazy as _

from commitments.actions import changes as commitments_changes
from notifications.channels import safe, webhooks
from notifications.channels.webhooks import Resolve, Way
from notifications.enums import WebhookDeliveryState, WebhookReason, WebhookState
from notifications.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from notifications.rules import SECRET_PREFIX
from units.actions import changes, clients, register
from units.actions.changes import Published
from units.actions.guards import require_administrator, require_seen
from units.clock import local_date
from units.enums import Scope, UserKind
from units.errors import Conflict, Invalid, NotAllowed, NotFound
from units.models import ApiClient, RegisterLink, User

TYPES: dict[str, Published] = {
    row.name: row for row in (*changes.TYPES, *commitments_changes.TYPES)
}
MOST = 5  # addresses of one program
LONGEST_URL = 500
LIVES_ON = timedelta(hours=24)  # the old secret beside a new one, at most


class Made(NamedTuple):
    """`secret`: in clear, shown this once."""

    endpoint: WebhookEndpoint
    secret: str


def way() -> Way:
    """Return what the settings allow. Raises ValueError where they are wrong."""
    return webhooks.way_of(
        ports=settings.WEBHOOK_PORTS,
        networks=settings.WEBHOOK_PRIVATE_NETWORKS,
        ca_file=settings.WEBHOOK_CA_FILE,
    )


def live_secrets(endpoint: WebhookEndpoint, *, real_at: datetime) -> list[str]:
    """Return the secrets that sign at `real_at` in clear, the newest first.

    One that another SECRET_KEY has locked is passed over. Raises Unreadable where all of them were.
    """
    found = []
    for row in endpoint.secrets.live(real_at=real_at):
        with suppress(safe.Unreadable):
            found.append(safe.unlock(row.sealed, settings.SECRET_KEY))
    if not found:
        raise safe.Unreadable(f"SECRET_KEY opens no secret of {endpoint.ref}: rotate it.")
    return found


def types_of(endpoint: WebhookEndpoint) -> list[Published]:
    """Return the types that the program wants to be told of and may read now; [] for one that ended."""
    scopes = set(endpoint.client.scopes)
    if Scope.WEBHOOKS_MANAGE not in scopes:
        return []
    return [row for name, row in TYPES.items() if name in endpoint.types and row.scope in scopes]


def is_served(endpoint: WebhookEndpoint, *, at: datetime) -> bool:
    """Say whether somebody answers for the program at `at`, and it may be told anything."""
    ended = clients.has_ended(endpoint.client, day=local_date(at))
    return not ended and endpoint.client.user.is_active and bool(types_of(endpoint))


def create(
    *,
    url: str,
    types: Collection[str] | None,
    by: User,
    at: datetime,
    real_at: datetime,
    client_ref: str | None = None,
    resolver: Resolve = webhooks.resolve,
    last: Callable[[WebhookEndpoint], None] | None = None,
) -> Made:
    """Let a program be told at `url` of what is done from now on; `types` None: of all it may read.

    `client_ref` None: the program `by` itself; else `by` administers its owner unit. `last`: called
    with the address at the end of the transaction. Not inside a transaction: the name is resolved. Raises NotAllowed (create-webhook-not-allowed), NotFound,
    Invalid (webhook-address-refused, webhook-type-unknown), Conflict (too-many-webhooks).
    """
    _require_url(url, resolver)
    with transaction.atomic():
        client = _client_for(client_ref, by=by, at=at, act="create-webhook")
        wanted = _wanted(types, client)
        if client.webhooks.count() >= MOST:
            raise Conflict(
                _("A program has at most %(most)d addresses. Remove one of them first.")
                % {"most": MOST},
                code="too-many-webhooks",
            )
        endpoint = WebhookEndpoint.objects.create(
            ref=f"wh-{random.token_hex(8)}",
            client=client,
            url=url,
            types=wanted,
            seq=_head(),
            created_at=real_at,
        )
        secret = _new_secret(endpoint, real_at=real_at)
        _note("create", endpoint, by=by, at=at, data={"types": ",".join(wanted)})
        if last is not None:
            last(endpoint)
    return Made(endpoint, secret)


def change(
    *,
    ref: str,
    expected: int,
    by: User,
    at: datetime,
    url: str | None = None,
    types: Collection[str] | None = None,
    active: bool | None = None,
    resolver: Resolve = webhooks.resolve,
) -> WebhookEndpoint:
    """Change what is not None. `active` True also opens a disabled address; it is told from then on,
    and `replay` sends what it has missed.

    Not inside a transaction. Raises as `create`, and NotFound, StaleVersion (webhook-changed).
    """
    if url is not None:
        _require_url(url, resolver)
    with transaction.atomic():
        endpoint = _lock(ref, by=by, at=at, act="change-webhook")
        require_seen(endpoint, expected, noun="webhook")
        if url is not None:
            endpoint.url = url
        if types is not None:
            endpoint.types = _wanted(types, endpoint.client)
        if active is not None:
            _turn(endpoint, active=active, by=by)
        _save(endpoint)
        _note("change", endpoint, by=by, at=at, data={"state": endpoint.state})
    return endpoint


def _turn(endpoint: WebhookEndpoint, *, active: bool, by: User) -> None:
    """Pause an address or let it be told again; it stands afresh, behind what was done meanwhile."""
    if active and endpoint.state != WebhookState.ACTIVE:
        endpoint.state, endpoint.reason, endpoint.seq = WebhookState.ACTIVE, "", _head()
        endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
    elif not active and endpoint.state == WebhookState.ACTIVE:
        machine = by.kind == UserKind.MACHINE
        endpoint.state = WebhookState.PAUSED
        endpoint.reason = WebhookReason.PROGRAM if machine else WebhookReason.PERSON


@transaction.atomic
def remove(*, ref: str, expected: int, by: User, at: datetime) -> None:
    """Forget an address with its secrets and what was sent there. Raises NotFound, NotAllowed,
    StaleVersion (webhook-changed)."""
    endpoint = _lock(ref, by=by, at=at, act="remove-webhook")
    require_seen(endpoint, expected, noun="webhook")
    endpoint.etag_version += 1
    _note("remove", endpoint, by=by, at=at, data={})
    endpoint.delete()


@transaction.atomic
def rotate(
    *,
    ref: str,
    lives_on: timedelta,
    by: User,
    at: datetime,
    real_at: datetime,
    expected: int | None = None,
) -> Made:
    """Make a new secret; the old one signs beside it for `lives_on`, from 0 to 24 hours.

    One that still lived on before ends. `expected` None: whatever was written meanwhile. Raises
    NotFound, NotAllowed, StaleVersion (webhook-changed), Invalid (webhook-secret-lives-too-long).
    """
    endpoint = _lock(ref, by=by, at=at, act="rotate-webhook")
    if expected is not None:
        require_seen(endpoint, expected, noun="webhook")
    if not timedelta(0) <= lives_on <= LIVES_ON:
        text = _("The old secret lives on for at most 24 hours.")
        raise Invalid(
            text, code="webhook-secret-lives-too-long", fields={"old_lives_hours": [text]}
        )
    endpoint.secrets.filter(place=1).delete()
    old = endpoint.secrets.get(place=0)
    if lives_on and old.created_at < real_at + lives_on:
        old.place, old.retires_at = 1, real_at + lives_on
        old.save(update_fields=["place", "retires_at"])
    else:
        old.delete()
    secret = _new_secret(endpoint, real_at=real_at)
    _save(endpoint)
    _note("rotate", endpoint, by=by, at=at, data={})
    return Made(endpoint, secret)


@transaction.atomic
def test(*, ref: str, by: User, at: datetime, real_at: datetime) -> WebhookDelivery:
    """Send one hint that is about nothing, as soon as the job runs. Raises NotFound, NotAllowed,
    Conflict (webhook-not-active)."""
    endpoint = lock_active(ref, by=by, at=at, act="test-webhook")
    endpoint.runs += 1
    endpoint.save(update_fields=["runs"])
    return WebhookDelivery.objects.create(
        uuid=uuid.uuid4(),
        endpoint=endpoint,
        seq=0,
        type="webhook",
        ref=endpoint.ref,
        run=endpoint.runs,
        at=at,
        next_try_at=real_at,
        created_at=real_at,
    )


@transaction.atomic
def pause_all() -> int:
    """Let no address be told any more since a backup was put back; return how many that are.

    What was on its way may have arrived before: it ends.
    """
    on_its_way = [WebhookDeliveryState.PENDING, WebhookDeliveryState.LEASED]
    WebhookDelivery.objects.filter(state__in=on_its_way).update(
        state=WebhookDeliveryState.CANCELLED, lease_token=None, lease_until=None
    )
    active = WebhookEndpoint.objects.filter(state=WebhookState.ACTIVE)
    return active.update(
        state=WebhookState.PAUSED,
        reason=WebhookReason.RESTORE,
        etag_version=F("etag_version") + 1,
    )


def disable(endpoint: WebhookEndpoint, *, reason: WebhookReason, at: datetime) -> None:
    """Send nothing more to a locked address; its owners are told by the entry."""
    endpoint.state, endpoint.reason = WebhookState.DISABLED, reason
    _save(endpoint)
    _note("disable", endpoint, by=None, at=at, data={"reason": reason.value})


# --- what they share ------------------------------------------------------------------------------


def _require_url(url: str, resolver: Resolve) -> None:
    try:
        if len(url) > LONGEST_URL:
            raise webhooks.Forbidden("is too long")
        webhooks.checked(url, way(), resolver=resolver)
    except (webhooks.Forbidden, OSError) as error:
        text = _(
            "This is not an address that can be called: https, a name of the open network, port 443, no "
            "user and no fragment. The administrator can allow further ports and networks."
        )
        raise Invalid(text, code="webhook-address-refused", fields={"url": [text]}) from error


def _wanted(types: Collection[str] | None, client: ApiClient) -> list[str]:
    """Return the types in the order of the feed: only those that the program may read."""
    may = {name for name, row in TYPES.items() if row.scope in client.scopes}
    asked = may if types is None else set(types)
    if not asked or asked - may:
        text = _("Choose at least one of the types that the program may read: %(types)s.") % {
            "types": ", ".join(name for name in TYPES if name in may)
        }
        raise Invalid(text, code="webhook-type-unknown", fields={"types": [text]})
    return [name for name in TYPES if name in asked]


def _client_for(ref: str | None, *, by: User, at: datetime, act: str) -> ApiClient:
    """Return the client `ref` that `by` administers, or `by` itself for None; locked.

    Raises NotFound, NotAllowed also for a program without the scope.
    """
    rows = ApiClient.objects.select_for_update(of=("self",), no_key=True)
    if ref is None:
        client = rows.filter(user=by).first()
    else:
        client = rows.filter(ref=ref).first()
        if client is None:
            raise NotFound(
                _("There is no such client. Check its reference."), code="client-not-found"
            )
        require_administrator(by, client.owner_unit_id, at=at, act=act)
    if client is None or Scope.WEBHOOKS_MANAGE not in client.scopes:
        raise NotAllowed(
            _("Only a program with the scope webhooks:manage has addresses of its own."),
            code=f"{act}-not-allowed",
        )
    return client


def _lock(ref: str, *, by: User, at: datetime, act: str) -> WebhookEndpoint:
    """Return the address, locked. A program has its own alone; people administer the owner unit."""
    rows = WebhookEndpoint.objects.select_for_update(of=("self",), no_key=True)
    endpoint = rows.select_related("client__owner_unit", "client__user").filter(ref=ref).first()
    machine = by.kind == UserKind.MACHINE
    if endpoint is None or (machine and endpoint.client.user_id != by.pk):
        raise NotFound(
            _("There is no such address. Check its reference."), code="webhook-not-found"
        )
    if machine:
        _client_for(None, by=by, at=at, act=act)
    else:
        require_administrator(by, endpoint.client.owner_unit_id, at=at, act=act)
    return endpoint


def lock_active(ref: str, *, by: User, at: datetime, act: str) -> WebhookEndpoint:
    """Return the address, locked. Raises NotFound, NotAllowed, Conflict (webhook-not-active)."""
    endpoint = _lock(ref, by=by, at=at, act=act)
    if endpoint.state != WebhookState.ACTIVE:
        raise Conflict(
            _("Nothing is sent to this address now. Make it active first."),
            code="webhook-not-active",
        )
    return endpoint


def _new_secret(endpoint: WebhookEndpoint, *, real_at: datetime) -> str:
    clear = SECRET_PREFIX + b64encode(random.token_bytes(32)).decode()
    WebhookSecret.objects.create(
        endpoint=endpoint, place=0, sealed=safe.lock(clear, settings.SECRET_KEY), created_at=real_at
    )
    return clear


def _head() -> int:
    return RegisterLink.objects.aggregate(last=Max("seq"))["last"] or 0


def _save(endpoint: WebhookEndpoint) -> None:
    endpoint.etag_version += 1
    endpoint.save()


def _note(
    act: str, endpoint: WebhookEndpoint, *, by: User | None, at: datetime, data: dict[str, Any]
) -> None:
    """Enter an act. The address itself stays out: it may hold what only the receiver should know."""
    client = endpoint.client
    register.append(
        kind=f"webhook.{act}",
        subject=f"webhook/{endpoint.ref}",
        subject_version=endpoint.etag_version,
        reach=[client.owner_unit_id],
        by=by,
        at=at,
        data={"client": client.ref, "name": client.name, **data},
    )
