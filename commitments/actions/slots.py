"""Where somebody may act: the slot of an office, whose turn it is, by which appointment."""

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import versions
from commitments.enums import Grade, VersionAct, VersionState
from commitments.models import CommitmentVersion, DocumentSlot, SignatureAct
from commitments.rules.signatures import SlotPlace, open_slots
from units.actions import accounts
from units.errors import Conflict, NotAllowed
from units.models import Appointment, User

SIGNING = frozenset({VersionAct.SIGN, VersionAct.COUNTERSIGN})
CEREMONY = (
    VersionAct.SIGN,
    VersionAct.RETURN,
    VersionAct.REFUSE,
    VersionAct.COUNTERSIGN,
    VersionAct.VOID,
)


class Place(NamedTuple):
    """Where somebody may act now: the slot, and the appointment by which."""

    slot: DocumentSlot
    office: Appointment


def signed_slots(version: CommitmentVersion) -> set[int]:
    """Return the ids of the slots of `version` that carry a signature."""
    acts = SignatureAct.objects.filter(slot__document=version.document_id, act__in=SIGNING)
    return set(acts.values_list("slot_id", flat=True))


def place_for(act: VersionAct, version: CommitmentVersion, *, by: User, at: datetime) -> Place:
    """Return where `by` may do `act` to `version` at `at`, and the way into the account bars nothing.

    Raises NotAllowed (<act>-not-allowed, signing-rests, handover-not-vouched), Conflict
    (already-signed, not-your-turn, both-sides). The state is not asked here.
    """
    place = _place_of(act, version, by=by, at=at)
    accounts.require_may_sign(by, at=at)
    return place


def _place_of(act: VersionAct, version: CommitmentVersion, *, by: User, at: datetime) -> Place:
    mine = [
        Place(slot, office)
        for slot in permissions.slots_of_act(act, version)
        if (office := permissions.office_at_slot(by, slot, at=at, act=act))
    ]
    if act == VersionAct.VOID and not mine:
        second = permissions.second_office_for_void(by, version, at=at)
        slots = permissions.slots_of_act(act, version)
        if second and slots and version.state == VersionState.IN_FORCE:
            mine = [Place(slots[0], second)]
    if not mine:
        raise NotAllowed(
            _(
                "You do not hold the office that may do this to %(what)s. If your term has just "
                "ended or begun, ask the administrator to check your appointment."
            )
            % {"what": versions.what(version)},
            code=f"{act}-not-allowed",
        )
    if act not in SIGNING:
        if act == VersionAct.VOID and version.state == VersionState.IN_FORCE:
            _require_one_side(mine[0], version, by=by)
        return mine[0]
    slots = list(version.sealed.slots.order_by("ordinal"))
    done = signed_slots(version)
    if all(place.slot.pk in done for place in mine):
        raise Conflict(
            _("%(what)s already carries the signature of your office.")
            % {"what": versions.what(version)},
            code="already-signed",
        )
    turn = {slot.id for slot in open_slots([SlotPlace(s.pk, s.turn, s.role) for s in slots], done)}
    here = next((place for place in mine if place.slot.pk in turn), None)
    if here is None:
        raise Conflict(
            _("It is not your turn yet: another office signs %(what)s before yours.")
            % {"what": versions.what(version)},
            code="not-your-turn",
        )
    _require_one_side(here, version, by=by)
    return here


def require_grade(slot: DocumentSlot, act: str, grade: Grade) -> None:
    """Raise Conflict (grade-required) where `slot` was issued for a personal signature and `grade` is
    less. Source: GRADE_REQUIRED at the time of issue; a personal signature serves everywhere."""
    if act in SIGNING and slot.grade_required == Grade.PERSONAL and grade != Grade.PERSONAL:
        raise Conflict(
            _(
                "%(office)s signs this document with a personal certificate. Open its text and choose "
                "“Sign with my own certificate”."
            )
            % {"office": slot.office.title},
            code="grade-required",
        )


def _require_one_side(place: Place, version: CommitmentVersion, *, by: User) -> None:
    """Raise Conflict (both-sides) where `by` has signed for the other side than that of `place`."""
    other_side = SignatureAct.objects.filter(
        slot__document=version.document_id, act__in=SIGNING, person=by
    ).exclude(slot__role=place.slot.role)
    if other_side.exists():
        raise Conflict(
            _("You have signed %(what)s for the other side. Nobody signs for both.")
            % {"what": versions.what(version)},
            code="both-sides",
        )


def possible_acts(version: CommitmentVersion, *, by: User, at: datetime) -> list[VersionAct]:
    """Return the acts of the ceremony that `by` could do to `version` now, for buttons.

    An account that may not sign yet still has its buttons: what they lead to says why, and when.
    """
    found = []
    for act in CEREMONY:
        try:
            versions.require_state(act, version)
            _place_of(act, version, by=by, at=at)
        except (Conflict, NotAllowed):
            continue
        found.append(act)
    return found
