"""A small body, and what a refused act must leave alone."""

from collections.abc import Callable

import pytest

from tests.factories.places import Place, make_place
from units.errors import Refused
from units.models import RegisterEntry


@pytest.fixture
def place(db) -> Place:
    return make_place()


@pytest.fixture
def refusal():
    """Return a function: do an act that is refused and leaves no entry; return its code."""

    def code(kind: type[Refused], act: Callable, /, **arguments) -> str:
        before = RegisterEntry.objects.count()
        with pytest.raises(kind) as refused:
            act(**arguments)
        assert type(refused.value) is kind
        assert RegisterEntry.objects.count() == before
        return refused.value.code

    return code


@pytest.fixture
def entries():
    """Return a function: (kind, subject, version, actor) of everything entered, oldest first."""

    def found() -> list[tuple]:
        rows = RegisterEntry.objects.order_by("pk")
        return [
            (row.kind, f"{row.subject_kind}/{row.subject_ref}", row.subject_version, row.actor)
            for row in rows
        ]

    return found
