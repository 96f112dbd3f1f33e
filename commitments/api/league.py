"""The league table of a plan as programs read it: places with scores, coverage, interval and why."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from commitments.actions import league, lookback
from commitments.actions.league import League
from commitments.api.board import (
    AS_OF,
    LOOKED_BACK,
    WHY,
    ExplanationSerializer,
    explanation,
    number,
    past_day,
    with_tag,
)
from commitments.enums import NoPlace, TargetOrigin
from commitments.models import Period
from commitments.rules.league import Place
from units.http import parameters
from units.http.collections import ReadOnlyCollection
from units.http.fields import Quantity
from units.http.serializers import TAG
from units.querysets.organisation import reach_of

ORIGIN = OpenApiParameter(
    "origin",
    str,
    enum=TargetOrigin.values,
    description=_("Which targets are compared; else the scope with more units."),
)
PLACE = {
    "unit": "bx-huong-son",
    "place": 2,
    "no_place": None,
    "score": "91.4",
    "lowest": "71.1",
    "highest": "93.3",
    "coverage": "87.5",
    "targets": 8,
    "known": 7,
    "met": 5,
    "explanation": WHY,
}
LEAGUE = {
    "plan": "2023",
    "origin": "superior",
    "minimum_coverage": "80",
    "rule_set": 1,
    "places": [PLACE],
    "as_of": None,
    "etag": '"league-5f0c7a1e2b3d4c5f"',
}


class PlaceSerializer(serializers.Serializer):
    about = _("Where one unit stands, in percent of what it was to reach.")

    unit = serializers.SlugField()
    place = serializers.IntegerField(
        allow_null=True,
        help_text=_("1 is the best; equal scores share the last of their places. null: none."),
    )
    no_place = serializers.ChoiceField(
        choices=NoPlace.choices, allow_null=True, help_text=_("Why it has no place.")
    )
    score = Quantity(allow_null=True)
    lowest = Quantity(allow_null=True, help_text=_("If all that is not known were 0."))
    highest = Quantity(allow_null=True, help_text=_("If all that is not known were met."))
    coverage = Quantity(allow_null=True, help_text=_("Weight of what is known, in percent."))
    targets = serializers.IntegerField()
    known = serializers.IntegerField()
    met = serializers.IntegerField()
    explanation = ExplanationSerializer()


class LeagueSerializer(serializers.Serializer):
    about = _("The units of one plan by their composite score, inside one scope.")

    plan = serializers.SlugField()
    origin = serializers.ChoiceField(choices=TargetOrigin.choices, allow_null=True)
    minimum_coverage = Quantity(help_text=_("In percent; below it a unit has no place."))
    rule_set = serializers.IntegerField(
        allow_null=True, help_text=_("Version of the rules; null: the rule of the house.")
    )
    places = PlaceSerializer(many=True)
    as_of = serializers.DateField(allow_null=True, help_text=LOOKED_BACK)
    etag = serializers.CharField(help_text=TAG)


def place_body(found: League, one: Place) -> dict[str, Any]:
    """Return the body of one place."""
    interval = one.composite.interval
    return {
        "unit": found.lines[one.unit].said["unit_ref"],
        "place": one.place,
        "no_place": one.without,
        "score": number(one.composite.score),
        "lowest": number(interval.low) if interval else None,
        "highest": number(interval.high) if interval else None,
        "coverage": number(one.composite.coverage),
        "targets": one.targets,
        "known": one.known,
        "met": one.met,
        "explanation": explanation(one.composite.why),
    }


class LeagueOfPlan(ReadOnlyCollection):
    """The league table as a part of a plan."""

    @extend_schema(
        operation_id="plans_league",
        summary=_("Read the league table of a plan"),
        description=_(
            "The units that the holder sees, by their composite score inside one scope. Whoever does "
            "not see every unit gets scores and no places."
        ),
        parameters=[ORIGIN, AS_OF],
        responses=LeagueSerializer,
        examples=[OpenApiExample("league", value=LEAGUE, response_only=True)],
    )
    @action(detail=True, methods=["get"])
    def league(self, request: Request, ref: str) -> Response:
        parameters.require_known(request, {"origin", "as_of"})
        plan: Period = self.get_object()
        wanted = request.query_params.get("origin")
        if wanted is not None and wanted not in TargetOrigin.values:
            raise parameters.invalid("origin", _("There is no such origin of targets."))
        past = past_day(request, plan)
        then = None if past is None else lookback.end_of(past)
        found = league.of(
            plan,
            reach=reach_of(request.user, at=request.now),
            at=then or request.now,
            language="vi",
            origin=TargetOrigin(wanted) if wanted else None,
            known_at=then,
        )
        data = {
            "plan": plan.code,
            "origin": found.origin,
            "minimum_coverage": number(found.minimum),
            "rule_set": found.version,
            "places": [place_body(found, one) for one in found.places],
            "as_of": past.isoformat() if past else None,
        }
        return self.tagged(with_tag("league", data))
