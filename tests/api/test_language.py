"""Whoever asks for Vietnamese is refused in Vietnamese, also where the library words the refusal."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation
from rest_framework import serializers

import config.api_urls  # noqa: F401 - loads every serializer there is
from tests.api.described import is_problem
from tests.api.things import new_target
from tests.api.writes import TARGETS, new_key
from tests.factories.body import make_body
from tests.factories.readers import machine
from units.http.parsers import StrictSerializer


def fields_of(field: Any) -> Iterator[Any]:
    """Return a field with all that it holds."""
    yield field
    for inner in getattr(field, "fields", {}).values():
        yield from fields_of(inner)
    if (child := getattr(field, "child", None)) is not None:
        yield from fields_of(child)


def kinds(of: type[serializers.Serializer]) -> Iterator[type[serializers.Serializer]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def said_of(field: Any) -> Iterator[Any]:
    """Return all that a field can refuse with, not yet in any language."""
    yield from field.error_messages.values()
    for judge in field.validators:
        if (text := getattr(judge, "message", None)) is not None:
            yield text


def texts(language: str) -> list[str]:
    """Return all refusals in one language: of fields made anew, which keep what they once said."""
    with translation.override(language):
        return [
            str(text)
            for kind in kinds(StrictSerializer)
            for field in fields_of(kind())
            for text in said_of(field)
        ]


def test_every_refusal_of_a_field_has_its_words_in_vietnamese():
    pairs = list(zip(texts("en"), texts("vi"), strict=True))
    assert len(pairs) > 500
    assert sorted({english for english, vietnamese in pairs if english == vietnamese}) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"is_new": "perhaps"}, "Phải là giá trị đúng hoặc sai (true, false)."),
        ({"code": None}, "Trường này không được là null."),
        ({"code": "N" * 300}, "Hãy bảo đảm trường này có nhiều nhất"),
        ({"revision": {"comparator": "about"}}, "“about” không thuộc các giá trị được chọn."),
        ({"revision": {"comparator": "ge", "value": "x"}}, "Hãy nhập một số hợp lệ."),
        ({"revision": []}, "Dữ liệu không hợp lệ. Cần một đối tượng"),
    ],
)
def test_a_client_that_asks_for_vietnamese_is_refused_in_it(changes, said):
    body = make_body()
    answer = machine(body.committee).post(
        TARGETS,
        new_target(body) | changes,
        content_type="application/json",
        headers={"Accept-Language": "vi", "Idempotency-Key": new_key()},
    )
    found = is_problem(answer, 400, "invalid")
    assert [error["detail"].startswith(said) for error in found["errors"]] == [True], found
