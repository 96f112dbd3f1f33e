"""The import contracts hold, and each of them turns red when somebody breaks it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
APPS = ("config", "notifications", "commitments", "units")
BREACHES = [  # contract, file, what is planted
    ("apps", "units/rules/dates.py", "import commitments.enums"),
    ("apps", "commitments/actions/cases.py", "from notifications import enums as told"),
    ("apps", "notifications/rules.py", "from config import schedule"),
    ("layers", "commitments/rules/cases.py", "from commitments.models import CaseClock"),
    ("layers", "commitments/querysets/cases.py", "from commitments.actions import scoring"),
    ("layers", "units/models/jobs.py", "from units.permissions import may_grant"),
    ("layers", "units/helpers.py", "import os"),  # a module without a place
    ("names", "commitments/actions/misc.py", "import os"),  # a noun without a place
    ("names", "commitments/actions/scoring.py", "from commitments.actions import plans"),
    ("rules", "commitments/rules/cases.py", "from django.utils import timezone"),
    ("documents", "commitments/web/home.py", "from commitments.documents import render"),
    ("channels", "notifications/web/inbox.py", "from notifications.channels import email"),
    ("celery", "commitments/actions/cases.py", "import celery"),
    ("typst", "commitments/actions/documents.py", "import typst"),
    ("openpyxl", "commitments/actions/sheets.py", "import openpyxl"),
]
NAMES = {
    "apps": "Apps stand on each other",
    "layers": "Inside an app imports go down",
    "names": "The same nouns in every layer",
    "rules": "Rules are plain functions",
    "documents": "Only actions render",
    "channels": "Only actions send",
    "celery": "Only tasks and config know Celery",
    "typst": "Only documents know the typesetter",
    "openpyxl": "Only documents know the spreadsheet",
    "cycles": "No noun depends on itself",
}


def lint(folder: Path) -> str:
    """Return what the linter says about the code in `folder`, which is not imported."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"],
        cwd=folder,
        env={"PATH": "", "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """A copy of the code, to be broken."""
    folder = tmp_path_factory.mktemp("copy")
    for app in APPS:
        shutil.copytree(
            ROOT / app,
            folder / app,
            ignore=shutil.ignore_patterns(
                "__pycache__", "templates", "static", "locale", "fonts", "migrations"
            ),
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_contracts_are_kept(copy):
    said = lint(copy)
    assert " 0 broken" in said, said
    for name in NAMES.values():
        assert any(name in line and line.endswith("KEPT") for line in said.splitlines()), name


def test_every_contract_turns_red_when_it_is_broken(copy):
    """All breaches at once, for each run reads all the code; each must be named in the report."""
    planted = {}
    try:
        for _contract, file, line in BREACHES:
            path = copy / file
            planted.setdefault(path, path.read_text(encoding="utf-8") if path.exists() else None)
            path.write_text(f"{planted[path] or ''}\n{line}\n", encoding="utf-8")
        said = lint(copy)
    finally:
        for path, text in planted.items():
            path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    for contract in {contract for contract, _file, _line in BREACHES}:
        name = NAMES[contract]
        assert any(name in line and line.endswith("BROKEN") for line in said.splitlines()), (
            f"{name} is not broken:\n{said}"
        )

    for _contract, file, _line in BREACHES:
        assert file.removesuffix(".py").replace("/", ".") in said


def test_circle_of_nouns_turns_red(copy):
    path = copy / "units" / "actions" / "calendars.py"
    kept = path.read_text(encoding="utf-8")
    other = copy / "units" / "actions" / "clients.py"
    kept_other = other.read_text(encoding="utf-8")
    try:
        path.write_text(f"{kept}\nfrom units.actions import clients\n", encoding="utf-8")
        other.write_text(f"{kept_other}\nfrom units.actions import calendars\n", encoding="utf-8")
        said = lint(copy)
    finally:
        path.write_text(kept, encoding="utf-8")
        other.write_text(kept_other, encoding="utf-8")
    assert any(NAMES["cycles"] in line and line.endswith("BROKEN") for line in said.splitlines())
