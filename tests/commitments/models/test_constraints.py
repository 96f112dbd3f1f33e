"""No constraint without a test that the database refuses, wherever it is written."""

import re
from pathlib import Path

import pytest
from django.apps import apps

HERE = Path(__file__).resolve().parents[1]
NAMES = [
    constraint.name
    for model in apps.get_app_config("commitments").get_models()
    for constraint in model._meta.constraints
]
TRIED = "".join(
    path.read_text() for path in HERE.rglob("test_*.py") if path != Path(__file__).resolve()
)


@pytest.mark.parametrize("name", NAMES)
def test_a_test_names_every_constraint(name):
    assert re.search(rf'"{name}"', TRIED), f"No test tries {name}: see tests/constraints.py."
