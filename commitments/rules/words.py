"""What is to be reached, in words: as a commitment prints it, in the document's language.

A document speaks its own language, whoever reads it: these words are data, not the interface's.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from commitments.enums import Comparator, IndicatorKind, MaintainRule, TargetMode, ValueBasis
from commitments.rules.targets import Share, decimals_of, format_quantity

C = Comparator
Table = Mapping[str, Mapping[str, str]]
Amount = Callable[..., str]  # (figure, its unit of measure) in words

COMPARATORS: Table = {  # "…" is the place of the lower value of BETWEEN
    "vi": {
        C.GE: "ít nhất",
        C.GT: "trên",
        C.LE: "không quá",
        C.LT: "dưới",
        C.EQ: "bằng",
        C.BETWEEN: "từ … đến",
    },
    "en": {
        C.GE: "at least",
        C.GT: "more than",
        C.LE: "at most",
        C.LT: "less than",
        C.EQ: "equal to",
        C.BETWEEN: "from … to",
    },
}
MODES: Table = {
    "vi": {TargetMode.REACH: "", TargetMode.MAINTAIN: "duy trì"},
    "en": {TargetMode.REACH: "", TargetMode.MAINTAIN: "maintain"},
}
RULES: Table = {  # "…" is the place of the share
    "vi": {
        "": "",
        MaintainRule.ALL: "ở mọi mốc lộ trình",
        MaintainRule.SHARE: "ở ít nhất … % số mốc lộ trình",
        MaintainRule.LAST: "ở mốc lộ trình cuối",
    },
    "en": {
        "": "",
        MaintainRule.ALL: "at every checkpoint",
        MaintainRule.SHARE: "at … % of the checkpoints or more",
        MaintainRule.LAST: "at the last checkpoint",
    },
}
GRADES: Table = {  # "…" is the place of the grade
    "vi": {C.GE: "… trở lên", C.GT: "trên …", C.LE: "… trở xuống", C.LT: "dưới …", C.EQ: "đúng …"},
    "en": {
        C.GE: "… or better",
        C.GT: "better than …",
        C.LE: "… or lower",
        C.LT: "lower than …",
        C.EQ: "exactly …",
    },
}
LAST_YEAR: Table = {
    "vi": {
        C.GE: "không thấp hơn năm trước",
        C.GT: "cao hơn năm trước",
        C.LE: "không cao hơn năm trước",
        C.LT: "thấp hơn năm trước",
        C.EQ: "bằng năm trước",
    },
    "en": {
        C.GE: "not below last year",
        C.GT: "above last year",
        C.LE: "not above last year",
        C.LT: "below last year",
        C.EQ: "equal to last year",
    },
}
SUPERIOR: Table = {
    "vi": {
        C.GE: "ít nhất bằng mức cấp trên giao",
        C.GT: "trên mức cấp trên giao",
        C.LE: "không quá mức cấp trên giao",
        C.LT: "dưới mức cấp trên giao",
        C.EQ: "theo mức cấp trên giao",
    },
    "en": {
        C.GE: "at least what the superior assigns",
        C.GT: "more than the superior assigns",
        C.LE: "at most what the superior assigns",
        C.LT: "less than the superior assigns",
        C.EQ: "as assigned by the superior",
    },
}
PHRASES: Table = {
    "vi": {
        "unstated": "chưa nêu mức",
        "later": "số liệu bổ sung sau",
        "achieved": "đạt",
        "steps": "hoàn thành đủ … mốc công việc",
        "completed": "hoàn thành 100 %",
        "rise": "tăng",
        "fall": "giảm",
        "year": "so với năm trước",
    },
    "en": {
        "unstated": "value not stated",
        "later": "value to follow",
        "achieved": "achieved",
        "steps": "all … steps completed",
        "completed": "100 % completed",
        "rise": "growth of",
        "fall": "a fall of",
        "year": "on the year before",
    },
}
MIRRORED = {C.GE: C.LE, C.GT: C.LT, C.LE: C.GE, C.LT: C.GT, C.EQ: C.EQ}  # of a fall, not a growth


def comparator_words(comparator: str, *, language: str) -> str:
    """Return a comparison in words. “…” is the place of the lower value of BETWEEN."""
    return COMPARATORS[language][comparator]


IRREGULAR = {"people": "person", "series": "series", "species": "species"}


def measured(figure: str, uom: str, *, language: str) -> str:
    """Return a figure, written for people, with its unit of measure; one thing is no plural.

    Only for what is shown: a text that is signed has the label as it was entered. English labels of
    one word alone are turned, since nobody enters both forms of a unit.

    >>> measured("1", "certificates", language="en"), measured("1,5", "giấy", language="vi")
    ('1 certificate', '1,5 giấy')
    """
    if figure == "1" and language == "en" and " " not in uom:
        uom = IRREGULAR.get(uom) or _singular(uom)
    return f"{figure} {uom}".strip()


def _singular(word: str) -> str:
    if not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("ches", "shes", "sses", "xes")) else word[:-1]


def amount_words(
    value: Decimal,
    *,
    uom: str,
    decimals: int,
    language: str,
    grades: Mapping[int, str] | None = None,
) -> str:
    """Return one figure with its unit of measure, never rounded; a grade by its name.

    `decimals`: the least number shown. `grades`: name by rank, of an indicator that has grades.

    >>> amount_words(Decimal("16.85"), uom="%", decimals=1, language="vi")
    '16,85 %'
    """
    if grades:
        return f"“{grades.get(int(value), value)}”"
    shown = max(decimals, decimals_of(value))
    return f"{format_quantity(value, decimals=shown, language=language)} {uom}".strip()


def target_words(
    mode: str,
    comparator: str,
    value: Decimal | None,
    upper: Decimal | None,
    uom: str,
    decimals: int,
    language: str,
    *,
    tolerance: Decimal | None = None,
    kind: str = "",
    value_basis: str = ValueBasis.STATED,
    baseline: Decimal | None = None,
    baseline_period: str = "",
    maintain_rule: str = "",
    maintain_share: Decimal | None = None,
    grades: Mapping[int, str] | None = None,
    shares: Sequence[Share] = (),
    steps: int = 0,
) -> str:
    """Return a target as it is printed in a commitment, never rounded.

    `decimals`: the least number shown. `upper` belongs to BETWEEN, which raises ValueError
    without it, as a stated target does without `value`; `tolerance` to EQ; `grades`: name by rank
    in the document's language; `steps`: how many. To reach is the ordinary case and has no word.

    >>> target_words("reach", "ge", Decimal(21), None, "giấy", 0, "vi")
    'ít nhất 21 giấy'
    """

    def amount(quantity: Decimal, unit: str = uom) -> str:
        return amount_words(quantity, uom=unit, decimals=decimals, language=language, grades=grades)

    phrases = PHRASES[language]
    match value_basis:
        case ValueBasis.LAST_YEAR:
            words = LAST_YEAR[language][comparator]
            if baseline is not None:
                period = f"{baseline_period}: " if baseline_period else ""
                words = f"{words} ({period}{amount(baseline)})"
        case ValueBasis.SUPERIOR:
            words = f"{SUPERIOR[language][comparator]} ({phrases['later']})"
        case ValueBasis.UNSTATED:
            words = phrases["unstated"]
        case _ if kind == IndicatorKind.BOOLEAN:
            words = phrases["achieved"]
        case _ if kind == IndicatorKind.MILESTONE:
            words = phrases["steps"].replace("…", str(steps)) if steps else phrases["completed"]
        case _ if kind == IndicatorKind.SHARES and shares:
            labels = [(language == "en" and share.label_en) or share.label_vi for share in shares]
            parts = zip(labels, shares, strict=True)
            words = "; ".join(f"{label} {amount(share.value)}" for label, share in parts)
        case _ if value is None:
            raise ValueError("A stated target has a value.")
        case _ if kind == IndicatorKind.GRADE and comparator != Comparator.BETWEEN:
            words = GRADES[language][comparator].replace("…", amount(value))
        case _ if kind == IndicatorKind.GROWTH:
            words = _growth(comparator, value, upper, amount, language)
        case _:
            words = _compared(comparator, value, upper, amount, language)
    if tolerance:
        words = f"{words} (± {amount(tolerance, '')})"
    kept = RULES[language][maintain_rule]
    if maintain_share is not None:
        kept = kept.replace(
            "…", amount_words(maintain_share, uom="", decimals=0, language=language)
        )
    return " ".join(filter(None, [MODES[language][mode], words, kept]))


def _compared(
    comparator: str, value: Decimal, upper: Decimal | None, amount: Amount, language: str
) -> str:
    words = COMPARATORS[language][comparator]
    if comparator != Comparator.BETWEEN:
        return f"{words} {amount(value)}"
    if upper is None:
        raise ValueError("“Between” has an upper value.")
    return f"{words.replace('…', amount(value, ''))} {amount(upper)}"


def _growth(
    comparator: str, value: Decimal, upper: Decimal | None, amount: Amount, language: str
) -> str:
    """Return a rate of change: below 0 it is a fall, and “at least −2 %” a fall of at most 2 %."""
    phrases = PHRASES[language]
    if value < 0 and comparator != Comparator.BETWEEN:
        said = _compared(MIRRORED[Comparator(comparator)], -value, None, amount, language)
        return f"{phrases['fall']} {said} {phrases['year']}"
    rise = phrases["rise"]
    if comparator == Comparator.BETWEEN and language == "en":
        rise = "growth"
    return f"{rise} {_compared(comparator, value, upper, amount, language)} {phrases['year']}"
