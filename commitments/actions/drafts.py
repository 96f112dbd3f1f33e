"""What is prepared before anybody signs: drafts of commitments, their offices and items."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import versions
from commitments.enums import (
    ItemRole,
    PeriodState,
    SigningOrder,
    TargetState,
    VersionAct,
    VersionState,
)
from commitments.models import (
    Commitment,
    CommitmentItem,
    CommitmentVersion,
    Period,
    Target,
    TargetRevision,
)
from commitments.rules.commitments import OPEN
from units.errors import Conflict, Invalid, WrongState
from units.models import OrgUnit, Position, RegisterEntry, User
from units.rules import canonical


@transaction.atomic
def begin(
    *,
    period_id: int,
    unit_id: int,
    assigner_id: int,
    first_undertaker_id: int,
    second_undertaker_id: int | None = None,
    sign_by: date,
    by: User,
    at: datetime,
    signing_order: SigningOrder = SigningOrder.PARALLEL,
    items: Sequence[tuple[int, str]] | None = None,
) -> CommitmentVersion:
    """Begin the commitment of a unit, or its next version after a void or an answered objection.

    `assigner_id`, `*_undertaker_id`: positions. `items`: (target revision id, role) in order; None:
    every target of the unit in this plan, as lead. The number is the next one of the plan. Raises
    NotAllowed, Invalid, WrongState (draft-not-from-<state of the plan>), Conflict (version-open,
    amend-instead, answer-first).
    """
    period = Period.objects.select_for_update(no_key=True).get(pk=period_id)
    assigner = Position.objects.select_related("unit").get(pk=assigner_id)
    versions.require(permissions.may_draft(by, assigner.unit_id, at=at), "draft", period)
    if period.state not in {PeriodState.PLANNING, PeriodState.OPEN}:
        raise WrongState(
            _(
                "No commitment can be drafted in %(plan)s: it is “%(state)s”. Choose a plan that is in planning or open."
            )
            % {"plan": period.name, "state": PeriodState(period.state).label},
            code=f"draft-not-from-{period.state}",
        )
    unit = OrgUnit.objects.get(pk=unit_id)
    commitment = Commitment.objects.filter(
        period=period, assigner_unit=assigner.unit, unit=unit
    ).first()
    if commitment is None:
        taken = period.commitments.count() + 1
        while period.commitments.filter(number=f"{taken:02d}/CK-{period.code}").exists():
            taken += 1
        commitment = Commitment(
            ref=_free_ref(f"{period.code}-{unit.ref}"),
            number=f"{taken:02d}/CK-{period.code}",
            period=period,
            assigner_unit=assigner.unit,
            unit=unit,
            signing_order=signing_order,
            provenance=period.provenance,
        )
        commitment.full_clean()
        commitment.save()
    _require_room(commitment)
    return _new_version(
        commitment,
        by=by,
        at=at,
        sign_by=sign_by,
        offices=(first_undertaker_id, second_undertaker_id, assigner_id),
        items=default_items(commitment) if items is None else items,
    )


def _free_ref(wanted: str) -> str:
    place, ref = 1, wanted
    while Commitment.objects.filter(ref=ref).exists():
        place += 1
        ref = f"{wanted}-{place}"
    return ref


def _require_room(commitment: Commitment) -> None:
    """Raise Conflict unless a new version may be drafted beside the ones there are."""
    newest = commitment.versions.order_by("-n").first()
    subject = {"number": commitment.number}
    if newest is None or newest.state == VersionState.VOIDED:
        return
    if newest.state in OPEN:
        raise Conflict(
            _("Commitment %(number)s already has a version in preparation. Work on that one.")
            % subject,
            code="version-open",
        )
    if newest.state in {VersionState.IN_FORCE, VersionState.SUPERSEDED, VersionState.SETTLED}:
        raise Conflict(
            _("Commitment %(number)s has a version in force or settled. Amend that one instead.")
            % subject,
            code="amend-instead",
        )
    objection = versions.find_objection_to(newest)
    if objection is not None and not objection.answers.exists():
        raise Conflict(
            _("Commitment %(number)s was returned or refused. Answer the reasons first.") % subject,
            code="answer-first",
        )


def default_items(commitment: Commitment) -> list[tuple[int, str]]:
    """Return the newest revision of every live target of the unit in this plan, as lead, by code."""
    targets = Target.objects.filter(
        period=commitment.period,
        unit=commitment.unit,
        assigner=commitment.assigner_unit,
        state__in=[TargetState.PLANNED, TargetState.ASSIGNED],
    ).prefetch_related("revisions")
    return [
        (target.current.pk, ItemRole.LEAD)
        for target in sorted(targets, key=lambda target: target.code)
        if target.current
    ]


def items_again(version: CommitmentVersion) -> list[tuple[int, str]]:
    """Return the items of `version` with the newest revision of each target that is still live,
    and behind them the targets that the unit has got since."""
    kept = []
    for item in version.items.select_related("revision__target").order_by("ordinal"):
        target = item.revision.target
        if target.state in {TargetState.PLANNED, TargetState.ASSIGNED} and target.current:
            kept.append((target.current.pk, item.role))
    there = {revision for revision, _role in kept}
    return kept + [row for row in default_items(version.commitment) if row[0] not in there]


def _new_version(
    commitment: Commitment,
    *,
    by: User,
    at: datetime,
    sign_by: date,
    offices: tuple[int, int | None, int],
    items: Sequence[tuple[int, str]],
    amend_reason: str = "",
    is_takeover: bool = False,
) -> CommitmentVersion:
    n = (commitment.versions.aggregate(last=Max("n"))["last"] or 0) + 1
    # A discarded draft has used numbers of the same reference: go on from there.
    used = RegisterEntry.objects.about("commitment_version", f"{commitment.ref}-v{n}")
    first, second, assigner = offices
    version = CommitmentVersion(
        commitment=commitment,
        n=n,
        etag_version=used.aggregate(last=Max("subject_version"))["last"] or 0,
        first_undertaker_id=first,
        second_undertaker_id=second,
        assigner_id=assigner,
        sign_by=sign_by,
        amend_reason=amend_reason,
        is_takeover=is_takeover,
    )
    _require_offices(version)
    version.full_clean(exclude=["document"])
    version.save()
    _write_items(version, items)
    versions.move(
        version,
        VersionAct.AMEND,
        to=None,
        by=by,
        at=at,
        kind="commitment.draft",
        data={"plan": version.commitment.period.code},
    )
    return version


def _require_offices(version: CommitmentVersion) -> None:
    unit = version.commitment.unit_id
    for office in (version.first_undertaker, version.second_undertaker):
        if office is not None and office.unit_id != unit:
            raise Invalid(
                _(
                    "%(office)s is no office of %(unit)s. Choose an office of the unit that undertakes."
                )
                % {"office": office.title, "unit": version.commitment.unit.name},
                code="office-of-another-unit",
            )
    if version.assigner.unit_id != version.commitment.assigner_unit_id:
        raise Invalid(
            _("%(office)s is no office of %(unit)s. Choose an office of the unit that assigns.")
            % {"office": version.assigner.title, "unit": version.commitment.assigner_unit.name},
            code="office-of-another-unit",
        )


def _require_drafter(version: CommitmentVersion, act: str, *, by: User, at: datetime) -> None:
    allowed = permissions.may_draft(by, version.commitment.assigner_unit_id, at=at)
    versions.require(allowed, act, versions.what(version))


def _write_items(version: CommitmentVersion, items: Sequence[tuple[int, str]]) -> None:
    known = {
        revision.pk: revision
        for revision in TargetRevision.objects.filter(
            pk__in=[revision for revision, _role in items],
            target__period=version.commitment.period_id,
        ).select_related("target")
    }
    if missing := [revision for revision, _role in items if revision not in known]:
        raise Invalid(
            _(
                "Some items are no targets of this plan (%(ids)s). Open the draft again and choose anew."
            )
            % {"ids": ", ".join(map(str, missing))},
            code="item-of-another-plan",
        )
    require_own_targets(version, [(known[pk].target, role) for pk, role in items])
    CommitmentItem.objects.bulk_create(
        CommitmentItem(version=version, ordinal=place, revision_id=revision, role=role)
        for place, (revision, role) in enumerate(items, start=1)
    )


def require_own_targets(version: CommitmentVersion, held: Iterable[tuple[Target, str]]) -> None:
    """Raise Invalid (item-of-another-unit) where the unit would lead the target of another one."""
    unit = version.commitment.unit
    if foreign := sorted(
        target.code for target, role in held if role == ItemRole.LEAD and target.unit_id != unit.pk
    ):
        raise Invalid(
            _("These are targets of another unit than %(unit)s: %(codes)s. Leave them out.")
            % {"unit": unit.name, "codes": ", ".join(foreign)},
            code="item-of-another-unit",
        )


@transaction.atomic
def edit(
    *,
    version_id: int,
    by: User,
    expected: int,
    at: datetime,
    sign_by: date,
    first_undertaker_id: int,
    second_undertaker_id: int | None,
    assigner_id: int,
    items: Sequence[tuple[int, str]],
) -> CommitmentVersion:
    """Replace day, offices and items of a draft. Raises as `begin`, and StaleVersion, WrongState,
    Conflict (takeover-changes-nothing)."""
    version = versions.lock(version_id)
    _require_drafter(version, "edit", by=by, at=at)
    versions.require_move(VersionAct.ISSUE, version, expected)
    if version.is_takeover:
        raise Conflict(
            _(
                "%(what)s hands over what is in force and changes nothing. Discard it and amend instead."
            )
            % {"what": versions.what(version)},
            code="takeover-changes-nothing",
        )
    version.first_undertaker = Position.objects.get(pk=first_undertaker_id)
    version.second_undertaker = (
        Position.objects.get(pk=second_undertaker_id) if second_undertaker_id else None
    )
    version.assigner = Position.objects.get(pk=assigner_id)
    version.sign_by = sign_by
    _require_offices(version)
    version.full_clean(exclude=["document"])
    version.items.all().delete()
    _write_items(version, items)
    fields = {
        name: getattr(version, name)
        for name in ("first_undertaker", "second_undertaker", "assigner", "sign_by")
    }
    versions.move(
        version, VersionAct.ISSUE, to=None, by=by, at=at, kind="commitment.edit", **fields
    )
    return version


@transaction.atomic
def discard(*, version_id: int, by: User, expected: int, at: datetime) -> None:
    """Remove a draft that replaces nothing; the register keeps a hash of what was dropped."""
    version = versions.lock(version_id)
    _require_drafter(version, "discard", by=by, at=at)
    versions.require_move(VersionAct.DISCARD, version, expected)
    commitment = version.commitment
    if commitment.versions.filter(superseded_by=version.n).exists():
        raise Conflict(
            _(
                "%(what)s replaces a version that was withdrawn for it. Complete and issue it instead."
            )
            % {"what": versions.what(version)},
            code="discard-replaces-a-version",
        )
    dropped = canonical.text(
        [[item.ordinal, item.revision_id, item.role] for item in version.items.order_by("ordinal")]
    )
    versions.move(
        version,
        VersionAct.DISCARD,
        to=None,
        by=by,
        at=at,
        data={
            "items_sha256": canonical.sha256_hex(dropped),
            "plan": commitment.period.code,
        },
    )
    version.delete()
    if not commitment.versions.exists():
        commitment.delete()


def next_version(
    version: CommitmentVersion,
    *,
    by: User,
    at: datetime,
    sign_by: date,
    reason: str,
    is_takeover: bool = False,
) -> CommitmentVersion:
    """Draft version n+1 of a locked `version` with its offices; `reason`: why there is a next one. Its
    items are those of `version` in their present revisions and what the unit has got since; of a
    takeover the very same ones. The caller has asked every guard."""
    same = version.items.order_by("ordinal").values_list("revision_id", "role")
    return _new_version(
        version.commitment,
        by=by,
        at=at,
        sign_by=sign_by,
        offices=(version.first_undertaker_id, version.second_undertaker_id, version.assigner_id),
        items=list(same) if is_takeover else items_again(version),
        amend_reason=reason,
        is_takeover=is_takeover,
    )
