"""Named sets of reporting duties and of reports."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Prefetch, Q, Window
from django.db.models.functions import Coalesce, Lead

from commitments.enums import TargetState
from commitments.enums.reports import DutyState, ReportState, Timeliness
from units import clock
from units.enums import Role, Scope, UserKind
from units.models import User
from units.querysets.ordering import as_counted
from units.querysets.organisation import NOWHERE, Reach, reach_of

OPEN = (ReportState.DRAFT, ReportState.SUBMITTED)
TOLD = (  # the key of the target, then the columns of `rules.standings.Row` up to `provenance`
    "duty__target",
    "duty__period__ends_on",
    "duty__period__code",
    "value",
    "numerator",
    "denominator",
    "is_true",
    "nothing_to_report",
    "qualifier",
    "about_width",
    "ref",
    "provenance",
)


def own_side(user: User, *, at: datetime) -> Reach:
    """Return the units for which `user` reports at `at`: those of own offices and, with what stands
    under them, those of a reporter's role; for a machine with `reports:write` the unit that owns it. A
    superior office is not the own side of who is below."""
    if not user.is_authenticated or not user.is_active:
        return NOWHERE
    if user.kind == UserKind.MACHINE:
        client = user.api_client
        writes = Scope.REPORTS_WRITE.value in client.scopes
        return Reach(False, frozenset({client.owner_unit_id})) if writes else NOWHERE
    by_role = reach_of(user, at=at, roles=[Role.REPORTER])
    held = user.appointments.in_force(clock.local_date(at))
    offices = held.values_list("position__unit_id", flat=True)
    return Reach(by_role.everything, by_role.unit_ids | frozenset(offices))


class ReportingDutyQuerySet(models.QuerySet):
    def visible_to(self, user: User, *, at: datetime):
        """Duties of the units in reach of `user`, and of targets that a unit in reach has assigned."""
        return self.within(reach_of(user, at=at))

    def within(self, reach: Reach):
        """Duties that whoever has this reach may see."""
        return self.filter(reach.on("unit") | reach.on("target__assigner"))

    def not_put_aside_by(self, user: User, *, at: datetime):
        """Without those of rounds that `user` has put aside at `at`."""
        hiding = apps.get_model("commitments", "Reminder").objects.hiding(at=at)
        return self.filter(~Exists(hiding.filter(round=OuterRef("round"), person=user)))

    def expected(self, *, on: date):
        """Duties that count on the day `on`: their due day has passed, and nobody waived them."""
        return self.filter(due_on__lt=on).exclude(state=DutyState.WAIVED)

    def not_in(self, *, on: date):
        """Awaited on the day `on` although the due day has passed, and nothing ever came."""
        return self.filter(state=DutyState.AWAITED, first_submitted_at=None, due_on__lt=on)

    def to_write(self, *, on: date):
        """What somebody must still write on the day `on`: open and not handed in, or sent back."""
        awaited = self.filter(state=DutyState.AWAITED, opens_on__lte=on)
        return awaited.filter(Q(locks_on__gte=on) | Q(first_submitted_at__isnull=False))

    def returned(self):
        """Sent back to the author and not submitted again."""
        return self.filter(state=DutyState.AWAITED, resubmit_by__isnull=False)

    def owed(self):
        """What has not come, locked or not, and is not waived; by their targets."""
        owed = self.filter(state__in=[DutyState.AWAITED, DutyState.MISSING])
        return owed.order_by(as_counted("target__code"), "pk")

    def under_review(self):
        """Of which a report awaits a decision; by their targets."""
        found = self.filter(reports__state=ReportState.SUBMITTED)
        return found.order_by(as_counted("target__code"), "pk")

    def missing(self):
        """Locked with nothing submitted."""
        return self.filter(state=DutyState.MISSING)

    def counted(self, *by: str, on: date):
        """Return how reporting stands on the day `on`, one row for each value of the fields `by`.

        Each row is a dict with those fields and `expected`, `on_time`, `late`, `missing`, `not_in`
        (late, but not locked yet), `verified`, `in_review`, `returned`. Only what is expected by that
        day counts, and what was waived never does. One query. Source: F-20.
        """
        came = Q(first_submitted_at__isnull=False)
        return (
            self.expected(on=on)
            .values(*by)
            .annotate(
                expected=Count("pk"),
                on_time=Count("pk", filter=Q(timeliness=Timeliness.ON_TIME)),
                late=Count("pk", filter=Q(timeliness=Timeliness.LATE)),
                missing=Count("pk", filter=Q(state=DutyState.MISSING)),
                not_in=Count("pk", filter=Q(state=DutyState.AWAITED) & ~came),
                verified=Count("pk", filter=Q(state=DutyState.VERIFIED)),
                in_review=Count("pk", filter=Q(state=DutyState.IN_REVIEW)),
                returned=Count("pk", filter=Q(state=DutyState.AWAITED) & came),
            )
            .order_by(*by)
        )

    def to_lock(self, *, at: datetime, on: date):
        """Awaited with nothing ever submitted behind their last day, and no unlock in force."""
        unlocks = self.model.unlocks.rel.related_model.objects
        unlocked = unlocks.filter(duty=OuterRef("pk"), expires_at__gt=at)
        waiting = self.filter(state=DutyState.AWAITED, first_submitted_at=None, locks_on__lt=on)
        return waiting.filter(~Exists(unlocked))

    def with_open(
        self, user: User | None = None, *, at: datetime | None = None, drafts: bool = True
    ):
        """Prefetch the newest reports first as `shown`, without what `user` may not see at `at`.

        `drafts` False: without those of anybody.
        """
        reports = self.model.reports.rel.related_model.objects.order_by("-n")
        if user is not None and at is not None:
            reports = reports.visible_to(user, at=at)
        if not drafts:
            reports = reports.exclude(state=ReportState.DRAFT)
        return self.prefetch_related(Prefetch("reports", reports.for_rows(), to_attr="shown"))

    def for_rows(self):
        """Everything that a line about a duty reads, in constant queries."""
        return self.select_related(
            "period", "rule", "unit", "target__group", "target__indicator__uom", "target__period"
        ).prefetch_related(
            "unit__versions",
            "target__revisions__roadmap",
            "target__revisions__shares",
            "target__revisions__steps",
            "target__indicator__scale__levels",
        )


class ReportQuerySet(models.QuerySet):
    def visible_to(self, user: User, *, at: datetime):
        """Reports of visible duties; a draft only for its own side."""
        reach = reach_of(user, at=at)
        own = own_side(user, at=at)
        seen = reach.on("duty__unit") | reach.on("duty__target__assigner")
        drafts = own.on("duty__unit") | Q(author=user.pk)
        return self.filter(seen & (~Q(state=ReportState.DRAFT) | drafts))

    def undecided(self):
        """Submitted and not decided yet, the longest waiting first."""
        return self.filter(state=ReportState.SUBMITTED).order_by("submitted_at", "pk")

    def waiting_since(self):
        """Those undecided, each with the instant `since` which it has waited for its next decision: it was
        submitted then, or the first level passed it."""
        return self.undecided().annotate(since=Coalesce(Max("checks__at"), "submitted_at"))

    def open(self):
        """Drafts and what awaits verification: one of a duty at most."""
        return self.filter(state__in=OPEN)

    def counting(self, *, at: datetime | None = None):
        """Reports whose value counts: verified now; with `at`, those that counted at that instant."""
        if at is None:
            return self.filter(state=ReportState.VERIFIED)
        decided = self.filter(
            state__in=[ReportState.VERIFIED, ReportState.RESTATED], decided_at__lte=at
        )
        return decided.filter(Q(restated_at=None) | Q(restated_at__gt=at))

    def last_by(self, days: Collection[date], *, in_full: Collection[int]):
        """Of each target, the last of these reports about the time up to each of `days`, and the last
        of all. `in_full`: the keys of the indicators all of whose reports are kept.

        The database chooses, so that a figure that nothing rests on is never read.
        """
        ends_on = "duty__period__ends_on"
        after = Window(Lead(ends_on), partition_by="duty__target", order_by=[ends_on, "pk"])
        kept = Q(after=None)
        for day in sorted(days):
            kept |= Q(**{f"{ends_on}__lte": day}, after__gt=day)
        if in_full:
            kept |= Q(duty__target__indicator__in=in_full)
        chosen = self.order_by().annotate(after=after).filter(kept)
        return self.model.objects.filter(pk__in=chosen.values("pk"))

    def values_of(
        self,
        targets: Iterable[int],
        *,
        at: datetime | None = None,
        days: Collection[date] | None = None,
        in_full: Collection[int] = (),
    ):
        """Return the verified values of these targets, by target and then by the end of the period.

        One query, whatever their number. Each row is a plain tuple: the key of the target, then the
        columns of `rules.standings.Row` up to `provenance`, with the ref of the report as source:
        there may be millions, and whoever sums them up needs no dict of each. A period without a
        verified report has no row: missing is not 0. `at`: as it was known then. `days`: without what
        lies between them, as `last_by` says; None: everything.
        """
        counted = self.counting(at=at).filter(duty__target__in=targets)
        if days is not None:
            counted = counted.last_by(days, in_full=in_full)
        return counted.exclude(duty__target__state=TargetState.PLANNED).told()

    def told(self):
        """These reports as plain tuples, by target and then by the end of the period."""
        return self.order_by("duty__target", "duty__period__ends_on", "pk").values_list(*TOLD)

    def last_of(
        self, targets: models.QuerySet, *, plans: Collection[int], on: date
    ) -> Iterator[tuple[Any, ...]]:
        """Yield of each of these targets the last verified report about a time up to `on`, as `told`.
        `plans`: the keys of the plans that the targets are of.

        Nearly all have reported for the last period: its reports are read by it, and of those targets
        alone that have none there the database goes through what came before. So it costs no more
        in December than in January. At most three queries.
        """
        counted = self.counting().filter(duty__target__in=targets)
        there = self.counting().filter(
            duty__period=OuterRef("pk"),
            duty__target__period__in=plans,
        )
        told = apps.get_model("commitments", "Period").objects.filter(
            Exists(there), ends_on__lte=on
        )
        last = told.order_by("-ends_on").values_list("ends_on", flat=True).first()
        if last is None:
            return
        newest = counted.filter(duty__period__ends_on=last)
        found = {row[0]: row for row in newest.told()}
        yield from found.values()
        if targets.count() > len(found):
            before = counted.filter(duty__period__ends_on__lt=last)
            others = before.exclude(duty__target__in=newest.values("duty__target"))
            yield from others.last_by({on}, in_full=()).told()

    def for_rows(self):
        """Everything that a line about a report reads beside its duty, in constant queries."""
        return self.select_related("author", "decided_by").prefetch_related("evidence", "checks")

    def for_api(self):
        """Everything the serializer reads, in constant queries."""
        return self.select_related(
            "duty__unit", "duty__target__period", "duty__period", "author", "decided_by"
        ).prefetch_related("evidence", "checks__person")
