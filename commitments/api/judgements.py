"""What people hold of how targets stand, as programs read it."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from commitments.actions.results import Line
from commitments.enums import JudgedLight, LightColour
from units.enums import Provenance
from units.http.fields import Instant


class JudgementSerializer(serializers.Serializer):
    about = _("What a person holds of how a target stands, beside the computed light.")

    light = serializers.ChoiceField(choices=JudgedLight.choices)
    reason = serializers.CharField()
    computed = serializers.ChoiceField(
        choices=LightColour.choices, help_text=_("The light beside which it was given.")
    )
    given_by = serializers.CharField()
    given_at = Instant()
    provenance = serializers.ChoiceField(choices=Provenance.choices)


def judgement(line: Line) -> dict[str, Any] | None:
    """Return the body of what a person holds of a target; None: nobody has said."""
    said = line.judgement
    if said is None:
        return None
    return {
        "light": said.light,
        "reason": said.reason,
        "computed": said.computed,
        "given_by": said.person,
        "given_at": Instant().to_representation(said.given_at),
        "provenance": said.provenance,
    }
