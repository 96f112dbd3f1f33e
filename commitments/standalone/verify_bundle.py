"""Check an evidence bundle: Python 3.10 or newer, nothing else of anybody, no network.

    python3 -I -S verify_bundle.py BUNDLE.zip --key FINGERPRINT [--seal-roots ROOTS.pem]

FINGERPRINT is that of the register's key and comes from outside: from a paper, from another body's
page, never from the bundle. May be repeated where the key has changed. Without it nothing says who
made the bundle, and everything that hangs on the register stays open.

Each finding is one line: `GOOD` what was checked, `BAD` what is not as it was recorded, `OPEN` what
could not be checked. Exit code 0 only if all was checked and is good; 1 if anything is bad; 2 if
nothing is bad but something is open, or the input is unusable. Signatures inside the PDF need the
package pyHanko (run without -I -S) and the roots that you trust; else they are open.
"""

import argparse
import base64
import io
import json
import logging
import sys
import zipfile
from contextlib import contextmanager
from hashlib import sha256, sha512
from itertools import pairwise
from pathlib import Path

LARGEST = 200 * 2**20  # bytes of one unpacked file: a small archive may claim to hold very much
SIGNING = {"sign", "countersign"}
PRESENT_AND_VERIFIED = 0x05  # flags of WebAuthn: somebody was there, and proved to be its owner


class Wrong(Exception):
    """Something is not as it was recorded; the text says what and where."""


class Report:
    """Findings as they come; `code` is what the program exits with."""

    def __init__(self, write=print):
        self.write, self.code = write, 0

    def good(self, text):
        self.write("GOOD " + text)

    def bad(self, text):
        self.code = 1
        self.write("BAD  " + text)

    def open(self, text):
        self.code = self.code or 2
        self.write("OPEN " + text)


def require(true, text):
    if not true:
        raise Wrong(text)


@contextmanager
def naming(name):
    """Let whatever goes wrong with a file be said with its name: it may hold anything."""
    try:
        yield
    except Wrong as wrong:
        raise wrong if name in str(wrong) else Wrong(f"{name}: {wrong}") from wrong
    except Exception as error:
        raise Wrong(f"{name} has not the form that it should have: {error!r}") from error


def hex_of(data):
    return sha256(data).hexdigest()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# --- Ed25519, RFC 8032 section 5.1: verification alone, so nothing here is secret -------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def _add(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(factor, point):
    found = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            found = _add(found, point)
        point, factor = _add(point, point), factor >> 1
    return found


def _point(data):
    """Decode 32 bytes; None: they are no point in its one allowed form."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_is_valid(public_key, message, signature):
    """Say whether the 64 bytes are the Ed25519 signature of `message` under the 32-byte key."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, nonce = _point(public_key), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or scalar >= L:
        return False
    digest = sha512(signature[:32] + public_key + message).digest()
    left, right = (
        _times(scalar, BASE),
        _add(nonce, _times(int.from_bytes(digest, "little") % L, key)),
    )
    return not (
        (left[0] * right[2] - right[0] * left[2]) % P
        or (left[1] * right[2] - right[1] * left[2]) % P
    )


# --- ECDSA over P-256 and RSA with SHA-256: what passkeys sign with -------------------------------

Q = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def _sum(one, other):
    """Add two points of P-256; None is the point at infinity."""
    if one is None or other is None:
        return one or other
    if one[0] == other[0]:
        if (one[1] + other[1]) % Q == 0:
            return None
        slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], -1, Q) % Q
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, Q) % Q
    x = (slope * slope - one[0] - other[0]) % Q
    return x, (slope * (one[0] - x) - one[1]) % Q


def _multiple(factor, point):
    found = None
    while factor:
        if factor & 1:
            found = _sum(found, point)
        point, factor = _sum(point, point), factor >> 1
    return found


def _two_numbers(der):
    """Return the two integers of an ECDSA signature in DER."""
    require(der[0] == 0x30 and der[1] == len(der) - 2 and len(der) < 0x80, "a malformed signature")
    numbers, place = [], 2
    while place < len(der):
        require(der[place] == 0x02, "a malformed signature")
        size = der[place + 1]
        numbers.append(int.from_bytes(der[place + 2 : place + 2 + size], "big"))
        place += 2 + size
    require(len(numbers) == 2 and place == len(der), "a malformed signature")
    return numbers


