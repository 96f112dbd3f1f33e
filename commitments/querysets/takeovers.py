"""Commitments whose office has changed hands: who holds it now has not signed them.

A commitment binds the office, not the person (source: signing.md 8): a new holder inherits it and
signs that the state in which it is found is known. Until then it counts as not yet taken over.
"""

from datetime import date
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet

from commitments.enums import PeriodState, SlotRole, VersionAct, VersionState
from units.enums import ActingReason, AppointmentMode

UNDER_WAY = (
    PeriodState.PLANNING,
    PeriodState.OPEN,
)  # a year that closes is measured as it was signed


def _in_their_own_right(on: date) -> QuerySet:
    """Return who heads an office on `on` for good, or until somebody is found. Whoever stands in for
    an absent holder, or signs for one, inherits nothing."""
    return (
        apps.get_model("units", "Appointment")
        .objects.in_force(on)
        .exclude(mode=AppointmentMode.DELEGATE)
        .exclude(acting_reason=ActingReason.ABSENCE)
    )


def _signatures() -> QuerySet:
    acts = apps.get_model("commitments", "SignatureAct").objects
    return acts.filter(act=VersionAct.SIGN, slot__role=SlotRole.UNDERTAKER)


def newcomers(version: Any, *, on: date) -> list[Any]:
    """Return who holds an undertaking office of `version` on `on` and came after its last signature,
    in the order of the offices; [] for a version that is not in force or whose year is not under way."""
    if version.state != VersionState.IN_FORCE or version.commitment.period.state not in UNDER_WAY:
        return []
    signed = _signatures().filter(slot__document__version__commitment=version.commitment_id)
    offices = [version.first_undertaker_id, version.second_undertaker_id]
    found = _late(_in_their_own_right(on).filter(position__in=filter(None, offices)), signed)
    rows = found.select_related("person", "position")
    return sorted(rows, key=lambda row: offices.index(row.position_id))


def not_taken_over(on: date) -> Q:
    """Return the condition "in force in a year under way, and somebody came into an undertaking office after its last
    signature", for a query of versions.

    The first half knows nothing of the version, so a database asks it once; the second is asked only
    of the few that pass.
    """
    anywhere = _late(_in_their_own_right(on), _signatures(), ever=True).values("position")
    here = _in_their_own_right(on).filter(
        Q(position=OuterRef("first_undertaker")) | Q(position=OuterRef("second_undertaker"))
    )
    signed = _signatures().filter(
        slot__document__version__commitment=OuterRef(OuterRef("commitment"))
    )
    return (
        Q(state=VersionState.IN_FORCE, commitment__period__state__in=UNDER_WAY)
        & (Q(first_undertaker__in=anywhere) | Q(second_undertaker__in=anywhere))
        & Q(Exists(_late(here, signed)))
    )


def _late(appointments: QuerySet, signed: QuerySet, *, ever: bool = False) -> QuerySet:
    """Return those of `appointments` before which their office signed, and since which it has not.

    `ever`: since which it may have signed something else.
    """
    there = signed.filter(slot__office=OuterRef("position"))
    found = appointments.filter(Exists(there.filter(at__date__lt=OuterRef("valid_from"))))
    return (
        found if ever else found.exclude(Exists(there.filter(at__date__gte=OuterRef("valid_from"))))
    )
