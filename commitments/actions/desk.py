"""Working a queue side by side: take a row, hand it over, note something, keep a view.

None of it changes a commitment: it says who is at it. Everything but a view of one's own is an
entry of the register, so that in December somebody can say who was on which case.
"""

from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import versions
from commitments.models import CommitmentVersion, Hold, Note, SavedView
from units.actions import register
from units.actions.guards import require_text, unique_or
from units.errors import Conflict, Invalid, NotAllowed
from units.models import User
from units.rules import texts

MOST_VIEWS = 20
TWICE = timedelta(minutes=10)  # the same words again: a second click, or back and sent again
NOT_KEPT = {"after", "export"}  # parameters of an address that are no part of a view


def _locked(version_id: int, *, by: User, at: datetime, act: str) -> CommitmentVersion:
    version = versions.lock(version_id)
    versions.require(
        permissions.may_remind(by, version, at=at), f"{act}-row", versions.what(version)
    )
    return version


def _holder_of(version: CommitmentVersion) -> Hold | None:
    return version.holds.filter(released_at=None).select_related("person").first()


def _enter(version: CommitmentVersion, act: str, *, by: User, at: datetime, **data: str) -> None:
    register.append(
        kind=f"desk.{act}",
        subject=f"commitment_version/{version.ref}",
        subject_version=None,
        reach=[version.commitment.assigner_unit_id],
        by=by,
        at=at,
        data=data,
    )


@transaction.atomic
def take(*, version_id: int, by: User, at: datetime, over: bool = False) -> Hold:
    """Take a row; `over`: also from whoever has it, who is told.

    Taking what one has already changes nothing. Raises NotAllowed (take-row-not-allowed), Conflict
    (row-taken, naming who has it).
    """
    version = _locked(version_id, by=by, at=at, act="take")
    held = _holder_of(version)
    if held is not None and held.person_id == by.pk:
        return held
    taken = Conflict(
        _("%(person)s works on %(what)s already. Ask that person, or take it over.")
        % {"person": held.person.full_name if held else "", "what": versions.what(version)},
        code="row-taken",
    )
    if held is not None:
        if not over:
            raise taken
        held.released_at = at
        held.save(update_fields=["released_at"])
    with unique_or(taken):
        hold = Hold.objects.create(version=version, person=by, taken_at=at)
    _enter(version, "take", by=by, at=at, **({"from": held.person.username} if held else {}))
    return hold


@transaction.atomic
def release(*, version_id: int, by: User, at: datetime) -> None:
    """Put a row back. Raises NotAllowed (release-row-not-allowed), Conflict (row-not-yours)."""
    version = _locked(version_id, by=by, at=at, act="release")
    held = _own_hold(version, by=by)
    held.released_at = at
    held.save(update_fields=["released_at"])
    _enter(version, "release", by=by, at=at)


def _own_hold(version: CommitmentVersion, *, by: User) -> Hold:
    held = _holder_of(version)
    if held is None or held.person_id != by.pk:
        raise Conflict(
            _(
                "You do not hold %(what)s: somebody has taken it over, or it was put back. Take it first."
            )
            % {"what": versions.what(version)},
            code="row-not-yours",
        )
    return held


@transaction.atomic
def hand_over(*, version_id: int, to: User, by: User, at: datetime) -> Hold:
    """Hand a row that one holds to another supervisor of the unit, who is told.

    Raises NotAllowed (hand-over-row-not-allowed), Conflict (row-not-yours), Invalid
    (hand-over-to-oneself, not-a-supervisor).
    """
    version = _locked(version_id, by=by, at=at, act="hand-over")
    held = _own_hold(version, by=by)
    if to.pk == by.pk:
        raise Invalid(_("You have it already. Choose somebody else."), code="hand-over-to-oneself")
    if not permissions.may_remind(to, version, at=at):
        raise Invalid(
            _("%(person)s does not supervise this unit. Choose one of its supervisors.")
            % {"person": to.full_name},
            code="not-a-supervisor",
        )
    held.released_at = at
    held.save(update_fields=["released_at"])
    hold = Hold.objects.create(version=version, person=to, taken_at=at, handed_over_by=by)
    _enter(version, "hand_over", by=by, at=at, to=to.username)
    return hold


@transaction.atomic
def note(*, version_id: int, text: str, by: User, at: datetime) -> Note:
    """Note something about a row; the same words again within minutes are the note that is there.

    Raises NotAllowed (note-row-not-allowed), Invalid (note-empty).
    """
    require_text(text.strip(), field="text", code="note-empty", most=texts.REASON)
    version = _locked(version_id, by=by, at=at, act="note")
    last = version.notes.order_by("-pk").first()
    if last and (last.person_id, last.text) == (by.pk, text.strip()) and at - last.at < TWICE:
        return last
    made = Note.objects.create(version=version, person=by, text=text.strip(), at=at)
    _enter(version, "note", by=by, at=at, text=made.text)
    return made


@transaction.atomic
def keep_view(*, name: str, query: str, by: User) -> SavedView:
    """Keep filters and order under a name; the same name again replaces it.

    Raises Invalid (view-needs-name, too-many-views), NotAllowed for a machine.
    """
    require_text(name.strip(), field="name", code="view-needs-name")
    if by.kind != "human":
        raise NotAllowed(
            _("A view belongs to a person. Log in as one, then keep it."), code="human-only"
        )
    kept = [(key, value) for key, value in parse_qsl(query) if key not in NOT_KEPT and value]
    own = User.objects.select_for_update(no_key=True).get(pk=by.pk).saved_views
    if own.exclude(name=name.strip()).count() >= MOST_VIEWS:
        raise Invalid(
            _("You keep %(count)d views already. Remove one first.") % {"count": MOST_VIEWS},
            code="too-many-views",
        )
    view, _created = own.update_or_create(
        name=name.strip()[:60], defaults={"query": urlencode(kept)[:500]}
    )
    return view


def drop_view(*, view_id: int, by: User) -> None:
    """Remove a view of one's own; one that is gone already is no error."""
    SavedView.objects.filter(pk=view_id, person=by).delete()
