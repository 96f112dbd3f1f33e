"""The board and the results of targets as programs read them, every figure with its explanation."""

import hashlib
import json
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from commitments.actions import lookback, portraits, results
from commitments.actions.results import Line
from commitments.api.judgements import JudgementSerializer, judgement
from commitments.enums import (
    FigureName,
    LightColour,
    TargetOrigin,
    TargetState,
    VerdictValue,
)
from commitments.models import Period, Target
from commitments.rules import board as rules
from commitments.rules.board import Scope as Counted
from commitments.rules.figures import Figure, as_decimal
from commitments.rules.scores import Count
from units import clock
from units.enums import Provenance
from units.http import parameters
from units.http.collections import ReadOnlyCollection
from units.http.fields import Quantity
from units.http.serializers import TAG
from units.querysets.organisation import reach_of

UNIT = OpenApiParameter(
    "unit",
    str,
    description=_("Reference of the unit whose counts are asked for; else the one on top."),
)
AS_OF = OpenApiParameter(
    "as_of",
    OpenApiTypes.DATE,
    description=_(
        "A day before today: how targets stood as it was known at its end. What was verified, "
        "corrected, revised or withdrawn later is not in it."
    ),
)
LOOKED_BACK = _("As it was known at the end of that day; null: as it is now.")
WHY = {
    "name": "verdict",
    "value": None,
    "said": "unmet",
    "about_what": "N07.1",
    "source": "",
    "provenance": "derived",
    "ref": "target/2023-n07-1",
    "parts": [
        {
            "name": "target",
            "value": "16.8",
            "said": "",
            "about_what": "ge",
            "source": "",
            "provenance": "",
            "ref": "",
            "parts": [],
        }
    ],
}
RESULT = {
    "target": "2023-n07-1",
    "code": "N07.1",
    "unit": "bx",
    "state": "assigned",
    "light": "red",
    "verdict": "unmet",
    "concluded": True,
    "unverified": False,
    "actual": "9.3",
    "lowest": "9.3",
    "highest": "9.3",
    "expected": None,
    "headline": "percent_of_plan",
    "headline_value": "93.64",
    "as_of": "2023-12-31",
    "provenance": "derived",
    "judgement": None,
    "explanation": WHY,
    "known_on": None,
    "etag": '"result-5f0c7a1e2b3d4c5f"',
}
COUNT = {
    "fields_counted": ["party_building"],
    "assigned": 14,
    "met": 14,
    "unmet": 0,
    "undecided": 0,
    "share": "100",
    "coverage": "100",
    "lowest": "100",
    "highest": "100",
}
BOARD = {
    "plan": "2023",
    "unit": "bx",
    "scopes": [
        {
            "origin": "superior",
            "concluded": True,
            "count": COUNT | {"fields_counted": []},
            "by_field": [COUNT],
            "explanation": WHY,
        }
    ],
    "results": [
        {name: RESULT[name] for name in RESULT if name not in {"explanation", "known_on", "etag"}}
    ],
    "as_of": None,
    "etag": '"board-5f0c7a1e2b3d4c5f"',
}


class ExplanationSerializer(serializers.Serializer):
    about = _(
        "Why a figure is what it is: its name, its value, and the figures it was made of, down to the "
        "reports and published sources."
    )

    name = serializers.ChoiceField(choices=FigureName.choices)
    value = Quantity(allow_null=True, help_text=_("null: not known, which is not 0."))
    said = serializers.CharField(
        help_text=_("A word in the place of the value, such as a verdict, or its qualifier.")
    )
    about_what = serializers.CharField(help_text=_("What it is about: a code, a period, a sign."))
    source = serializers.CharField(help_text=_("The report or publication that states it."))
    provenance = serializers.CharField(help_text=_("Empty: it was computed."))
    ref = serializers.CharField(help_text=_("The object it belongs to, such as target/2023-n07-1."))
    parts = serializers.ListField(
        child=serializers.DictField(), help_text=_("Explanations of the same form.")
    )


