"""Named sets of backlog cases."""

from datetime import date, datetime, timedelta

from django.apps import apps
from django.db import models
from django.db.models import Count, IntegerField, OuterRef, Prefetch, Subquery, Value
from django.db.models.functions import Coalesce

from commitments.enums import ClockKind
from commitments.enums.backlog import CaseProposalState, CaseState
from commitments.rules.backlog import BUCKETS
from units.models import User
from units.querysets.organisation import Reach, reach_of

ENDED = (CaseState.CLOSED, CaseState.CANCELLED)
CLIMBING = (ClockKind.ASSIGN, ClockKind.CASE)  # of which at most one runs for a case


class BacklogCaseQuerySet(models.QuerySet):
    def visible_to(self, user: User, *, at: datetime):
        """Cases of which `user` sees the unit that holds them or the one that assigns them."""
        return self.within(reach_of(user, at=at))

    def within(self, reach: Reach):
        """Cases that whoever has this reach may see."""
        return self.filter(reach.on("assigner_unit") | reach.on("unit"))

    def open(self):
        """Cases that have not ended."""
        return self.exclude(state__in=ENDED)

    def not_put_aside_by(self, user: User, *, at: datetime):
        """Without what `user` has put aside at `at`."""
        hiding = self.model.reminders.rel.related_model.objects.hiding(at=at)
        return self.filter(~models.Exists(hiding.filter(case=OuterRef("pk"), person=user)))

    def aged(self, bucket: str, *, on: date):
        """Cases whose age on the day `on` lies in this bucket; one that has ended keeps its age.

        Raises KeyError for an unknown bucket.
        """
        low, high = BUCKETS[bucket]
        last = Coalesce("ended_on", Value(on))
        found = self.annotate(counted_to=last)
        if low:
            found = found.filter(original_due_on__lte=models.F("counted_to") - timedelta(days=low))
        if high is not None:
            found = found.filter(original_due_on__gte=models.F("counted_to") - timedelta(days=high))
        return found

    def with_level(self):
        """Annotate `level`: how far the ladder has climbed, 0 while nothing is late or no clock runs."""
        clocks = apps.get_model("commitments", "CaseClock").objects.open()
        running = clocks.filter(case=OuterRef("pk"), kind__in=CLIMBING)
        climbed = Subquery(running.values("level")[:1], output_field=IntegerField())
        return self.annotate(level=Coalesce(climbed, Value(0)))

    def for_rows(self):
        """Everything that one line about a case reads, in constant queries."""
        return (
            self.select_related("unit", "assigner_unit", "office", "origin_period", "rule")
            .prefetch_related("unit__versions", "assigner_unit__versions")
            .annotate(extension_count=Count("extensions"))
            .with_level()
        )

    def for_api(self):
        """Everything the serializer reads, in constant queries."""
        of = apps.get_app_config("commitments").get_model
        granted = of("CaseExtension").objects.select_related("proposed_by", "granted_by")
        waiting = of("CaseProposal").objects.filter(state=CaseProposalState.OPEN)
        asked = of("Explanation").objects.select_related("given_by", "decided_by")
        named = ("unit", "assigner_unit", "origin_period", "target", "office")
        return self.select_related(*named, "resolved_by", "verified_by").prefetch_related(
            Prefetch("extensions", granted.order_by("ordinal"), to_attr="granted"),
            Prefetch("proposals", waiting.select_related("proposed_by"), to_attr="waiting"),
            Prefetch("evidence", of("Evidence").objects.order_by("pk"), to_attr="shown_files"),
            Prefetch("clocks", of("CaseClock").objects.only("case")),
            Prefetch("clocks__explanations", asked, to_attr="asked"),
        )
