"""`Idempotency-Key`: a write that is sent again is answered again, and done once.

Stored are answers that stay true: what was done, and what state or rule refused. A fault, a limit and
a missing right may be gone when the request comes again, so nothing is stored of them.
"""

import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from units import clock
from units.actions import idempotency
from units.actions.idempotency import Asked
from units.errors import Refused
from units.http import problems
from units.models import IdempotencyRecord

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY_PATTERN = r"^[!-~]{16,64}$"
LASTING = {409, 412, 422}  # refusals by what the request says, or by what it met

Act = Callable[..., Any]


class Keep(Protocol):
    """Stores the answer of an act in the transaction of its effect."""

    def __call__(self, answer: Response) -> None: ...


class _Answered(Exception):
    """A twin was faster: what it was answered stands in `record`."""

    def __init__(self, record: IdempotencyRecord) -> None:
        super().__init__()
        self.record = record


def idempotent(act: Act) -> Act:
    """Let a POST of a collection happen once for each key of its holder.

    Stands directly over the method, which runs inside one transaction with the record of its answer.
    """

    @wraps(act)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = _asked(view, request)
        with transaction.atomic():
            record = idempotency.claim(asked, at=clock.real_now())
            if record.status is not None:
                return _again(record)
            try:
                with transaction.atomic():
                    answer = act(view, request, *args, **kwargs)
            except (Refused, ValidationError, APIException) as error:
                answer = _refusal(view, error)
            _store(record, answer)
        return _answer_of(record)

    return _marked(once)


def idempotent_where_it_commits(act: Act) -> Act:
    """As `idempotent`, for an act that makes bytes before its own transaction.

    The method gets `keep` and hands it, with the answer, to its action, to be called inside the
    transaction of the effect. Of two twins the slower one does its work in vain.
    """

    @wraps(act)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = _asked(view, request)
        if record := idempotency.find(asked, at=clock.real_now()):
            return _again(record)
        kept: list[IdempotencyRecord] = []

        def keep(answer: HttpResponseBase) -> None:
            mine = idempotency.claim(asked, at=clock.real_now())
            if mine.status is not None:
                raise _Answered(mine)
            kept.append(_store(mine, answer))

        try:
            act(view, request, *args, keep=keep, **kwargs)
        except _Answered as twin:
            return _again(twin.record)
        except (Refused, ValidationError, APIException) as error:
            refusal = _refusal(view, error)
            try:
                with transaction.atomic():
                    keep(refusal)
            except _Answered as twin:
                return _again(twin.record)
        return _answer_of(kept[-1])

    return _marked(once)


def _marked(once: Act) -> Act:
    once.asks_for_key = True
    return once


def asks_for_key(act: Any) -> bool:
    """Say whether the method `act` of a view is done once for each key."""
    return getattr(act, "asks_for_key", False)


# --- what is asked --------------------------------------------------------------------------------


def _asked(view: Any, request: Request) -> Asked:
    """Return what is asked under which key. Raises Refused for a key or a body of a wrong form.

    An object that is not seen is absent, and one that may not be written refused, before anybody
    looks at the key.
    """
    try:
        key = _key_of(request)
        kind, said = _said(request)
    except (Refused, APIException):
        if view.detail:
            view.get_object()
        raise
    address = request.get_full_path()
    whole = "\n".join([request.method or "", address, kind, said])
    fingerprint = hashlib.sha256(whole.encode()).hexdigest()
    return Asked(request.user, key, request.method or "", request.path, fingerprint)


def _said(request: Request) -> tuple[str, str]:
    """Return the media type and what stands for the body: canonical JSON, or the hash of a file."""
    data: Any = request.data  # as the parser of the view gives it
    if isinstance(data, bytes):
        return "application/octet-stream", hashlib.sha256(data).hexdigest()
    said = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return "application/json", said


def _key_of(request: Request) -> str:
    key = request.headers.get(HEADER)
    if key is None:
        raise Refused(
            _(
                "This request has no key. Choose a new one for each thing to be done, 16 to 64 signs "
                "in the header Idempotency-Key, and send it again with every repetition."
            ),
            code="idempotency-key-missing",
        )
    if not re.fullmatch(KEY_PATTERN, key):
        raise Refused(
            _("A key has 16 to 64 visible ASCII signs and no space."),
            code="idempotency-key-malformed",
        )
    return key


# --- what is answered -----------------------------------------------------------------------------


def _refusal(view: Any, error: Exception) -> HttpResponse:
    """Return the answer to `error` if it is one to be kept; otherwise raise it again."""
    if problems.status_of(error) not in LASTING:
        raise error
    return view.handle_exception(error)


def _store(record: IdempotencyRecord, answer: HttpResponseBase) -> IdempotencyRecord:
    headers = dict(answer.items())
    if isinstance(answer, Response):  # not rendered yet
        body = "" if answer.data is None else JSONRenderer().render(answer.data).decode()
        headers["Content-Type"] = "application/json"
    else:
        body = answer.content.decode()
    headers["Content-Language"] = get_language() or ""
    return idempotency.keep(record, status=answer.status_code, headers=headers, body=body)


def _answer_of(record: IdempotencyRecord) -> HttpResponse:
    """Return the stored answer, to the first request as to every later one."""
    answer = HttpResponse(record.body, status=record.status, headers=record.headers)
    if not record.body:
        del answer["Content-Type"]
    return answer


def _again(record: IdempotencyRecord) -> HttpResponse:
    answer = _answer_of(record)
    answer[REPLAYED] = "true"
    return answer