def p256_is_valid(x, y, message, signature):
    """Say whether `signature` (DER) is that of `message` by ECDSA with SHA-256 under the point."""
    r, s = _two_numbers(signature)
    if not (0 < r < N and 0 < s < N) or (y * y - x * x * x + 3 * x - B) % Q or max(x, y) >= Q:
        return False
    digest, inverse = int.from_bytes(sha256(message).digest(), "big"), pow(s, -1, N)
    found = _sum(_multiple(digest * inverse % N, G), _multiple(r * inverse % N, (x, y)))
    return found is not None and found[0] % N == r


def rsa_is_valid(modulus, exponent, message, signature):
    """Say whether `signature` is that of `message` by RSASSA-PKCS1-v1_5 with SHA-256."""
    info = bytes.fromhex("3031300d060960864801650304020105000420") + sha256(message).digest()
    size = (modulus.bit_length() + 7) // 8
    wanted = b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info
    shown = pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(size, "big")
    return modulus.bit_length() >= 2048 and len(signature) == size and shown == wanted


def cbor(data, place=0):
    """Return one value of CBOR, of the kinds that a COSE key has, and the place behind it."""
    kind, size = data[place] >> 5, data[place] & 31
    place += 1
    if size in (24, 25, 26):
        width = 1 << (size - 24)
        size, place = int.from_bytes(data[place : place + width], "big"), place + width
    require(size < 2**32, "a malformed key")
    if kind in (0, 1):
        return (size if kind == 0 else -1 - size), place
    if kind in (2, 3):
        return data[place : place + size], place + size
    require(kind == 5, "a malformed key")
    found = {}
    for _pair in range(size):
        name, place = cbor(data, place)
        found[name], place = cbor(data, place)
    return found, place


def is_signed_by(credential, message, signature):
    """Say whether the passkey whose attested credential data these are has signed `message`."""
    size = int.from_bytes(credential[16:18], "big")  # of the credential id, behind the AAGUID
    key, _end = cbor(credential, 18 + size)
    number = {
        name: int.from_bytes(value, "big")
        for name, value in key.items()
        if isinstance(value, bytes)
    }
    if key[3] == -7 and key[-1] == 1:
        return p256_is_valid(number[-2], number[-3], message, signature)
    if key[3] == -257:
        return rsa_is_valid(number[-1], number[-2], message, signature)
    if key[3] == -8:
        return ed25519_is_valid(key[-2], message, signature)
    raise Wrong(f"the key is of a kind {key[3]} that this program does not know")


# --- the hashes of the register -------------------------------------------------------------------


def leaf_of(text):
    return sha256(b"\0" + text.encode()).digest()


def led_to(leaf, index, count, path):
    """Return the root to which `path` leads from leaf `index` of `count` (RFC 9162)."""
    require(0 <= index < count, "the leaf lies outside its stretch")
    turns = []
    while count > 1:
        half = 1 << ((count - 1).bit_length() - 1)
        right = index >= half
        turns.append(right)
        index, count = (index - half, count - half) if right else (index, half)
    require(len(turns) == len(path), "the path has a wrong length")
    for right, step in zip(reversed(turns), map(bytes.fromhex, path), strict=True):
        leaf = sha256(b"\1" + (step + leaf if right else leaf + step)).digest()
    return leaf


# --- the bundle -----------------------------------------------------------------------------------


class Bundle:
    """The files of a bundle and what they say. `entries`: what proven places of the register say."""

    def __init__(self, files):
        self.files, self.entries, self.proven = files, [], True
        self.commitment = self.json("commitment.json")
        self.revisions = self.json("revisions.json")
        self.acts = [(name, self.json(name)) for name in self.named("acts/")]

    def named(self, folder):
        return sorted(name for name in self.files if name.startswith(folder))

    def json(self, name):
        require(name in self.files, f"{name} is missing")
        try:
            return json.loads(self.files[name])
        except ValueError as error:
            raise Wrong(f"{name} is no JSON: {error}") from error


