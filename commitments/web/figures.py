"""Figures as people read them: numbers in the reader's language, and words for what has none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from commitments.actions.results import Line
from commitments.enums import (
    Comparator,
    FigureName,
    IndicatorKind,
    JudgedLight,
    LightColour,
    Qualifier,
    TargetMode,
    TargetState,
    VerdictValue,
)
from commitments.rules.consistency import Consistency
from commitments.rules.figures import Figure, as_decimal
from commitments.rules.results import Result
from commitments.rules.targets import decimals_of, format_beside, format_quantity
from commitments.rules.words import measured
from commitments.web.words import language
from units.enums import Provenance
from units.rules.dates import day_text

SIGNS: Mapping[str, str] = {
    Comparator.GE: "≥",
    Comparator.GT: ">",
    Comparator.LE: "≤",
    Comparator.LT: "<",
    Comparator.EQ: "=",
    Comparator.BETWEEN: "",
}
PERCENT = frozenset(
    {
        FigureName.PERCENT_OF_PLAN,
        FigureName.PLAN_INDEX,
        FigureName.POINTS_RATIO,
        FigureName.GROWTH,
        FigureName.PROGRESS,
        FigureName.WITHIN_LIMIT,
        FigureName.MAINTAINED,
        FigureName.STEPS_DONE,
        FigureName.RATIO,
        FigureName.RATIO_OF_SUMS,
        FigureName.GROWTH_OF_SUMS,
        FigureName.SHARE_TRUE,
        FigureName.COMPLETION,
        FigureName.COVERAGE,
        FigureName.COMPLETENESS,
        FigureName.TIMELINESS,
        FigureName.IMPLIED_GROWTH,
    }
)
LETTERS = {  # what stands in a cell beside its colour
    "met": pgettext_lazy("letter: met", "M"),
    "unmet": pgettext_lazy("letter: unmet", "U"),
    "indeterminate": pgettext_lazy("letter: indeterminate", "?"),
    "withdrawn": pgettext_lazy("letter: withdrawn", "×"),
    "green": pgettext_lazy("letter: on track", "G"),
    "amber": pgettext_lazy("letter: slow", "A"),
    "red": pgettext_lazy("letter: far behind", "R"),
    "grey": pgettext_lazy("letter: no verified figure", "–"),
}


@dataclass(frozen=True)
class Mark:
    """One cell: its colour (a class of the style sheet), its letter, and what it says in words."""

    colour: str
    letter: Any
    words: Any
    hatched: bool = False


def number(value: Fraction | Decimal | None, *, most: int = 2, least: int = 0) -> str:
    """Return a number with as many decimals as it has, from `least` to `most`; “–” for None."""
    if value is None:
        return "–"
    exact = as_decimal(value)
    shown = min(max(decimals_of(exact), least), most)
    text = format_quantity(exact, decimals=shown, language=language())
    point = "," if language() == "vi" else "."
    if least == 0 and point in text:
        text = text.rstrip("0").rstrip(point)
    return text


def percent(value: Fraction | Decimal | None) -> str:
    """Return a percentage with at most two decimals: “93.75 %”; “–” for None."""
    return "–" if value is None else f"{number(value)} %"


def mark(line: Line) -> Mark:
    """Return what a cell shows: the verdict once it is given, before that the light."""
    if line.said["state"] == TargetState.WITHDRAWN:
        return Mark("none", LETTERS["withdrawn"], TargetState.WITHDRAWN.label)
    return mark_of(line.result)


def mark_of(result: Result) -> Mark:
    """Return the mark of one result; the words of a hatched one say why it is hatched."""
    if result.concluded:
        verdict = VerdictValue(result.verdict.said)
        return Mark(result.light, LETTERS[verdict.value], verdict.label)
    colour = LightColour(result.light)
    words = str(colour.label)
    if result.hatched:
        words = _("%(light)s; the last period has no verified figure") % {"light": words}
    return Mark(colour.value, LETTERS[colour.value], words, result.hatched)


def judged(line: Line) -> Mark | None:
    """Return what a person holds of a target, as a mark beside that of the light; None: nobody has
    said."""
    said = line.judgement
    if said is None:
        return None
    label = JudgedLight(said.light).label
    words = _("Judged by a person: %(light)s") % {"light": label}
    return Mark(said.light, LETTERS[said.light], words)


def judged_words(line: Line) -> str:
    """Return what a person holds of a target, with the reason; "" where nobody has said."""
    said = line.judgement
    return f"{JudgedLight(said.light).label}: {said.reason}" if said else ""


def demand(line: Line) -> str:
    """Return what a target demands in signs: “≥ 16.8 %”; in words where no value is stated."""
    said, terms = line.said, line.terms
    if said["kind"] == IndicatorKind.MILESTONE:
        return _("all steps")
    if said["kind"] == IndicatorKind.BOOLEAN:
        return pgettext("demand", "achieved")
    if terms.demand.value is None:
        return _("value not stated")
    value = _amount(terms.demand.value, line)
    if terms.demand.comparator == Comparator.BETWEEN and terms.demand.upper is not None:
        lower = number(terms.demand.value, most=6, least=said["decimals"])
        return f"{lower} – {_amount(terms.demand.upper, line)}"
    text = f"{SIGNS[terms.demand.comparator]} {value}"
    if terms.mode == TargetMode.MAINTAIN:
        text = f"{TargetMode.MAINTAIN.label.lower()} {text}"
    return text


def _amount(value: Fraction | Decimal, line: Line) -> str:
    least = line.said["decimals"]
    figure = number(value, most=max(6, least), least=min(least, 1))
    return measured(figure, line.named("uom", language()), language=language())


def actual(line: Line) -> str:
    """Return how far a target is: its qualifier in words, the number as near to the demand as it
    takes to tell them apart, its unit; “no data” without a figure."""
    figure = line.result.standing.actual
    if figure.value is None:
        return _("no data")
    said = line.said
    value = as_decimal(figure.value)
    if line.terms.demand.value is not None:
        text = format_beside(
            value,
            against=line.terms.demand.value,
            decimals=said["decimals"],
            language=language(),
        )
    else:
        text = number(value, most=6)
    if said["kind"] == IndicatorKind.GROWTH and value > 0:
        text = f"+{text}"
    with_unit = measured(text, line.named("uom", language()), language=language())
    return f"{qualifier(figure.said)}{with_unit}"


def qualifier(said: str) -> str:
    """Return the word that travels with a number, with a space after it; "" for an exact one."""
    if said == "≥":
        return "≥ "
    if said in Qualifier.values and said != Qualifier.EXACT:
        return f"{Qualifier(said).label} "
    return ""


def headline(line: Line) -> str:
    """Return the one figure that stands first for a target; "" where it says no more than the value."""
    figure = line.result.headline
    if figure.value is None or figure.name == FigureName.ACTUAL:
        return ""
    if figure.name in {FigureName.PERCENT_OF_PLAN, FigureName.PLAN_INDEX}:
        return _("%(share)s of plan") % {"share": percent(figure.value)}
    if figure.name == FigureName.DIFFERENCE:
        sign = "+" if figure.value > 0 else ""
        return _("%(difference)s points") % {"difference": f"{sign}{number(figure.value)}"}
    return f"{FigureName(figure.name).label}: {percent(figure.value)}"


def text_of(figure: Figure) -> str:
    """Return the value of one figure of an explanation: a verdict in words, a share in percent."""
    if figure.name == FigureName.VERDICT:
        return str(VerdictValue(figure.said).label)
    if figure.name == FigureName.INSPECTION:
        return day_text(date.fromisoformat(figure.said))
    if figure.name == FigureName.COMPLETION:
        share = "" if figure.value is None else f" ({percent(figure.value)})"
        return f"{figure.said}{share}"
    if figure.value is None:
        return _("no data")
    text = percent(figure.value) if figure.name in PERCENT else number(figure.value, most=6)
    return f"{qualifier(figure.said)}{text}"


def badge(provenance: str) -> str:
    """Return what a mark of provenance says to people; "" for live data."""
    return "" if provenance in {"", Provenance.LIVE} else str(Provenance(provenance).label)


def check_words(check: Consistency | None) -> str:
    """Return whether published figures contradict each other; "" without a check."""
    if check is None:
        return ""
    told = {
        "implied": percent(round(check.implied, 2)),
        "low": percent(round(check.reach.low or Fraction(0), 2)),
        "high": percent(round(check.reach.high or Fraction(0), 2)),
    }
    if check.is_contradiction:
        return (
            _(
                "Contradiction: percent of plan and growth, as published, imply a planned growth of %(implied)s (%(low)s to %(high)s)."
            )
            % told
        )
    if check.is_at_edge:
        return (
            _(
                "Consistent at the edge: percent of plan and growth, as published, imply a planned growth of %(implied)s (%(low)s to %(high)s)."
            )
            % told
        )
    return (
        _(
            "Consistent: percent of plan and growth, as published, imply a planned growth of %(implied)s (%(low)s to %(high)s)."
        )
        % told
    )


@dataclass(frozen=True)
class Reason:
    """A figure of an explanation as it is shown. `target`, `inspection`: the reference of what it
    belongs to, "" for none; `link`: the address of a published source, "" for another kind of source."""

    name: str
    text: str
    about: str
    source: str
    badge: str
    target: str
    parts: tuple["Reason", ...]
    inspection: str = ""

    @property
    def link(self) -> str:
        word = self.source.split(" ")[0]
        return word if word.startswith("https://") else ""


def reason(figure: Figure, *, depth: int = 9) -> Reason:
    """Return the explanation of a figure down to what it rests on. `depth`: how many levels."""
    kind, _slash, ref = figure.ref.partition("/")
    about = SIGNS.get(figure.about, figure.about) if figure.about else ""
    parts = [part for part in figure.parts if depth > 0]
    return Reason(
        str(FigureName(figure.name).label),
        text_of(figure),
        about,
        figure.source,
        badge(figure.provenance),
        ref if kind == "target" else "",
        tuple(reason(part, depth=depth - 1) for part in parts),
        ref if kind == "inspection" else "",
    )
