"""The catalogue holds the texts of code and templates, all of them, and translates them whole."""

import gettext
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CATALOGUE = Path("config/locale/vi/LC_MESSAGES/django.po")
SOURCES = ["config", "units", "commitments", "notifications", "tests", "manage.py"]
GATHER = ["makemessages", "-l", "vi", "--add-location=file", "--no-obsolete", "-i", "tests"]
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}|<[^>]+>")
read = runpy.run_path(str(ROOT / ".ci" / "messages.py"))["read"]


def messages_of(path: Path) -> list:
    """Return the messages of a catalogue, the head of the file left out."""
    return [one for one in read(path.read_text(encoding="utf-8")) if one.source]


def texts_of(path: Path) -> set[tuple[str | None, str, str | None]]:
    """Return context, text and plural of every message of a catalogue."""
    return {(one.context, one.source, one.plural) for one in messages_of(path)}


@pytest.fixture
def copy(tmp_path):
    """The code, the templates and the catalogue, where they may be written to."""
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def gather(folder: Path) -> set[tuple[str | None, str, str | None]]:
    """Return the texts that makemessages finds under `folder`; its catalogue is brought up to date."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings_test"}
    command = [sys.executable, "manage.py", *GATHER]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return texts_of(folder / CATALOGUE)


@pytest.mark.program("xgettext", "msgmerge")
def test_catalogue_holds_what_code_and_templates_say(copy):
    held, said = texts_of(ROOT / CATALOGUE), gather(copy)
    assert said - held == set(), "run makemessages, translate what it adds"
    assert held - said == set(), "run makemessages: nobody says these any more"


@pytest.mark.program("xgettext", "msgmerge")
def test_forgotten_text_is_found_in_code_and_templates(copy):
    held = texts_of(copy / CATALOGUE)
    (copy / "units" / "said.py").write_text(
        "from django.utils.translation import gettext as _\n\nSAID = _('Said in code alone.')\n",
        encoding="utf-8",
    )
    (copy / "units" / "templates" / "said.html").write_text(
        "{% load i18n %}{% translate 'Said in a template alone.' %}", encoding="utf-8"
    )
    assert gather(copy) - held == {
        (None, "Said in code alone.", None),
        (None, "Said in a template alone.", None),
    }


def test_every_text_is_translated_and_compiled():
    messages = messages_of(ROOT / CATALOGUE)
    assert [one.source for one in messages if one.fuzzy] == []
    assert [one.source for one in messages if not one.translated] == []
    with (ROOT / CATALOGUE).with_suffix(".mo").open("rb") as file:
        compiled = set(gettext.GNUTranslations(file)._catalog.values())
    assert [one.source for one in messages if one.translations[0] not in compiled] == []


def test_no_text_stands_twice():
    texts = [one.key for one in messages_of(ROOT / CATALOGUE)]
    assert len(texts) == len(set(texts))


def test_placeholders_and_elements_survive_translation():
    lost = [
        one.source
        for one in messages_of(ROOT / CATALOGUE)
        if sorted(PLACES.findall(one.plural or one.source))
        != sorted(PLACES.findall(one.translations[0]))
    ]
    assert lost == []


def test_vietnamese_says_one_thing_in_one_way():
    """Readers are “bạn”; whatever comes on the day itself is in time, so it is not due before it."""
    said = {
        one.source: text
        for one in messages_of(ROOT / CATALOGUE)
        for text in one.translations.values()
    }
    other_words = re.compile("đồng chí|leo thang|hàng việc|sang một bên", re.IGNORECASE)
    assert [text for text in said.values() if other_words.search(text)] == []
    due = re.compile(r"by %\((?:due|day|answer_by)\)s")
    assert [
        text
        for source, text in said.items()
        if due.search(source) and re.search(r"trước (?:ngày )?%\((?:due|day|answer_by)\)s", text)
    ] == []


def test_every_text_with_places_takes_what_is_put_into_them():
    """A per cent sign alone in a translation is half a place: the page in that language would fail."""
    broken = []
    for one in messages_of(ROOT / CATALOGUE):
        for text in (one.source, one.plural or "", *one.translations.values()):
            if "%(" not in one.source:
                continue
            try:
                text % dict.fromkeys(re.findall(r"%\((\w+)\)", one.source + (one.plural or "")), 1)
            except (KeyError, ValueError, TypeError) as error:
                broken.append(f"{text!r}: {error!r}")
    assert broken == []
