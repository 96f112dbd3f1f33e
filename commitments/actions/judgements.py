"""The judgement of a person beside the light of a target: given, given anew, taken back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import portraits
from commitments.enums import JudgedLight, TargetState
from commitments.models import Judgement, Target
from units.actions import register
from units.actions.guards import require_text
from units.enums import Provenance
from units.errors import Conflict, Invalid, NotAllowed, StaleVersion
from units.models import User
from units.rules import texts


def given_on(target: Target) -> list[Judgement]:
    """Return every judgement on `target`, the newest first."""
    return list(target.judgements.select_related("person").order_by("-n"))


@transaction.atomic
def give(
    *,
    target_id: int,
    light: str,
    reason: str,
    by: User,
    expected: int,
    at: datetime,
    provenance: Provenance = Provenance.LIVE,
) -> Judgement:
    """Write what `by` holds of how a target stands, and why; return it.

    `light`: one of JudgedLight, or "" to take the last one back. `expected`: how many judgements there
    were when it was read. The computed light stays what it is. Raises NotAllowed (judge-not-allowed),
    StaleVersion (judgement-changed), Conflict (judgement-not-asked: not assigned, or concluded;
    judgement-missing: there is none to take back), Invalid (light-unknown, reason-missing).
    """
    rows = Target.objects.select_for_update(of=("self",), no_key=True)
    target = rows.select_related("period", "indicator").get(pk=target_id)
    if not permissions.may_judge(by, target.unit_id, at=at):
        raise NotAllowed(
            _(
                "How %(code)s stands is judged by a leader in charge or a verifier of another unit than the one that carries it."
            )
            % {"code": target.code},
            code="judge-not-allowed",
        )
    last = target.judgements.order_by("-n").first()
    n = last.n if last else 0
    if expected != n:
        raise StaleVersion(
            _("Somebody has judged %(code)s since you opened it. Read it, then write yours.")
            % {"code": target.code},
            code="judgement-changed",
        )
    line = portraits.of_one(target, at=at)
    if target.state != TargetState.ASSIGNED or line.result.concluded:
        raise Conflict(
            _(
                "%(code)s is not judged any more, or not yet: only a target that is assigned and open is."
            )
            % {"code": target.code},
            code="judgement-not-asked",
        )
    _require_light(light, last, target)
    require_text(reason.strip(), field="reason", code="reason-missing", most=texts.REASON)
    row = Judgement.objects.create(
        target=target,
        n=n + 1,
        light=light,
        reason=reason.strip(),
        computed=line.result.light,
        person=by,
        given_at=at,
        provenance=provenance,
    )
    register.append(
        kind=f"judgement.{'give' if light else 'take_back'}",
        subject=f"judgement/{target.ref}",
        subject_version=row.n,
        reach={target.unit_id, target.assigner_id},
        by=by,
        at=at,
        data={
            "target": target.ref,
            "light": light,
            "computed": row.computed,
            "reason": row.reason,
        },
    )
    return row


def _require_light(light: str, last: Judgement | None, target: Target) -> None:
    if not light:
        if last is None or not last.light:
            raise Conflict(
                _("There is no judgement on %(code)s to be taken back.") % {"code": target.code},
                code="judgement-missing",
            )
    elif light not in JudgedLight.values:
        text = _("Choose one of the lights.")
        raise Invalid(text, code="light-unknown", fields={"light": [text]})
