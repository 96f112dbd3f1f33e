"""What programs and people send about backlog cases: typed, strict, and without a rule of the trade."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from commitments.api.plans import seen_plans
from commitments.enums.backlog import CaseCause, CaseKind, Competence, Resolvable
from commitments.models import Target
from units.http.parsers import StrictSerializer
from units.http.writing import RefField, seen_offices, seen_units
from units.rules import texts

NEW = {
    "kind": "admin",
    "title": "Hồ sơ đất đai quá hạn",
    "unit": "bx-huong-son",
    "plan": "2024",
    "original_due_on": "2024-03-31",
}
CHANGE = {"office": "huong-son-chu-tich", "task": "Trả kết quả cho 12 hộ", "competence": "own"}
REASON = {"reason": "Chờ tỉnh phê duyệt giá đất."}
EXTEND = REASON | {"new_due_on": "2024-09-30"}
RESUME = {"new_due_on": "2024-09-30"}
RESOLVE = {"outcome": "Đã trao 12 giấy chứng nhận.", "reference": "12/QĐ-UBND"}
DECIDE = {"granted": False, "answer": "Hộ cuối cùng đã đồng ý."}
EXPLAIN = {"level": 2, "text": "Bốn hộ chưa đồng ý giá."}
JUDGE = {"level": 2, "accepted": False, "answer": "Nói rõ từng hộ."}
MOST_LEVELS = 32767  # as its column


def seen_targets(request: Request) -> Any:
    return Target.objects.visible_to(request.user, at=request.now)


class NewCaseSerializer(StrictSerializer):
    about = _(
        "A case to be registered. Its original day is never changed again. “number”: left out, the next "
        "free one. What is clear already may be sent; a supervisor assigns it."
    )

    kind = serializers.ChoiceField(choices=CaseKind.choices)
    title = serializers.CharField(max_length=300)
    unit = RefField(seen_units, help_text=_("Unit that holds it."))
    plan = RefField(seen_plans, by="code", help_text=_("Plan that it comes from."))
    original_due_on = serializers.DateField()
    number = serializers.CharField(max_length=30, required=False)
    target = RefField(seen_targets, required=False)
    office = RefField(seen_offices, required=False)
    cause = serializers.ChoiceField(choices=CaseCause.choices, required=False)
    resolvable = serializers.ChoiceField(choices=Resolvable.choices, required=False)
    task = serializers.CharField(max_length=texts.ACCOUNT, required=False)
    responsibility = serializers.CharField(max_length=texts.ACCOUNT, required=False)
    product = serializers.CharField(max_length=texts.ACCOUNT, required=False)
    competence = serializers.ChoiceField(choices=Competence.choices, required=False)
    authority = serializers.CharField(max_length=texts.ACCOUNT, required=False)


class ChangeCaseSerializer(StrictSerializer):
    about = _(
        "What has become clear about a case that is not assigned yet. What is left out stays as it is; "
        "an empty text, or null for the office, takes back what was said. The days stand."
    )

    title = serializers.CharField(max_length=300, required=False)
    office = RefField(
        seen_offices,
        required=False,
        allow_null=True,
        help_text=_("Of the unit that holds the case."),
    )
    cause = serializers.ChoiceField(choices=CaseCause.choices, required=False, allow_blank=True)
    resolvable = serializers.ChoiceField(
        choices=Resolvable.choices, required=False, allow_blank=True
    )
    task = serializers.CharField(max_length=texts.ACCOUNT, required=False, allow_blank=True)
    responsibility = serializers.CharField(
        max_length=texts.ACCOUNT, required=False, allow_blank=True
    )
    product = serializers.CharField(max_length=texts.ACCOUNT, required=False, allow_blank=True)
    competence = serializers.ChoiceField(
        choices=Competence.choices, required=False, allow_blank=True
    )
    authority = serializers.CharField(max_length=texts.ACCOUNT, required=False, allow_blank=True)


class ExtendSerializer(StrictSerializer):
    about = _("By when it shall be due, and why.")

    new_due_on = serializers.DateField(help_text=_("Later than the day that stands, and not past."))
    reason = serializers.CharField(max_length=texts.ACCOUNT)


class ResumeSerializer(StrictSerializer):
    about = _("By when it shall be due from now on.")

    new_due_on = serializers.DateField(help_text=_("Not before the day that stands, and not past."))


class ResolveSerializer(StrictSerializer):
    about = _("What was delivered: the product in words, and where it is found.")

    outcome = serializers.CharField(max_length=texts.ACCOUNT)
    reference = serializers.CharField(
        max_length=300, required=False, allow_blank=True, help_text=_("Number or address.")
    )


class DecideSerializer(StrictSerializer):
    about = _("Whether what is proposed is granted. To decline, say why.")

    granted = serializers.BooleanField()
    answer = serializers.CharField(max_length=texts.ACCOUNT, required=False, allow_blank=True)


class ExplainSerializer(StrictSerializer):
    about = _("Why it is late, to the step of a level that has asked for it.")

    level = serializers.IntegerField(min_value=0, max_value=MOST_LEVELS)
    text = serializers.CharField(max_length=texts.ACCOUNT)


class JudgeExplanationSerializer(StrictSerializer):
    about = _("Whether an explanation is accepted. If not, say why.")

    level = serializers.IntegerField(min_value=0, max_value=MOST_LEVELS)
    accepted = serializers.BooleanField()
    answer = serializers.CharField(max_length=texts.ACCOUNT, required=False, allow_blank=True)
