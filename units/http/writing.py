"""How objects are written by REST: each write is a door to one action, and knows nothing itself.

The order of checks is one for all: who asks (401), a wrong scope (403), absent or invisible (404),
not allowed (403), a body of the wrong form (400), no version named (428); then, under the lock of
the action, changed meanwhile (412), a wrong state (409), a broken rule (422).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from units.enums import Scope
from units.errors import Invalid, StaleVersion, VersionMissing
from units.http import etags, parameters
from units.http.collections import ReadOnlyCollection
from units.http.parsers import StrictSerializer
from units.models import OrgUnit, Position, RegisterEntry, User

Question = Callable[..., bool]  # (user, the object or None, at=)


class NothingSerializer(StrictSerializer):
    about = _("Nothing is sent: the address says it all.")


def somewhere(asked: Callable[..., bool]) -> Question:
    """Return the question of a creation: may this person do it anywhere at all?

    Where exactly stands in the body, and the action asks again.
    """

    def question(user: User, _row: None, *, at: datetime) -> bool:
        return asked(user, at=at)

    return question


def named(collection: str, **summaries: Any) -> dict[str, Any]:
    """Return for `extend_schema_view` what operations that several collections share are called in one:
    each summary stands once on the page of the API."""
    return {
        act: extend_schema(operation_id=f"{collection}_{act}", summary=summary)
        for act, summary in summaries.items()
    }


class Collection(ReadOnlyCollection):
    """A collection that is written too. Subclasses name, by action: `scopes`, `questions` (asked of
    people and machines about the object, before its body is read) and `bodies`."""

    http_method_names = ["get", "head", "post", "patch", "put"]
    scopes: Mapping[str, Scope | None] = {}  # None: an act that no token opens
    questions: Mapping[str, Question] = {}
    bodies: Mapping[str, type[serializers.Serializer]] = {}
    kind = ""  # of the subject of register entries: who wrote last, and when
    in_short = (
        False  # answer a write with reference and tag alone: all that a batch tells of an item
    )
    pointers: Mapping[str, str] = {}  # names of model fields that bodies call otherwise

    def sent(self) -> dict[str, Any]:
        """Return what was sent, typed. Raises the refusals of a wrong form."""
        parameters.require_known(self.request, ())
        body = self.bodies.get(self.action, NothingSerializer)
        serializer = body(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def expected(self, row: Any) -> int:
        """Return the row version of `row` for the action, which compares it under its lock.

        Raises VersionMissing without If-Match, StaleVersion unless it names the tag of `row`.
        """
        shown = self._tag_of(row)
        return etags.expected_version(self.request, shown=shown, version=self.version_of(row))

    def _tag_of(self, row: Any) -> str:
        if self.in_short:
            return self.get_serializer().get_etag(row)
        return self.get_serializer(row).data["etag"]

    def version_of(self, row: Any) -> int:
        return row.etag_version

    def subject_of(self, row: Any) -> str:
        """Return the reference under which the register knows `row`."""
        return str(row.ref)

    def created(self, pk: int) -> Response:
        """Return 201 with the address, the tag and the body of a new object."""
        return self._answer(pk, 201)

    def changed(self, pk: int) -> Response:
        """Return the object as it is now; 204 when whoever changed it does not see it any more."""
        return self._answer(pk, 200)

    def _answer(self, pk: int, status: int) -> Response:
        rows = self.get_queryset().filter(pk=pk)
        if self.in_short:
            rows = rows.select_related(None).prefetch_related(None)
        row = rows.first()
        if row is None:
            return Response(status=204)
        if self.in_short:
            return Response({"ref": row.ref}, status=status, headers={"ETag": self._tag_of(row)})
        data = self.get_serializer(row).data
        headers = {"ETag": data["etag"], "Cache-Control": "no-store"}
        if status == 201:
            headers["Location"] = data["links"]["self"]
        return Response(data, status=status, headers=headers)

    def handle_exception(self, exc: Exception) -> HttpResponseBase:
        """Say with a 412 or 428 which tag the object has now, and who wrote it when."""
        if isinstance(exc, StaleVersion | VersionMissing) and (
            ref := self.kwargs.get(self.lookup_url_kwarg or "ref")
        ):
            row = self.get_queryset().filter(**{self.lookup_field: ref}).first()
            if row is not None:
                exc.members |= self._newest(row)
        return super().handle_exception(exc)

    def _newest(self, row: Any) -> dict[str, Any]:
        entries = RegisterEntry.objects.about(self.kind, self.subject_of(row))
        last = entries.select_related("actor").order_by("-pk").first()
        found = {"etag": self._tag_of(row)}
        if last is not None:
            found |= {"written_at": last.at, "written_by": last.actor and last.actor.full_name}
        return found


def unknown_reference(field: str, value: Any) -> Invalid:
    """Return the refusal of a reference to something that is not there, or not to be seen."""
    text = _("“%(value)s” is not known.") % {"value": value}
    return Invalid(text, code="reference-unknown", fields={field: [text]})


def seen_units(request: Request) -> Any:
    """Return the units that the holder sees."""
    return OrgUnit.objects.within_reach_of(request.user, at=request.now)


def seen_offices(request: Request) -> Any:
    """Return the offices of the units that the holder sees."""
    return Position.objects.filter(unit__in=seen_units(request))


class RefField(serializers.CharField):
    """The reference of an object that the holder sees; becomes that object.

    `rows`: (request) -> the rows that can be named; `by`: the field that holds the reference.
    """

    def __init__(self, rows: Callable[[Request], Any], *, by: str = "ref", **kwargs: Any) -> None:
        super().__init__(max_length=80, **kwargs)
        self.rows, self.by = rows, by

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        row = None if "\0" in text else self._find(text)
        if row is None:
            raise serializers.ValidationError(
                _("“%(value)s” is not known.") % {"value": text[:80]}, code="reference-unknown"
            )
        return row

    def _find(self, text: str) -> Any:
        """Return what `text` names. A batch asks once for each name: its requests share `found`."""
        request = self.context["request"]
        found = getattr(request, "found", {})
        key = self.rows, self.by, text
        if key not in found and (row := self.rows(request).filter(**{self.by: text}).first()):
            found[key] = row
        return found.get(key)

    def run_validators(self, value: Any) -> None:
        """Leave the object alone: what was written was judged by whether it names something."""
