"""Named sets of notices, of absences, and of hints to programs."""

from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Prefetch, Q, Value, When

from commitments.models import ReportRound
from commitments.models.cases import SUBJECTS
from notifications.enums import NoticeState, WebhookDeliveryState, WebhookState
from notifications.rules import URGENCY
from units import clock
from units.enums import Role, UserKind
from units.models import User
from units.permissions import may_administer
from units.querysets.organisation import reach_of, reach_of_page

WAITING = (NoticeState.PENDING, NoticeState.HELD)
DONE = (
    WebhookDeliveryState.DELIVERED,
    WebhookDeliveryState.FAILED,
    WebhookDeliveryState.CANCELLED,
)
MOST_DOUBTS = 2  # tries that may have reached somebody; then a person looks


class NoticeQuerySet(models.QuerySet):
    def unread_of(self, user: User):
        """What `user` has not read and should."""
        return self.filter(recipient=user, read_at=None).exclude(state=NoticeState.CANCELLED)

    def number_unread_of(self, user: User):
        """How many these are, as a set with one value; empty where there are none."""
        counted = self.unread_of(user).order_by().values("recipient")
        return counted.annotate(number=Count("pk")).values("number")

    def to_send(self, *, at: datetime, real_at: datetime, channel: str):
        """What may leave by `channel` now, the most urgent first.

        Waiting ones whose hour has come (business time `at`) and whose next try is due (real
        time), and those that were perhaps sent once: these are sent once more.
        """
        return (
            self.filter(Q(state__in=WAITING) | Q(state=NoticeState.UNKNOWN, doubts__lt=MOST_DOUBTS))
            .filter(channel=channel, not_before__lte=at)
            .filter(Q(next_try_at=None) | Q(next_try_at__lte=real_at))
            .by_urgency()
        )

    def by_urgency(self):
        """In the order in which they leave."""
        urgency = Case(*[When(kind=kind, then=Value(place)) for kind, place in URGENCY.items()])
        return self.order_by(urgency, "not_before", "pk")

    def abandoned(self, *, real_at: datetime):
        """Leased by somebody who has not come back in time."""
        return self.filter(state=NoticeState.LEASED, lease_until__lt=real_at).order_by("pk")

    def withheld(self):
        """What waits for a person since a backup was put back."""
        return self.filter(state=NoticeState.WITHHELD)

    def undelivered(self):
        """What no channel could deliver, or nobody knows whether it did: work for a person."""
        return self.filter(state__in=(NoticeState.DEAD, NoticeState.UNKNOWN)).filter(
            Q(state=NoticeState.DEAD) | Q(doubts__gte=MOST_DOUBTS)
        )

    def about_visible_to(self, user: User, *, at: datetime):
        """Notices about what `user` may see at `at`; of accounts, for administrators.

        Asked of each notice by its key: the notices that a bucket holds are few, what may be seen
        is much.
        """
        reach = reach_of_page(user, at=at)
        seen = Q(pk__in=[])
        for column in SUBJECTS:
            subjects: Any = self.model._meta.get_field(column).related_model
            seen |= Q(Exists(subjects.objects.within(reach).filter(pk=OuterRef(column))))
        if may_administer(user, None, at=at):
            seen |= Q(**{f"{column}__isnull": True for column in SUBJECTS})
        return self.filter(seen)

    def with_matter(self):
        """Everything that the wording of a notice reads, in constant queries."""
        return self.select_related(
            "recipient",
            "on_behalf_of",
            "position",
            "link__entry__actor",
            "version__commitment__period",
            "version__commitment__unit",
            "case__unit",
            "case__origin_period",
            "correction__target__indicator",
            "correction__target__period",
            "correction__target__unit",
        ).prefetch_related(
            "version__commitment__unit__versions",
            "case__unit__versions",
            "correction__target__unit__versions",
            Prefetch("round", ReportRound.objects.with_owed()),
        )


class AbsenceQuerySet(models.QuerySet):
    def in_force(self, *, at: datetime):
        """Absences of those who are away at `at`; of one person there is at most one."""
        day = clock.local_date(at)
        return self.filter(ended_at=None, from_on__lte=day, to_on__gte=day)

    def not_over(self, *, at: datetime):
        """Those that hold at `at` or will, the nearest first."""
        coming = self.filter(ended_at=None, to_on__gte=clock.local_date(at))
        return coming.order_by("from_on", "pk")

    def touching(self, from_on: date, to_on: date):
        """Those that were not ended early and share a day with these, both included."""
        return self.filter(ended_at=None, from_on__lte=to_on, to_on__gte=from_on)


class TelephoneCodeQuerySet(models.QuerySet):
    def usable(self, *, real_at: datetime):
        """Codes that may still be typed in at `real_at`; of one person there is at most one."""
        return self.filter(ended_at=None, expires_at__gt=real_at)


class WebhookEndpointQuerySet(models.QuerySet):
    def visible_to(self, user: User, *, at: datetime):
        """A program has its own alone; people see those of the units that they administer."""
        if user.kind == UserKind.MACHINE:
            return self.filter(client__user=user)
        administered = reach_of(user, at=at, roles=[Role.ADMINISTRATOR])
        return self.filter(administered.on("client__owner_unit"))


class WebhookSecretQuerySet(models.QuerySet):
    def live(self, *, real_at: datetime):
        """Secrets that sign at `real_at`, the newest first: one, or two while a program changes over."""
        return self.filter(Q(retires_at=None) | Q(retires_at__gt=real_at)).order_by("place")


class WebhookDeliveryQuerySet(models.QuerySet):
    def to_send(self, *, real_at: datetime):
        """What is due at receivers that do not rest, in the order in which it is due."""
        rests = Q(endpoint__rests_until=None) | Q(endpoint__rests_until__lte=real_at)
        return self.filter(
            rests,
            state=WebhookDeliveryState.PENDING,
            next_try_at__lte=real_at,
            endpoint__state=WebhookState.ACTIVE,
        ).order_by("next_try_at", "pk")

    def abandoned(self, *, real_at: datetime):
        """Leased by somebody who has not come back in time."""
        leased = self.filter(state=WebhookDeliveryState.LEASED, lease_until__lt=real_at)
        return leased.order_by("pk")

    def done_before(self, before: datetime):
        """What was made before the real instant `before` and is not to be sent any more, the oldest first."""
        return self.filter(state__in=DONE, created_at__lt=before).order_by("created_at")
