"""Files by REST: the bytes are the body, in both directions; what they are is judged by what they say."""

import re
from datetime import date
from typing import IO, Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from units.errors import TooLarge
from units.http import parameters

BYTES = "application/octet-stream"
MIB = 1024 * 1024
MAX_BYTES = 10 * MIB
LONGEST_NAME = 200


class BytesParser(BaseParser):
    """The body as it came, at most MAX_BYTES. Raises TooLarge (too-large)."""

    media_type = BYTES

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: dict[str, Any] | None = None,
    ) -> bytes:
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise TooLarge(
                _("This file is larger than %(most)d MiB. Send a smaller one.")
                % {"most": MAX_BYTES // MIB},
                code="too-large",
            )
        return raw


class BytesRenderer(BaseRenderer):
    """Stands for the bytes in the negotiation; the view answers with them itself."""

    media_type = BYTES
    format = "bytes"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return data


def answer(data: bytes) -> HttpResponse:
    """Return the bytes of a file for a program: nothing that a browser would show or run."""
    found = HttpResponse(data, content_type=BYTES)
    found.headers["X-Content-Type-Options"] = "nosniff"
    found.headers["Content-Disposition"] = "attachment"
    found.headers["Cache-Control"] = "private, no-store"
    return found


def sent(request: Request) -> bytes:
    """Return the bytes that came; empty where there was no body at all."""
    data: Any = request.data  # as BytesParser gives it
    return data if isinstance(data, bytes) else b""


def name_of(request: Request) -> str:
    """Return the parameter `name`. Raises Refused (invalid-parameter) for a missing or too long one."""
    name = request.query_params.get("name", "")
    if not name.strip() or len(name) > LONGEST_NAME:
        raise parameters.invalid(
            "name",
            _("Give the file a name of 1 to %(most)d signs.") % {"most": LONGEST_NAME},
        )
    return name


def day_of(request: Request, name: str) -> date | None:
    """Return the day in the parameter `name`, None without it. Raises Refused (invalid-parameter)."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError as error:
        raise parameters.invalid(name, _("Write a day such as 2024-03-31.")) from error
