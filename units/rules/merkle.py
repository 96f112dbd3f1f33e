"""One hash over many texts, and the short proof that one of them is among them.

The tree of RFC 9162, section 2.1: leaves and nodes are hashed with different first bytes, so no
node can pass for a leaf; the left half is the largest power of two below the number of leaves.
"""

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(text: str) -> bytes:
    """Return the hash of one text, UTF-8, as a leaf."""
    return sha256(b"\0" + text.encode()).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def _split(count: int) -> int:
    """Return the largest power of two below `count`, which is 2 or more."""
    return 1 << ((count - 1).bit_length() - 1)


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over one or more leaf hashes. Raises ValueError for none.

    Level by level: neighbours are joined, and whoever has none goes up as it is. That is the tree
    of the definition, at the price of its hashes alone.
    """
    if not leaves:
        raise ValueError("A tree has at least one leaf.")
    level = list(leaves)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        level, alone = [sha256(b"\1" + a + b).digest() for a, b in pairs], level[len(level) & ~1 :]
        level += alone
    return level[0]


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the hashes that lead from leaf `index`, counted from 0, up to the root, lowest first.

    Raises IndexError for a leaf that is not there.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"There is no leaf {index} among {len(leaves)}.")
    if len(leaves) == 1:
        return []
    half = _split(len(leaves))
    if index < half:
        return [*path(leaves[:half], index), root(leaves[half:])]
    return [*path(leaves[half:], index - half), root(leaves[:half])]


def leads_to(leaf: bytes, index: int, count: int, steps: Sequence[bytes]) -> bytes:
    """Return the root to which `steps` lead from `leaf`, leaf `index` of `count`.

    Whoever knows the root compares. Raises ValueError where the path has a wrong length.
    """
    if not 0 <= index < count:
        raise ValueError(f"There is no leaf {index} among {count}.")
    if count == 1:
        if steps:
            raise ValueError("The path is too long.")
        return leaf
    if not steps:
        raise ValueError("The path is too short.")
    half = _split(count)
    if index < half:
        return _node(leads_to(leaf, index, half, steps[:-1]), steps[-1])
    return _node(steps[-1], leads_to(leaf, index - half, count - half, steps[:-1]))
