"""The bytes themselves: fields, the certifying seal, one revision an act; and what must not pass."""

import io
import itertools
import re
import subprocess
from datetime import timedelta
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pypdf import PdfReader

from commitments.documents import demo_seal, render, seal, validity
from commitments.documents.validity import Broken
from tests import seals
from tests.commitments.documents.contents import CODE, content, item
from units import clock
from units.rules import canonical

NAMES = {
    "undertaker-1": "Nguyễn Thị Hường",
    "undertaker-2": "Đặng Quốc Ưng",
    "assigner": "Vũ Kỳ Dũng",
}


def said(field: str) -> dict[str, str]:
    return {
        "grade": "Duyệt trực tuyến",
        "name": NAMES[field],
        "form": "KT.",
        "office": "Chủ tịch Ủy ban nhân dân xã Hương Sơn",
        "own_office": "Phó Chủ tịch",
        "time": "05/01/2027 09:03:44 +07:00",
        "note": "Khóa truy cập",
        "demo": "BẢN TRÌNH DIỄN / DEMO",
    }


def signed(pdf: bytes, key: seal.Key, field: str) -> bytes:
    draw = partial(render.draw_stamp, said(field))
    return seal.sign(pdf, key, field=field, draw=draw, reason=NAMES[field])


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> seal.Key:
    folder = tmp_path_factory.mktemp("seal")
    demo_seal.make(folder / "seal.p12", folder / "password", real_at=clock.real_now())
    return seal.open_key(folder / "seal.p12", folder / "password")


@pytest.fixture(scope="module")
def rendered() -> render.Rendered:
    text = canonical.text(content(items=[item(1), item(2)], undertakers=2))
    address = f"https://commitments.example.org/verify/{CODE}/"
    return render.render(text, language="vi", address=address, demo_seal=True)


@pytest.fixture(scope="module")
def files(key, rendered) -> list[bytes]:
    """Revisions 0 to 4: with fields, sealed, signed twice, countersigned."""
    grown = [seal.place_fields(rendered.pdf, rendered.places)]
    grown.append(seal.certify(grown[-1], key))
    grown += [signed(grown[-1], key, "undertaker-1")]
    grown += [signed(grown[-1], key, "undertaker-2")]
    return [*grown, signed(grown[-1], key, "assigner")]


def pdfsig(pdf: bytes, path) -> dict[str, str]:
    """Return what Poppler says of each signed field; its exit status says nothing of forgeries."""
    path.write_bytes(pdf)
    done = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False)
    parts = re.split(r"Signature #\d+:\n", done.stdout)[1:]
    names = (re.search(r"Field Name: (.+)", part)[1] for part in parts)
    return {
        name: part
        for name, part in zip(names, parts, strict=True)
        if "not signed." not in part.replace("document signed.", "")
    }


# --- what is made ---------------------------------------------------------------------------------


@pytest.mark.program("pdfsig")
def test_every_revision_is_valid_to_a_stranger_and_its_last_signature_covers_it_all(
    files, tmp_path
):
    fields = ["seal", "undertaker-1", "undertaker-2", "assigner"]
    for no, pdf in enumerate(files[1:], start=1):
        found = pdfsig(pdf, tmp_path / f"r{no}.pdf")
        assert sorted(found) == sorted(fields[:no])
        assert all("Signature is Valid." in part for part in found.values())
        assert all("ETSI.CAdES.detached" in part for part in found.values())
        whole = [name for name, part in found.items() if "- Total document signed" in part]
        assert whole == [fields[no - 1]]


