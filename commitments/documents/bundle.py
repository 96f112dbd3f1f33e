"""Packing evidence: the same files always become the same bytes."""

import hashlib
import io
import zipfile
from collections.abc import Mapping

from units.rules import canonical

MANIFEST = "manifest.json"
NO_TIME = (1980, 1, 1, 0, 0, 0)  # the first that an archive can say
READABLE = 0o644 << 16


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of `files` by name, with a manifest of their SHA-256.

    Names in one order, no time, one way of compression: equal files give equal bytes within one
    release of Python's zlib. Raises ValueError for a file that is named like the manifest.
    """
    if MANIFEST in files:
        raise ValueError(f"{MANIFEST} is made here.")
    listed = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    manifest = canonical.text({"v": 1, "alg": "sha256", "files": listed}).encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in [(MANIFEST, manifest), *((name, files[name]) for name in listed)]:
            row = zipfile.ZipInfo(name, NO_TIME)
            row.external_attr, row.create_system = READABLE, 3
            archive.writestr(row, data, zipfile.ZIP_DEFLATED, 9)
    return target.getvalue()
