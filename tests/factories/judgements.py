"""What the leader in charge of the small body holds of a target, beside its light."""

from datetime import datetime
from typing import Any

from commitments.actions import judgements
from commitments.models import Judgement
from tests.factories.body import NOW, Body


def judged(body: Body, *, place: int = 0, at: datetime = NOW, **changes: Any) -> Judgement:
    """Judge a target through the real action, by default that it is slow."""
    target = body.targets[place]
    asked = {
        "target_id": target.pk,
        "light": "amber",
        "reason": "Hai hợp đồng chưa có trong số liệu.",
        "by": body.leader,
        "expected": target.judgements.count(),
        "at": at,
    }
    return judgements.give(**(asked | changes))
