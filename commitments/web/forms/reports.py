"""The fields of one report, as a row of the grid or on a page of its own."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.enums import IndicatorKind, Qualifier, Stage
from commitments.enums.backlog import CaseCause
from commitments.models import Report, ReportingDuty
from commitments.rules.reports import Answer, answer_in_parts
from commitments.web.forms.fields import QuantityField
from commitments.web.words import language
from units.http import etags
from units.rules import texts
from units.web.fields import WordsField

YES_NO = [("", "–"), ("yes", _("Yes")), ("no", _("No"))]


class AnswerForm(forms.Form):
    """What a report says. Fields follow the kind of the indicator; nothing is required of a draft.

    `proposed`: numerator and denominator to begin with, where there is no draft.
    """

    nothing_to_report = forms.BooleanField(label=_("Nothing to report"), required=False)
    qualifier = forms.ChoiceField(label=_("How exact"), choices=Qualifier.choices, required=False)
    about_width = QuantityField(label=_("Give or take (with “about”)"), required=False)
    stage = forms.ChoiceField(label=_("Status of the data"), choices=Stage.choices, required=False)
    narrative = WordsField(
        label=_("Note"),
        required=False,
        max_length=texts.ACCOUNT,
        rows=2,
    )
    cause = forms.ChoiceField(
        label=_("Obstacle"), choices=[("", "–"), *CaseCause.choices], required=False
    )
    next_steps = WordsField(
        label=_("Next steps"),
        required=False,
        max_length=texts.ACCOUNT,
        rows=2,
    )

    def __init__(
        self,
        duty: ReportingDuty,
        report: Report | None,
        data: Any = None,
        *,
        proposed: tuple[int, int] | None = None,
    ) -> None:
        initial: dict[str, Any] = {"qualifier": Qualifier.EXACT, "stage": Stage.FINAL}
        if proposed is not None:
            initial |= {"numerator": Decimal(proposed[0]), "denominator": Decimal(proposed[1])}
        if report is not None:
            initial = {name: getattr(report, name) for name in Answer.__dataclass_fields__}
            initial["is_true"] = {True: "yes", False: "no", None: ""}[report.is_true]
        super().__init__(data, initial=initial, prefix=f"d{duty.pk}", auto_id=f"%s-{duty.pk}")
        self.duty = duty
        self.seen = report.etag_version if report else 0
        indicator = duty.target.indicator
        answer: dict[str, forms.Field] = {}
        if answer_in_parts(indicator.kind):
            ratio = indicator.kind == IndicatorKind.RATIO
            top = indicator.numerator if ratio else _("this period")
            below = indicator.denominator if ratio else _("same period last year")
            answer["numerator"] = QuantityField(label=top, required=False)
            answer["denominator"] = QuantityField(label=below, required=False)
        elif indicator.kind == IndicatorKind.BOOLEAN:
            answer["is_true"] = forms.ChoiceField(label=_("Answer"), choices=YES_NO, required=False)
        elif indicator.kind == IndicatorKind.GRADE:
            if report is not None and report.value is not None:
                self.initial["value"] = str(int(report.value))  # as it is sent
            answer["value"] = forms.TypedChoiceField(
                label=_("Grade"),
                choices=[("", "–"), *indicator.grades(language()).items()],
                coerce=int,
                empty_value=None,
                required=False,
            )
        else:
            answer["value"] = QuantityField(
                label=_("Value"), decimals=indicator.decimals, required=False
            )
        self.answer_names = list(answer)
        for field in answer.values():
            field.asked = True  # a draft may be without it, what is submitted may not
        self.fields = {**answer, **self.fields}
        for name in self.fields:
            self.fields[name].widget.attrs.setdefault("data-name", name)

    @property
    def answer_fields(self) -> list[Any]:
        """The bound fields that hold the answer itself."""
        return [self[name] for name in self.answer_names]

    @property
    def more_fields(self) -> list[Any]:
        """The bound fields that most rows leave as they are."""
        return [self[name] for name in ("about_width", "stage", "cause", "next_steps")]

    def answer(self) -> Answer:
        """Return what was typed, once it is valid."""
        data = dict(self.cleaned_data)
        said = data.pop("is_true", "")
        if data.get("qualifier") == "":
            data["qualifier"] = Qualifier.EXACT
        if data.get("stage") == "":
            data["stage"] = Stage.FINAL
        if isinstance(data.get("value"), int):
            data["value"] = forms.DecimalField().to_python(data["value"])
        return Answer(is_true={"yes": True, "no": False}.get(said), **data)

    def is_untouched(self) -> bool:
        """Say whether nothing was typed into a row that had no draft."""
        return self.seen == 0 and not self.has_changed()


def seen_in(post: Any, duty: ReportingDuty) -> int:
    """Return the version of the draft that a row has shown. Raises VersionMissing."""
    return etags.seen_version({etags.FIELD: post.get(f"d{duty.pk}-version", "")})
