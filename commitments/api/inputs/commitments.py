"""What programs send about drafts of commitments: typed, strict, and without a rule of the trade."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from commitments.api.inputs.targets import seen_targets
from commitments.api.plans import seen_plans
from commitments.enums import ItemRole, SigningOrder
from units.http.parsers import StrictSerializer
from units.http.writing import RefField, seen_offices, seen_units, unknown_reference

NEW = {
    "plan": "2024",
    "unit": "bx-huong-son",
    "assigner": "bx-hu-secretary",
    "first_undertaker": "huong-son-bi-thu",
    "second_undertaker": "huong-son-chu-tich",
    "sign_by": "2024-02-20",
}
CHANGE = {"sign_by": "2024-02-27", "items": [{"target": "2024-h17-huong-son", "role": "lead"}]}


class SentItemSerializer(StrictSerializer):
    about = _("One item: the newest revision of a target.")

    target = RefField(seen_targets)
    role = serializers.ChoiceField(choices=ItemRole.choices, default=ItemRole.LEAD)


class ChangeDraftSerializer(StrictSerializer):
    about = _("What is to change of a draft; items are replaced as a whole.")

    assigner = RefField(seen_offices, required=False, help_text=_("Office that assigns."))
    first_undertaker = RefField(seen_offices, required=False)
    second_undertaker = RefField(seen_offices, allow_null=True, required=False)
    sign_by = serializers.DateField(required=False)
    items = SentItemSerializer(many=True, required=False)


class NewDraftSerializer(StrictSerializer):
    about = _("A commitment to be drafted. Without items: every target of the unit in this plan.")

    plan = RefField(seen_plans, by="code")
    unit = RefField(seen_units, help_text=_("Undertaking unit."))
    assigner = RefField(seen_offices, help_text=_("Office that assigns."))
    first_undertaker = RefField(seen_offices)
    second_undertaker = RefField(seen_offices, allow_null=True, required=False)
    sign_by = serializers.DateField()
    signing_order = serializers.ChoiceField(choices=SigningOrder.choices, required=False)
    items = SentItemSerializer(many=True, required=False)


def items_from(sent: Iterable[Mapping[str, Any]]) -> list[tuple[int, str]]:
    """Return the newest revision of each target that was named, with its role."""
    found = []
    for place, item in enumerate(sent):
        said = item["target"].current
        if said is None:
            raise unknown_reference(f"items/{place}/target", item["target"].ref)
        found.append((said.pk, item["role"]))
    return found
