"""What a data folder remembers about the installation it belongs to.

A demonstration lives on another clock than real work. The folder says which of the two it holds, so
that no later command can act on demonstration data by the real clock, or on real data by the other.
"""

import tomllib
from functools import cache
from pathlib import Path

DEMONSTRATION, LIVE = "demonstration", "live"
MARK = "mode"


def mode_of(folder: Path) -> str:
    """Return `demonstration` or `live`; "" for a folder that nothing was started on yet."""
    try:
        return (folder / MARK).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def is_demonstration(folder: Path, *, if_new: bool) -> bool:
    """Say whether `folder` holds a demonstration; `if_new`: the answer for one not started yet."""
    mode = mode_of(folder)
    return mode == DEMONSTRATION if mode else if_new


def remember(folder: Path, *, demo: bool) -> None:
    """Write down what `folder` holds from now on."""
    (folder / MARK).write_text(f"{DEMONSTRATION if demo else LIVE}\n", encoding="ascii")


@cache
def product_version() -> str:
    """Return the version of the product that runs here, for example "0.1.0"."""
    about = Path(__file__).resolve().parent.parent / "pyproject.toml"
    return str(tomllib.loads(about.read_text(encoding="utf-8"))["project"]["version"])
