"""From the register to hints: which programs may know that which object has changed."""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from notifications.actions import webhooks
from notifications.enums import WebhookState
from notifications.models import WebhookDelivery, WebhookEndpoint
from units import clock
from units.actions import changes, restorations
from units.actions.changes import Act
from units.errors import Invalid
from units.models import RegisterLink, User
from units.querysets.organisation import keep_reach

log = logging.getLogger(__name__)
LOOKED_AT = 50_000  # places of the register that one step passes over at most
REPLAYED = 10_000  # hints that one replay makes at most


def dispatch(*, at: datetime, limit: int = 200) -> int:
    """Turn the next acts into hints, for each program at most `limit` acts; return how many programs
    were brought further.

    Any number may run at once: the row of an address is the turn, and whoever finds it taken passes
    on. Hints and position move in one transaction, so a kill repeats and skips nothing. An address
    that fails stops no other one; its failure is raised in the end. `at`: business time.
    """
    real_at = clock.database_now()
    if restorations.is_unanswered(at=real_at):
        return 0
    head = RegisterLink.objects.aggregate(last=Max("seq"))["last"] or 0
    behind = WebhookEndpoint.objects.filter(state=WebhookState.ACTIVE, seq__lt=head)
    done, failure = 0, None
    for pk in list(behind.order_by("pk").values_list("pk", flat=True)):
        try:
            done += _advance(pk, head=head, at=at, real_at=real_at, limit=limit)
        except Exception as error:
            log.exception("The register cannot be told to the address %d.", pk)
            failure = failure or error
    if failure is not None:
        raise failure
    return done


@transaction.atomic
def _advance(pk: int, *, head: int, at: datetime, real_at: datetime, limit: int) -> bool:
    """Bring one address further; return whether it was our turn."""
    turns = WebhookEndpoint.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    rows = turns.select_related("client__user", "client__owner_unit")
    endpoint = rows.filter(pk=pk, state=WebhookState.ACTIVE, seq__lt=head).first()
    if endpoint is None:
        return False
    last = min(head, endpoint.seq + LOOKED_AT)
    if webhooks.is_served(endpoint, at=at):
        acts = _acts(endpoint, after=endpoint.seq, last=last, limit=limit)
        if len(acts) == limit:
            last = acts[-1].seq
        WebhookDelivery.objects.bulk_create(_hints(endpoint, acts, at=at, real_at=real_at, run=0))
    endpoint.seq = last
    endpoint.save(update_fields=["seq"])
    return True


def _acts(endpoint: WebhookEndpoint, *, after: int, last: int, limit: int) -> list[Act]:
    subjects = frozenset[str]().union(*(row.subjects for row in webhooks.types_of(endpoint)))
    return changes.acts_between(subjects, after=after, last=last, limit=limit)


def _hints(
    endpoint: WebhookEndpoint, acts: Sequence[Act], *, at: datetime, real_at: datetime, run: int
) -> list[WebhookDelivery]:
    """Return one hint for each object that `acts` have changed and the program sees now or saw then.

    The newest act speaks for all of them, as in the feed.
    """
    user: User = endpoint.client.user
    user.api_client = endpoint.client
    keep_reach(user, at=at)
    found = []
    for published in webhooks.types_of(endpoint):
        by_ref: dict[str, list[Act]] = {}
        for act, ref in changes.touched_by(published, acts):
            by_ref.setdefault(ref, []).append(act)
        seen = changes.seen_among(published, user, by_ref, at=at)
        rest = {act.entry for ref, about in by_ref.items() if ref not in seen for act in about}
        reached = changes.reached(user, rest, at=at)
        for ref, about in by_ref.items():
            if ref in seen or any(act.entry in reached for act in about):
                newest = max(about, key=lambda act: act.seq)
                found.append(
                    WebhookDelivery(
                        uuid=uuid.uuid4(),
                        endpoint=endpoint,
                        seq=newest.seq,
                        type=published.name,
                        ref=ref,
                        run=run,
                        at=newest.at,
                        next_try_at=real_at,
                        created_at=real_at,
                    )
                )
    found.sort(key=lambda hint: hint.seq)
    return found


@transaction.atomic
def replay(*, ref: str, from_seq: int, by: User, at: datetime, real_at: datetime) -> int:
    """Make hints anew of every act from the place `from_seq` (from 1) on; return how many.

    Of each object one, with what the program may see now. Raises NotFound, NotAllowed, Conflict
    (webhook-not-active), Invalid (webhook-replay-too-long) where there are more than REPLAYED acts.
    """
    endpoint = webhooks.lock_active(ref, by=by, at=at, act="replay-webhook")
    if not webhooks.is_served(endpoint, at=at):
        return 0
    acts = _acts(endpoint, after=from_seq - 1, last=endpoint.seq, limit=REPLAYED + 1)
    if len(acts) > REPLAYED:
        text = _("Since then more than %(most)d acts were done. Begin anew with the collections.")
        raise Invalid(
            text % {"most": REPLAYED},
            code="webhook-replay-too-long",
            fields={"from_seq": [text % {"most": REPLAYED}]},
        )
    endpoint.runs += 1
    endpoint.save(update_fields=["runs"])
    hints = _hints(endpoint, acts, at=at, real_at=real_at, run=endpoint.runs)
    WebhookDelivery.objects.bulk_create(hints)
    return len(hints)
