import hashlib
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from pypdf import PdfReader

from commitments.documents import faces, render
from commitments.documents.render import NotRendered, Unprintable
from tests.commitments.documents.contents import CODE, UNDERTAKERS, content, item, text_of
from units.rules import canonical

# Every Vietnamese letter with every tone, small and capital.
VOWELS = "aăâeêioôơuưy"
TONES = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
LETTERS = [unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES] + ["đ"]
ALPHABET = " ".join(LETTERS + [letter.upper() for letter in LETTERS])
MARKUP = (
    "#panic[x] *đậm* _nghiêng_ $x^2$ = Tiêu đề @ref <nhãn> \\ // // [#sys.inputs] ~ -- ' \" `mã`"
)


ADDRESS = f"https://commitments.example.org/verify/{CODE}/"


def render_pdf(text: str, *, language: str) -> bytes:
    return render.render(text, language=language, address=ADDRESS).pdf


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def words_of(pdf: bytes, *, layout: str = "-raw") -> str:
    """Return the text of the file as Poppler reads it, all white space as one blank."""
    command = ["pdftotext", layout, "-enc", "UTF-8", "-", "-"]
    out = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()
    return " ".join(out.split())


def letters_of(text: str) -> str:
    return "".join(text.split())


def printed(row: dict, language: str) -> list[str]:
    """Return every text of the content that the page must show in `language`."""
    own = [value for name, value in row.items() if name.endswith(f"_{language}")]
    found = [value for value in own if isinstance(value, str)]
    for value in row.values():
        for member in value if isinstance(value, list) else [value]:
            if isinstance(member, dict):
                found += printed(member, language)
    return found


@pytest.mark.program("pdftotext")
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("undertakers", "demonstration"), [(1, False), (2, True)])
def test_page_says_every_text_of_the_content(language, undertakers, demonstration):
    rows = [item(1), item(2)]
    whole = content(items=rows, undertakers=undertakers, demonstration=demonstration)
    units = ("uom_vi", "uom_en")  # they are part of the words
    whole["terms"]["items"] = [
        {name: value for name, value in row.items() if name not in units}
        for row in whole["terms"]["items"]
    ]

    shown = words_of(render_pdf(canonical.text(whole), language=language))

    assert [text for text in printed(whole, language) if text not in shown] == []
    assert whole["number"] in shown


@pytest.mark.program("pdftotext")
def test_every_vietnamese_letter_is_read_back():
    shown = words_of(render_pdf(text_of(items=[item(title_vi=ALPHABET)]), language="vi"))
    assert ALPHABET in shown


@pytest.mark.program("pdftotext")
def test_markup_in_the_data_is_plain_text():
    rows = [item(title_vi=MARKUP, words_vi=MARKUP, clause=MARKUP)]
    shown = words_of(render_pdf(text_of(items=rows, number="#x *1*"), language="vi"))

    assert letters_of(shown).count(letters_of(MARKUP)) == 3
    assert "Số: #x *1*" in shown


def test_attachment_is_the_content_byte_for_byte():
    text = text_of()
    reader = read(render_pdf(text, language="vi"))

    assert {name: bytes(*data) for name, data in reader.attachments.items()} == {
        "content.json": text.encode()
    }
    filespec = reader.trailer["/Root"]["/AF"][0].get_object()
    assert filespec["/AFRelationship"] == "/Source"


def test_metadata_names_number_version_and_hash():
    text = text_of(version=3)
    reader = read(render_pdf(text, language="vi"))

    assert reader.metadata.title == "Bản cam kết 07/CK-2024, phiên bản 3: Xã Hương Sơn"
    assert reader.metadata["/Keywords"].split(", ") == [
        "number=07/CK-2024",
        "version=3",
        f"code={CODE}",
        f"content-sha256={hashlib.sha256(text.encode()).hexdigest()}",
    ]
    assert reader.metadata.creation_date.date().isoformat() == "2024-02-02"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_file_is_tagged_in_its_language_and_claims_no_standard(language):
    """Made by the rules of PDF/A-3a and PDF/UA-1; no validator but the typesetter has looked."""
    root = read(render_pdf(text_of(), language=language)).trailer["/Root"]
    xmp = root["/Metadata"].get_data().decode()

    assert not re.search(r"<pdf(a|ua)id:|pdf(a|ua)id:\w+=", xmp)
    assert "<dc:title>" in xmp
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == language
    assert "/AcroForm" not in root
    assert "/OpenAction" not in root


def test_every_font_is_embedded_and_ours():
    page = read(render_pdf(text_of(), language="vi")).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]

    assert {font["/BaseFont"].split("+")[1].split("-")[0] for font in fonts} == {"LiberationSerif"}
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert "/FontFile2" in descriptor


