"""How the description tells of the calls that this service makes: the part “webhooks” of OpenAPI 3.1."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiWebhook


def _header(name: str, schema: dict[str, Any], description: Any) -> dict[str, Any]:
    return {
        "in": "header",
        "name": name,
        "required": True,
        "schema": schema,
        "description": description,
    }


TYPE = {"type": "string", "pattern": "^[a-z_]+$"}
BODY = {
    "type": "object",
    "description": _("Of which object, and by which act: never what. The feed says that."),
    "required": ["type", "timestamp", "data"],
    "properties": {
        "type": {
            "type": "string",
            "pattern": r"^[a-z_]+\.(changed|test)$",
            "description": _("Type of the object with “.changed”; “webhook.test” for a test."),
        },
        "timestamp": {
            "type": "string",
            "format": "date-time",
            "description": _("When the act was done."),
        },
        "data": {
            "type": "object",
            "required": ["type", "ref", "seq"],
            "properties": {
                "type": TYPE | {"description": _("Type of the object, as in the feed.")},
                "ref": {"type": "string", "description": _("The object, as in the feed.")},
                "seq": {
                    "type": "integer",
                    "minimum": 0,
                    "description": _("Place of the act in the register; 0: a test."),
                },
            },
        },
    },
}
EXAMPLE = {
    "type": "target.changed",
    "timestamp": "2024-02-06T03:12:45Z",
    "data": {"type": "target", "ref": "2024-t1", "seq": 205},
}

HINT = OpenApiWebhook(
    "hint",
    decorator={
        "post": {
            "operationId": "hint",
            "summary": _("Tell that something has changed"),
            "description": _(
                "Sent to each active address of a program, signed as Standard Webhooks describe it. "
                "A hint may come twice, and in another order: remember ids, and ask the feed."
            ),
            "tags": ["hints"],
            "security": [],
            "parameters": [
                _header(
                    "webhook-id",
                    {"type": "string", "format": "uuid"},
                    _("Of the hint: the same in every try."),
                ),
                _header(
                    "webhook-timestamp",
                    {"type": "string", "pattern": "^[0-9]+$"},
                    _("Of this call, in seconds since 1970. Refuse what is 5 minutes off."),
                ),
                _header(
                    "webhook-signature",
                    {"type": "string", "pattern": "^v1,[A-Za-z0-9+/=]+( v1,[A-Za-z0-9+/=]+)*$"},
                    _(
                        "“v1,” and the base64 HMAC-SHA256 of “id.timestamp.body”: one for each secret "
                        "that is good, with a space between."
                    ),
                ),
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": BODY, "examples": {"hint": {"value": EXAMPLE}}}
                },
            },
            "responses": {
                "2XX": {"description": _("Taken. Answer within 10 seconds, work afterwards.")},
                "410": {"description": _("Gone for good: the address is disabled.")},
                "default": {
                    "description": _(
                        "Not taken: the call is repeated for three days. Retry-After is followed up to "
                        "twice the planned delay. Nobody follows a redirect."
                    )
                },
            },
        }
    },
)
