"""How the API writes instants and quantities."""

from datetime import UTC
from decimal import Decimal
from typing import Any

from rest_framework import serializers


class Instant(serializers.DateTimeField):
    """An instant in UTC: 2024-02-02T02:00:00Z."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


class Quantity(serializers.DecimalField):
    """A decimal as text, without an exponent and without trailing zeros: "21", "45.7"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=24, decimal_places=6, **kwargs)

    def to_representation(self, value: Decimal) -> str:
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