def read(path):
    """Return the files of the archive by name. Raises Wrong where it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            rows = archive.infolist()
            require(len({row.filename for row in rows}) == len(rows), "a name stands twice in it")
            require(sum(row.file_size for row in rows) < LARGEST, "it is too large")
            return {row.filename: archive.read(row) for row in rows}
    except (
        OSError,
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        EOFError,
        NotImplementedError,
    ) as error:
        raise Wrong(f"this is no whole archive: {error}") from error
    except Exception as error:
        raise Wrong(f"the archive is damaged: {error}") from error


def check_files(files, report):
    """Compare each file with the manifest: whatever was touched is named before anything is read."""
    try:
        wanted = json.loads(files["manifest.json"])["files"]
        names = dict(wanted)
    except (KeyError, ValueError, TypeError) as error:
        raise Wrong(f"manifest.json cannot be read: {error!r}") from error
    for name in sorted(set(names) | set(files) - {"manifest.json"}):
        if name not in files:
            report.bad(f"{name} is missing")
        elif name not in names:
            report.bad(f"{name} is not in manifest.json")
        elif hex_of(files[name]) != names[name]:
            report.bad(f"{name} is not the file that manifest.json lists")
    if not report.code:
        report.good(f"{len(names)} files are those that manifest.json lists")
    return not report.code


def check_content(bundle):
    digest = hex_of(bundle.files["content.json"])
    require(digest == bundle.commitment["content_sha256"], "content.json: its hash is another one")
    content = bundle.json("content.json")
    for name in ("number", "code", "version"):
        require(content[name] == bundle.commitment[name], f"commitment.json: another {name}")
    require(
        content["demonstration"] == bundle.commitment["demonstration"],
        "commitment.json: a demonstration, or not",
    )
    require(bundle.json("slots.json") == content["slots"], "slots.json: not those of the text")
    terms = json.dumps(content["terms"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    require(
        hex_of(terms.encode()) == bundle.commitment["terms_sha256"], "commitment.json: other terms"
    )
    return f"content.json has the hash {digest}"


def check_revisions(bundle):
    pdf, before, length = bundle.files["document.pdf"], "", 0
    for no, row in enumerate(bundle.revisions):
        where = f"revisions.json: revision {no}"
        require(row["no"] == no and row["prev_sha256"] == before, f"{where} does not follow")
        require(row["length"] > length, f"{where} adds nothing")
        kinds = ("rendered", "sealed")[no : no + 1] or ("act", "evidence")
        require(row["kind"] in kinds, f"{where} is of another kind")
        length, before = row["length"], row["sha256"]
        require(
            hex_of(pdf[:length]) == before,
            f"document.pdf: its first {length} bytes are not revision {no}",
        )
    require(length == len(pdf), "document.pdf has bytes behind its last revision")
    return f"document.pdf begins with each of its {len(bundle.revisions)} revisions"


def check_statement(bundle, name, act):
    """Check that what was confirmed is this act on this document."""
    text = act["statement"]
    said = json.loads(text)
    require(
        hex_of(text.encode()) == act["statement_sha256"], f"{name}: the statement has another hash"
    )
    wanted = {
        "act": act["act"],
        "slot": act["slot"],
        "commitment": bundle.commitment["ref"],
        "version": bundle.commitment["version"],
        "content_sha256": bundle.commitment["content_sha256"],
        "receipt": act["receipt"],
        "consent_sha256": act["consent_sha256"],
        "reason_sha256": hex_of(act["reason"].encode()),
    }
    for field, value in wanted.items():
        require(said[field] == value, f"{name}: the statement says another {field}")
    shown = bundle.revisions[said["revision_no"]]
    require(shown["sha256"] == said["revision_sha256"], f"{name}: confirmed on other bytes")
    if act["revision"] is not None:
        require(
            act["revision"] == said["revision_no"] + 1,
            f"{name}: does not continue what was confirmed",
        )
    if said["consent_sha256"]:
        consent = bundle.files.get(f"consents/{said['consent_sha256']}.txt", b"")
        require(
            hex_of(consent) == said["consent_sha256"],
            f"{name}: the text that was agreed to is missing",
        )
    receipts = [row for row in bundle.json("receipts.json") if row["uuid"] == said["receipt"]]
    require(len(receipts) == 1, f"{name}: nothing says that the text was shown")
    require(
        receipts[0]["content_sha256"] == said["content_sha256"], f"{name}: another text was shown"
    )
    return said


def check_proof(name, act):
    """Check the answer of a passkey; return False for a code, which leaves nothing to check."""
    proof, over = act["proof"], bytes.fromhex(act["statement_sha256"])
    if "path" in proof:  # many were confirmed at once, by the root over their statements
        leaf = leaf_of(act["statement"])
        over = led_to(leaf, proof["leaf_index"], proof["leaves"], proof["path"])
        require(over.hex() == proof["root_sha256"], f"{name}: the path does not lead to the root")
        proof = proof["answer"]
    if act["method"] != "passkey":
        return False
    answer = {part: unb64(text) for part, text in proof["answer"].items()}
    told, data = json.loads(answer["clientDataJSON"]), answer["authenticatorData"]
    require(unb64(told["challenge"]) == over, f"{name}: the passkey has answered another question")
    require(told["type"] == "webauthn.get", f"{name}: the passkey was asked for something else")
    require(
        told["origin"] in proof["origins"], f"{name}: the passkey was asked by {told['origin']}"
    )
    require(
        data[:32] == sha256(proof["rp_id"].encode()).digest(), f"{name}: a passkey of another site"
    )
    require(
        data[32] & 0x05 == PRESENT_AND_VERIFIED, f"{name}: nobody proved to be the passkey's owner"
    )
    held = unb64(proof["public_key_data"])
    key = base64.urlsafe_b64encode(sha256(held).digest()).rstrip(b"=").decode()
    require(act["credential"] == f"passkey/{key}", f"{name}: another passkey is named")
    signed = data + sha256(answer["clientDataJSON"]).digest()
    require(
        is_signed_by(held, signed, answer["signature"]), f"{name}: the passkey has not signed this"
    )
    return True


def check_entry(name, receipt, keys):
    """Check the place of one entry and its path to a signed root; return whether a trusted key signed.

    None: no root covers it yet.
    """
    leaf = leaf_of(receipt["entry"])
    if receipt["seq"] is None:
        return None
    require(leaf.hex() == receipt["leaf"], f"{name}: the entry is not the one that was numbered")
    prev = bytes.fromhex(receipt["prev"])
    link = sha256(b"\2" + receipt["seq"].to_bytes(8, "big") + prev + leaf).hexdigest()
    require(link == receipt["link"], f"{name}: the place does not hang on the one before")
    one = receipt["checkpoint"]
    if one is None:
        return None
    said, key = json.loads(one["text"]), bytes.fromhex(one["public_key"])
    require(said["epoch"] == receipt["epoch"], f"{name}: the checkpoint is of another epoch")
    require(
        said["first_seq"] + receipt["index"] == receipt["seq"],
        f"{name}: the checkpoint covers other places",
    )
    require(
        said["last_seq"] - said["first_seq"] + 1 == receipt["count"],
        f"{name}: the checkpoint covers other places",
    )
    root = led_to(leaf, receipt["index"], receipt["count"], receipt["path"])
    require(root.hex() == said["root"], f"{name}: the path does not lead to the signed root")
    signature = bytes.fromhex(one["signature"])
    require(
        ed25519_is_valid(key, one["text"].encode(), signature),
        f"{name}: the checkpoint's signature is wrong",
    )
    require(said["key"] == hex_of(key), f"{name}: the checkpoint names another key")
    if keys:
        require(
            hex_of(key) in keys, f"{name}: signed by the key {hex_of(key)}, which you do not trust"
        )
    return bool(keys)


def check_register(bundle, keys, report):
    """Check every entry; what they say is believed only as far as `bundle.proven`."""
    rows, states = [], []
    for name in bundle.named("register/"):
        receipt = bundle.json(name)
        with naming(name):
            states.append(check_entry(name, receipt, keys))
        rows.append(receipt)
        if states[-1] is None:
            report.open(f"{name}: no checkpoint covers it yet; take the bundle again in an hour")
    numbered = sorted((row for row in rows if row["seq"] is not None), key=lambda row: row["seq"])
    for one, following in pairwise(numbered):
        require(one["seq"] != following["seq"], f"place {one['seq']} of the register stands twice")
        if one["seq"] + 1 == following["seq"] and one["epoch"] == following["epoch"]:
            require(one["link"] == following["prev"], f"place {following['seq']} does not follow")
    bundle.entries = [(row["seq"], json.loads(row["entry"])) for row in rows]
    bundle.proven = bool(states) and all(states)
    if not keys:
        report.open("no --key was given: nothing says who signed the checkpoints")
    if any(states):
        last = numbered[-1]["seq"] if numbered else 0
        report.good(
            f"{sum(map(bool, states))} entries stand in the register under your key, the last at place {last}"
        )


def check_bindings(bundle, statements, report):
    """Check that register, acts, content and bytes tell of the same."""
    own = f"commitment_version/{bundle.commitment['ref']}-v{bundle.commitment['version']}"
    about = [(seq, said) for seq, said in bundle.entries if said["subject"] == own]
    about.sort(key=lambda row: (row[0] is None, row[0] or 0))
    acted = {
        said["data"]["statement_sha256"]: (seq, said)
        for seq, said in about
        if "statement_sha256" in said["data"]
    }
    bound = {said["data"].get("content_sha256") for _seq, said in about} - {None}
    require(
        bound == {bundle.commitment["content_sha256"]},
        "content.json: the register knows another text",
    )
    check_known_revisions(bundle, [said["data"] for _seq, said in about], report)
    require(
        sorted(acted) == sorted(act["statement_sha256"] for _name, act in bundle.acts),
        "acts/: the register knows other acts",
    )
    for name, act in bundle.acts:
        seq, entry = acted[act["statement_sha256"]]
        said = statements[name]
        require(entry["actor"] == said["user"], f"{name}: the register knows another person")
        require(entry["data"]["slot"] == act["slot"], f"{name}: the register knows another place")
        require(
            entry["data"].get("grade") == act["grade"], f"{name}: the register knows another grade"
        )
        require(
            entry["office"] is None or entry["office"] == said["office"],
            f"{name}: the register knows another office",
        )
        require(entry["at"] == act["at"], f"{name}: the register knows another time")
        printed = entry["data"].get("printed_sha256", hex_of(act["as_printed"].encode()))
        require(
            hex_of(act["as_printed"].encode()) == printed,
            f"{name}: the register knows another name",
        )
        if act["revision"] is not None:
            made = bundle.revisions[act["revision"]]["sha256"]
            require(
                entry["data"].get("result_sha256") == made,
                f"{name}: the register knows other bytes",
            )
        check_enrolment(bundle, name, act, said, seq, report)
    told = [said["data"]["to"] for _seq, said in about if "to" in said["data"]]
    require(
        not told or told[-1] == bundle.commitment["state"],
        "commitment.json: the register knows another state",
    )
    if bundle.proven:
        report.good(
            f"register, {len(bundle.acts)} acts, text and file tell of the same; state: {bundle.commitment['state']}"
        )
    else:
        report.open("register, acts, text and file agree, but the register is not proven")


def check_known_revisions(bundle, told, report):
    """Check that the register knows the file up to its end: what is behind it anybody may have added."""
    places = {row["sha256"]: row["no"] for row in bundle.revisions}
    known = {data.get(field) for data in told for field in ("revision_sha256", "result_sha256")}
    known.discard(None)
    require(known <= set(places), "revisions.json: the register knows other bytes")
    last = max((places[digest] for digest in known), default=-1)
    for row in bundle.revisions[last + 1 :]:
        where = f"revisions.json: revision {row['no']}"
        require(row["kind"] == "evidence", f"{where} is not known to the register")
        report.open(f"{where} adds evidence that the register does not know")


def check_enrolment(bundle, name, act, said, seq, report):
    """Check that the passkey was known as this person's before it signed."""
    if act["method"] != "passkey":
        return None
    known = [
        (place, entry)
        for place, entry in bundle.entries
        if entry["kind"] == "account.enrol_factor"
        and entry["data"].get("credential") == act["credential"]
    ]
    if not known:
        return report.open(f"{name}: the register does not say whose passkey it is")
    for place, entry in known:
        require(
            entry["subject"] == f"person/{said['user']}",
            f"{name}: the passkey of {entry['subject']}",
        )
        require(seq is None or place < seq, f"{name}: the passkey was enrolled after it had signed")
    return None


