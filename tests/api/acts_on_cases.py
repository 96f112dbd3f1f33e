"""Acts on backlog cases, for `acts_in_order`: on the newest case in the state that the act needs."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from commitments.actions import backlog, cases, explanations, proposed, resolutions, suspensions
from commitments.enums.backlog import CaseProposalAct
from commitments.models import BacklogCase, Explanation
from units.errors import Refused

Act = Callable[[Any], None]


def _later(year: Any) -> datetime:
    return year.now + timedelta(days=20)


def _case(year: Any, state: str) -> BacklogCase:
    """Return the newest case in the state, registered if it is to be; refused where there is none."""
    of_the_commune = BacklogCase.objects.filter(unit=year.body.commune, state=state)
    found = of_the_commune.order_by("-pk").first()
    if found is None and state != "registered":
        raise Refused(f"No case is {state}.", code="none-there")
    return found or register_case(year)


def register_case(year: Any) -> BacklogCase:
    return backlog.register_case(
        kind="admin",
        title=f"Hồ sơ {year.n}",
        unit_id=year.body.commune.pk,
        period_id=year.body.plan.pk,
        original_due_on=year.day - timedelta(days=5),
        by=year.body.supervisor,
        at=year.now,
    )


def edit_case(year: Any) -> None:
    case = _case(year, "registered")
    clears = dict.fromkeys(("task", "responsibility", "product", "authority"), f"Rõ {year.n}")
    backlog.edit(
        case_id=case.pk,
        office_id=year.body.first.pk,
        competence="own",
        cause="land",
        resolvable="now",
        by=year.body.supervisor,
        expected=case.etag_version,
        at=year.now,
        **clears,
    )


def assign_case(year: Any) -> None:
    case = _case(year, "registered")
    who = {"by": year.body.supervisor, "expected": case.etag_version, "at": year.now}
    backlog.assign(case_id=case.pk, **who)


def _propose(act: CaseProposalAct, state: str) -> Act:
    def propose(year: Any) -> None:
        case = _case(year, state)
        proposed.propose(
            case_id=case.pk,
            act=act,
            reason="Chờ giá đất",
            new_due_on=case.current_due_on + timedelta(days=90),
            by=year.body.supervisor,
            expected=case.etag_version,
            at=year.now,
        )

    return propose


def _on_case(state: str, act: Callable[..., Any], who: str, **more: Any) -> Act:
    def do(year: Any) -> None:
        case = _case(year, state)
        by = year.desk.verifier if who == "verifier" else getattr(year.body, who)
        act(case_id=case.pk, by=by, expected=case.etag_version, at=year.now, **more)

    return do


def climb(year: Any) -> None:
    """Let the ladders of all cases climb until they ask for an explanation."""
    cases.sweep(at=_later(year))


def _asked(year: Any, **named: Any) -> int:
    """Return the newest explanation of a case; 0: there is none, and so the act is refused."""
    of_the_commune = Explanation.objects.filter(clock__case__unit=year.body.commune, **named)
    found = of_the_commune.order_by("-pk").first()
    return found.pk if found else 0


def explain(year: Any) -> None:
    asked, by = _asked(year, given_at=None), year.body.secretary
    explanations.give(explanation_id=asked, text="Mưa lũ", by=by, at=_later(year))


def judge(year: Any) -> None:
    given, by = _asked(year, given_at__isnull=False, accepted=None), year.body.supervisor
    explanations.judge(explanation_id=given, accepted=True, by=by, at=_later(year))


ACTS: dict[str, Act] = {
    "register a case": register_case,
    "edit a case": edit_case,
    "assign a case": assign_case,
    "let ladders climb": climb,
    "explain": explain,
    "judge the explanation": judge,
    "ask for an extension": _propose(CaseProposalAct.EXTEND, "assigned"),
    "grant the extension": _on_case("assigned", proposed.decide, "assigner", granted=True),
    "decline the extension": _on_case(
        "assigned", proposed.decide, "assigner", granted=False, answer="Không."
    ),
    "suspend a case": _on_case("assigned", suspensions.suspend, "leader", reason="Chờ tỉnh"),
    "resume a case": _on_case(
        "suspended", suspensions.resume, "leader", new_due_on=date(2024, 12, 1)
    ),
    "resolve a case": _on_case(
        "assigned", resolutions.resolve, "secretary", outcome="Đã trả", reference="12/QĐ"
    ),
    "give a case back": _on_case("resolved", resolutions.reject, "verifier", reason="Thiếu"),
    "close a case": _on_case("resolved", resolutions.accept, "verifier"),
    "ask to reopen": _propose(CaseProposalAct.REOPEN, "closed"),
    "reopen a case": _on_case("closed", proposed.decide, "leader", granted=True),
    "cancel a case": _on_case("assigned", backlog.cancel, "leader", reason="Hai lần"),
}
