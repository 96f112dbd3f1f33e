"""Check a receipt or an export of the register: Python 3.10 or newer, nothing else, no network.

    python3 -I verify_register.py FILE --key FINGERPRINT [--checkpoints FOLDER]

FILE is a receipt (one entry with its proof) or an export (the whole register, a line each).
FINGERPRINT comes from outside: a paper, another body's page, never the file itself. May be
repeated where the key has changed. FOLDER holds published checkpoints as a place keeps them.

Each finding is one line: `BAD` something is not as it was signed, `OPEN` something could not be
checked, `GOOD` what was checked. Exit code 0 only if all was checked and is good; 1 if anything is
bad; 2 if nothing is bad but something stays open or the input is unusable.
"""

import argparse
import json
import sys
from hashlib import sha256, sha512
from pathlib import Path

GOOD, BAD, OPEN = 0, 1, 2

# --- Ed25519, RFC 8032 section 5.1: verification alone, so nothing here is secret -----------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def _add(one, other):
    """Add two points in extended homogeneous coordinates."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(factor, point):
    found = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            found = _add(found, point)
        point = _add(point, point)
        factor >>= 1
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
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signature_is_valid(public_key, message, signature):
    """Say whether the 64 bytes are the Ed25519 signature of `message` under the 32-byte key."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, nonce = _point(public_key), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or scalar >= L:
        return False
    digest = sha512(signature[:32] + public_key + message).digest()
    left = _times(scalar, BASE)
    right = _add(nonce, _times(int.from_bytes(digest, "little") % L, key))
    return not (
        (left[0] * right[2] - right[0] * left[2]) % P
        or (left[1] * right[2] - right[1] * left[2]) % P
    )


# --- the hashes of the register -------------------------------------------------------------------


def leaf_of(text):
    return sha256(b"\0" + text.encode()).digest()


def link_of(seq, prev, leaf):
    return sha256(b"\2" + seq.to_bytes(8, "big") + prev + leaf).digest()


def root_of(leaves):
    """Return the root of RFC 9162 over one or more leaves."""
    level = list(leaves)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        rest = level[len(level) & ~1 :]
        level = [sha256(b"\1" + a + b).digest() for a, b in pairs] + rest
    return level[0]


def led_to(leaf, index, count, path):
    """Return the root to which `path` leads from leaf `index` of `count`. Raises ValueError."""
    if not 0 <= index < count:
        raise ValueError("the leaf is outside its stretch")
    sizes = []  # from the root down: whether we stand on the right
    while count > 1:
        half = 1 << ((count - 1).bit_length() - 1)
        right = index >= half
        sizes.append(right)
        index, count = (index - half, count - half) if right else (index, half)
    if len(sizes) != len(path):
        raise ValueError("the path has a wrong length")
    for right, step in zip(reversed(sizes), path, strict=True):
        leaf = sha256(b"\1" + (step + leaf if right else leaf + step)).digest()
    return leaf


# --- what was found -------------------------------------------------------------------------------


class Report:
    """Findings as they come; `code` is the worst of them."""

    def __init__(self, write=print):
        self.write, self.code = write, GOOD

    def bad(self, text):
        self.code = BAD
        self.write("BAD  " + text)

    def open(self, text):
        if self.code == GOOD:
            self.code = OPEN
        self.write("OPEN " + text)

    def good(self, text):
        self.write("GOOD " + text)


class Checkpoint:
    """A signed root. Raises ValueError, KeyError or TypeError for anything else."""

    def __init__(self, found):
        self.text = found["text"]
        self.signature = bytes.fromhex(found["signature"])
        self.public_key = bytes.fromhex(found["public_key"])
        self.said = json.loads(self.text)
        for name in ("epoch", "number", "first_seq", "last_seq"):
            if type(self.said[name]) is not int:
                raise ValueError(name + " is no number")
        for name in ("root", "last_link", "previous"):
            if len(bytes.fromhex(self.said[name])) != 32:
                raise ValueError(name + " is no hash")
        self.place = (self.said["epoch"], self.said["number"])
        self.first, self.last = self.said["first_seq"], self.said["last_seq"]
        self.sha256 = sha256(self.text.encode()).hexdigest()

    def __str__(self):
        return f"checkpoint {self.place[0]}.{self.place[1]} (seq {self.first} to {self.last})"

    def judge(self, keys, report):
        """Report what is wrong with signature and key; return whether nothing is."""
        fingerprint = sha256(self.public_key).hexdigest()
        if not signature_is_valid(self.public_key, self.text.encode(), self.signature):
            report.bad(f"seq {self.first}: the signature of {self} is not valid")
            return False
        if self.said.get("key") != fingerprint:
            report.bad(f"seq {self.first}: {self} names another key than signed it")
            return False
        if keys and fingerprint not in keys:
            report.bad(
                f"seq {self.first}: {self} is signed by a key that is not ours: {fingerprint}"
            )
            return False
        return True


