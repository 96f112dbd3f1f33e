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
Measure = tuple[str, dict[str, str], float]
MANY = 500  # files that wait for their check: the job does not keep up


def figures(at: datetime) -> Iterator[tuple[Any, Any, bool]]:
    """Yield (label, value, well) for the real instant `at`: lateness of reminders, clocks set aside."""
    business = at - clock.demonstration_offset()
    oldest = oldest_due(at=business)
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


def oldest_due(*, at: datetime) -> datetime | None:
    """Return when the oldest step that is due at the business instant `at` fell due; None: none is."""
    return CaseClock.objects.due(at=at).values_list("next_action_at", flat=True).first()


def measures(at: datetime) -> Iterator[Measure]:
    """Yield (name, labels, value) for the real instant `at`: how late due steps are, clocks set aside."""
    business = at - clock.demonstration_offset()
    due = CaseClock.objects.due(at=business).values_list("next_action_at", flat=True)
    count = due.count()
    for quantile, place in (("1", 0), ("0.99", count // 100)):  # the oldest come first
        late = business - due[place] if count else timedelta(0)
        yield ("due_lateness_seconds", {"quantile": quantile}, late.total_seconds())
    yield ("due_clocks", {}, count)
    aside = CaseClock.objects.filter(state=ClockState.QUARANTINED).count()
    yield ("clocks_quarantined", {}, aside)


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
