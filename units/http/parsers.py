"""JSON as strictly as it is hashed elsewhere: one meaning, or a refusal."""

import json
from decimal import Decimal
from typing import IO, Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.utils.mediatypes import _MediaType

from units.errors import Refused, TooLarge

MAX_BYTES = 1024 * 1024
WHOLE_DIGITS, DECIMALS = 18, 6  # of a number, before and behind its point


class StrictJSONParser(BaseParser):
    """UTF-8, at most MAX_BYTES, no name twice, no NaN, no lone surrogate, no number that the widest
    column of the database, Decimal(24, 6), would not hold."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: dict[str, Any] | None = None,
    ) -> Any:
        charset = _MediaType(media_type or self.media_type).params.get("charset", "utf-8")
        if charset.lower() not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType(media_type or "")
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise TooLarge(_("The body is larger than 1 MiB. Send less at once."), code="too-large")
        try:
            parsed = json.loads(
                raw.decode(),
                object_pairs_hook=_object,
                parse_constant=_no_constant,
                parse_int=_whole,
                parse_float=_fraction,
            )
            json.dumps(parsed, ensure_ascii=False).encode()  # refuses lone surrogates
        except (
            ValueError,
            ArithmeticError,
            RecursionError,
        ) as error:  # UnicodeError is a ValueError
            raise ParseError from error
        return parsed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise Refused(
            _("The name “%(name)s” stands twice in one object.") % {"name": twice[0]},
            code="duplicate-field",
        )
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON.")


def _whole(text: str) -> int:
    if len(text.removeprefix("-")) > WHOLE_DIGITS:
        raise ValueError("A number is too large.")
    return int(text)


def _fraction(text: str) -> float:
    exact = Decimal(text)
    if exact.adjusted() >= WHOLE_DIGITS or -int(exact.as_tuple().exponent) > DECIMALS:
        raise ValueError("A number is too large or too fine.")
    return float(text)


class StrictSerializer(serializers.Serializer):
    """Knows its fields and refuses every other one, at any depth."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {name: [_("This field is not known here.")] for name in unknown},
                    code="unknown-field",
                )
        return super().to_internal_value(data)
