"""The golden numbers of the design: each is named by the test that holds its very figures."""

import re
from pathlib import Path

from django.conf import settings

TESTS = Path(settings.BASE_DIR) / "tests"
CORE = {f"G-{number:02}" for number in range(1, 31)}


def test_each_golden_number_has_its_test():
    named: set[str] = set()
    for file in TESTS.rglob("test_*.py"):
        if file != Path(__file__):
            named.update(re.findall(r"\bG-\d\d\b", file.read_text(encoding="utf-8")))
    assert named == CORE
