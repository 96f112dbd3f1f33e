"""Fields that forms of every app share."""

from typing import Any

from django import forms

from units.rules import texts


class WordsField(forms.CharField):
    """A text of several lines. The end of a line is one character, as the browser counts it: what
    it lets a person type is not too long here."""

    def __init__(self, *, rows: int = 3, max_length: int = texts.REASON, **kwargs: Any) -> None:
        area = forms.Textarea(attrs={"rows": rows})
        super().__init__(max_length=max_length, widget=area, **kwargs)

    def to_python(self, value: Any) -> Any:
        return (super().to_python(value) or "").replace("\r\n", "\n")
