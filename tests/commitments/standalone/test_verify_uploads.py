"""Files that were signed outside, in the evidence: what the gate said of them, and what proves it."""

import hashlib
import json
from functools import cache
from tempfile import TemporaryDirectory

import pytest
from django.db import transaction
from django.test import override_settings

from commitments.actions import uploads
from commitments.enums import VersionAct
from tests.commitments.actions.outside import offered, pem, registered, signed, taken, trusted
from tests.commitments.documents.authorities import cast
from tests.commitments.standalone.test_verify_bundle import found, signed_anew
from tests.factories.body import make_body
from tests.factories.evidence import Evidence, bad, evidence_of, run


@cache
def whole() -> Evidence:
    """Return the evidence of a commitment in force whose head signed outside, at the second try."""
    with (
        TemporaryDirectory() as folder,
        override_settings(DATA_DIR=folder, REVOCATION_CHECK=False),
        transaction.atomic(),
    ):
        body = make_body()
        trusted(body)
        registered(body, body.secretary, cast().head)
        version = body.issued(second=False)
        row = taken(body, version, body.secretary)
        assert offered(row, uploads.file_of(row)).rule == "G04"
        assert offered(row, signed(row, cast().head)).rule == ""
        version.refresh_from_db()
        body.act(VersionAct.COUNTERSIGN, version, body.assigner)
        made = evidence_of(version)
        transaction.set_rollback(True)
    return made


@pytest.fixture
def evidence(db) -> Evidence:
    return whole()


def name_of(evidence: Evidence, start: str) -> str:
    return next(name for name in evidence.files if name.startswith(start))


def test_verdicts_travel_with_the_evidence_and_are_checked(evidence, tmp_path):
    files = evidence.files
    names = [name for name in files if name.startswith("uploads/")]
    assert names == ["uploads/01-G04.json", "uploads/02-accepted.json"]
    report = files["report.en.html"].decode()
    assert "The file is not signed yet. (G04)" in report
    assert "accepted: it is revision 2" in report

    lines = found(files, evidence.key)
    assert bad(lines) == []
    said = "1 files signed outside are revisions of document.pdf, byte for byte; 1 were refused"
    assert f"GOOD {said}" in lines
    assert any("was not checked here; the body says: unchecked" in line for line in lines)

    # with the package: whose roots are given decides what is said of the personal certificate
    (tmp_path / "seal.pem").write_text(evidence.roots)
    (tmp_path / "all.pem").write_text(evidence.roots + pem(cast().state))
    for roots, line in (
        (
            "seal.pem",
            "OPEN document.pdf: the personal certificate in undertaker-1 leads to none of your roots",
        ),
        ("all.pem", "GOOD document.pdf: 3 signatures are intact and lead to your roots"),
    ):
        _code, lines = run(
            tmp_path, evidence, "--key", evidence.key, "--seal-roots", roots, flags=()
        )
        assert bad(lines) == []
        assert line in lines


@pytest.mark.parametrize(
    ("what", "change", "said"),
    [
        ("uploads/02", {"sha256": "00" * 32}, "is not revision 2"),
        ("uploads/02", {"length": 7}, "is not revision 2"),
        ("uploads/02", {"revision": 3}, "another revision"),
        ("uploads/02", {"base_sha256": "00" * 32}, "other bytes were handed out"),
        ("uploads/02", {"statement_sha256": "00" * 32}, "confirmed for another act"),
        ("uploads/02", {"certificate_sha256": "00" * 32}, "is not the certificate"),
        ("uploads/02", {"trust_set_sha256": "00" * 32}, "was judged by"),
        ("uploads/02", {"rule": "G08"}, "other files that were refused"),
        ("uploads/02", {"checks": [{"state": "contested"}]}, "revoked before it was used"),
        ("uploads/01", {"rule": "G05"}, "other files that were refused"),
        ("uploads/01", {"sha256": "00" * 32}, "other files that were refused"),
        ("uploads/01", {"rule": ""}, "other files that were refused"),
        ("acts/01-sign", {"upload": None}, "other files that were accepted"),
        ("acts/01-sign", {"grade": "online"}, "another grade"),
    ],
)
def test_one_changed_value_is_named(what, change, said, evidence):
    name = name_of(evidence, what)
    changed = json.dumps(json.loads(evidence.files[name]) | change).encode()

    lines = found(signed_anew(evidence.files | {name: changed}), evidence.key)

    assert any(said in line for line in bad(lines)), bad(lines)


@pytest.mark.parametrize("what", ["uploads/01", "uploads/02", "signers/", "trust/"])
def test_what_is_left_out_is_missed(what, evidence):
    name = name_of(evidence, what)
    rest = {key: data for key, data in evidence.files.items() if key != name}

    assert bad(found(signed_anew(rest), evidence.key))


def test_certificate_of_somebody_else_is_named(evidence):
    """A forger who lists another certificate everywhere is told apart by the register alone."""
    files, name = evidence.files, name_of(evidence, "uploads/02")
    other = cast().colleague
    mark = {"certificate_sha256": hashlib.sha256(other.der).hexdigest()}
    changed = {
        name: json.dumps(json.loads(files[name]) | mark).encode(),
        f"signers/{mark['certificate_sha256']}.pem": pem(other).encode(),
    }

    lines = found(signed_anew(files | changed), evidence.key)

    assert any("the register knows another certificate" in line for line in bad(lines))