def check_uploads(bundle, statements, report):
    """Check what came back from outside: an accepted file is a revision, byte for byte, signed by the
    certificate that two officers registered for the person of the act; a refused one is on record."""
    rows = [(name, bundle.json(name)) for name in bundle.named("uploads/")]
    refused = sorted((row["rule"], row["sha256"], row["slot"]) for _n, row in rows if row["rule"])
    known = sorted(
        (said["data"]["rule"], said["data"]["upload_sha256"], said["data"]["slot"])
        for _seq, said in bundle.entries
        if said["kind"] == "document.refuse_upload"
        and said["subject"] == f"document/{bundle.commitment['code']}"
    )
    require(refused == known, "uploads/: the register knows other files that were refused")
    accepted = {row["uuid"]: (name, row) for name, row in rows if not row["rule"]}
    acted = {act["upload"]: (name, act) for name, act in bundle.acts if act["upload"]}
    require(
        set(accepted) == set(acted) and len(accepted) + len(refused) == len(rows),
        "uploads/: the acts know other files that were accepted",
    )
    for name, act in bundle.acts:
        personal = act["grade"] == "personal" and act["act"] in SIGNING
        require(personal == bool(act["upload"]), f"{name}: its grade needs a file from outside")
    for uuid, (name, row) in accepted.items():
        act_name, act = acted[uuid]
        check_accepted(bundle, name, row, act, statements[act_name], report)
    if rows:
        report.good(
            f"{len(accepted)} files signed outside are revisions of document.pdf, byte for byte; {len(refused)} were refused"
        )