class ResultSerializer(serializers.Serializer):
    about = _("How one target stands.")

    target = serializers.SlugField()
    code = serializers.CharField()
    unit = serializers.SlugField()
    state = serializers.ChoiceField(choices=TargetState.choices)
    light = serializers.ChoiceField(choices=LightColour.choices)
    verdict = serializers.ChoiceField(choices=VerdictValue.choices)
    concluded = serializers.BooleanField(
        help_text=_("The verdict is given; before that it says how it would be today.")
    )
    unverified = serializers.BooleanField(
        help_text=_("The last period that is over has no verified figure.")
    )
    actual = Quantity(allow_null=True)
    lowest = Quantity(allow_null=True, help_text=_("The lowest that the figure may mean."))
    highest = Quantity(allow_null=True, help_text=_("null: unknown, or without end."))
    expected = Quantity(allow_null=True, help_text=_("By the last due checkpoint."))
    headline = serializers.ChoiceField(choices=FigureName.choices)
    headline_value = Quantity(allow_null=True)
    as_of = serializers.DateField(allow_null=True)
    provenance = serializers.ChoiceField(choices=Provenance.choices)
    judgement = JudgementSerializer(
        allow_null=True, help_text=_("It changes nothing that is computed. null: nobody has said.")
    )


class ExplainedResultSerializer(ResultSerializer):
    about = _("How one target stands, and why.")

    explanation = ExplanationSerializer()
    known_on = serializers.DateField(allow_null=True, help_text=LOOKED_BACK)
    etag = serializers.CharField(help_text=TAG)


class CountSerializer(serializers.Serializer):
    about = _("How many targets of one scope are met; shares in percent, null of an empty scope.")

    fields_counted = serializers.ListField(
        child=serializers.CharField(), help_text=_("Empty: all fields.")
    )
    assigned = serializers.IntegerField(help_text=_("Withdrawn targets are not counted."))
    met = serializers.IntegerField()
    unmet = serializers.IntegerField()
    undecided = serializers.IntegerField()
    share = Quantity(allow_null=True)
    coverage = Quantity(allow_null=True)
    lowest = Quantity(allow_null=True)
    highest = Quantity(allow_null=True)


class ScopeSerializer(serializers.Serializer):
    about = _("Targets that are counted together: of one origin, and with no others.")

    origin = serializers.ChoiceField(choices=TargetOrigin.choices)
    concluded = serializers.BooleanField()
    count = CountSerializer()
    by_field = CountSerializer(many=True)
    explanation = ExplanationSerializer()


class BoardSerializer(serializers.Serializer):
    about = _("The counts of one unit in one plan by scope, and how all targets stand.")

    plan = serializers.SlugField()
    unit = serializers.SlugField(allow_null=True, help_text=_("Whose counts these are."))
    scopes = ScopeSerializer(many=True)
    results = ResultSerializer(many=True)
    as_of = serializers.DateField(allow_null=True, help_text=LOOKED_BACK)
    etag = serializers.CharField(help_text=TAG)


def explanation(figure: Figure) -> dict[str, Any]:
    """Return the body of an explanation, down to what it rests on."""
    return {
        "name": figure.name,
        "value": number(figure.value),
        "said": figure.said,
        "about_what": figure.about,
        "source": figure.source,
        "provenance": figure.provenance,
        "ref": figure.ref,
        "parts": [explanation(part) for part in figure.parts],
    }


def number(value: Fraction | None) -> str | None:
    """Return a figure as the API writes it, with at most six decimals; None stays null."""
    if value is None:
        return None
    return Quantity().to_representation(round(as_decimal(value), 6))


def result(line: Line) -> dict[str, Any]:
    """Return the body of one result, without its explanation."""
    found = line.result
    reach = found.standing.reach
    marks = {one.provenance for one in found.verdict} | {line.said["provenance"]}
    order = (Provenance.SYNTHETIC, Provenance.DERIVED, Provenance.SOURCED)
    as_of = found.standing.as_of
    return {
        "target": line.said["ref"],
        "code": line.said["code"],
        "unit": line.said["unit_ref"],
        "state": line.said["state"],
        "light": found.light,
        "verdict": found.verdict.said,
        "concluded": found.concluded,
        "unverified": found.hatched,
        "actual": number(found.standing.actual.value),
        "lowest": number(reach.low) if reach else None,
        "highest": number(reach.high) if reach else None,
        "expected": number(found.expected.value),
        "headline": found.headline.name,
        "headline_value": number(found.headline.value),
        "as_of": as_of.isoformat() if as_of else None,
        "provenance": next((mark for mark in order if mark in marks), Provenance.LIVE),
        "judgement": judgement(line),
    }


