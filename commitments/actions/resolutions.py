"""A case is resolved by the office that holds it, then verified by somebody of another unit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import backlog, cases, evidence
from commitments.enums import ClockKind
from commitments.enums.backlog import CaseAct, CaseFileUse
from commitments.models import BacklogCase
from units import clock
from units.actions.guards import require_seen, require_text
from units.errors import Invalid
from units.models import User

UNPROVED: dict[str, Any] = {  # what a case that is given back or reopened no longer has
    "resolved_by": None,
    "resolved_at": None,
    "outcome": "",
    "outcome_reference": "",
}


def resolve(
    *,
    case_id: int,
    outcome: str,
    by: User,
    expected: int,
    at: datetime,
    reference: str = "",
    attached: Sequence[evidence.Sent] = (),
) -> BacklogCase:
    """Say that a case is resolved and what was delivered; somebody of another unit verifies it.

    `outcome`: the product in words; `reference`: its number or address; `attached`: the product itself.
    One of the two must be there. Raises NotAllowed (resolve-not-allowed), StaleVersion
    (case-changed), WrongState, Invalid (product-missing, product-unproved; those of `evidence.kept`).
    """
    with evidence.kept(attached) as held, transaction.atomic():
        case = backlog.lock(case_id)
        backlog.require(permissions.may_resolve(by, case, at=at), "resolve", case)
        require_seen(case, expected, noun="case")
        backlog.require_state(CaseAct.RESOLVE, case)
        require_text(outcome.strip(), field="outcome", code="product-missing")
        require_proof(reference, attached)
        shown = evidence.attach(held, case, CaseFileUse.RESOLVE, by=by, at=at)
        backlog.move(
            case,
            CaseAct.RESOLVE,
            by=by,
            at=at,
            data={"outcome": outcome.strip(), "reference": reference.strip()} | shown,
            outcome=outcome.strip(),
            outcome_reference=reference.strip(),
            resolved_by=by,
            resolved_at=at,
        )
        cases.finish(subject=case, at=at, reason="resolved", kinds=[ClockKind.CASE])
        cases.start(subject=case, kind=ClockKind.VERIFY, at=at)
    return case


def require_proof(reference: str, attached: Sequence[evidence.Sent]) -> None:
    """Raise Invalid (product-unproved) unless a file or the number of a document shows the product."""
    if not reference.strip() and not attached:
        text = _("Attach what was delivered, or give the number or address of its document.")
        raise Invalid(text, code="product-unproved", fields={"reference": [text]})


@transaction.atomic
def accept(*, case_id: int, by: User, expected: int, at: datetime) -> BacklogCase:
    """Accept what was delivered and close the case.

    Raises NotAllowed (accept-not-allowed), StaleVersion (case-changed), WrongState.
    """
    case = _to_verify(case_id, CaseAct.ACCEPT, by=by, expected=expected, at=at)
    backlog.move(case, CaseAct.ACCEPT, by=by, at=at, verified_by=by, ended_on=clock.local_date(at))
    cases.finish(subject=case, at=at, reason="verified")
    return case


@transaction.atomic
def reject(*, case_id: int, reason: str, by: User, expected: int, at: datetime) -> BacklogCase:
    """Give a resolved case back, with a reason; its ladder runs again from the same day.

    Raises NotAllowed (reject-not-allowed), StaleVersion (case-changed), WrongState, Invalid
    (reason-missing).
    """
    case = _to_verify(case_id, CaseAct.REJECT, by=by, expected=expected, at=at)
    require_text(reason.strip(), field="reason", code="reason-missing")
    data = {"reason": reason.strip()}
    backlog.move(case, CaseAct.REJECT, by=by, at=at, data=data, **UNPROVED)
    cases.finish(subject=case, at=at, reason="rejected", kinds=[ClockKind.VERIFY])
    backlog.start_clock(case, at=at)
    return case


def _to_verify(case_id: int, act: CaseAct, *, by: User, expected: int, at: datetime) -> BacklogCase:
    case = backlog.lock(case_id)
    backlog.require(permissions.may_verify_case(by, case, at=at), act.value, case)
    require_seen(case, expected, noun="case")
    backlog.require_state(act, case)
    return case
