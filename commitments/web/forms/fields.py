"""Fields that read numbers, shares and steps as people here write them."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from commitments.rules import revisions
from commitments.rules import targets as rules


class QuantityField(forms.CharField):
    """A number typed as people write it here: `45,7` and `45.7`; what can be read in two ways is
    refused, and the message says how to write it."""

    def __init__(self, *, decimals: int = rules.MAX_DECIMALS, **kwargs: Any) -> None:
        super().__init__(max_length=40, widget=forms.TextInput({"inputmode": "decimal"}), **kwargs)
        self.decimals = decimals

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return rules.parse_quantity(
                text, language=get_language() or "vi", decimals=self.decimals
            )
        except rules.BadQuantity as error:
            raise forms.ValidationError(QUANTITY_ERRORS[error.code] % {"text": text}) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Say whether another number was typed: 7 and 7.0 are one."""
        try:
            return (None if initial == "" else initial) != self.clean(data)
        except forms.ValidationError:
            return True

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            exponent = value.normalize().as_tuple().exponent
            shown = -exponent if isinstance(exponent, int) else 0
            return rules.format_quantity(
                value, decimals=max(0, shown), language=get_language() or "vi", grouping=False
            )
        return value


QUANTITY_ERRORS = {
    "not-a-number": _("“%(text)s” is not a number. Write digits, with one decimal sign at most."),
    "two-readings": _(
        "“%(text)s” can be read in two ways. Write it without separators between thousands."
    ),
    "too-many-decimals": _("“%(text)s” has more decimals than this indicator has. Write fewer."),
    "too-large": _("“%(text)s” is too large. Check the unit of measure."),
}
LINE_ERRORS = {
    **QUANTITY_ERRORS,
    "parts-missing": _("“%(text)s” lacks a part. Write the parts of a line with “|” between them."),
    "not-a-day": _("“%(text)s” does not begin with a day such as 30/06/2024."),
}


class LinesField(forms.CharField):
    """One thing in each line; `read` and `write` of `rules.revisions` say how it is written."""

    read: Callable[..., Any]
    write: Callable[..., str]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.Textarea({"rows": 4}), **kwargs)

    def clean(self, value: Any) -> Sequence[Any]:
        text = super().clean(value)
        try:
            return type(self).read(text, language=get_language() or "vi")
        except revisions.BadLine as error:
            told = LINE_ERRORS[error.code] % {"text": error.text.strip()}
            raise forms.ValidationError(
                _("Line %(line)s: %(fault)s") % {"line": error.line, "fault": told}
            ) from error

    def prepare_value(self, value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        return type(self).write(value, language=get_language() or "vi")


class SharesField(LinesField):
    read = staticmethod(revisions.read_shares)
    write = staticmethod(revisions.write_shares)


class StepsField(LinesField):
    read = staticmethod(revisions.read_steps)
    write = staticmethod(revisions.write_steps)