@pytest.mark.program("pdftotext")
@pytest.mark.parametrize("demonstration", [True, False])
def test_footer_of_each_page_names_code_version_hash_and_page(demonstration):
    rows = [item(ordinal) for ordinal in range(1, 31)]
    text = text_of(items=rows, undertakers=2, version=2, demonstration=demonstration)
    pdf = render_pdf(text, language="vi")
    count = len(read(pdf).pages)

    out = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    pages = out.stdout.decode().split("\f")[:-1]

    assert count > 2
    assert len(pages) == count
    for number, page in enumerate(pages, start=1):
        shown = " ".join(page.split())
        assert "Mã 7K3M 9Q2X W8D4 T6RZ 5 · Số: 07/CK-2024 · Phiên bản 2" in shown
        assert f"SHA-256 {hashlib.sha256(text.encode()).hexdigest()[:16]}" in shown
        assert f"Trang {number}/{count}" in shown
        assert ("Dữ liệu minh họa / Demonstration data" in shown) == demonstration


@pytest.mark.program("pdftotext")
def test_long_table_repeats_its_head_and_keeps_every_row():
    other = {"code": "N09", "title_vi": "Giải phóng mặt bằng", "title_en": "Land clearance"}
    rows = [item(n) for n in range(1, 21)] + [item(n, group=other) for n in range(21, 41)]
    pdf = render_pdf(text_of(items=rows), language="vi")

    out = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True
    )
    tables = [page for page in out.stdout.decode().split("\f") if "H17." in page]

    assert len(tables) > 2
    for page in tables:
        assert "Mức phải đạt" in page
        assert "H17 · Nhiệm vụ huyện giao thêm" in page or "N09 · Giải phóng mặt bằng" in page
    assert re.findall(r"H17\.(\d+) Cấp", " ".join(tables)) == [str(n) for n in range(1, 41)]


@pytest.mark.parametrize("demonstration", [True, False])
def test_demonstration_stands_behind_each_page_as_an_artifact(demonstration):
    rows = [item(ordinal) for ordinal in range(1, 21)]
    pages = read(render_pdf(text_of(items=rows, demonstration=demonstration), language="vi")).pages

    backgrounds = [b"/Artifact<</BBox" in page.get_contents().get_data()[:40] for page in pages]

    assert backgrounds == [demonstration] * len(pages)


@pytest.mark.program("pdftotext")
@pytest.mark.parametrize(
    ("language", "mark"), [("vi", "DỮ LIỆU MINH HỌA"), ("en", "DEMONSTRATION DATA")]
)
def test_synthetic_items_are_marked_and_only_they(language, mark):
    rows = [item(1, provenance="synthetic"), item(2), item(3, provenance="synthetic")]
    shown = words_of(render_pdf(text_of(items=rows), language=language))
    assert shown.count(mark) == 2


@pytest.mark.program("pdftotext")
@pytest.mark.parametrize(
    ("day", "vi", "en"),
    [
        ("2024-02-02", "Ngày 02 tháng 02 năm 2024", "2 February 2024"),
        ("2024-03-10", "Ngày 10 tháng 3 năm 2024", "10 March 2024"),
        ("2024-12-31", "Ngày 31 tháng 12 năm 2024", "31 December 2024"),
    ],
)
def test_day_of_issue_in_words(day, vi, en):
    for language, words in (("vi", vi), ("en", en)):
        assert words in words_of(render_pdf(text_of(issued_on=day), language=language))


@pytest.mark.program("pdftotext")
def test_each_slot_has_its_office_and_form_of_signing():
    whole = content(undertakers=2)
    whole["slots"][2]["grade"] = "personal"
    shown = words_of(render_pdf(canonical.text(whole), language="vi"))

    for _ref, title_vi, _title_en in UNDERTAKERS:
        assert title_vi.upper() in shown
    assert shown.count("(hình thức: phê duyệt trực tuyến)") == 2
    assert shown.count("(hình thức: ký số cá nhân)") == 1


@pytest.mark.program("pdftotext")
def test_several_mandates_are_listed_once_and_referred_to():
    plan = {"number": "12-KH/HU", "title_vi": "Kế hoạch", "title_en": "Plan", "signed_on": None}
    rows = [item(1), item(2, mandate=plan), item(3)]
    shown = words_of(render_pdf(text_of(items=rows), language="vi"))

    assert "[2] Kế hoạch số 12-KH/HU" in shown
    assert shown.count("Giao theo văn bản [1]") == 2
    assert shown.count("Giao theo văn bản [2]") == 1


@pytest.mark.program("pdftotext")
def test_next_version_names_the_one_before():
    before = {"version": 1, "content_sha256": "ab" * 32}
    shown = words_of(render_pdf(text_of(version=2, predecessor=before), language="vi"))
    assert f"Phiên bản 2, tiếp theo phiên bản 1 (SHA-256 {'ab' * 8})" in shown


