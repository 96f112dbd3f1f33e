"""Acts on backlog cases, for `acts_in_order`: on the newest case in the state that the act needs."""

from datetime import date, timedelta
from typing import Any

from commitments.actions import backlog, proposed
from commitments.enums.backlog import CaseProposalAct
from commitments.models import BacklogCase
from tests.factories.body import NOW


def _case(year: Any, **named: Any) -> BacklogCase:
    return BacklogCase.objects.filter(**named).order_by("-pk").first() or register_case(year)


def register_case(year: Any) -> BacklogCase:
    return backlog.register_case(
        kind="admin",
        title=f"Hồ sơ {year.n}",
        unit_id=year.body.commune.pk,
        period_id=year.body.plan.pk,
        original_due_on=date(2024, 1, 10),
        by=year.body.supervisor,
        at=NOW,
    )


def edit_case(year: Any) -> None:
    case = _case(year, state="registered")
    clears = dict.fromkeys(("task", "responsibility", "product", "authority"), f"Rõ {year.n}")
    backlog.edit(
        case_id=case.pk,
        office_id=year.body.first.pk,
        competence="own",
        cause="land",
        resolvable="now",
        by=year.body.supervisor,
        expected=case.etag_version,
        at=NOW,
        **clears,
    )


def assign_case(year: Any) -> None:
    case = _case(year, state="registered")
    who = {"by": year.body.supervisor, "expected": case.etag_version, "at": NOW}
    backlog.assign(case_id=case.pk, **who)


def ask_for_extension(year: Any) -> None:
    case = _case(year, state="assigned")
    proposed.propose(
        case_id=case.pk,
        act=CaseProposalAct.EXTEND,
        reason="Chờ giá đất",
        new_due_on=case.current_due_on + timedelta(days=90),
        by=year.body.supervisor,
        expected=case.etag_version,
        at=NOW,
    )


def grant_extension(year: Any) -> None:
    case = _case(year, state="assigned")
    who = {"by": year.body.assigner, "expected": case.etag_version, "at": NOW}
    proposed.decide(case_id=case.pk, granted=True, **who)
