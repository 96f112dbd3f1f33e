"""Many writes of one collection in one request: each item is what its own address would have got.

An item passes the same doors as alone: scope, sight, question, body, tag, action. Each runs in a
savepoint of the one transaction, so what a refused item began is undone, and a fault undoes it all.
"""

import json
from collections.abc import Collection as AnyOf
from collections.abc import Iterator, Mapping
from inspect import unwrap
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponseBase
from django.utils.datastructures import CaseInsensitiveMapping
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request, clone_request
from rest_framework.response import Response

from units.errors import Invalid, NotAllowed, Refused
from units.http import problems
from units.http.parsers import StrictSerializer
from units.http.schema import Problem
from units.http.writing import Collection

MOST = 200  # items of one request
UPSERT = "upsert"  # creates, or changes what its body names by the sender's own code


class ItemSerializer(StrictSerializer):
    about = _("One write: what its own address would get.")

    ref = serializers.CharField(
        required=False,
        max_length=80,
        help_text=_("Which object; left out by a creation and an upsert."),
    )
    if_match = serializers.CharField(
        required=False, max_length=200, help_text=_("Its tag, as in the header If-Match.")
    )
    body = serializers.DictField(
        required=False, help_text=_("What the address of the act gets as its body.")
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["act"] in {"create", UPSERT}) == ("ref" in attrs):
            text = _("A creation or an upsert names no object by “ref”, every other act does.")
            raise serializers.ValidationError({"ref": [text]}, code="invalid")
        return attrs


class BatchSerializer(StrictSerializer):
    atomic = serializers.BooleanField(
        default=False, help_text=_("True: all items or none; false: each for itself.")
    )
    stop_after_errors = serializers.IntegerField(
        min_value=1,
        max_value=MOST,
        required=False,
        help_text=_("How many items may be refused before the rest is left alone."),
    )


class ItemResultSerializer(serializers.Serializer):
    about = _("What became of one item.")

    index = serializers.IntegerField(help_text=_("Place of the item, from 0."))
    status = serializers.IntegerField(help_text=_("As its own address would have answered."))
    ref = serializers.CharField(allow_null=True, help_text=_("The object; null if there is none."))
    etag = serializers.CharField(allow_null=True, help_text=_("Its tag now; null if refused."))
    problem = Problem(allow_null=True, help_text=_("Why it was refused; null if it was done."))


class BatchResultsSerializer(serializers.Serializer):
    about = _("What became of each item, in their order; those that were left alone are missing.")

    results = ItemResultSerializer(many=True)


class Done(NamedTuple):
    """One item behind its doors. `refused`: what was raised; None: it was done."""

    answer: HttpResponseBase
    refused: Exception | None


class BatchRefused(Invalid):
    """Nothing of an atomic batch was done; `denied`: what the register shall know of it."""

    def __init__(self, *args: Any, denied: list[NotAllowed], **members: Any) -> None:
        super().__init__(*args, **members)
        self.denied = denied


class BatchedCollection(Collection):
    """A collection with many writes in one. `batched`: {act as an item names it: method}. Its
    serializer has `get_etag`.

    `named_by`: the fields of a creation that together name the object in the sender's own system; with
    them an item may say `upsert`.
    """

    batched: Mapping[str, str] = {}
    named_by: Mapping[str, str] = {}  # {field of the body: lookup}; those of `fixed` never change
    fixed: AnyOf[str] = ()

    def carry_out(self) -> Response:
        """Do what was sent. Raises BatchRefused for an atomic batch with an item that is refused."""
        sent = self.sent()
        self.request.found = {}
        results, refused = [], []
        for index, item in enumerate(sent["items"]):
            done = self._carry_out_one(item)
            results.append(_result(index, item, done))
            if done.refused is not None:
                refused.append((index, done))
            if len(refused) == sent.get("stop_after_errors"):
                break
        if refused and sent["atomic"]:
            raise _batch_refused(refused, len(sent["items"]))
        return Response({"results": results}, headers={"Cache-Control": "no-store"})

    def _carry_out_one(self, item: Mapping[str, Any]) -> Done:
        view = type(self)()
        if item["act"] == UPSERT:
            item = self._settled(item)
        view.action = self.batched[item["act"]]
        view.args, view.format_kwarg, view.headers = (), None, {}
        view.in_short = True
        view.kwargs = {"ref": item["ref"]} if "ref" in item else {}
        view.detail = "ref" in item
        view.request = _request_of(self.request, item)
        act = unwrap(getattr(type(self), view.action))
        try:
            with transaction.atomic():
                view.check_permissions(view.request)
                return Done(act(view, view.request, **view.kwargs), None)
        except (Refused, ValidationError, APIException, Http404) as error:
            return Done(view.handle_exception(error), error)

    def _settled(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an upsert as the change of what is there under its names, or as a creation.

        One that has seen a tag changes: where nothing is there any more it finds nothing.
        """
        body = item.get("body", {})
        names = [body.get(field) for field in self.named_by]
        ref = None
        if all(isinstance(name, str) and "\0" not in name for name in names):
            found = self.get_queryset().filter(
                **dict(zip(self.named_by.values(), names, strict=True))
            )
            ref = found.values_list(self.lookup_field, flat=True).first()
        if ref is None and "if_match" not in item:
            return {**item, "act": "create"}
        rest = {field: value for field, value in body.items() if field not in self.fixed}
        return {**item, "act": "change", "ref": ref or "", "body": rest}

    def handle_exception(self, exc: Exception) -> HttpResponseBase:
        """Note attempts without a right, whose own notes went with the transaction of the batch."""
        if isinstance(exc, BatchRefused):
            for denied in exc.denied:
                problems.note_denied(self.request, denied)
        return super().handle_exception(exc)


def _request_of(request: Request, item: Mapping[str, Any]) -> Request:
    """Return `request` as it would have come alone, to the address of the item."""
    alone = clone_request(request, "POST")
    alone._full_data, alone.found = item.get("body", {}), request.found
    alone.headers = CaseInsensitiveMapping({"If-Match": item.get("if_match", "")})
    return alone


def _result(index: int, item: Mapping[str, Any], done: Done) -> dict[str, Any]:
    answer = done.answer
    data = getattr(answer, "data", None) or {}
    return {
        "index": index,
        "status": answer.status_code,
        "ref": data.get("ref", item.get("ref")),
        "etag": answer.get("ETag"),
        "problem": None if done.refused is None else _problem_of(answer),
    }


def _problem_of(answer: Any) -> dict[str, Any]:
    return json.loads(answer.content)


def _batch_refused(refused: list[tuple[int, Done]], many: int) -> BatchRefused:
    text = ngettext(
        "Nothing was done, for %(refused)d of %(many)d items is refused. Correct what “errors” names.",
        "Nothing was done, for %(refused)d of %(many)d items are refused. Correct what “errors” names.",
        len(refused),
    )
    return BatchRefused(
        text % {"refused": len(refused), "many": many},
        code="batch-refused",
        errors=[error for index, done in refused for error in _errors(index, done.answer)],
        denied=[done.refused for _index, done in refused if isinstance(done.refused, NotAllowed)],
    )


def _errors(index: int, answer: HttpResponseBase) -> Iterator[dict[str, Any]]:
    """Yield what is wrong with one item, each place as a pointer into the whole body."""
    problem, place = _problem_of(answer), f"/items/{index}"
    named = [error for error in problem.get("errors", ()) if error.get("pointer")]
    for error in named:
        yield error | {"pointer": f"{place}/body{error['pointer']}"}
    if not named:
        yield {"pointer": place, "code": problem["code"], "detail": problem["detail"]}
