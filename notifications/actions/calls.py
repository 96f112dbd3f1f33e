"""Calling programs: lease hints, commit, call with no transaction open, record what came of it.

As with mails, each call stands in a row before it begins, and its outcome is written only while the
lease is our own. A kill in between leaves a hint that is sent once more with the same webhook-id.
"""

import logging
import secrets as random
import time
import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from notifications import rules
from notifications.actions import webhooks as endpoints
from notifications.channels import webhooks
from notifications.channels.webhooks import Resolve, Result, Way
from notifications.enums import (
    WebhookDeliveryState,
    WebhookOutcome,
    WebhookReason,
    WebhookState,
)
from notifications.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from units import clock, stopping
from units.actions import restorations

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=120)
BATCH_SECONDS = 30  # then what is left of a batch is given back: slow receivers keep nobody waiting
PUT_OFF = timedelta(minutes=5)
GONE = 410
FARING = (  # how a receiver fares, written by each call
    "failures",
    "failing_since",
    "rests_until",
    "last_called_at",
    "last_outcome",
    "last_status",
)
KEPT = timedelta(days=90)  # a hint, and what its calls came to, behind its making
FORGOTTEN_AT_ONCE = 1000


def send(*, at: datetime, limit: int = 25, resolver: Resolve = webhooks.resolve) -> int:
    """Send up to `limit` hints that are due; return how many were taken. `at`: business time.

    Any number may run at once: a row is taken by one of them, under SKIP LOCKED. From a database that
    was put back nothing leaves until somebody has owned up.
    """
    real_at = clock.database_now()
    if restorations.is_unanswered(at=real_at):
        return 0
    reap(real_at=real_at)
    left, until = _claim(real_at=real_at, limit=limit), time.monotonic() + BATCH_SECONDS
    taken, failed, way = len(left), set[int](), endpoints.way()
    try:
        while left and time.monotonic() < until and not stopping.is_asked():
            hint = left.pop(0)
            if hint.endpoint_id in failed:  # a receiver that fails rests: one call has told
                _finish(hint, WebhookDeliveryState.PENDING)
            elif not _call_quietly(hint, way, resolver, at=at):
                failed.add(hint.endpoint_id)
    finally:
        for hint in left:
            _finish(hint, WebhookDeliveryState.PENDING)
    return taken


@transaction.atomic
def reap(*, real_at: datetime) -> int:
    """Take back what somebody leased and never finished; return how many there were."""
    rows = WebhookDelivery.objects.abandoned(real_at=real_at)
    found = list(rows.select_for_update(skip_locked=True)[:100])
    for hint in found:
        open_tries = hint.tries.filter(lease_token=hint.lease_token, outcome="")
        open_tries.update(outcome=WebhookOutcome.LOST, duration_ms=0)
        last = rules.hint_again_after(max(1, hint.attempts), jitter=0) is None
        hint.state = WebhookDeliveryState.FAILED if last else WebhookDeliveryState.PENDING
        hint.lease_token = hint.lease_until = None
        hint.save(update_fields=["state", "lease_token", "lease_until"])
    return len(found)


@transaction.atomic
def _claim(*, real_at: datetime, limit: int) -> list[WebhookDelivery]:
    rows = WebhookDelivery.objects.to_send(real_at=real_at)
    found = list(rows.select_for_update(skip_locked=True, of=("self",))[:limit])
    for hint in found:
        hint.state = WebhookDeliveryState.LEASED
        hint.lease_token, hint.lease_until = uuid.uuid4(), real_at + LEASE
        hint.save(update_fields=["state", "lease_token", "lease_until"])
    return found


def _call_quietly(hint: WebhookDelivery, way: Way, resolver: Resolve, *, at: datetime) -> bool:
    """As `_call`; what we cannot do ourselves is logged, put off, and stops nobody else."""
    try:
        return _call(hint, way, resolver, at=at)
    except Exception:
        log.exception("The hint %s cannot be sent.", hint.uuid)
        later = clock.real_now() + PUT_OFF
        _finish(hint, WebhookDeliveryState.PENDING, next_try_at=later)
        return False


