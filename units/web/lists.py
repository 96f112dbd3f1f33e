"""Long lists on pages: one page by key, and the address of the next one."""

from typing import Any

from django.core import signing
from django.db.models import F, Q, QuerySet
from django.http import Http404

from units.http.requests import WebRequest

PAGE = 100


def page_of(
    found: QuerySet, request: WebRequest, *, by: str, size: int | None = None
) -> tuple[list[Any], str]:
    """Return one page of `found` in the order of `by` and the key, and the address of the next.

    Keyset: the position is what the last row holds in `by` and its key, signed, so rows that come
    or go meanwhile neither repeat nor hide others. `size`: rows of a page, None: PAGE. The address
    keeps filters and search; "" after the last page. Raises Http404 for a position that nobody gave.
    """
    size = size or PAGE
    ordered = found.annotate(place=F(by)).order_by("place", "pk")
    if after := request.GET.get("after"):
        try:
            value, pk = signing.loads(after, salt=request.path)
        except (signing.BadSignature, ValueError, TypeError) as error:
            raise Http404 from error
        ordered = ordered.filter(Q(place__gt=value) | Q(place=value, pk__gt=pk))
    rows = list(ordered[: size + 1])
    if len(rows) <= size:
        return rows, ""
    last = rows[size - 1]
    query = request.GET.copy()
    query["after"] = signing.dumps([last.place, last.pk], salt=request.path)
    return rows[:size], f"{request.path}?{query.urlencode()}"


def newest_of(
    found: QuerySet, request: WebRequest, *, size: int | None = None
) -> tuple[list[Any], str]:
    """Return one page of a log, the newest row first, and the address of the next; as `page_of`."""
    size = size or PAGE
    ordered = found.order_by("-pk")
    if after := request.GET.get("after"):
        try:
            ordered = ordered.filter(pk__lt=signing.loads(after, salt=request.path))
        except (signing.BadSignature, ValueError, TypeError) as error:
            raise Http404 from error
    rows = list(ordered[: size + 1])
    if len(rows) <= size:
        return rows, ""
    query = request.GET.copy()
    query["after"] = signing.dumps(rows[size - 1].pk, salt=request.path)
    return rows[:size], f"{request.path}?{query.urlencode()}"
