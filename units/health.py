"""How the register fares, for the status page."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from units import clock
from units.actions import checkpoints, restorations, verification
from units.models import (
    Appointment,
    OrgUnit,
    Position,
    RegisterCheckpoint,
    RegisterLink,
    RegisterPending,
    RegisterPublication,
    RegisterVerification,
    User,
)

CHECKED_WITHIN = timedelta(hours=50)  # two nights, and a little
CLOSED_WITHIN = timedelta(hours=2)

Figure = tuple[Any, Any, bool]
Measure = tuple[str, dict[str, str], float]


def figures(at: datetime) -> Iterator[Figure]:
    """Yield (label, value, well) for the real instant `at`: numbering, checkpoints, their places, and
    what checking the whole register has found. Entries themselves carry business time."""
    waiting = RegisterPending.objects.count()
    yield (_("Entries of the register without a number yet"), waiting, waiting < 1000)
    yield from _checked(at)
    yield _exposed(at)
    yield from _places()
    if restorations.is_open() or verification.is_put_back():
        yield (
            _("Database put back from an old copy"),
            _("No message is sent and nothing is published until “after_restore” was run."),
            False,
        )


def _checked(at: datetime) -> Iterator[Figure]:
    last = RegisterVerification.objects.order_by("-ended_at").first()
    if last is None:
        yield (_("Check of the whole register"), _("not yet: it comes each night"), True)
        return
    entries = ngettext(
        "%(n)d entry, all as it was written",
        "%(n)d entries, all as they were written",
        last.entries,
    )
    text = "; ".join(_in_words(row) for row in last.findings[:3]) or entries % {"n": last.entries}
    yield (
        _("Check of the whole register"),
        text,
        last.good and at - last.ended_at <= CHECKED_WITHIN,
    )


def _in_words(row: list[Any]) -> str:
    """Return one finding for people: its sentence is for those who repair, hence English."""
    code, seq, detail = row
    where = _("entry %(seq)s: ") % {"seq": seq} if seq else ""
    return f"{where}{detail} ({code})"


def _exposed(at: datetime) -> Figure:
    head = RegisterLink.objects.aggregate(last=Max("seq"))["last"] or 0
    newest = RegisterCheckpoint.objects.order_by("-last_seq").first()
    covered = newest.last_seq if newest else 0
    well = head <= covered or newest is None or at - newest.made_at <= CLOSED_WITHIN
    return (_("Entries newer than the last checkpoint"), head - covered, well)


def _places() -> Iterator[Figure]:
    made = RegisterCheckpoint.objects.count()
    for place in [checkpoints.beside(), *checkpoints.outside()]:
        there = RegisterPublication.objects.filter(place=place.label, ok=True).count()
        last = RegisterPublication.objects.filter(place=place.label).order_by("-pk").first()
        if made > there:
            told = last.answer if last and not last.ok else _("they follow within five minutes")
            text = ngettext(
                "%(n)d checkpoint is missing: %(why)s",
                "%(n)d checkpoints are missing: %(why)s",
                made - there,
            )
            yield (place.label, text % {"n": made - there, "why": told}, last is None or last.ok)
        else:
            text = ngettext(
                "%(n)d checkpoint is published", "%(n)d checkpoints are published", there
            )
            yield (place.label, text % {"n": there}, True)


def measures(at: datetime) -> Iterator[Measure]:
    """Yield (name, labels, value) for the real instant `at`: numbering, the check of the register, how
    far the database's clock is from this host's."""
    yield ("register_pending", {}, RegisterPending.objects.count())
    yield ("register_broken", {}, float(bool(verification.alarm())))
    yield ("held_after_restore", {}, float(restorations.is_open()))
    skew = abs((clock.database_now() - clock.real_now()).total_seconds())
    yield ("clock_skew_seconds", {}, round(skew, 3))


def subjects() -> dict[str, Any]:
    """Return what counts its writes, by the kind of its entries: model, and reference as an expression."""
    return {
        "unit": (OrgUnit, F("ref")),
        "position": (Position, F("ref")),
        "appointment": (Appointment, F("ref")),
        "person": (User, F("username")),
    }
