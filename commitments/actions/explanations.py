"""What a step of the ladder asked to be explained: given by the holder, judged by who watches."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import evidence
from commitments.actions.subjects import DIRECTORIES, directory_of
from commitments.enums.backlog import CaseFileUse
from commitments.models import BacklogCase, Explanation
from units.actions import register
from units.actions.guards import require_text, require_within
from units.errors import Conflict, NotAllowed, NotFound
from units.models import User
from units.rules import texts


def lock(explanation_id: int) -> Explanation:
    """Return the explanation with its row locked until the transaction ends. Raises NotFound."""
    rows = Explanation.objects.select_related("clock__version__commitment", "clock__case")
    found = rows.select_for_update(of=("self",), no_key=True).filter(pk=explanation_id).first()
    if found is None:
        raise NotFound(_("No such explanation was asked for."), code="explanation-not-found")
    return found


def is_asked_of(user: User, explanation: Explanation, *, at: datetime) -> bool:
    """Say whether `user` holds the office that is to explain, at `at`."""
    row = explanation.clock
    asked = directory_of(row.subject, at=at).holders(row.subject, row.kind)
    return user.pk in {addressee.person.pk for addressee in asked}


def may_judge(user: User, explanation: Explanation, *, at: datetime) -> bool:
    """Say whether `user` accepts explanations of that unit: a supervisor who did not give this one."""
    row = explanation.clock
    unit = DIRECTORIES[row.column].unit_of(row.subject)
    return explanation.given_by_id != user.pk and permissions.supervises(user, unit, at=at)


def give(
    *,
    explanation_id: int,
    text: str,
    by: User,
    at: datetime,
    attached: Sequence[evidence.Sent] = (),
) -> Explanation:
    """Give the explanation that a step asked for, also after its day; once.

    `attached`: what proves it, of a case alone. Raises NotFound, NotAllowed (explain-not-allowed), Conflict (explained-already), Invalid
    (explanation-missing; those of `evidence.kept`).
    """
    with evidence.kept(attached) as held, transaction.atomic():
        explanation = lock(explanation_id)
        if not is_asked_of(by, explanation, at=at):
            raise NotAllowed(
                _("Only whoever holds the office that is to act explains."),
                code="explain-not-allowed",
            )
        if explanation.given_at is not None:
            raise Conflict(
                _("This was explained already. Read the explanation on the page."),
                code="explained-already",
            )
        require_text(text.strip(), field="text", code="explanation-missing")
        explanation.text, explanation.given_by, explanation.given_at = text.strip(), by, at
        explanation.save(update_fields=["text", "given_by", "given_at"])
        case, shown = explanation.clock.case, {}
        if case is not None and attached:
            case = BacklogCase.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
            shown = evidence.attach(held, case, CaseFileUse.EXPLAIN, by=by, at=at)
        _enter(explanation, "give", by=by, at=at, text=explanation.text, **shown)
    return explanation


@transaction.atomic
def judge(
    *, explanation_id: int, accepted: bool, by: User, at: datetime, answer: str = ""
) -> Explanation:
    """Say whether an explanation is accepted; the ladder goes on either way.

    `answer`: needed when it is not. Raises NotFound, NotAllowed (judge-not-allowed), Conflict
    (not-explained, judged-already), Invalid (answer-missing).
    """
    explanation = lock(explanation_id)
    if not may_judge(by, explanation, at=at):
        raise NotAllowed(
            _("Only a supervisor of the unit says whether an explanation is accepted."),
            code="judge-not-allowed",
        )
    if explanation.given_at is None:
        raise Conflict(
            _("Nothing is explained yet. Wait for it, or remind the holder."), code="not-explained"
        )
    if explanation.accepted is not None:
        raise Conflict(_("Somebody has answered this explanation already."), code="judged-already")
    if not accepted:
        require_text(answer.strip(), field="answer", code="answer-missing")
    require_within(answer.strip(), field="answer", most=texts.ACCOUNT)
    explanation.accepted, explanation.answer = accepted, answer.strip()
    explanation.decided_by, explanation.decided_at = by, at
    explanation.save(update_fields=["accepted", "answer", "decided_by", "decided_at"])
    kind = "accept" if accepted else "refuse"
    _enter(explanation, kind, by=by, at=at, answer=explanation.answer)
    return explanation


def _enter(explanation: Explanation, act: str, *, by: User, at: datetime, **data: Any) -> None:
    row = explanation.clock
    directory = DIRECTORIES[row.column]
    register.append(
        kind=f"explanation.{act}",
        subject=f"{directory.noun}/{row.subject.ref}",
        subject_version=None,
        reach=directory.reach(row.subject),
        by=by,
        at=at,
        data={
            "level": explanation.level,
            "due_on": explanation.due_on.isoformat(),
            "given_by": explanation.given_by.username if explanation.given_by else None,
        }
        | data,
    )
