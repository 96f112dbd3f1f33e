"""Named sets of register entries and links."""

from django.db import models


class RegisterEntryQuerySet(models.QuerySet):
    def about(self, subject_kind: str, *refs: str):
        """Entries about these subjects, oldest first."""
        return self.filter(subject_kind=subject_kind, subject_ref__in=refs).order_by("pk")


class RegisterLinkQuerySet(models.QuerySet):
    def after(self, seq: int):
        """Links behind `seq`, in order."""
        return self.filter(seq__gt=seq).order_by("seq")