def published_in(folders, keys, report):
    """Return {(epoch, number): Checkpoint} of every published file that is signed by our key."""
    found: dict = {}
    for folder in folders:
        files = sorted(Path(folder).glob("*.json"))
        if not files:
            report.open(f"{folder} holds no checkpoints")
        for file in files:
            try:
                one = Checkpoint(json.loads(file.read_text("utf-8"))["checkpoint"])
            except (OSError, ValueError, KeyError, TypeError) as error:
                report.bad(f"{file} is no published checkpoint: {error!r}")
                continue
            if not one.judge(keys, report):
                continue
            if one.text != found.setdefault(one.place, one).text:
                report.bad(f"seq {one.first}: {one} was published in two versions")
    return found


# --- a receipt ------------------------------------------------------------------------------------


def check_receipt(receipt, keys, published, report):
    """Check one entry and its proof against the signed root alone, not against what it says beside."""
    seq, text = receipt["seq"], receipt["entry"]
    entry = json.loads(text)
    if seq is None:
        report.open("the entry had no place in the register yet; ask for the receipt again")
        return
    at = f"seq {seq}: "
    before = report.code
    leaf = leaf_of(text)
    if leaf.hex() != receipt["leaf"]:
        report.bad(at + "the entry is not the one that was registered")
    if link_of(seq, bytes.fromhex(receipt["prev"]), leaf).hex() != receipt["link"]:
        report.bad(at + "the link is not that of this entry at this place")
    if receipt["checkpoint"] is None:
        report.open(at + "not closed under a checkpoint yet; ask again within the hour")
        return
    one = Checkpoint(receipt["checkpoint"])
    one.judge(keys, report)
    if one.said["epoch"] < receipt["epoch"]:
        report.bad(at + "the checkpoint is of an earlier epoch")
    try:
        path = [bytes.fromhex(step) for step in receipt["path"]]
        root = led_to(leaf, seq - one.first, one.last - one.first + 1, path)
        if root.hex() != one.said["root"]:
            report.bad(at + "the path does not lead to the signed root")
    except ValueError as error:
        report.bad(at + str(error))
    if seq == one.last and receipt["link"] != one.said["last_link"]:
        report.bad(at + "the link is not the one that was signed")
    if published:
        copy = published.get(one.place)
        if copy is None:
            report.open(f"{at}{one} is not among the published ones")
        elif copy.text != one.text:
            report.bad(f"{at}{one} was published with other words")
    if report.code == before:
        report.good(
            at
            + "{} of {}, {} by {}, signed in {} at {}".format(
                entry["kind"],
                entry["subject"],
                entry["at"],
                entry["actor"] or "the system",
                one,
                one.said["time"],
            )
        )


# --- an export ------------------------------------------------------------------------------------


