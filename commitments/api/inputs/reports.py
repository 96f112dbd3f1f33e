"""What programs send about reports: typed, strict, and without a rule of the trade."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from commitments.enums import Qualifier, Stage
from commitments.enums.backlog import CaseCause
from commitments.rules.reports import Answer
from units.http.fields import SentQuantity
from units.http.parsers import StrictSerializer
from units.rules import texts

ANSWER = {
    "value": "62",
    "qualifier": "exact",
    "stage": "final",
    "narrative": "62 so far this year.",
}


class AnswerSerializer(StrictSerializer):
    about = _(
        "What is reported: exactly one of “value”, “numerator” with “denominator”, “is_true” and "
        "“nothing_to_report”. A draft may leave it open. What is left out is empty."
    )

    value = SentQuantity(allow_null=True, required=False)
    numerator = SentQuantity(allow_null=True, required=False)
    denominator = SentQuantity(allow_null=True, required=False, help_text=_("Above 0."))
    is_true = serializers.BooleanField(allow_null=True, required=False)
    nothing_to_report = serializers.BooleanField(required=False)
    qualifier = serializers.ChoiceField(choices=Qualifier.choices, required=False)
    about_width = SentQuantity(
        allow_null=True, required=False, help_text=_("How far “about” may be off.")
    )
    stage = serializers.ChoiceField(choices=Stage.choices, required=False)
    narrative = serializers.CharField(required=False, allow_blank=True, max_length=texts.ACCOUNT)
    cause = serializers.ChoiceField(choices=CaseCause.choices, required=False, allow_blank=True)
    next_steps = serializers.CharField(required=False, allow_blank=True, max_length=texts.ACCOUNT)


class ReasonSerializer(StrictSerializer):
    about = _("Why.")

    reason = serializers.CharField(max_length=texts.ACCOUNT)


def answer_from(sent: dict[str, Any]) -> Answer:
    """Return the answer that was sent; what was left out is empty."""
    return Answer(**sent)