def counted(count: Count, fields: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the body of one count."""
    interval = count.interval
    return {
        "fields_counted": sorted(fields),
        "assigned": count.assigned,
        "met": count.met,
        "unmet": count.unmet,
        "undecided": count.open,
        "share": number(count.share),
        "coverage": number(count.coverage),
        "lowest": number(interval.low) if interval else None,
        "highest": number(interval.high) if interval else None,
    }


def scope_body(scope: Counted) -> dict[str, Any]:
    """Return the body of one scope with its explanation."""
    return {
        "origin": scope.origin,
        "concluded": scope.concluded,
        "count": counted(scope.counted),
        "by_field": [
            counted(count, rules.FIELD_SETS[name]) for name, count, _why in scope.by_field
        ],
        "explanation": explanation(scope.why),
    }


def past_day(request: Request, plan: Period) -> date | None:
    """Return the day to which `as_of` looks back; None: today. Raises Invalid (invalid-parameter)."""
    text = request.query_params.get("as_of")
    if text is None:
        return None
    today = clock.local_date(request.now)
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise parameters.invalid("as_of", _("This is no day. Write it as 2024-03-31.")) from error
    if not plan.starts_on <= day <= today:
        raise parameters.invalid("as_of", _("It lies before the plan begins, or is still to come."))
    return day if day < today else None


def with_tag(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return `data` with a tag of its own words: it is computed, so no row version stands for it."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False)
    return data | {"etag": f'"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"'}


class BoardOfPlan(ReadOnlyCollection):
    """The board as a part of a plan."""

    @extend_schema(
        operation_id="plans_board",
        summary=_("Read the board of a plan"),
        description=_(
            "How all targets of the plan stand that the holder sees, and the counts of one unit. "
            "Counts of two scopes are never to be added."
        ),
        parameters=[UNIT, AS_OF],
        responses=BoardSerializer,
        examples=[OpenApiExample("board", value=BOARD, response_only=True)],
    )
    @action(detail=True, methods=["get"])
    def board(self, request: Request, ref: str) -> Response:
        parameters.require_known(request, {"unit", "as_of"})
        plan: Period = self.get_object()
        reach = reach_of(request.user, at=request.now)
        seen = Target.objects.filter(period=plan).within(reach)
        past = past_day(request, plan)
        at = request.now if past is None else lookback.end_of(past)
        lines = results.of(
            seen.exclude(state=TargetState.PLANNED),
            at=at,
            thresholds=results.thresholds_of(results.rules_in_force(on=clock.local_date(at))),
            known_at=None if past is None else at,
            with_course=False,
        ).lines
        subject = results.subject_of(lines)
        if wanted := request.query_params.get("unit"):
            named = [line for line in lines if line.said["unit_ref"] == wanted]
            if not named:
                raise parameters.invalid("unit", _("It has no target in this plan that you see."))
            subject = named[0].said["unit_id"]
        mine = [line for line in lines if line.said["unit_id"] == subject]
        scopes = rules.scopes(results.entries(mine, language="vi"))
        data = {
            "plan": plan.code,
            "unit": mine[0].said["unit_ref"] if mine else None,
            "scopes": [scope_body(scope) for scope in scopes],
            "results": [result(line) for line in lines],
            "as_of": past.isoformat() if past else None,
        }
        return self.tagged(with_tag("board", data))


class ResultOfTarget(ReadOnlyCollection):
    """How a target stands, as a part of it."""

    @extend_schema(
        operation_id="targets_result",
        summary=_("Read how a target stands, and why"),
        description=_(
            "Verdict, light and headline with the explanation of each figure. A whole without figures "
            "of its own is rolled up from its parts."
        ),
        parameters=[AS_OF],
        responses=ExplainedResultSerializer,
        examples=[OpenApiExample("result", value=RESULT, response_only=True)],
    )
    @action(detail=True, methods=["get"])
    def result(self, request: Request, ref: str) -> Response:
        parameters.require_known(request, {"as_of"})
        target: Target = self.get_object()
        return self.tagged(self.result_of(target, past=past_day(request, target.period)))

    def result_of(self, target: Target, *, past: date | None = None) -> dict[str, Any]:
        """Return the body of how a target stands now, with its tag. `past`: how it stood as it was
        known at the end of that day; Invalid (invalid-parameter) where it was not assigned yet."""
        if past is None:
            line = portraits.of_one(target, at=self.request.now)
        else:
            line = portraits.of_one_then(target, at=lookback.end_of(past))
        if line is None:
            raise parameters.invalid("as_of", _("It was not assigned yet on that day."))
        data = result(line) | {
            "explanation": explanation(line.result.verdict),
            "known_on": past.isoformat() if past else None,
        }
        return with_tag("result", data)
