"""Named sets of commitments and their versions."""

from datetime import datetime

from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery

from commitments.enums import VersionState
from units.models import User
from units.querysets.organisation import Reach, reach_of


class CommitmentQuerySet(models.QuerySet):
    def visible_to(self, user: User, *, at: datetime):
        """Commitments of which `user` sees a version."""
        reach = reach_of(user, at=at)
        issued = models.Exists(
            self.model.versions.rel.related_model.objects.exclude(state=VersionState.DRAFT).filter(
                commitment=OuterRef("pk")
            )
        )
        return self.filter(reach.on("assigner_unit") | (reach.on("unit") & issued))

    def with_latest(self):
        """Annotate `latest_n` and `state` of the highest version."""
        latest = self.model.versions.rel.related_model.objects.filter(
            commitment=OuterRef("pk")
        ).order_by("-n")
        return self.annotate(
            latest_n=Subquery(latest.values("n")[:1]), state=Subquery(latest.values("state")[:1])
        )

    def shown_to(self, user: User, *, at: datetime):
        """Commitments of which `user` sees a version, with `shown_n` and `shown_state` of the highest
        one that is seen, and all of those as `shown_versions`, lowest first, without their texts."""
        seen = self.model.versions.rel.related_model.objects.within(reach_of(user, at=at))
        newest = seen.filter(commitment=OuterRef("pk")).order_by("-n")
        shown = seen.for_api().order_by("n")
        return (
            self.annotate(
                shown_n=Subquery(newest.values("n")[:1]),
                shown_state=Subquery(newest.values("state")[:1]),
            )
            .filter(shown_n__isnull=False)
            .select_related("period", "unit", "assigner_unit")
            .prefetch_related(models.Prefetch("versions", shown, to_attr="shown_versions"))
        )


class CommitmentVersionQuerySet(models.QuerySet):
    def visible_to(self, user: User, *, at: datetime):
        """Versions of both sides' commitments; a draft only for the assigning side."""
        return self.within(reach_of(user, at=at))

    def within(self, reach: Reach):
        """Versions that whoever has this reach may see."""
        return self.filter(
            reach.on("commitment__assigner_unit")
            | (reach.on("commitment__unit") & ~Q(state=VersionState.DRAFT))
        )

    def for_api(self):
        """Everything that a line about a version reads, with `items_count`; not the text itself."""
        offices = ("first_undertaker", "second_undertaker", "assigner")
        return (
            self.select_related("document", *offices)
            .defer("document__content")
            .annotate(items_count=Count("items"))
        )

    def for_verification(self):
        """Everything that the public answer about a version reads of it; a draft has none."""
        return self.filter(document__isnull=False).select_related("document", "commitment")

    def latest(self):  # type: ignore[override]  # a set of rows, in the words of the trade
        """Only the highest version of each commitment."""
        higher = self.model.objects.filter(commitment=OuterRef("commitment"), n__gt=OuterRef("n"))
        return self.filter(~models.Exists(higher))

    def put_aside_by(self, user: User, *, at: datetime, shown: bool):
        """Without what `user` has put aside at `at`; `shown`: only that."""
        reminders = self.model.reminders.rel.related_model.objects.hiding(at=at)
        aside = models.Exists(reminders.filter(version=OuterRef("pk"), person=user))
        return self.filter(aside if shown else ~aside)

    def for_rows(self):
        """Everything that one row about a version reads, in constant queries."""
        return self.select_related(
            "commitment__period",
            "commitment__unit",
            "commitment__assigner_unit",
            "first_undertaker",
            "second_undertaker",
            "assigner",
            "document",
        ).prefetch_related("commitment__unit__versions", "commitment__assigner_unit__versions")