def check_accepted(bundle, name, row, act, statement, report):
    """Check one accepted file against its act, its bytes, its certificate and the register."""
    require(
        row["statement_sha256"] == act["statement_sha256"], f"{name}: confirmed for another act"
    )
    require(row["slot"] == act["slot"], f"{name}: of another place")
    require(row["revision"] == act["revision"], f"{name}: the act made another revision")
    made = bundle.revisions[row["revision"]]
    require(
        (row["base_no"], row["base_sha256"]) == (made["no"] - 1, made["prev_sha256"]),
        f"{name}: other bytes were handed out",
    )
    data = bundle.files["document.pdf"][: row["length"]]
    require(
        row["length"] == made["length"] and hex_of(data) == row["sha256"] == made["sha256"],
        f"{name}: the file that came back is not revision {made['no']}",
    )
    mark = row["certificate_sha256"]
    pem = bundle.files.get(f"signers/{mark}.pem", b"").decode("ascii", "replace")
    der = base64.b64decode("".join(pem.split("-----")[2:3]))
    require(hex_of(der) == mark, f"signers/{mark}.pem is not the certificate that {name} names")
    told = [said for _seq, said in bundle.entries]
    entry = next(
        said for said in told if said["data"].get("statement_sha256") == act["statement_sha256"]
    )
    require(
        entry["data"].get("certificate_sha256") == mark,
        f"{name}: the register knows another certificate",
    )
    named = [
        said["data"]["person"]
        for said in told
        if said["kind"] == "certificate.confirm" and said["data"]["fingerprint"] == mark
    ]
    require(named == [statement["user"]], f"{name}: the certificate is registered for {named}")
    trust, approved = row["trust_set_sha256"], {"trust.approve"}
    require(
        hex_of(bundle.files.get(f"trust/{trust}.json", b"")) == trust,
        f"trust/{trust}.json is not what {name} was judged by",
    )
    require(
        any(said["kind"] in approved and said["data"]["sha256"] == trust for said in told),
        f"{name}: the register does not know that anybody approved what it was judged by",
    )
    state = row["checks"][-1]["state"]
    for kind, wanted in (("document.confirm", "confirmed"), ("document.contest", "contested")):
        said = [entry["data"]["upload_sha256"] for entry in told if entry["kind"] == kind]
        require(row["sha256"] not in said or state == wanted, f"{name}: another state of its check")
    require(state != "contested", f"{name}: its certificate was revoked before it was used")
    report.open(
        f"{name}: whether its certificate was revoked was not checked here; the body says: {state}"
    )


