"""What the description of the API says of every operation: scope, tags, refusals, paging."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from units.enums import Scope
from units.http import codes
from units.http.idempotency import KEY_PATTERN, asks_for_key
from units.http.parsers import StrictSerializer
from units.http.permissions import scope_of
from units.http.serializers import ReadSerializer

PROBLEM = "application/problem+json"
ANYWHERE = ("not-acceptable", "server-error")
HOLDERS = (
    "not-authenticated",
    "token-invalid",
    "token-expired",
    "token-revoked",
    "client-disabled",
    "too-many-requests",
)

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
WRITES = (
    "not-allowed",
    "csrf-failed",
    "malformed-json",
    "duplicate-field",
    "unknown-field",
    "unknown-parameter",
    "invalid",
    "unsupported-media-type",
    "too-large",
    "reference-unknown",
    "rule-broken",
    "wrong-state",
    "busy",
)
KEYED = ("idempotency-key-missing", "idempotency-key-malformed", "key-reused", "still-running")


TAG_PATTERN = r'^"[!#-~]+"$'  # a strong one; a weak one and “*” have seen nothing


class Finding(serializers.Serializer):
    about = _("One wrong place of a request.")

    pointer = serializers.CharField(required=False, help_text=_("JSON pointer into the body."))
    parameter = serializers.CharField(required=False, help_text=_("Parameter of the address."))
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer):
    about = _("What every error answers (RFC 9457).")

    type = serializers.URLField(help_text=_("Address of a page that explains the code."))
    title = serializers.CharField(help_text=_("What the code means, in the reader's language."))
    status = serializers.IntegerField(help_text=_("The status of the answer."))
    detail = serializers.CharField(help_text=_("What happened here, in the reader's language."))
    code = serializers.RegexField(
        r"^[a-z0-9]+(-[a-z0-9]+)*$", help_text=_("For programs: it never changes.")
    )
    request_id = serializers.CharField(help_text=_("The number to tell the administrator."))
    scope = serializers.CharField(
        required=False, help_text=_("With scope-missing: the scope that the token does not have.")
    )
    page = serializers.URLField(
        required=False, help_text=_("With use-the-page: the page on which a person does it.")
    )
    etag = serializers.CharField(
        required=False, help_text=_("With 412 and 428: the tag that the object has now.")
    )
    written_at = serializers.DateTimeField(
        required=False, help_text=_("With 412 and 428: when the object was written last.")
    )
    written_by = serializers.CharField(
        required=False,
        allow_null=True,
        help_text=_("With 412 and 428: by whom; null: by the system."),
    )
    move = serializers.CharField(required=False, help_text=_("With 409: what was asked for."))
    state = serializers.CharField(required=False, help_text=_("With 409: the state it is in."))
    allowed = serializers.ListField(
        child=serializers.CharField(), required=False, help_text=_("With 409: what can be done.")
    )
    restart = serializers.URLField(
        required=False, help_text=_("With 410: the address at which to begin again.")
    )
    target = serializers.CharField(
        required=False, help_text=_("With 422: the target that stands in the way.")
    )
    gap = serializers.CharField(
        required=False, help_text=_("With 422: what its parts lack, or have too much if below 0.")
    )
    errors = Finding(many=True, required=False)


def in_one_order(endpoints: list[Any], **_kwargs: Any) -> list[Any]:
    """Return the operations by path as the addresses list them, and each path's by method.

    They come from a set of methods, whose order differs from process to process.
    """
    places = {path: place for place, (path, *_rest) in reversed(list(enumerate(endpoints)))}
    return sorted(endpoints, key=lambda row: (places[row[0]], METHODS.index(row[2])))


class Described(AutoSchema):
    """Adds to each operation what `units.http` does for it; views name only what is their own.

    `problems` of a view: {action: codes} beside those that its kind of address always has; the
    action of a view that is no collection is None.
    """

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        """Describe an object by the `about` of its serializer: docstrings are for programmers."""
        found = super()._map_basic_serializer(serializer, direction)
        if about := getattr(serializer, "about", None):
            found = {"description": str(about), **found}
        if isinstance(serializer, ReadSerializer):
            found["required"] = list(found["properties"])
        if isinstance(serializer, StrictSerializer):
            found["additionalProperties"] = False
        return found

    def _get_serializer_field_meta(self, field: Any, direction: Any) -> Any:
        """Leave out what is true of every field: nothing can be sent, nothing is left out."""
        meta = super()._get_serializer_field_meta(field, direction)
        if isinstance(field.parent, StrictSerializer) and _is_never_blank(field):
            meta["minLength"] = 1
        return {name: value for name, value in meta.items() if name not in {"readOnly", "default"}}

    def _get_parameters(self) -> list[dict[str, Any]]:
        """Say of each text in the address that it has a sign at least: an empty one is refused."""
        found = super()._get_parameters()
        for schema in (one["schema"] for one in found if one["in"] == "query"):
            if schema.get("type") == "string" and not schema.keys() & {"enum", "format"}:
                schema["minLength"] = 1
        return found

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Add the scope to the description, whoever has written that."""
        found = super().get_operation(*args, **kwargs)
        scope = self._scope()
        if found and scope is not None:
            found["description"] += "\n\n" + str(
                _("Scope of a token: `%(scope)s` (%(label)s).")
                % {"scope": scope.value, "label": scope.label}
            )
        return found

    def get_override_parameters(self) -> list[Any]:
        found = list(super().get_override_parameters())
        if self.method == "GET" and not self._is_list_view() and not self._is_public():
            found += [
                OpenApiParameter(
                    "If-None-Match",
                    str,
                    OpenApiParameter.HEADER,
                    description=_("Tag of the copy you have: 304 if it is still the newest."),
                ),
                OpenApiParameter(
                    "ETag",
                    str,
                    OpenApiParameter.HEADER,
                    response=[200, 304],
                    description=_("Strong tag: it changes with every write that the object shows."),
                ),
            ]
        if self._changes():
            found.append(
                OpenApiParameter(
                    "If-Match",
                    str,
                    OpenApiParameter.HEADER,
                    required=True,
                    pattern=TAG_PATTERN,
                    description=_("Tag of the object as you have read it."),
                )
            )
        if self._asks_for_key():
            found += [
                OpenApiParameter(
                    "Idempotency-Key",
                    str,
                    OpenApiParameter.HEADER,
                    required=True,
                    pattern=KEY_PATTERN,
                    description=_(
                        "16 to 64 visible ASCII signs, new for each thing to be done. The same key "
                        "with the same body is done once and answered alike for seven days."
                    ),
                ),
                OpenApiParameter(
                    "Idempotency-Replayed",
                    str,
                    OpenApiParameter.HEADER,
                    response=[200, 201, 204, 409, 412, 422],
                    description=_("“true”: this was answered before, and nothing was done again."),
                ),
            ]
        if self._writes() and getattr(self.view, "action", None) != "batch":  # it answers of many
            found.append(
                OpenApiParameter(
                    "ETag",
                    str,
                    OpenApiParameter.HEADER,
                    response=[200, 201],
                    description=_("Strong tag of the object as it is now."),
                )
            )
            found.append(
                OpenApiParameter(
                    "Location",
                    str,
                    OpenApiParameter.HEADER,
                    response=[201],
                    description=_("Address of the new object."),
                )
            )
        if self.method == "GET" and self._is_list_view():
            found.append(
                OpenApiParameter(
                    "Link",
                    str,
                    OpenApiParameter.HEADER,
                    response=[200],
                    description=_("The next page as rel=next; absent on the last one."),
                )
            )
        return found

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        if self.method == "GET" and not self._is_list_view() and not self._is_public():
            not_modified = OpenApiResponse(description=_("Your copy is still the newest."))
            bodies["304"] = self._get_response_for_code(not_modified, "304")
        by_status = defaultdict(list)
        for name in dict.fromkeys(self._codes()):
            by_status[codes.registry()[name].status].append(codes.registry()[name])
        for status, found in sorted(by_status.items()):
            text = "\n".join(f"* `{code.code}`: {code.title}" for code in found)
            answer = OpenApiResponse(Problem, description=text)
            bodies[str(status)] = self._get_response_for_code(answer, str(status), [PROBLEM])
        return bodies

    def _codes(self) -> Iterable[str]:
        yield from ANYWHERE
        if not self._is_public():
            yield from HOLDERS
        if self._scope() is not None:
            yield "scope-missing"
        elif not self._is_public():
            yield "human-only"
        if self._is_list_view():
            yield from ("unknown-parameter", "invalid-parameter", "page-invalid")
        elif "{ref}" in self.path:
            yield from ("unknown-parameter", "not-found")
        if self._writes():
            yield from WRITES
        if self._asks_for_key():
            yield from KEYED
        if self._changes():
            yield from ("version-missing", "object-changed")
        action = getattr(self.view, "action", None)
        yield from getattr(self.view, "problems", {}).get(action, ())

    def _scope(self) -> Scope | None:
        return scope_of(self.view)

    def _writes(self) -> bool:
        return isinstance(getattr(self.view, "questions", None), Mapping) and self.method != "GET"

    def _changes(self) -> bool:
        """Say whether an object that exists is written: then its tag is asked for."""
        return self._writes() and "{ref}" in self.path

    def _asks_for_key(self) -> bool:
        act = getattr(self.view, getattr(self.view, "action", None) or "", None)
        return self.method == "POST" and asks_for_key(act)

    def _is_public(self) -> bool:
        return any(isinstance(asked, AllowAny) for asked in self.view.get_permissions())


def _is_never_blank(field: Any) -> bool:
    return isinstance(field, serializers.CharField) and not field.allow_blank


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "units.http.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "cs_<prefix>_<secret>",
            "description": str(
                _("Token of a machine client, given by an administrator. It expires within a year.")
            ),
        }

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        scope = scope_of(auto_schema.view)
        return {self.name: [scope.value] if scope else []}


class LoginScheme(OpenApiAuthenticationExtension):
    target_class = "units.http.authentication.LoginAuthentication"
    name = "login"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": str(_("The login of a person in a browser.")),
        }
