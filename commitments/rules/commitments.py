"""The life of a commitment version: which act leads from which state to which."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from commitments.enums import VersionAct, VersionState


class Move(NamedTuple):
    """`target` None: the act does not change the state of the version it is done to."""

    sources: frozenset[VersionState]
    target: VersionState | None


S = VersionState
MOVES: Mapping[VersionAct, Move] = {
    VersionAct.DISCARD: Move(frozenset({S.DRAFT}), None),  # the row goes
    VersionAct.ISSUE: Move(frozenset({S.DRAFT}), S.ISSUED),
    VersionAct.SIGN: Move(
        frozenset({S.ISSUED}), S.SIGNED
    ),  # at the last undertaker; before it ISSUED stays
    VersionAct.RETURN: Move(frozenset({S.ISSUED}), S.RETURNED),
    VersionAct.REFUSE: Move(frozenset({S.ISSUED}), S.REFUSED),
    VersionAct.ANSWER: Move(frozenset({S.RETURNED, S.REFUSED}), None),  # version n+1 follows
    VersionAct.COUNTERSIGN: Move(frozenset({S.SIGNED}), S.IN_FORCE),
    VersionAct.AMEND: Move(
        frozenset({S.ISSUED, S.SIGNED, S.IN_FORCE}), S.SUPERSEDED
    ),  # in force stays
    VersionAct.VOID: Move(
        frozenset({S.ISSUED, S.SIGNED, S.RETURNED, S.REFUSED, S.IN_FORCE}), S.VOIDED
    ),
    VersionAct.SETTLE: Move(frozenset({S.IN_FORCE}), S.SETTLED),
}
OPEN = frozenset({S.DRAFT, S.ISSUED, S.SIGNED})  # at most one version of a commitment is in these
FINAL = frozenset({S.SETTLED, S.SUPERSEDED, S.VOIDED})


def allowed_acts(state: VersionState) -> list[VersionAct]:
    """Return the acts that the table lists for `state`, in the table's order."""
    return [act for act, move in MOVES.items() if state in move.sources]


def diff_terms(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what changed between two `terms`, one row per item that differs, by target code.

    `before`, `after`: the "terms" of two contents. Each row: {"code", "change": "added" | "removed"
    | "changed", "before": item or None, "after": item or None, "fields": names that differ}.
    The place of an item in the list is no term of it.
    """
    old = {item["code"]: item for item in before["items"]}
    new = {item["code"]: item for item in after["items"]}
    rows: list[dict[str, Any]] = []
    for code in [*old, *(code for code in new if code not in old)]:
        was, now = old.get(code), new.get(code)
        if was is None or now is None:
            change = "added" if was is None else "removed"
            rows.append({"code": code, "change": change, "before": was, "after": now, "fields": []})
            continue
        fields = [
            name
            for name in [*now, *(name for name in was if name not in now)]
            if name not in {"ordinal", "target"} and now.get(name) != was.get(name)
        ]
        if fields:
            rows.append(
                {"code": code, "change": "changed", "before": was, "after": now, "fields": fields}
            )
    return rows
