"""The life of a commitment version: which act leads from which state to which."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from commitments.enums import VersionAct, VersionState
from units.rules import dates


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
    VersionAct.TAKEOVER: Move(frozenset({S.IN_FORCE}), None),  # version n+1 follows
    VersionAct.VOID: Move(
        frozenset({S.ISSUED, S.SIGNED, S.RETURNED, S.REFUSED, S.IN_FORCE}), S.VOIDED
    ),
    VersionAct.SETTLE: Move(frozenset({S.IN_FORCE}), S.SETTLED),
}
OPEN = frozenset({S.DRAFT, S.ISSUED, S.SIGNED})  # at most one version of a commitment is in these
TAKEOVER_WORKING_DAYS = 10  # for who comes into an office to sign what they inherit; a house rule
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


# --- the same in words, as it is hashed and printed -------------------------------------------------

ROLES = {
    "lead": {"vi": "Chủ trì", "en": "Lead"},
    "co_lead": {"vi": "Đồng chủ trì", "en": "Co-lead"},
    "support": {"vi": "Phối hợp", "en": "Support"},
}
Told = Callable[[Mapping[str, Any], str], str]  # (item, language) -> text, "" for nothing


def _joined(name: str, tell: Callable[[Mapping[str, Any], str], str]) -> Told:
    return lambda item, language: "; ".join(tell(row, language) for row in item.get(name, ()))


def _baseline(item: Mapping[str, Any], language: str) -> str:
    baseline = item.get("baseline")
    if not baseline:
        return ""
    return f"{baseline[f'text_{language}']} ({baseline['period']})"


def _mandate(item: Mapping[str, Any], language: str) -> str:
    mandate = item["mandate"]
    named = " ".join(filter(None, (mandate[f"title_{language}"], mandate["number"])))
    signed_on = mandate["signed_on"]
    return f"{named}, {_day(signed_on)}" if signed_on else named


def _day(iso: str) -> str:
    return dates.day_text(date.fromisoformat(iso))


def _weighed(step: Mapping[str, Any], language: str) -> str:
    weight = step["weight"].replace(".", ",") if language == "vi" else step["weight"]
    return f"{_day(step['due_on'])}: {step[f'title_{language}']} ({weight} %)"


# (label in Vietnamese, in English): the text, and the names of the content that it says all about.
FIELDS: Mapping[tuple[str, str], tuple[Told, frozenset[str]]] = {
    ("Tên gọi", "Name"): (
        lambda item, language: item[f"title_{language}"],
        frozenset({"title_vi", "title_en"}),
    ),
    ("Nhóm nhiệm vụ", "Task group"): (
        lambda item, language: f"{item['group']['code']} {item['group'][f'title_{language}']}",
        frozenset({"group"}),
    ),
    ("Vai trò", "Role"): (
        lambda item, language: ROLES[item["role"]][language],
        frozenset({"role"}),
    ),
    ("Mức phải đạt", "To be reached"): (
        lambda item, language: item[f"words_{language}"],
        frozenset({"words_vi", "words_en", "uom_vi", "uom_en", "decimals"}),
    ),
    ("Số liệu gốc", "Baseline"): (_baseline, frozenset({"baseline"})),
    ("Lộ trình", "Roadmap"): (
        _joined("roadmap", lambda row, lang: f"{row[f'name_{lang}']}: {row[f'text_{lang}']}"),
        frozenset({"roadmap"}),
    ),
    ("Các bước", "Steps"): (_joined("steps", _weighed), frozenset({"steps"})),
    ("Các phần", "Shares"): (
        _joined("shares", lambda row, language: f"{row[f'label_{language}']}: {row['value']}"),
        frozenset({"shares"}),
    ),
    ("Văn bản giao", "Mandate"): (_mandate, frozenset({"mandate"})),
    ("Điều khoản", "Clause"): (lambda item, _language: item["clause"], frozenset({"clause"})),
    ("Lần điều chỉnh", "Revision"): (
        lambda item, _language: str(item["revision"]),
        frozenset({"revision"}),
    ),
}
SIDES = {
    "assigner": ("Bên giao", "Assigning side"),
    "undertaker": ("Bên cam kết", "Undertaking side"),
}


def told_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return field by field what changed between two contents, in both languages: one row per item
    that differs, then the parties, then what the sides owe each other.

    Each row: {"code", "change": "added" | "removed" | "changed", "title_vi", "title_en", "lines"},
    `code` "" for what is no item; each line: {"label_vi", "before_vi", "after_vi"} and the same in
    "en", "" where there is nothing. A name of the content that no text speaks of is told as it is.
    """
    rows = [_told_item(row) for row in diff_terms(before["terms"], after["terms"])]
    lines = []
    for side, labels in SIDES.items():
        was, now = (_party(content, side) for content in (before, after))
        lines += _line(labels, was, now)
    was, now = (
        {lang: content["terms"].get(f"obligations_{lang}", "") for lang in ("vi", "en")}
        for content in (before, after)
    )
    lines += _line(("Trách nhiệm thực hiện", "Obligations"), was, now)
    if lines:
        title = {"title_vi": "Các bên, trách nhiệm", "title_en": "Parties and obligations"}
        rows.append({"code": "", "change": "changed", **title, "lines": lines})
    return rows


def _party(content: Mapping[str, Any], side: str) -> dict[str, str]:
    party = next(row for row in content["parties"] if row["side"] == side)
    return {
        lang: "; ".join(
            [party["unit"][f"name_{lang}"], *(row[f"title_{lang}"] for row in party["offices"])]
        )
        for lang in ("vi", "en")
    }


def _line(
    labels: tuple[str, str], was: Mapping[str, str], now: Mapping[str, str]
) -> list[dict[str, str]]:
    if was == now:
        return []
    return [
        {
            **{f"label_{lang}": label for lang, label in zip(("vi", "en"), labels, strict=True)},
            **{f"before_{lang}": was[lang] for lang in ("vi", "en")},
            **{f"after_{lang}": now[lang] for lang in ("vi", "en")},
        }
    ]


def _told_item(row: Mapping[str, Any]) -> dict[str, Any]:
    was, now = row["before"], row["after"]
    lines, told = [], {"provenance"}
    for labels, (tell, names) in FIELDS.items():
        if row["change"] != "changed" and names & {"title_vi", "revision"}:
            continue  # the row itself names it
        texts = [
            {lang: tell(item, lang) if item else "" for lang in ("vi", "en")} for item in (was, now)
        ]
        if line := _line(labels, *texts):
            lines += line
            told |= names | (SPOKEN if "words_vi" in names else frozenset())
    for name in row["fields"]:
        if name not in told:
            raw = [str(item.get(name, "")) for item in (was, now)]
            lines += _line((name, name), *({"vi": text, "en": text} for text in raw))
    either = now or was
    return {
        "code": row["code"],
        "change": row["change"],
        "title_vi": either["title_vi"],
        "title_en": either["title_en"],
        "lines": lines,
    }


# What the words of a target say, so that it needs no line of its own where they differ.
SPOKEN = frozenset(
    {
        "kind",
        "mode",
        "maintain_rule",
        "maintain_share",
        "comparator",
        "value_basis",
        "value",
        "upper",
    }
)
