"""What the clocks say about themselves on the status page."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.actions import checks
from commitments.enums import ClockState
from commitments.models import CaseClock, CommitmentVersion, Period, SealCertificate, Target
from units import clock

LATE_AFTER = timedelta(minutes=5)
SOON = timedelta(days=60)  # a new certificate takes its time
MANY = 500  # files that wait for their check: the job does not keep up


def figures(at: datetime) -> Iterator[tuple[Any, Any, bool]]:
    """Yield (label, value, well) for the real instant `at`: lateness of reminders, clocks set aside."""
    business = at - clock.demonstration_offset()
    oldest = CaseClock.objects.due(at=business).values_list("next_action_at", flat=True).first()
    late = business - oldest if oldest else timedelta(0)
    minutes = int(late / timedelta(minutes=1))
    yield (
        _("Reminders and escalations"),
        _("on time")
        if late <= LATE_AFTER
        else ngettext("%(n)d minute late", "%(n)d minutes late", minutes) % {"n": minutes},
        late <= LATE_AFTER,
    )
    yield from _seals(at)
    aside = CaseClock.objects.filter(state=ClockState.QUARANTINED).count()
    yield (_("Clocks set aside after three failures"), aside, aside == 0)


def subjects() -> dict[str, Any]:
    """Return what counts its writes, by the kind of its entries: model, and reference as an expression."""
    version = Concat("commitment__ref", Value("-v"), Cast("n", CharField()))
    return {
        "period": (Period, F("code")),
        "target": (Target, F("ref")),
        "commitment_version": (CommitmentVersion, version),
    }


def _seals(at: datetime) -> Iterator[tuple[Any, Any, bool]]:
    """Yield what stands about seals: revisions nobody validated yet, those found wrong, the key."""
    waiting = checks.unchecked().count()
    yield (_("Signed files that nobody has checked yet"), waiting, waiting < MANY)
    wrong = dict.fromkeys(check.revision.document.code for check in checks.invalid()[:20])
    yield (_("Signed files found invalid"), ", ".join(wrong) or 0, not wrong)
    certificate = SealCertificate.objects.order_by("-pk").first()
    if certificate is not None:
        left = certificate.valid_until - at
        yield (
            _("The seal's certificate is valid until"),
            f"{certificate.valid_until:%d/%m/%Y}" + (" (DEMO)" if certificate.is_demo else ""),
            left > SOON,
        )
