"""The settlement of a plan as programs read it: verdicts, what is done about them, how items go on."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from commitments.actions import lookback
from commitments.api.board import AS_OF, LOOKED_BACK, past_day, with_tag
from commitments.enums import TargetState, VerdictAgainst, VerdictBasis, VerdictValue
from commitments.enums.backlog import CaseCause, CorrectionState
from commitments.models import Carryover, CorrectiveAction, Period, Target, Verdict
from commitments.querysets.scoring import ASKING
from units.enums import Provenance
from units.http import parameters
from units.http.collections import ReadOnlyCollection
from units.http.fields import Instant
from units.http.serializers import TAG
from units.querysets.organisation import reach_of

CORRECTION = {
    "cause": "funding",
    "reason": "Vốn đối ứng về chậm hai quý.",
    "remedy": "Bố trí vốn trong quý I.",
    "office": "bx-ct",
    "due_on": "2024-03-31",
    "state": "done",
    "note": "Đã bố trí 1,2 tỷ đồng theo Quyết định 12/QĐ-UBND.",
    "done_at": "2024-03-25T02:00:00Z",
    "answer": "",
    "decided_at": None,
    "version": 2,
    "provenance": "live",
}
ITEM = {
    "target": "2023-n07-1",
    "code": "N07.1",
    "unit": "bx",
    "verdict": "unmet",
    "basis": "computed",
    "as_of": "2023-12-31",
    "correction": CORRECTION,
    "correction_missing": False,
    "carried_over": {
        "first_due_on": "2023-12-31",
        "case": "2023-td-07",
        "next_target": "2024-n07-1",
    },
}
SETTLEMENT = {
    "plan": "2023",
    "state": "closing",
    "corrections_missing": 0,
    "items": [ITEM],
    "known_on": None,
    "etag": '"settlement-5f0c7a1e2b3d4c5f"',
}


class CorrectionSerializer(serializers.Serializer):
    about = _("Why an item was not met, or why nobody can say, and what will be done about it.")

    cause = serializers.ChoiceField(choices=CaseCause.choices)
    reason = serializers.CharField(help_text=_("What stood in the way."))
    remedy = serializers.CharField(help_text=_("What will be done."))
    office = serializers.SlugField(help_text=_("The office that answers for it."))
    due_on = serializers.DateField()
    state = serializers.ChoiceField(
        choices=CorrectionState.choices,
        help_text=_("“open” again once it is taken back; “answer” says why."),
    )
    note = serializers.CharField(help_text=_("What was done, once somebody said so; else empty."))
    done_at = Instant(allow_null=True, help_text=_("When it was said to be done."))
    answer = serializers.CharField(help_text=_("Why it was taken back; else empty."))
    decided_at = Instant(
        allow_null=True, help_text=_("When it was confirmed, or taken back; null: not yet.")
    )
    version = serializers.IntegerField()
    provenance = serializers.ChoiceField(choices=Provenance.choices)


class CarriedOverSerializer(serializers.Serializer):
    about = _("How an unmet item goes on.")

    first_due_on = serializers.DateField(help_text=_("Its age counts from this day."))
    case = serializers.SlugField(allow_null=True, help_text=_("The backlog case; null: none."))
    next_target = serializers.SlugField(
        allow_null=True, help_text=_("The target of the next plan; null: not linked.")
    )


class SettledItemSerializer(serializers.Serializer):
    about = _("One target with its recorded verdict and what follows from it.")

    target = serializers.SlugField()
    code = serializers.CharField()
    unit = serializers.SlugField()
    verdict = serializers.ChoiceField(choices=VerdictValue.choices)
    basis = serializers.ChoiceField(choices=VerdictBasis.choices)
    as_of = serializers.DateField(help_text=_("The last day that the verdict is about."))
    correction = CorrectionSerializer(allow_null=True)
    correction_missing = serializers.BooleanField(
        help_text=_("It asks for a corrective action, and nobody has written one.")
    )
    carried_over = CarriedOverSerializer(allow_null=True)


class SettlementSerializer(serializers.Serializer):
    about = _("The recorded verdicts of a plan against its targets as they stand now.")

    plan = serializers.SlugField()
    state = serializers.CharField()
    corrections_missing = serializers.IntegerField()
    items = SettledItemSerializer(many=True)
    known_on = serializers.DateField(allow_null=True, help_text=LOOKED_BACK)
    etag = serializers.CharField(help_text=TAG)


def _instant(at: datetime | None) -> str | None:
    return Instant().to_representation(at) if at else None


def item(
    row: Verdict, done: CorrectiveAction | None, carried: Carryover | None, *, asks: bool
) -> dict[str, Any]:
    """Return the body of one verdict with what follows it; `asks`: for a corrective action."""
    target = row.target
    return {
        "target": target.ref,
        "code": target.code,
        "unit": target.unit.ref,
        "verdict": row.verdict,
        "basis": row.basis,
        "as_of": row.as_of.isoformat(),
        "correction": {
            "cause": done.cause,
            "reason": done.reason,
            "remedy": done.remedy,
            "office": done.office.ref,
            "due_on": done.due_on.isoformat(),
            "state": done.state,
            "note": done.note,
            "done_at": _instant(done.done_at),
            "answer": done.answer,
            "decided_at": _instant(done.decided_at),
            "version": done.etag_version,
            "provenance": done.provenance,
        }
        if done
        else None,
        "correction_missing": asks and done is None,
        "carried_over": {
            "first_due_on": carried.first_due_on.isoformat(),
            "case": carried.case.ref if carried.case else None,
            "next_target": carried.next_target.ref if carried.next_target else None,
        }
        if carried
        else None,
    }


class SettlementOfPlan(ReadOnlyCollection):
    """The settlement as a part of a plan."""

    @extend_schema(
        operation_id="plans_settlement",
        summary=_("Read the settlement of a plan"),
        description=_(
            "The verdicts that are recorded, with the corrective actions that they ask for and how "
            "unmet items go on. To record, to write and to carry over is for people."
        ),
        parameters=[AS_OF],
        responses=SettlementSerializer,
        examples=[OpenApiExample("settlement", value=SETTLEMENT, response_only=True)],
    )
    @action(detail=True, methods=["get"])
    def settlement(self, request: Request, ref: str) -> Response:
        parameters.require_known(request, {"as_of"})
        plan: Period = self.get_object()
        past = past_day(request, plan)
        if past is not None:
            return self.tagged(with_tag("settlement", self._settled_then(plan, past)))
        seen = Verdict.objects.within(reach_of(request.user, at=request.now)).filter(
            target__period=plan, against=VerdictAgainst.ADJUSTED
        )
        asking = set(seen.asking().values_list("pk", flat=True))
        rows = seen.select_related("target__unit").prefetch_related(
            "target__corrections__office",
            "target__carried_on__case",
            "target__carried_on__next_target",
        )
        items = [
            item(
                row,
                next(iter(row.target.corrections.all()), None),
                next(iter(row.target.carried_on.all()), None),
                asks=row.pk in asking,
            )
            for row in rows.order_by("target__code", "target")
        ]
        data = {
            "plan": plan.code,
            "state": plan.state,
            "corrections_missing": sum(one["correction_missing"] for one in items),
            "items": items,
            "known_on": None,
        }
        return self.tagged(with_tag("settlement", data))

    def _settled_then(self, plan: Period, day: date) -> dict[str, Any]:
        """Return the settlement as it was known at the end of `day`."""
        at = lookback.end_of(day)
        seen = Target.objects.filter(period=plan).within(
            reach_of(self.request.user, at=self.request.now)
        )
        rows = list(seen.select_related("unit").order_by("code", "pk"))
        keys = {target.ref: target.pk for target in rows}
        states, verdicts = lookback.target_states(rows, at=at), lookback.verdicts(keys, at=at)
        written = lookback.corrections(keys, at=at)
        carried = lookback.carryovers(keys, at=at)
        items = []
        for target in rows:
            if (verdict := verdicts.get(target.ref)) is None:
                continue
            verdict.target = target
            asks = verdict.verdict in ASKING and states[target.ref] != TargetState.WITHDRAWN
            done = written.get(target.ref)
            items.append(item(verdict, done, carried.get(target.ref), asks=asks))
        return {
            "plan": plan.code,
            "state": lookback.plan_state(plan, at=at),
            "corrections_missing": sum(one["correction_missing"] for one in items),
            "items": items,
            "known_on": day.isoformat(),
        }
