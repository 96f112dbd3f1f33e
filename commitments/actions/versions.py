"""One version of a commitment: its lock, the guards every act asks, and the only writer of its state."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from commitments.actions import reminders
from commitments.enums import PeriodState, VersionAct, VersionState
from commitments.models import CommitmentVersion, SignatureAct
from commitments.rules.commitments import MOVES, allowed_acts
from units.actions import register
from units.errors import NotAllowed, NotFound, StaleVersion, WrongState
from units.models import Position, RegisterEntry, User

CANNOT = {
    VersionAct.DISCARD: _("%(what)s cannot be discarded: it is “%(state)s”. Only a draft can."),
    VersionAct.ISSUE: _("%(what)s cannot be issued: it is “%(state)s”. Only a draft can."),
    VersionAct.SIGN: _(
        "%(what)s cannot be signed: it is “%(state)s”. Open it to see what happened."
    ),
    VersionAct.RETURN: _(
        "%(what)s cannot be returned: it is “%(state)s”. Only one that awaits signature can."
    ),
    VersionAct.REFUSE: _(
        "%(what)s cannot be refused: it is “%(state)s”. Only one that awaits signature can."
    ),
    VersionAct.ANSWER: _(
        "%(what)s cannot be answered: it is “%(state)s”. Only a returned or refused one can."
    ),
    VersionAct.COUNTERSIGN: _(
        "%(what)s cannot be countersigned: it is “%(state)s”. Wait until every undertaker has signed."
    ),
    VersionAct.AMEND: _(
        "%(what)s cannot be amended: it is “%(state)s”. Draft, issue or amend its newest version."
    ),
    VersionAct.TAKEOVER: _(
        "%(what)s cannot be taken over: it is “%(state)s”. Only one in force is inherited."
    ),
    VersionAct.VOID: _(
        "%(what)s cannot be voided: it is “%(state)s”. Discard a draft; leave alone what has ended."
    ),
    VersionAct.SETTLE: _("%(what)s cannot be settled: it is “%(state)s”. Only one in force can."),
}


def what(version: CommitmentVersion) -> str:
    """Return how messages name a version: number and version."""
    return _("Commitment %(number)s (version %(n)s)") % {
        "number": version.commitment.number,
        "n": version.n,
    }


def reach(version: CommitmentVersion) -> set[int]:
    """Return the units that may see `version`: both sides; a draft only the assigning one."""
    assigner = {version.commitment.assigner_unit_id}
    return (
        assigner if version.state == VersionState.DRAFT else assigner | {version.commitment.unit_id}
    )


def lock(version_id: int) -> CommitmentVersion:
    """Return the version with its row locked until the transaction ends. Raises NotFound."""
    rows = CommitmentVersion.objects.select_related(
        "commitment__period",
        "commitment__unit",
        "commitment__assigner_unit",
        "document",
        "assigner__unit",
        "first_undertaker__unit",
        "second_undertaker__unit",
    )
    version = rows.select_for_update(of=("self",), no_key=True).filter(pk=version_id).first()
    if version is None:
        raise NotFound(
            _("There is no such version of a commitment. Open the commitment and choose one."),
            code="version-not-found",
        )
    return version


def require_move(act: VersionAct, version: CommitmentVersion, expected: int) -> None:
    """Raise StaleVersion unless `expected` is the version's, WrongState unless the table lists `act`."""
    if version.etag_version != expected:
        raise StaleVersion(
            _("%(what)s has changed since you opened it. Read it again, then decide.")
            % {"what": what(version)},
            code="commitment-changed",
        )
    require_state(act, version)


def require_state(act: VersionAct, version: CommitmentVersion) -> None:
    """Raise WrongState unless the table of moves lists `act` for the version's state."""
    state = VersionState(version.state)
    if state not in MOVES[act].sources:
        raise WrongState(
            CANNOT[act] % {"what": what(version), "state": state.label},
            code=f"{act}-not-from-{state}",
            move=act.value,
            state=state.value,
            allowed=[allowed.value for allowed in allowed_acts(state)],
        )


def is_amendable(version: CommitmentVersion) -> bool:
    """Say whether the plan of `version` still takes amendments: a year that closes is measured by
    what was signed."""
    return version.commitment.period.state in {PeriodState.PLANNING, PeriodState.OPEN}


def require_amendable(version: CommitmentVersion) -> None:
    """Raise WrongState (amend-not-from-<state of the plan>) unless the plan takes amendments."""
    if not is_amendable(version):
        state = PeriodState(version.commitment.period.state)
        raise WrongState(
            _(
                "%(what)s cannot be amended: its plan is “%(state)s”, and what was signed is measured."
            )
            % {"what": what(version), "state": state.label},
            code=f"amend-not-from-{state}",
        )


def require(allowed: bool, act: str, subject: Any) -> None:
    if not allowed:
        raise NotAllowed(
            _(
                "You hold no office or role that lets you do this to %(what)s. Ask the planner or the administrator."
            )
            % {"what": subject},
            code=f"{act}-not-allowed",
        )


def move(
    version: CommitmentVersion,
    act: VersionAct,
    *,
    to: VersionState | None,
    by: User | None,
    at: datetime,
    kind: str | None = None,
    office: Position | None = None,
    data: Mapping[str, Any] | None = None,
    **changes: Any,
) -> RegisterEntry:
    """Write state and changes of a locked version and its register entry; return the entry.

    `to` None: the state stays. `kind`: of the entry, default `commitment.<act>`. The caller has
    asked the table (`require_move`) and every guard under the same lock.
    """
    before, before_reach = version.state, reach(version)
    version.state = to or version.state
    version.etag_version += 1
    for field, value in changes.items():
        setattr(version, field, value)
    version.save(update_fields=["state", "etag_version", *changes])
    if version.state != before:  # whoever has put it aside looks at it again
        reminders.cancel(version, at=at)
    return register.append(
        kind=kind or f"commitment.{act}",
        subject=f"commitment_version/{version.ref}",
        subject_version=version.etag_version,
        reach=reach(version),
        reach_before=before_reach,
        by=by,
        at=at,
        office=office,
        published=version.state != VersionState.DRAFT,
        data={
            "from": before,
            "to": version.state,
            "commitment": version.commitment.ref,
            "n": version.n,
        }
        | dict(data or {}),
    )


def find_objection_to(version: CommitmentVersion) -> SignatureAct | None:
    """Return the act by which `version` was returned or refused; None: it never was."""
    acts = SignatureAct.objects.filter(
        slot__document=version.document_id, act__in=[VersionAct.RETURN, VersionAct.REFUSE]
    )
    return acts.order_by("-pk").first()


def objection_to(version: CommitmentVersion) -> SignatureAct:
    """Return the act by which `version` was returned or refused. Raises NotFound without one."""
    objection = find_objection_to(version)
    if objection is None:
        raise NotFound(
            _("%(what)s was neither returned nor refused. There is nothing to answer.")
            % {"what": what(version)},
            code="objection-not-found",
        )
    return objection
