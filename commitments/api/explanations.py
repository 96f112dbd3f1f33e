"""What a step asked to be explained about a case, by REST: given by the holder, judged by who watches."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import explanations
from commitments.models import BacklogCase, Explanation
from units.errors import Invalid
from units.models import User


def may_explain(user: User, case: BacklogCase, *, at: datetime) -> bool:
    """Say whether `user` explains what is late about a case: who was asked, at first who resolves it."""
    asked = Explanation.objects.filter(clock__case=case).order_by("-pk").first()
    if asked is None:
        return permissions.may_resolve(user, case, at=at)
    return explanations.is_asked_of(user, asked, at=at)


def explain(
    *, case_id: int, level: int, text: str, by: User, expected: int, at: datetime
) -> Explanation:
    """Give what the newest step of `level` asked for. `expected`: the tag was compared; what is given
    once is given once, also to two who have read the same."""
    return explanations.give(explanation_id=_asked(case_id, level), text=text, by=by, at=at)


def judge(
    *,
    case_id: int,
    level: int,
    accepted: bool,
    by: User,
    expected: int,
    at: datetime,
    answer: str = "",
) -> Explanation:
    """Say whether it is accepted; as `explain`."""
    return explanations.judge(
        explanation_id=_asked(case_id, level), accepted=accepted, answer=answer, by=by, at=at
    )


def _asked(case_id: int, level: int) -> int:
    """Return the newest explanation that a step of `level` asked for. Raises Invalid if none did."""
    rows = Explanation.objects.filter(clock__case=case_id, level=level).order_by("-pk")
    found = rows.values_list("pk", flat=True).first()
    if found is None:
        text = _("No step of this level has asked for an explanation. Read the case again.")
        raise Invalid(text, code="explanation-not-asked", fields={"level": [text]})
    return found