class Export:
    """Walks through the lines of an export in their order and remembers what the next must fit."""

    def __init__(self, keys, published, report):
        self.keys, self.published, self.report = keys, published, report
        self.epochs, self.seen, self.named = {}, {}, set()
        self.seq, self.link, self.epoch = 0, None, 0
        self.leaves, self.covered, self.last = [], 0, None
        self.entries, self.ended = 0, False

    def line(self, found):
        getattr(self, "_" + found["type"].replace("-", "_"))(found)

    def _register_export(self, found):
        if found["v"] != 1:
            raise ValueError("this version of the export is not known here")

    def _epoch(self, found):
        said = json.loads(found["text"])
        number = said["epoch"]
        if number in self.epochs or (self.epochs and number != max(self.epochs) + 1):
            self.report.bad(f"seq {said['after_seq'] + 1}: epoch {number} is out of order")
        self.epochs[number] = (said, sha256(found["text"].encode()).digest())
        if said["checkpoint"]:
            self.named.add(said["checkpoint"])

    def _entry(self, found):
        seq, at = found["seq"], f"seq {found['seq']}: "
        if seq != self.seq + 1:
            self.report.bad(f"seq {self.seq + 1}: missing or out of order; {seq} comes next")
            self.link = None  # what follows is judged by itself
        leaf, prev = leaf_of(found["text"]), bytes.fromhex(found["prev"])
        if leaf.hex() != found["leaf"]:
            self.report.bad(at + "the entry is not the one that was registered")
        if found["epoch"] != self.epoch:
            self._turn(found["epoch"], seq, prev)
        elif self.link is not None and prev != self.link:
            self.report.bad(at + "does not stand on the place before it")
        link = link_of(seq, prev, leaf)
        if link.hex() != found["link"]:
            self.report.bad(at + "the link is not that of this entry at this place")
        self.seq, self.link = seq, bytes.fromhex(found["link"])
        self.leaves.append(leaf)
        self.entries += 1

    def _turn(self, number, seq, prev):
        """The first place of an epoch stands on the hash of the epoch, which names what was before."""
        at = f"seq {seq}: "
        if number not in self.epochs or number < self.epoch:
            self.report.bad(f"{at}there is no epoch {number}")
            return
        said, digest = self.epochs[number]
        if prev != digest:
            self.report.bad(f"{at}does not stand on the beginning of epoch {number}")
        last = self.link.hex() if self.link else None
        if self.seq == seq - 1 and (said["after_seq"], said["last_link"]) != (self.seq, last):
            self.report.bad(f"{at}epoch {number} does not begin behind the place before it")
        self.epoch = number

    def _checkpoint(self, found):
        one = Checkpoint(found)
        at = f"seq {one.first}: "
        copy = self.published.get(one.place)
        if copy is None or vars(copy) != vars(one):  # else its signature was checked there
            one.judge(self.keys, self.report)
        if one.place in self.seen:
            self.report.bad(f"{at}{one} is there twice")
        if one.last > self.seq:
            self.report.bad(f"seq {self.seq + 1}: missing; {one} reaches further")
        elif one.first != self.covered + 1 or one.last != self.seq or not self.leaves:
            self.report.bad(f"{at}{one} does not cover what stands before it")
        elif root_of(self.leaves).hex() != one.said["root"]:
            self.report.bad(f"{at}an entry from here to seq {one.last} is not as it was signed")
        if self.link is None or self.link.hex() != one.said["last_link"]:
            self.report.bad(f"seq {one.last}: the link is not the one that was signed")
        self._follows(one, at)
        if copy is not None and copy.text != one.text:
            self.report.bad(f"{at}{one} was published with other words")
        elif self.published and copy is None:
            self.report.open(f"{at}{one} is not among the published ones")
        self.seen[one.place] = one
        self.leaves, self.covered, self.last = [], one.last, one

    def _follows(self, one, at):
        epoch, number = one.place
        if number > 1:
            before = self.seen.get((epoch, number - 1))
            previous = before.sha256 if before else None
        else:
            previous = self.epochs[epoch][1].hex() if epoch in self.epochs else None
        if one.said["previous"] != previous:
            self.report.bad(f"{at}{one} does not follow the one before it")

    def _end(self, found):
        self.ended = True
        if (found["entries"], found["checkpoints"]) != (self.entries, len(self.seen)):
            self.report.bad("the export does not hold what its last line counts")

    def close(self):
        """Say what is missing at the end: a last line, published checkpoints, a root over the tail."""
        if not self.ended:
            self.report.bad(f"the export has no last line: it is incomplete behind seq {self.seq}")
        for place, copy in sorted(self.published.items()):
            if place in self.seen:
                continue
            if self._owned_up(copy):
                self.report.open(
                    f"seq {copy.first}: {copy} was lost when a copy was put back, and that is said"
                )
            else:
                self.report.bad(
                    f"seq {copy.first}: {copy} was published and is not here: cut, or an old copy put back"
                )
        if self.leaves:
            self.report.open(
                f"seq {self.covered + 1}: from here to seq {self.seq} newer than the last checkpoint; exposed"
            )
        if not self.entries:
            self.report.open("the export holds no entry")
        elif self.report.code != BAD:
            self.report.good(
                f"seq 1 to {self.seq}: {self.entries} entries, {len(self.seen)} checkpoints"
            )

    def _owned_up(self, copy):
        """Say whether a later epoch names `copy`, or one that was published behind it."""
        later = {c.sha256: c for c in self.published.values()}
        return any(
            name in later
            and later[name].place[0] == copy.place[0]
            and later[name].place >= copy.place
            for name in self.named
        )


# --- from the outside -----------------------------------------------------------------------------


def check(path, keys, folders, report):
    """Check the file at `path`. Raises OSError, ValueError, KeyError, TypeError where it is neither."""
    if not keys:
        report.open("no fingerprint was given: whoever made the file may have signed it, too")
    published = published_in(folders, keys, report)
    with Path(path).open(encoding="utf-8") as file:
        first = json.loads(next(file, ""))
        if first["type"] == "register-receipt":
            check_receipt(first, keys, published, report)
            return
        if first["type"] != "register-export":
            raise ValueError("this is neither a receipt nor an export")
        export = Export(keys, published, report)
        export.line(first)
        for number, line in enumerate(file, start=2):
            try:
                export.line(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                report.bad(f"line {number}, behind seq {export.seq}, cannot be read: {error!r}")
        export.close()


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file")
    parser.add_argument("--key", action="append", default=[], metavar="FINGERPRINT")
    parser.add_argument("--checkpoints", action="append", default=[], metavar="FOLDER")
    asked = parser.parse_args(arguments)
    report = Report()
    keys = {key.replace(":", "").replace(" ", "").lower() for key in asked.key}
    try:
        check(asked.file, keys, asked.checkpoints, report)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        report.open(f"{asked.file} cannot be checked: {error!r}")
        return report.code or OPEN
    return report.code


if __name__ == "__main__":
    sys.exit(main())
