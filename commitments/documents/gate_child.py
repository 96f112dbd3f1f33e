"""The child process of the gate: limits first, then one file from stdin, one verdict to stdout.

Started by `gate` as a script, alone, without environment; imports nothing of the product but its
two neighbours. Whatever a hostile file makes the libraries raise ends here as a refusal.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

DESCRIPTORS = 16
MAX_WHY = 600  # characters of the reason in the report
NO_NEW_PRIVILEGES, DIE_WITH_PARENT = 38, 1  # prctl(2)
NEW_USER_NAMESPACE, NEW_NETWORK = 0x10000000, 0x40000000  # unshare(2)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FORBIDDEN = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto")
FORBIDDEN_PREFIXES = (
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.remove",
)


def limit(*, cpu: int, wall: int, memory: int) -> None:
    """Give up for ever what judging a file does not need. Seconds, seconds, bytes."""
    signal.alarm(wall)
    for what, most in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    with contextlib.suppress(OSError, AttributeError):  # what a system lacks, the rest makes up for
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        libc.prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        libc.unshare(NEW_USER_NAMESPACE | NEW_NETWORK)  # no network, where the system lets us
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: no connection, no program, no file opened for writing."""
    writes = event == "open" and arguments[2] & WRITING
    if writes or event in FORBIDDEN or event.startswith(FORBIDDEN_PREFIXES):
        raise PermissionError(f"The child of the gate may not: {event}")


def _exactly(length: int) -> bytes:
    data = sys.stdin.buffer.read(length)
    if len(data) != length:
        raise EOFError("The question is cut off.")
    return data


def verdict_on(asked: dict[str, Any], base: bytes, upload: bytes) -> dict[str, Any]:
    """Return {"v": 1, "rule", "why", "facts"} for G09 to G29; "rule" is None if none failed.

    `asked`: see `gate.header_of`. Raises nothing: whatever the libraries raise is G09 or G10.
    """
    try:
        return {"v": 1, "rule": None, "why": "", "facts": _facts_of(asked, base, upload)}
    except BaseException as error:  # noqa: BLE001 the boundary: nothing passes it but a verdict
        kinds = {"MemoryError", "RecursionError", "PdfDecodeLimitError", "TooComplex"}
        name = type(error).__name__
        if name == "Refusal":
            rule, why = error.args[0].split(": ", 1)
        else:
            rule, why = "G09" if name in kinds else "G10", f"{name}: {error}"
        return {"v": 1, "rule": rule, "why": why[:MAX_WHY], "facts": {}}


def _facts_of(asked: dict[str, Any], base: bytes, upload: bytes) -> dict[str, Any]:
    # Late: nothing of this is needed to set the limits under which it is loaded.
    import asyncio  # noqa: PLC0415
    import hashlib  # noqa: PLC0415
    from datetime import datetime  # noqa: PLC0415

    from asn1crypto import crl, ocsp, x509  # noqa: PLC0415

    from commitments.documents import gate_file, gate_signature  # noqa: PLC0415

    signed = gate_file.examine(
        base,
        upload,
        field=asked["field"],
        subfilters=frozenset(asked["subfilters"]),
        evidence=asked["evidence"],
    )
    trust = gate_signature.Trust(
        roots=[x509.Certificate.load(bytes.fromhex(row)) for row in asked["roots"]],
        intermediates=[x509.Certificate.load(bytes.fromhex(row)) for row in asked["intermediates"]],
        crls=[crl.CertificateList.load(bytes.fromhex(row)) for row in asked["crls"]],
        ocsps=[ocsp.OCSPResponse.load(bytes.fromhex(row)) for row in asked["ocsps"]],
    )
    times = gate_signature.Times(
        datetime.fromisoformat(asked["handed_out"]), datetime.fromisoformat(asked["received"])
    )
    facts = asyncio.run(
        gate_signature.examine(signed, trust, times, key_usage=frozenset(asked["key_usage"]))
    )
    cms = bytes(signed.embedded.pkcs7_content).rstrip(b"\0")
    return facts | {
        "field": signed.embedded.fq_name,
        "signed_length": signed.end,
        "evidence": len(signed.evidence),
        "cms_sha256": hashlib.sha256(cms).hexdigest(),
    }


def main() -> None:
    """Write the verdict on the one question that stands on stdin; end with 0.

    Arguments: seconds of processor, seconds, bytes of address space.
    """
    cpu, wall, memory = (int(number) for number in sys.argv[1:4])
    limit(cpu=cpu, wall=wall, memory=memory)
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    asked = json.loads(_exactly(int.from_bytes(_exactly(4), "big")))
    base, upload = _exactly(asked["base"]), _exactly(asked["upload"])
    os.write(1, json.dumps(verdict_on(asked, base, upload)).encode())
    os._exit(0)  # nothing that a file left behind runs any more


if __name__ == "__main__":
    main()
