"""What the bodies of the API share: they are only written, never read back, and name their tag."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

TAG = _("Strong tag, as in the header ETag: it changes with every write that is shown here.")


class ReadSerializer(serializers.ModelSerializer):
    """Every field is always there and none can be sent: the API only reads."""

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for field in fields.values():
            field.read_only = True
            field.required = False
            if isinstance(field, serializers.IntegerField):
                # Bounds of the column differ between databases, and nothing is sent that they judge.
                field.min_value = field.max_value = None
                field.validators = []
        return fields


def address(serializer: serializers.BaseSerializer, name: str, *refs: str, **query: str) -> str:
    """Return the absolute address of the API's view `name`, with a query."""
    path = reverse(f"api:{name}", args=refs)
    if query:
        path = f"{path}?{urlencode(query)}"
    request: Any = serializer.context["request"]
    return request.build_absolute_uri(path)
