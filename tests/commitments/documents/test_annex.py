"""The annex of an amendment: what changed since the version before, on paper."""

import re
import subprocess

import pytest

from commitments.rules.commitments import told_changes
from tests.commitments.documents.contents import content, item
from tests.commitments.documents.test_render import letters_of, read, render_pdf, words_of
from units.rules import canonical

pytestmark = pytest.mark.program("pdftotext")


def amended(before: dict, after: dict) -> str:
    """Return the text of `after` as the version that follows `before`."""
    follows = {
        "version": 2,
        "predecessor": {"version": 1, "content_sha256": "ab" * 32},
        "changes": told_changes(before, after),
    }
    return canonical.text(after | follows)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_annex_says_every_line_and_stands_behind_the_signatures(language):
    before = content(items=[item(n) for n in range(1, 31)])
    now = [item(n, words_vi="ít nhất 7 giấy", words_en="at least 7 certificates") for n in (1, 2)]
    after = content(items=[*now, *(item(n) for n in range(40, 60))], undertakers=2)
    text = amended(before, after)
    pdf = render_pdf(text, language=language)
    head = {
        "vi": "Phụ lục: thay đổi so với phiên bản 1",
        "en": "Annex: what changed since version 1",
    }[language]

    shown = words_of(pdf)
    annex = letters_of(shown[shown.index(head) :])

    assert shown.index(head) > shown.rindex("(hình thức" if language == "vi" else "(form:")
    for row in told_changes(before, after):
        assert letters_of(row["code"] + row[f"title_{language}"]) in annex
        for line in row["lines"]:
            for part in ("label", "before", "after"):
                assert letters_of(line[f"{part}_{language}"]) in annex
    first = next(n for n, page in enumerate(read(pdf).pages) if head in page.extract_text())
    for page in read(pdf).pages[first:]:  # the head of the table stands on each of its pages
        assert {"vi": "Trước đây", "en": "Before"}[language] in page.extract_text()


def test_version_without_a_predecessor_has_no_annex_and_one_without_changes_says_so():
    plain = words_of(render_pdf(canonical.text(content()), language="vi"))
    same = words_of(render_pdf(amended(content(), content()), language="vi"))

    assert "Phụ lục" not in plain
    assert "Chỉ tiêu, nhiệm vụ, trách nhiệm và các bên không thay đổi." in same


@pytest.mark.parametrize("name", ["title_vi", "words_vi", "clause"])
@pytest.mark.parametrize("value", ["Nghiêng" * 40, "Khuyếch trương nghiệp vụ " * 18, "1" * 60])
def test_no_text_is_too_long_for_the_annex(name, value):
    after = content(items=[item(1, **{name: value})])
    pdf = render_pdf(amended(content(), after), language="vi")
    command = ["pdftotext", "-bbox", "-", "-"]
    boxes = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()

    edges = [float(edge) for edge in re.findall(r'<word [^>]*xMax="([\d.]+)"', boxes)]
    assert max(edges) < 595.3 - 18 / 25.4 * 72 + 1  # the right margin
    shown = words_of(pdf)
    assert letters_of(value) in letters_of(shown[shown.index("Phụ lục") :])
