"""How the API writes instants and quantities."""

from datetime import UTC
from decimal import Decimal
from typing import Any

from rest_framework import serializers


class Instant(serializers.DateTimeField):
    """An instant in UTC: 2024-02-02T02:00:00Z."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


class SentQuantity(serializers.DecimalField):
    """A decimal as text, as it is read: "45.7". A JSON number would have lost digits on its way."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"max_digits": 24, "decimal_places": 6} | kwargs))

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if isinstance(data, str) and not data.strip():
            self.fail("invalid")  # null is how nothing is written
        return super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Quantity(serializers.DecimalField):
    """A decimal as text, without an exponent and without trailing zeros: "21", "45.7"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=24, decimal_places=6, **kwargs)

    def to_representation(self, value: Decimal) -> str:
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