def _call(hint: WebhookDelivery, way: Way, resolver: Resolve, *, at: datetime) -> bool:
    """Send one leased hint if it is still wanted, record the outcome; return whether all went well."""
    rows = WebhookEndpoint.objects.select_related("client__user", "client__owner_unit")
    endpoint = rows.filter(pk=hint.endpoint_id).first()
    if endpoint is None or endpoint.state != WebhookState.ACTIVE:
        _finish(hint, WebhookDeliveryState.PENDING)
        return True
    wanted = {row.name for row in endpoints.types_of(endpoint)} | {"webhook"}
    if not endpoints.is_served(endpoint, at=at) or hint.type not in wanted:
        _finish(hint, WebhookDeliveryState.CANCELLED)
        return True
    now = clock.real_now()
    text = rules.hint_text(kind=hint.type, ref=hint.ref, seq=hint.seq, at=hint.at)
    secrets = endpoints.live_secrets(endpoint, real_at=now)
    key = str(hint.uuid)
    headers = rules.call_headers(secrets, key=key, at=now, text=text)
    attempt = _begin(hint, started_at=now)
    if attempt is None:
        return True
    begun = time.monotonic()
    result = webhooks.post(
        endpoint.url, headers=headers, body=text.encode(), way=way, resolver=resolver
    )
    lasted = round((time.monotonic() - begun) * 1000)
    _record(hint, attempt, result, lasted_ms=lasted, at=at)
    return result.outcome == WebhookOutcome.OK


@transaction.atomic
def _begin(hint: WebhookDelivery, *, started_at: datetime) -> WebhookAttempt | None:
    """Renew the lease and note that a call begins; None: somebody has taken the hint over."""
    ours = WebhookDelivery.objects.filter(pk=hint.pk, lease_token=hint.lease_token)
    renewed = ours.update(lease_until=clock.database_now() + LEASE, attempts=F("attempts") + 1)
    if not renewed:
        log.warning("The hint %s was taken over by another run.", hint.uuid)
        return None
    hint.attempts += 1
    return WebhookAttempt.objects.create(
        delivery=hint,
        number=hint.attempts,
        lease_token=hint.lease_token or uuid.uuid4(),
        started_at=started_at,
    )


@transaction.atomic
def _record(
    hint: WebhookDelivery, attempt: WebhookAttempt, result: Result, *, lasted_ms: int, at: datetime
) -> None:
    """Write what came of a call, for the hint and for its receiver.

    Only while the lease is ours: whoever reaped it has decided already.
    """
    rows = WebhookEndpoint.objects.select_for_update(of=("self",), no_key=True)
    endpoint = rows.select_related("client").filter(pk=hint.endpoint_id).first()
    written = WebhookAttempt.objects.filter(pk=attempt.pk, outcome="").update(
        outcome=result.outcome, status=result.status, duration_ms=lasted_ms
    )
    if endpoint is None or not written:
        log.warning("The hint %s was taken over by another run.", hint.uuid)
        return
    now = clock.real_now()
    said = {"last_status": result.status, "last_outcome": result.outcome}
    endpoint.last_called_at = now
    endpoint.last_outcome, endpoint.last_status = result.outcome, result.status
    if result.outcome == WebhookOutcome.OK:
        _finish(hint, WebhookDeliveryState.DELIVERED, **said)
        endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
        endpoint.save(update_fields=FARING)
        return
    jitter = random.randbelow(1000) / 1000
    wait = rules.hint_again_after(hint.attempts, jitter=jitter, asked=result.wait)
    if wait is None:
        _finish(hint, WebhookDeliveryState.FAILED, **said)
    else:
        _finish(hint, WebhookDeliveryState.PENDING, next_try_at=now + wait, **said)
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    rest = rules.receiver_rests(endpoint.failures, wait=wait or timedelta(0))
    endpoint.rests_until = now + rest
    endpoint.save(update_fields=FARING)
    if endpoint.state != WebhookState.ACTIVE:
        return
    if result.status == GONE:
        endpoints.disable(endpoint, reason=WebhookReason.GONE, at=at)
    elif now - endpoint.failing_since >= rules.HINT_GIVES_UP_AFTER:
        endpoints.disable(endpoint, reason=WebhookReason.FAILING, at=at)


def _finish(hint: WebhookDelivery, state: WebhookDeliveryState, **changes: object) -> None:
    """Leave the lease with a new state, if it is still ours."""
    ours = WebhookDelivery.objects.filter(pk=hint.pk, lease_token=hint.lease_token)
    ours.update(state=state, lease_token=None, lease_until=None, **changes)


@transaction.atomic
def forget(*, real_at: datetime) -> int:
    """Delete at most FORGOTTEN_AT_ONCE hints with their calls that were made more than KEPT before
    `real_at`; return how many. What is still to be sent stays, however old it is."""
    old = WebhookDelivery.objects.done_before(real_at - KEPT)
    chosen = list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    WebhookDelivery.objects.filter(pk__in=chosen).delete()
    return len(chosen)
