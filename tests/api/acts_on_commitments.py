"""Acts on the commune's commitment, for `acts_in_order`: on its newest version, in whatever state."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from commitments.actions import commitments, drafts, versions
from commitments.enums import VersionAct
from commitments.models import CommitmentVersion, TargetRevision

Act = Callable[[Any], object]


def _version(year: Any) -> CommitmentVersion:
    of_the_commune = CommitmentVersion.objects.filter(commitment__unit=year.body.commune)
    return of_the_commune.order_by("-pk").first() or year.body.draft()


def _sign_by(year: Any) -> date:
    return year.body.sign_by + timedelta(days=10 + year.n % 28)


def _steer(year: Any, act: Callable[..., Any], **more: Any) -> None:
    version = _version(year)
    who = {"by": year.body.planner, "expected": version.etag_version, "at": year.now}
    act(version_id=version.pk, **(who | more))


def edit(year: Any) -> None:
    """Leave out what nobody has assigned yet: it could not be issued."""
    version = _version(year)
    planned = TargetRevision.objects.filter(target__state="planned").values_list("pk", flat=True)
    items = [item for item in drafts.default_items(version.commitment) if item[0] not in planned]
    _steer(
        year,
        drafts.edit,
        sign_by=_sign_by(year),
        items=items,
        first_undertaker_id=version.first_undertaker_id,
        second_undertaker_id=version.second_undertaker_id,
        assigner_id=version.assigner_id,
    )


def amend(year: Any) -> None:
    _steer(year, commitments.amend, reason=f"Lý do {year.n}", sign_by=_sign_by(year))


def answer(year: Any) -> None:
    objection = versions.objection_to(_version(year))
    answers = {row.pk: "Giữ nguyên." for row in objection.return_items.all()}
    _steer(year, commitments.answer, answers=answers, sign_by=_sign_by(year))


def _ceremony(act: VersionAct, who: str) -> Act:
    return lambda year: year.body.act(act, _version(year), getattr(year.body, who))


ACTS: dict[str, Act] = {
    "draft a commitment": lambda year: year.body.draft(),
    "edit the draft": edit,
    "discard the draft": lambda year: _steer(year, drafts.discard),
    "issue": lambda year: _steer(year, commitments.issue),
    "sign": _ceremony(VersionAct.SIGN, "secretary"),
    "sign beside": _ceremony(VersionAct.SIGN, "chair"),
    "return": _ceremony(VersionAct.RETURN, "secretary"),
    "answer": answer,
    "countersign": _ceremony(VersionAct.COUNTERSIGN, "assigner"),
    "amend": amend,
    "void": _ceremony(VersionAct.VOID, "assigner"),
    "void as the second": _ceremony(VersionAct.VOID, "leader"),
}
