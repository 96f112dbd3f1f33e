"""Evidence of commitments, and the program that checks it run where there is nothing else."""

import io
import re
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from commitments.actions import bundles
from commitments.documents import bundle as packing
from commitments.models import SealCertificate
from commitments.standalone import verify_bundle
from tests.factories.body import REAL
from units.actions import checkpoints, register

PROGRAM = Path(verify_bundle.__file__)


class Evidence(NamedTuple):
    """A bundle, the fingerprint of its register, the roots of its seal in PEM."""

    data: bytes
    key: str
    roots: str

    @property
    def files(self) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def evidence_of(version, *, closed: bool = True, at: datetime = REAL) -> Evidence:
    while register.sequence():
        pass
    if closed:
        checkpoints.make(at=at, now=True)
    roots = "".join(SealCertificate.objects.values_list("chain", flat=True)).split("-----BEGIN")[-1]
    return Evidence(bundles.bundle_of(version), checkpoints.fingerprint(), f"-----BEGIN{roots}")


class Flip(NamedTuple):
    """One byte of a file in a bundle: the one behind the first match of `behind`; what must be `said`."""

    what: str
    behind: bytes
    said: str


FLIPS = {
    "PDF": Flip("document.pdf", rb"/ByteRange \[", "document.pdf"),
    "JSON": Flip("content.json", rb'"number":"', "content.json"),
    "assertion": Flip("acts/01-sign.json", rb'"signature":"[^"]{40}', "acts/01-sign.json"),
    "form of the assertion": Flip(
        "acts/01-sign.json", rb'"signature":"..', "acts/01-sign.json: a malformed signature"
    ),
    "entry": Flip("register/", rb"commitment.sig", "register/"),
}


def flipped(evidence: Evidence, flip: Flip) -> Evidence:
    """Return the bundle with one byte changed and its list of files made anew, as a forger would."""
    files = {name: data for name, data in evidence.files.items() if name != packing.MANIFEST}
    for name in sorted(files):
        if name.startswith(flip.what) and (match := re.search(flip.behind, files[name])):
            data, place = files[name], match.end()
            other = b"A" if data[place : place + 1] != b"A" else b"B"
            files[name] = data[:place] + other + data[place + 1 :]
            return evidence._replace(data=packing.pack(files))
    raise AssertionError(f"No file of the bundle holds what {flip} looks for.")


def run(folder: Path, evidence: Evidence, *arguments: str, flags=("-I", "-S")):
    """Run the program in a folder that holds it and the bundle alone; return code and lines."""
    (folder / "bundle.zip").write_bytes(evidence.data)
    (folder / PROGRAM.name).write_bytes(evidence.files[PROGRAM.name])
    done = subprocess.run(
        [sys.executable, *flags, PROGRAM.name, "bundle.zip", *arguments],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def bad(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("BAD")]