def check_pdf(bundle, roots, report):
    """Check the signatures inside the PDF, where the program for it is at hand."""
    sealed = [row for row in bundle.revisions if row["kind"] in ("sealed", "act")]
    if not sealed:
        return report.open(
            "document.pdf carries no signature: it was issued before files were sealed"
        )
    try:
        from pyhanko.keys import load_certs_from_pemder  # noqa: PLC0415
        from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415
        from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415
        from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415
    except ImportError:
        return report.open(
            "document.pdf: signatures and levels were not checked (the package pyHanko is not at hand)"
        )
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL + 1)  # what it finds is told here
    context = ValidationContext(
        trust_roots=list(load_certs_from_pemder([roots])) if roots else [], allow_fetching=False
    )
    found = PdfFileReader(io.BytesIO(bundle.files["document.pdf"])).embedded_signatures
    require(
        len(found) == len(sealed), f"document.pdf has {len(found)} signatures, not {len(sealed)}"
    )
    known = {
        name.removeprefix("certificates/").removesuffix(".pem")
        for name in bundle.named("certificates/")
    }
    personal = {
        row["revision"]: row["certificate_sha256"]
        for row in map(bundle.json, bundle.named("uploads/"))
        if not row["rule"]
    }
    unknown = []
    for one, row in zip(found, sealed, strict=True):
        status = validate_pdf_signature(one, context)
        require(
            status.intact and status.valid,
            f"document.pdf: the signature in {one.field_name} is broken",
        )
        require(
            status.docmdp_ok, f"document.pdf was changed after the signature in {one.field_name}"
        )
        beside = {attribute["type"].native for attribute in one.signer_info["unsigned_attrs"]}
        level = "B-T" if "signature_time_stamp_token" in beside else "B-B"
        require(level == row["level_reached"], f"revisions.json: {one.field_name} is {level}")
        own = {personal[row["no"]]} if row["no"] in personal else known
        require(
            one.signer_cert.sha256.hex() in own,
            f"document.pdf: {one.field_name} is signed by a stranger",
        )
        if roots and not status.trusted and row["no"] in personal:
            unknown.append(one.field_name)
            continue
        require(
            not roots or status.trusted,
            f"document.pdf: the signer of {one.field_name} leads to none of your roots",
        )
    for name in unknown:
        report.open(f"document.pdf: the personal certificate in {name} leads to none of your roots")
    if unknown:
        return report.good(f"document.pdf: {len(found)} signatures are intact")
    if roots:
        return report.good(
            f"document.pdf: {len(found)} signatures are intact and lead to your roots"
        )
    report.good(f"document.pdf: {len(found)} signatures are intact")
    return report.open(
        "document.pdf: whose they are was not checked, for no --seal-roots were given"
    )