@pytest.mark.program("pdftotext")
@pytest.mark.parametrize("name", ["title_vi", "words_vi", "code", "clause"])
@pytest.mark.parametrize("value", ["Ứ" * 300, "Chỉ tiêu rất dài " * 18, "1" * 40])
def test_no_text_is_too_long_for_its_column(name, value):
    pdf = render_pdf(text_of(items=[item(1, **{name: value})]), language="vi")
    command = ["pdftotext", "-bbox", "-", "-"]
    boxes = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()

    edges = [float(edge) for edge in re.findall(r'<word [^>]*xMax="([\d.]+)"', boxes)]
    assert max(edges) < 595.3 - 18 / 25.4 * 72 + 1  # the right margin
    assert letters_of(words_of(pdf)).count(letters_of(value)) == 1


def test_equal_content_gives_equal_bytes_on_any_machine():
    """Another process, time zone, folder and day of the build must not show in the file."""
    text = text_of(items=[item(1), item(2)], undertakers=2)
    script = (
        "import hashlib, sys; from commitments.documents.render import render;"
        "done = render(sys.stdin.read(), language='vi', address=sys.argv[1]);"
        "print(hashlib.sha256(done.pdf).hexdigest())"
    )
    surroundings = {"TZ": "Asia/Ho_Chi_Minh", "SOURCE_DATE_EPOCH": "1", "PYTHONUTF8": "1"}
    other = subprocess.run(
        [sys.executable, "-c", script, ADDRESS],
        input=text,
        env=os.environ | surroundings,
        cwd=Path(render.__file__).parents[2],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    here = [hashlib.sha256(render_pdf(text, language="vi")).hexdigest() for _time in range(2)]

    assert [*here, other.stdout.strip()] == [here[0]] * 3


def test_any_change_of_content_or_language_changes_the_bytes():
    files = {
        render_pdf(text_of(), language="vi"),
        render_pdf(text_of(), language="en"),
        render_pdf(text_of(ref="another"), language="vi"),  # not printed, but attached
    }
    assert len(files) == 3


@pytest.mark.parametrize(
    ("character", "said"),
    [
        ("😀", "“😀” (U+1F600 GRINNING FACE)"),
        ("漢", "“漢” (U+6F22 CJK UNIFIED IDEOGRAPH-6F22)"),
        ("א", "“א” (U+05D0 HEBREW LETTER ALEF)"),
        ("\n", "U+000A"),
        ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\u200b", "U+200B ZERO WIDTH SPACE"),
        ("\ue000", "U+E000"),
    ],
)
def test_what_cannot_be_printed_is_refused_by_place(character, said):
    text = text_of(items=[item(1), item(2, title_en=f"Names {character}")])

    with pytest.raises(Unprintable) as refused:
        render_pdf(text, language="vi")

    assert refused.value.character == character
    assert refused.value.place == "$.terms.items[1].title_en"
    assert str(refused.value) == f"$.terms.items[1].title_en: {said} cannot be printed."


def test_every_character_that_is_let_in_can_be_printed():
    """Regular, bold, italic and in capitals: else the typesetter would refuse what we let pass."""
    let_in = [
        character
        for character in map(chr, sorted(faces.characters()))
        if not list(render._unprintable(character, "$"))
        and unicodedata.is_normalized("NFC", character)
    ]
    line = " ".join(let_in)
    whole = content(items=[item(title_vi=line, words_vi=line)], number=line)
    whole["slots"][0]["title_vi"] = whole["parties"][0]["unit"]["name_vi"] = line

    assert len(let_in) > 2000
    assert set(ALPHABET) - {" "} <= set(let_in)
    assert render_pdf(json.dumps(whole, ensure_ascii=False), language="vi")


def test_missing_font_fails_instead_of_falling_back(monkeypatch, tmp_path):
    template = tmp_path / render.TEMPLATE.name
    source = render.TEMPLATE.read_text("utf-8")
    template.write_text(source.replace('"Liberation Serif"', '"Nowhere Serif"'), "utf-8")
    monkeypatch.setattr(render, "TEMPLATE", template)

    with pytest.raises(NotRendered, match="unknown font family"):
        render_pdf(text_of(), language="vi")


def test_fonts_of_the_machine_and_of_the_typesetter_are_out_of_reach():
    """A face of the same family but another version would give other bytes elsewhere."""
    found = {Path(font.path) for font in render._fonts().fonts()}
    assert found == set(faces.FOLDER.glob("*.ttf"))


def test_content_of_another_shape_fails():
    with pytest.raises(NotRendered, match="does not contain key"):
        render_pdf('{"code":"X"}', language="vi")


def test_unknown_language_is_refused():
    with pytest.raises(ValueError, match="'fr' is no language of documents"):
        render_pdf(text_of(), language="fr")
