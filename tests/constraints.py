"""Named constraints and how each database says that one was broken."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction


def named(module: ModuleType) -> dict[str, models.BaseConstraint]:
    """Return the constraints of the models that `module` defines, by name."""
    return {
        constraint.name: constraint
        for model in apps.get_models()
        if model.__module__ == module.__name__
        for constraint in model._meta.constraints
    }


def words_of(name: str) -> str:
    """Return the pattern of the error: the name; of a UNIQUE on SQLite, which has none, its columns."""
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name == name and isinstance(constraint, models.UniqueConstraint):
                columns = [
                    f"{model._meta.db_table}.{model._meta.get_field(field).column}"
                    for field in constraint.fields
                ]
                return rf"failed: {re.escape(', '.join(columns))}$|\"{name}\""
    return name


@contextmanager
def refused(name: str) -> Iterator[None]:
    """Expect the database to refuse the block for the constraint `name` and no other."""
    with pytest.raises(IntegrityError, match=words_of(name)), transaction.atomic():
        yield


def again(row, **changes):
    """Write `row` once more with `changes`: past every check but the database's. Return the copy."""
    copy = type(row)._base_manager.get(pk=row.pk)
    copy.pk, copy._state.adding = None, True
    if hasattr(copy, "uuid"):
        copy.uuid = uuid.uuid4()
    for field, value in changes.items():
        setattr(copy, field, value)
    copy.save(force_insert=True)
    return copy


def change(row, **changes) -> None:
    """Write `changes` of `row` past every check but the database's."""
    assert type(row)._base_manager.filter(pk=row.pk).update(**changes) == 1
