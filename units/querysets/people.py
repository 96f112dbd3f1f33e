"""Named sets of accounts and role grants."""

from datetime import date, datetime

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models import Q

from units.enums import UserKind
from units.querysets.organisation import in_force


class UserQuerySet(models.QuerySet):
    def people(self):
        """Human accounts."""
        return self.filter(kind=UserKind.HUMAN)

    def active(self):
        """Accounts that may log in."""
        return self.filter(is_active=True)

    def to_invite(self, *, real_at: datetime):
        """People who may log in, never have, and hold no invitation that is good at `real_at`."""
        good = models.Exists(
            self.model.invitations.rel.related_model.objects.open(real_at=real_at).filter(
                person=models.OuterRef("pk")
            )
        )
        return self.people().active().filter(last_login=None).filter(~good).order_by("pk")


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, username: str, password: str | None = None, **fields):
        """Create one account; password None: nobody can log in with one yet."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class RoleGrantQuerySet(models.QuerySet):
    def in_force(self, day: date):
        """Grants that hold on `day`."""
        return self.filter(in_force(day))

    def over(self, unit_ids):
        """Grants whose unit is one of `unit_ids`, or that cover the whole body."""
        return self.filter(Q(unit=None) | Q(unit__in=unit_ids))
