"""The life of a commitment after its draft: issued, answered, amended, settled.

The acts of signatories are in `signatures`; both move a version by `versions.move`, which is asked
after the one table of moves.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import (
    allocations,
    cases,
    contents,
    documents,
    drafts,
    sealing,
    versions,
)
from commitments.enums import (
    ClockKind,
    PeriodState,
    TargetState,
    VerdictAgainst,
    VersionAct,
    VersionState,
)
from commitments.enums.policies import LadderKey
from commitments.models import (
    CommitmentVersion,
    ReturnAnswer,
    SignatureAct,
    TargetRevision,
    Verdict,
)
from commitments.rules.commitments import OPEN
from units import clock
from units.actions.guards import require_within
from units.errors import Conflict, Invalid, StaleVersion
from units.models import User


def issue(
    *,
    version_id: int,
    by: User,
    expected: int,
    at: datetime,
    last: Callable[[], None] | None = None,
) -> CommitmentVersion:
    """Freeze a draft into its document and ask the undertakers to sign.

    Rendering and sealing happen between two looks at the draft, outside any lock; the second look refuses
    when anything that is printed has changed meanwhile. A vacant office is no obstacle: the first
    step of the ladder will say so. `last`: called in the transaction that issues, when all else is
    written; what it raises undoes the issue. Raises NotAllowed, StaleVersion, WrongState, Invalid
    (no-items, target-not-assigned, allocation-gap, sign-by-passed, document-not-renderable),
    Unavailable (seal-missing, timestamp-unavailable).
    """
    code = contents.new_code()
    with transaction.atomic():
        version = versions.lock(version_id)
        _require_issuable(version, by=by, expected=expected, at=at)
    frozen = sealing.freeze(version, code=code, at=at)
    with transaction.atomic():
        version = versions.lock(version_id)
        _require_issuable(version, by=by, expected=expected, at=at)
        if contents.content_of(version, code=code, at=at) != frozen.content:  # one value, one text
            raise StaleVersion(
                _("%(what)s changed while it was being issued. Read it again, then issue.")
                % {"what": versions.what(version)},
                code="commitment-changed",
            )
        document = documents.store(frozen, version, at=at)
        versions.move(
            version,
            VersionAct.ISSUE,
            to=VersionState.ISSUED,
            by=by,
            at=at,
            document=document,
            issued_at=at,
            data={
                "content_sha256": document.content_sha256,
                "terms_sha256": document.terms_sha256,
                "revision_sha256": frozen.seal.sha256,
                "sign_by": version.sign_by.isoformat(),
            },
        )
        cases.start(
            subject=version,
            kind=ClockKind.SIGN,
            at=at,
            due_on=version.sign_by,
            by=LadderKey.HANDOVER if version.is_takeover else None,
        )
        if last is not None:
            last()
    return version


def _require_issuable(version: CommitmentVersion, *, by: User, expected: int, at: datetime) -> None:
    versions.require(permissions.may_issue(by, version, at=at), "issue", versions.what(version))
    versions.require_move(VersionAct.ISSUE, version, expected)
    held = list(
        version.items.order_by("ordinal").values_list("revision__target", "role", "revision__n")
    )
    locked = allocations.lock_split(targets=[target for target, _role, _n in held])
    targets = [locked[target] for target, _role, _n in held]
    subject = {"what": versions.what(version)}
    if not targets:
        raise Invalid(
            _("%(what)s has no item. Add at least one target, then issue.") % subject,
            code="no-items",
        )
    if waiting := [target.code for target in targets if target.state != TargetState.ASSIGNED]:
        raise Invalid(
            _(
                "%(what)s cannot be issued: these targets are not assigned yet: %(codes)s. Assign them first."
            )
            % {**subject, "codes": ", ".join(waiting)},
            code="target-not-assigned",
        )
    drafts.require_own_targets(version, [(locked[target], role) for target, role, _n in held])
    newest = dict(
        TargetRevision.objects.filter(target__in=[target.pk for target in targets])
        .values("target")
        .annotate(newest=Max("n"))
        .values_list("target", "newest")
    )
    if old := [locked[target].code for target, _role, n in held if n != newest[target]]:
        raise Conflict(
            _(
                "%(what)s cannot be issued: these targets were revised since it was drafted: %(codes)s. Open the draft, look and save it, then issue."
            )
            % {**subject, "codes": ", ".join(old)},
            code="item-outdated",
        )
    faults = allocations.faults(targets=locked.values())
    for target_id, gap in faults.gaps.items():
        target = locked[target_id]
        raise Invalid(
            _(
                "%(what)s cannot be issued: the allocation of %(code)s does not add up, the gap is %(gap)s. Close it first."
            )
            % {**subject, "code": target.code, "gap": f"{gap.normalize():f}"},
            code="allocation-gap",
            target=target.ref,
            gap=f"{gap.normalize():f}",
        )
    for target_id in faults.uneven:
        raise Invalid(
            _(
                "%(what)s cannot be issued: every part of %(code)s demands the same as the whole, and one does not. Split it anew."
            )
            % {**subject, "code": locked[target_id].code},
            code="allocation-not-uniform",
            target=locked[target_id].ref,
        )
    if version.sign_by < clock.local_date(at):
        raise Invalid(
            _(
                "%(what)s cannot be issued: the day to sign, %(day)s, has passed. Choose a later day."
            )
            % {**subject, "day": version.sign_by.strftime("%d/%m/%Y")},
            code="sign-by-passed",
        )


@transaction.atomic
def answer(
    *,
    version_id: int,
    by: User,
    expected: int,
    at: datetime,
    answers: Mapping[int | None, str],
    sign_by: date,
) -> CommitmentVersion:
    """Answer every objection of a returned or refused version; return the draft n+1 that follows.

    `answers`: text per return item id; None: for a refusal as a whole. Raises NotAllowed,
    StaleVersion, WrongState, Conflict (already-answered), Invalid (answer-missing).
    """
    version = versions.lock(version_id)
    versions.require(permissions.may_steer(by, version, at=at), "answer", versions.what(version))
    versions.require_move(VersionAct.ANSWER, version, expected)
    objection = versions.objection_to(version)
    wanted: list[int | None] = [
        item.pk for item in objection.return_items.order_by("item_ordinal")
    ] or [None]
    if objection.answers.exists():
        raise Conflict(
            _("%(what)s has been answered already. Continue with the next version.")
            % {"what": versions.what(version)},
            code="already-answered",
        )
    if missing := [key for key in wanted if not answers.get(key, "").strip()]:
        raise Invalid(
            _("Every reason needs an answer. Write one for each, then send."),
            code="answer-missing",
            fields={f"answer-{key or 'whole'}": [_("Write an answer.")] for key in missing},
        )
    for key in wanted:
        require_within(answers[key].strip(), field=f"answer-{key or 'whole'}")
    ReturnAnswer.objects.bulk_create(
        ReturnAnswer(
            act=objection,
            return_item_id=key,
            text=answers[key].strip(),
            person=by,
            next_version_n=version.n + 1,
            at=at,
        )
        for key in wanted
    )
    versions.move(version, VersionAct.ANSWER, to=None, by=by, at=at, data={"next": version.n + 1})
    cases.finish(subject=version, at=at, reason="answered", kinds=[ClockKind.ANSWER])
    return drafts.next_version(
        version, by=by, at=at, sign_by=sign_by, reason=_objection_text(objection)
    )


def _objection_text(objection: SignatureAct) -> str:
    return objection.reason or "; ".join(
        item.text for item in objection.return_items.order_by("item_ordinal")
    )


@transaction.atomic
def amend(
    *, version_id: int, by: User, expected: int, at: datetime, reason: str, sign_by: date
) -> CommitmentVersion:
    """Draft version n+1. One that awaited signatures is superseded at once; one in force stays
    binding until n+1 is in force. Raises NotAllowed, StaleVersion, WrongState (also
    amend-not-from-<state of the plan>), Conflict (version-open), Invalid (reason-missing)."""
    version = versions.lock(version_id)
    versions.require(permissions.may_steer(by, version, at=at), "amend", versions.what(version))
    versions.require_move(VersionAct.AMEND, version, expected)
    versions.require_amendable(version)
    if not reason.strip():
        raise Invalid(
            _("Say why %(what)s is amended.") % {"what": versions.what(version)},
            code="reason-missing",
            fields={"reason": [_("Write a reason.")]},
        )
    require_within(reason.strip(), field="reason")
    if version.state == VersionState.IN_FORCE:
        if version.commitment.versions.filter(state__in=OPEN).exists():
            raise Conflict(
                _("Commitment %(number)s already has a version in preparation. Work on that one.")
                % {"number": version.commitment.number},
                code="version-open",
            )
        versions.move(
            version,
            VersionAct.AMEND,
            to=None,
            by=by,
            at=at,
            data={"reason": reason, "next": version.n + 1},
        )
    else:
        versions.move(
            version,
            VersionAct.AMEND,
            to=VersionState.SUPERSEDED,
            by=by,
            at=at,
            ended_at=at,
            superseded_by=version.n + 1,
            data={"reason": reason, "next": version.n + 1},
        )
        cases.finish(subject=version, at=at, reason="superseded")
    return drafts.next_version(version, by=by, at=at, sign_by=sign_by, reason=reason.strip())


@transaction.atomic
def settle(*, version_id: int, by: User, expected: int, at: datetime) -> CommitmentVersion:
    """Close the books on a version in force: the plan is closing and every item has a verdict.

    Raises NotAllowed, StaleVersion, WrongState, Conflict (period-not-closing, verdict-missing).
    """
    version = versions.lock(version_id)
    versions.require(permissions.may_decide(by, version, at=at), "settle", versions.what(version))
    versions.require_move(VersionAct.SETTLE, version, expected)
    if version.commitment.period.state != PeriodState.CLOSING:
        raise Conflict(
            _(
                "%(what)s cannot be settled: its plan is not closing yet. Begin to close the plan first."
            )
            % {"what": versions.what(version)},
            code="period-not-closing",
        )
    targets = {
        item.revision.target.pk: item.revision.target
        for item in version.items.select_related("revision__target")
    }
    found = Verdict.objects.filter(target__in=targets, against=VerdictAgainst.ADJUSTED)
    verdicts = {row.target_id: row.verdict for row in found}
    if missing := sorted(target.code for pk, target in targets.items() if pk not in verdicts):
        raise Conflict(
            _(
                "%(what)s cannot be settled: these targets have no verdict yet: %(codes)s. Record one for each."
            )
            % {"what": versions.what(version), "codes": ", ".join(missing)},
            code="verdict-missing",
        )
    versions.move(
        version,
        VersionAct.SETTLE,
        to=VersionState.SETTLED,
        by=by,
        at=at,
        settled_at=at,
        office=version.assigner,
        data={"verdicts": {targets[pk].ref: verdict for pk, verdict in verdicts.items()}},
    )
    return version
