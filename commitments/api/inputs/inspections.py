"""What is sent about inspections: typed, strict, and without a rule of the trade."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from commitments.api.inputs.backlog import seen_targets
from units.http.parsers import StrictSerializer
from units.http.writing import RefField, seen_units
from units.rules import texts

NEW = {
    "target": "2024-h17-3",
    "unit": "bx-huong-son",
    "inspected_on": "2024-04-18",
    "conclusion": "Chấp hành tốt giờ làm việc; hai hồ sơ trả chậm.",
}
CORRECT = {"inspected_on": "2024-04-17", "reason": "Ghi nhầm ngày."}


class NewInspectionSerializer(StrictSerializer):
    about = _("An inspection that was made. Files are shown with it on its page.")

    target = RefField(seen_targets, help_text=_("Target that counts the unit."))
    unit = RefField(seen_units, help_text=_("Unit inspected."))
    inspected_on = serializers.DateField()
    conclusion = serializers.CharField(max_length=texts.ACCOUNT)


class CorrectInspectionSerializer(StrictSerializer):
    about = _("What stands in the place of a wrong record; what is left out stays as it was.")

    reason = serializers.CharField(max_length=texts.REASON)
    unit = RefField(seen_units, required=False, help_text=_("Unit inspected."))
    inspected_on = serializers.DateField(required=False)
    conclusion = serializers.CharField(max_length=texts.ACCOUNT, required=False)
    took_place = serializers.BooleanField(
        required=False, help_text=_("False: there was no such inspection.")
    )
