"""A commitment in force whose office has changed hands: asked for, and what is inherited.

The commitment binds the office. Whoever comes into it signs the next version of the commitment,
with the same terms and the results known on that day, within some working days (see
docs/adr/0028-a-takeover-is-the-next-version.md). Until then the version in force binds the unit on.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import drafts, ladders, results, versions
from commitments.enums import SlotRole, TargetState, VersionAct, VersionState
from commitments.models import CommitmentItem, CommitmentVersion, SignatureAct, Target
from commitments.querysets.takeovers import newcomers
from commitments.rules.commitments import OPEN, TAKEOVER_WORKING_DAYS
from commitments.rules.figures import as_decimal
from units import clock
from units.errors import Conflict
from units.models import Appointment, User
from units.rules.calendars import add_working_days


@dataclass(frozen=True)
class Found:
    """How one target stands. Both None: nothing is known of it."""

    value: Decimal | None
    as_of: date | None


@dataclass(frozen=True)
class Inherited:
    """What `newcomers` find on the day `on`: the `version` in force, who signed it for their offices
    (by key of the office), and how each of its items stands."""

    version: CommitmentVersion
    on: date
    newcomers: list[Appointment]
    signed_by: dict[int, str]
    results: list[tuple[CommitmentItem, Found]]


def inherited(version: CommitmentVersion, *, at: datetime) -> Inherited:
    """Return what the takeover `version`, a draft, hands over at `at`.

    Raises Conflict (takeover-nobody, see `ask`).
    """
    on = clock.local_date(at)
    binding = version.commitment.versions.filter(state=VersionState.IN_FORCE).first()
    coming = newcomers(binding, on=on) if binding else []
    if binding is None or not coming:
        raise _nobody(version)
    acts = (
        SignatureAct.objects.filter(
            act=VersionAct.SIGN,
            slot__role=SlotRole.UNDERTAKER,
            slot__document__version__commitment=version.commitment_id,
        )
        .select_related("person", "slot")
        .order_by("at", "pk")
    )
    items = list(
        version.items.select_related(
            "revision__target__indicator__uom", "revision__target__indicator__scale"
        ).order_by("ordinal")
    )
    targets = Target.objects.filter(pk__in=[item.revision.target_id for item in items])
    standing = {line.said["pk"]: line.result.standing for line in results.of(targets, at=at).lines}
    found = []
    for item in items:
        known = standing[item.revision.target_id]
        value = None if known.actual.value is None else as_decimal(known.actual.value)
        found.append((item, Found(value, known.as_of if value is not None else None)))
    return Inherited(
        version=binding,
        on=on,
        newcomers=coming,
        signed_by={act.slot.office_id: act.person.full_name for act in acts},
        results=found,
    )


def _nobody(version: CommitmentVersion) -> Conflict:
    return Conflict(
        _("Nobody has come into office since %(what)s was signed. There is nothing to take over.")
        % {"what": versions.what(version)},
        code="takeover-nobody",
    )


@transaction.atomic
def ask(*, version_id: int, by: User, expected: int, at: datetime) -> CommitmentVersion:
    """Draft the takeover of a version in force, to be issued next; return the draft.

    Whoever came into an undertaking office since has TAKEOVER_WORKING_DAYS to sign. `expected`: the
    version that the caller has seen. Raises NotAllowed, StaleVersion, WrongState (also
    amend-not-from-<state of the plan>), Conflict (takeover-nobody: nobody new is in office; version-open; takeover-terms-changed: targets were
    revised or withdrawn since, so the commitment needs an amendment, which the newcomer signs).
    """
    version = versions.lock(version_id)
    versions.require(permissions.may_steer(by, version, at=at), "takeover", versions.what(version))
    versions.require_move(VersionAct.TAKEOVER, version, expected)
    versions.require_amendable(version)
    on = clock.local_date(at)
    coming = newcomers(version, on=on)
    if not coming:
        raise _nobody(version)
    if version.commitment.versions.filter(state__in=OPEN).exists():
        raise Conflict(
            _("Commitment %(number)s already has a version in preparation. Work on that one.")
            % {"number": version.commitment.number},
            code="version-open",
        )
    _require_same_terms(version)
    versions.move(
        version,
        VersionAct.TAKEOVER,
        to=None,
        by=by,
        at=at,
        data={
            "next": version.n + 1,
            "newcomers": [{"office": row.position.ref, "appointment": row.ref} for row in coming],
        },
    )
    calendar = ladders.body_calendar()
    return drafts.next_version(
        version,
        by=by,
        at=at,
        sign_by=add_working_days(on, TAKEOVER_WORKING_DAYS, is_open=calendar.is_open),
        reason="; ".join(f"{row.position.title}: {row.person.full_name}" for row in coming),
        is_takeover=True,
    )


def _require_same_terms(version: CommitmentVersion) -> None:
    rows = version.items.select_related("revision__target").prefetch_related(
        "revision__target__revisions"
    )
    changed = [
        item.revision.target.code
        for item in rows.order_by("ordinal")
        if item.revision.target.state != TargetState.ASSIGNED
        or item.revision.target.current != item.revision
    ]
    if changed:
        raise Conflict(
            _(
                "%(what)s cannot be taken over as it stands: these targets were revised or withdrawn since: %(codes)s. Amend it; whoever is in office signs the amendment."
            )
            % {"what": versions.what(version), "codes": ", ".join(sorted(changed))},
            code="takeover-terms-changed",
        )
