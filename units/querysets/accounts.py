"""Named sets of invitations and factor resets."""

from datetime import datetime

from django.db import models


class InvitationQuerySet(models.QuerySet):
    def unspent(self):
        """Neither used nor revoked; perhaps too old."""
        return self.filter(used_at=None, revoked_at=None)

    def open(self, *, real_at: datetime):
        """Good at the real instant `real_at`."""
        return self.unspent().filter(expires_at__gt=real_at)


class FactorResetQuerySet(models.QuerySet):
    def undecided(self):
        """Neither confirmed nor withdrawn; perhaps too old."""
        return self.filter(confirmed_at=None, withdrawn_at=None)

    def open(self, *, real_at: datetime):
        """To be confirmed at the real instant `real_at`."""
        return self.undecided().filter(expires_at__gt=real_at)