def check_acts(bundle, report):
    """Check each act alone; return its statement by the file's name."""
    statements, passkeys, codes = {}, 0, []
    for name, act in bundle.acts:
        with naming(name):
            statements[name] = check_statement(bundle, name, act)
            by_passkey = check_proof(name, act)
        if by_passkey:
            passkeys += 1
        else:
            codes.append(name)
    report.good(
        f"{len(bundle.acts)} acts are bound to this text, these bytes and what was agreed to"
    )
    if passkeys:
        report.good(f"{passkeys} acts are confirmed by a passkey over the statement")
    for name in codes:
        report.open(
            f"{name}: confirmed by a one-time code, for which there is the body's word alone"
        )
    for name in bundle.json("absent.json"):
        report.open(f"the bundle has no {name}")
    return statements


def check(files, keys, roots, report):
    """Check everything, as far as what was found lets go on."""
    try:
        if not check_files(files, report):
            return
        bundle = Bundle(files)
        report.good(check_content(bundle))
        report.good(check_revisions(bundle))
        statements = check_acts(bundle, report)
        check_register(bundle, keys, report)
        check_bindings(bundle, statements, report)
        check_uploads(bundle, statements, report)
        check_pdf(bundle, roots, report)
    except Wrong as wrong:
        report.bad(str(wrong))
    except Exception as error:  # noqa: BLE001 a forged file may hold anything in place of what is asked for
        report.bad(f"a file has not the form that it should have: {error!r}")


def main(arguments=None):
    """Run the program; return its exit code."""
    parser = argparse.ArgumentParser(description="Check an evidence bundle.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument(
        "--key", action="append", default=[], help="fingerprint of the register's key"
    )
    parser.add_argument("--seal-roots", type=Path, help="certificates that you trust, PEM")
    given, report = parser.parse_args(arguments), Report()
    try:
        files = read(given.bundle)
    except Wrong as wrong:
        report.bad(str(wrong))
        return report.code
    keys = {key.replace(":", "").replace(" ", "").lower() for key in given.key}
    check(files, keys, str(given.seal_roots) if given.seal_roots else None, report)
    return report.code


if __name__ == "__main__":
    sys.exit(main())
