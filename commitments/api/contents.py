"""The stored content of a document as programs read it: parties and items."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from commitments.enums import (
    Comparator,
    IndicatorKind,
    ItemRole,
    MaintainRule,
    SlotRole,
    TargetMode,
)
from units.enums import Provenance

ITEM = {
    "ordinal": 1,
    "target": "2024-h17-huong-son",
    "revision": 1,
    "code": "H17.1",
    "group": {
        "code": "H17",
        "title_vi": "Cấp giấy chứng nhận",
        "title_en": "Issue of certificates",
    },
    "role": "lead",
    "title_vi": "Số giấy chứng nhận được cấp",
    "title_en": "Certificates issued",
    "kind": "count",
    "mode": "reach",
    "comparator": "ge",
    "value": "21",
    "upper": None,
    "maintain_rule": None,
    "maintain_share": None,
    "decimals": 0,
    "uom_vi": "giấy",
    "uom_en": "certificates",
    "words_vi": "đạt ít nhất 21 giấy",
    "words_en": "reach at least 21 certificates",
    "baseline": {
        "value": "19",
        "period": "2023",
        "text_vi": "19 giấy",
        "text_en": "19 certificates",
    },
    "roadmap": [
        {
            "period": "2024-03",
            "name_vi": "Tháng 3/2024",
            "name_en": "March 2024",
            "value": "5",
            "text_vi": "5 giấy",
            "text_en": "5 certificates",
        }
    ],
    "mandate": {
        "number": "",
        "title_vi": "Nghị quyết về nhiệm vụ năm 2024",
        "title_en": "Resolution on the tasks of 2024",
        "signed_on": None,
    },
    "clause": "",
    "provenance": "synthetic",
}


class NamedUnitSerializer(serializers.Serializer):
    ref = serializers.SlugField()
    name_vi = serializers.CharField()
    name_en = serializers.CharField()


class NamedOfficeSerializer(serializers.Serializer):
    ref = serializers.SlugField()
    title_vi = serializers.CharField()
    title_en = serializers.CharField()


class PartySerializer(serializers.Serializer):
    about = _("One side, with the names and titles of the day of issue.")

    side = serializers.ChoiceField(choices=SlotRole.choices)
    unit = NamedUnitSerializer()
    offices = NamedOfficeSerializer(many=True)


class ItemGroupSerializer(serializers.Serializer):
    code = serializers.CharField()
    title_vi = serializers.CharField()
    title_en = serializers.CharField()


class ItemBaselineSerializer(serializers.Serializer):
    value = serializers.CharField()
    period = serializers.CharField()
    text_vi = serializers.CharField()
    text_en = serializers.CharField()


class ItemCheckpointSerializer(serializers.Serializer):
    period = serializers.CharField()
    name_vi = serializers.CharField()
    name_en = serializers.CharField()
    value = serializers.CharField()
    text_vi = serializers.CharField()
    text_en = serializers.CharField()


class ItemMandateSerializer(serializers.Serializer):
    number = serializers.CharField()
    title_vi = serializers.CharField()
    title_en = serializers.CharField()
    signed_on = serializers.DateField(allow_null=True)


class ItemSerializer(serializers.Serializer):
    about = _("One promise as it stands in the document. Quantities are text and never rounded.")

    ordinal = serializers.IntegerField()
    target = serializers.SlugField()
    revision = serializers.IntegerField()
    code = serializers.CharField()
    group = ItemGroupSerializer()
    role = serializers.ChoiceField(choices=ItemRole.choices)
    title_vi = serializers.CharField()
    title_en = serializers.CharField()
    kind = serializers.ChoiceField(choices=IndicatorKind.choices)
    mode = serializers.ChoiceField(choices=TargetMode.choices)
    comparator = serializers.ChoiceField(choices=Comparator.choices)
    value = serializers.CharField()
    upper = serializers.CharField(allow_null=True)
    maintain_rule = serializers.ChoiceField(choices=MaintainRule.choices, allow_null=True)
    maintain_share = serializers.CharField(allow_null=True)
    decimals = serializers.IntegerField()
    uom_vi = serializers.CharField()
    uom_en = serializers.CharField()
    words_vi = serializers.CharField()
    words_en = serializers.CharField()
    baseline = ItemBaselineSerializer(allow_null=True)
    roadmap = ItemCheckpointSerializer(many=True)
    mandate = ItemMandateSerializer()
    clause = serializers.CharField()
    provenance = serializers.ChoiceField(choices=Provenance.choices)