@pytest.mark.program("pdfsig")
def test_one_changed_byte_anywhere_is_seen_by_a_stranger(files, tmp_path):
    forged = bytearray(files[4])
    forged[len(files[1]) // 2] ^= 1
    found = pdfsig(bytes(forged), tmp_path / "forged.pdf")
    assert found
    assert all("Digest Mismatch." in part for part in found.values())


def test_every_revision_extends_the_previous_bytes(files, rendered):
    assert files[0].startswith(rendered.pdf)
    for before, after in itertools.pairwise(files):
        assert after.startswith(before)
        assert len(after) > len(before)


def test_every_revision_validates_alone(files, key):
    lasts = [None, "seal", "undertaker-1", "undertaker-2", "assigner"]
    for no, (pdf, last) in enumerate(zip(files, lasts, strict=True)):
        assert validity.validate(pdf, roots=[key.chain[-1]], last=last) == ([], no)


@pytest.mark.program("pdftotext")
def test_vietnamese_survives_extraction(files):
    done = subprocess.run(
        ["pdftotext", "-enc", "UTF-8", "-", "-"], input=files[4], capture_output=True, check=True
    )
    shown = " ".join(done.stdout.decode().split())
    for field, name in NAMES.items():
        assert name in shown, field
    assert shown.count("05/01/2027 09:03:44 +07:00") == 3
    assert "Cấp giấy chứng nhận quyền sử dụng đất lần đầu" in shown


def test_code_and_boxes_overlap_no_text(files, rendered):
    """Before anybody signs, nothing is printed inside a place for a signature."""
    reader = PdfReader(io.BytesIO(files[0]))
    for place in rendered.places:
        left, low, right, high = place.box
        inside = []

        def look(text, _cm, matrix, _font, _size, area=(left, low, right, high), into=inside):
            across, up = matrix[4], matrix[5]
            if text.strip() and area[0] < across < area[2] and area[1] < up < area[3]:
                into.append(text)

        reader.pages[place.page].extract_text(visitor_text=look)
        assert inside == []
        width, height = (float(edge) for edge in reader.pages[place.page].mediabox[2:])
        assert 0 < left < right < width
        assert 0 < low < high < height


def test_no_revision_claims_a_standard_that_nobody_has_checked(files, rendered):
    """Neither in what a reader is shown nor in bytes that a later revision replaced."""
    claim = re.compile(rb"pdf(?:a|ua)id:(?:part|conformance)>")
    for pdf in (rendered.pdf, *files):
        objects = PdfReader(io.BytesIO(pdf))
        assert not claim.search(objects.trailer["/Root"]["/Metadata"].get_data())
        assert not claim.search(pdf)


def test_the_text_is_closed_before_anybody_signs(files):
    """Filling fields is all that the certifying seal allows; the last signature forbids that too."""
    root = PdfReader(io.BytesIO(files[1])).trailer["/Root"]
    certified = root["/Perms"]["/DocMDP"]["/Reference"][0]
    assert certified["/TransformParams"]["/P"] == 2
    fields = {
        row.get_object()["/T"]: row.get_object()
        for row in PdfReader(io.BytesIO(files[4])).trailer["/Root"]["/AcroForm"]["/Fields"]
    }
    assert set(fields) == {"seal", *NAMES}
    assert fields["assigner"]["/Lock"]["/Action"] == "/All"
    assert "/Lock" not in fields["undertaker-1"]


def test_two_parties_who_sign_the_same_revision_both_get_a_valid_file(files, key):
    """The fork that only the comparison under the chain's lock prevents."""
    other = signed(files[1], key, "undertaker-2")
    for pdf, last in ((files[2], "undertaker-1"), (other, "undertaker-2")):
        assert validity.validate(pdf, roots=[key.chain[-1]], last=last).faults == []
    assert not other.startswith(files[2])


def test_no_field_is_signed_twice_and_none_is_added(files, key):
    draw = partial(render.draw_stamp, said("assigner"))
    for field, refusal in (("assigner", seal.FieldTaken), ("another", KeyError)):
        with pytest.raises(refusal):
            seal.sign(files[4], key, field=field, draw=draw, reason="")


# --- the cheap look before a revision is stored -----------------------------------------------------


def test_the_cheap_look_measures_what_was_added(files, key):
    added = validity.check_addition(
        files[2], files[3], field="undertaker-2", certificate=key.chain[0]
    )
    assert (added.field, added.level) == ("undertaker-2", "B-B")


def test_the_cheap_look_refuses_what_is_not_one_good_signature_in_its_field(files, key, tmp_path):
    own = key.chain[0]
    other = seal.open_key(*seals.make_own(tmp_path)).chain[0]
    flipped = bytearray(files[3])
    flipped[len(files[2]) + 100] ^= 1
    wrong = {
        "nothing added": (files[2], files[2], "undertaker-1", own),
        "other base": (files[3], files[2], "undertaker-2", own),
        "other field": (files[2], files[3], "undertaker-1", own),
        "two at once": (files[1], files[3], "undertaker-2", own),
        "bytes after it": (files[2], files[3] + b"%", "undertaker-2", own),
        "another key": (files[2], files[3], "undertaker-2", other),
        "another byte": (files[2], bytes(flipped), "undertaker-2", own),
        "no file": (files[2], files[2] + b"junk", "undertaker-2", own),
    }
    for case, (base, output, field, certificate) in wrong.items():
        try:
            with pytest.raises(Broken):
                validity.check_addition(base, output, field=field, certificate=certificate)
        except pytest.fail.Exception as error:
            raise AssertionError(case) from error


def test_the_full_validation_names_what_is_wrong(files, key, tmp_path):
    root = key.chain[-1]
    stranger = seal.open_key(*seals.make_own(tmp_path)).chain[-1]
    changed = bytearray(files[4])
    changed[len(files[0]) // 2] ^= 1
    for pdf, roots, last in (
        (files[4], [stranger], "assigner"),
        (bytes(changed), [root], "assigner"),
        (files[4], [root], "undertaker-2"),
        (files[4] + b"\n% a note", [root], "assigner"),
        (files[4][: len(files[3]) + 500], [root], "assigner"),
        (b"no pdf", [root], "seal"),
    ):
        assert validity.validate(pdf, roots=roots, last=last).faults


# --- keys ------------------------------------------------------------------------------------------


def test_a_demo_seal_says_so_in_every_name_and_is_for_its_owner_alone(key, tmp_path):
    path, password_file = tmp_path / "new" / "seal.p12", tmp_path / "new" / "password"
    demo_seal.make(path, password_file, real_at=clock.real_now())
    made = seal.open_key(path, password_file)
    assert made.is_demo
    assert "DEMO" in made.certificate.subject.rfc4514_string()
    assert "DEMO" in made.certificate.issuer.rfc4514_string()
    assert made.id != key.id
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}
    with pytest.raises(FileExistsError):
        demo_seal.make(path, password_file, real_at=clock.real_now())
    assert not seal.open_key(*seals.make_own(tmp_path)).is_demo


def test_a_key_that_cannot_be_used_is_refused_without_a_secret_in_the_text(tmp_path):
    path, password_file = seals.make_own(tmp_path / "good")
    wrong = tmp_path / "wrong"
    wrong.write_text("not the password\n", encoding="utf-8")
    junk = tmp_path / "junk.p12"
    junk.write_bytes(b"junk")
    old_curve = seals.make_own(tmp_path / "curve", curve=ec.SECP521R1())
    for files_of in (
        (path, wrong),
        (junk, password_file),
        (tmp_path / "nowhere", password_file),
        (path, tmp_path / "nowhere"),
        old_curve,
    ):
        with pytest.raises(seal.KeyUnfit) as refused:
            seal.open_key(*files_of)
        assert "known to everybody" not in str(refused.value)
        assert "not the password" not in str(refused.value)


def test_a_new_seal_in_the_same_place_is_seen(tmp_path):
    files_of = seals.make_own(tmp_path)
    before = seal.open_key(*files_of)
    assert seal.open_key(*files_of) is before
    seals.make_own(tmp_path)
    assert seal.open_key(*files_of).id != before.id


# --- stamps ----------------------------------------------------------------------------------------


@pytest.mark.program("pdftotext")
def test_a_stamp_prints_all_of_the_longest_names():
    long = said("assigner") | {
        "name": "Nguyễn Phước Bảo Quỳnh Tôn Nữ Thị Diệu Huyền",
        "office": "Phó Bí thư Thường trực Đảng ủy, Chủ tịch Hội đồng nhân dân, Chủ nhiệm Ủy ban "
        "Kiểm tra Đảng ủy thị trấn Thanh Lãng, huyện Bình Xuyên, tỉnh Vĩnh Phúc",
        "own_office": "Phó Chủ tịch Ủy ban nhân dân thị trấn Thanh Lãng, huyện Bình Xuyên",
    }
    pdf = render.draw_stamp(long, width=215, height=85)
    done = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    shown = "".join(done.stdout.decode().split())
    for name, value in long.items():
        value = value.upper() if name == "grade" else value
        assert "".join(value.split()) in shown, name
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1


def test_a_name_that_cannot_be_printed_is_refused_not_left_out():
    with pytest.raises(render.Unprintable):
        render.draw_stamp(said("assigner") | {"name": "梅"}, width=215, height=85)


def test_a_certificate_is_good_between_its_days_alone(tmp_path):
    key = seal.open_key(*seals.make_own(tmp_path, days=10))
    now = clock.real_now()
    assert key.is_good_at(now)
    assert not key.is_good_at(now + timedelta(days=11))
    assert not key.is_good_at(now - timedelta(days=2))
