"""Why the system opened a case, in words, and what has become of the cause since."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from commitments.actions import openings, portraits
from commitments.enums import LightColour, VerdictAgainst, VerdictValue
from commitments.enums.reports import DutyState
from commitments.models import BacklogCase, Milestone, ReportingDuty, Target
from units import clock
from units.rules.dates import day_text


@dataclass(frozen=True)
class Opened:
    """`since`: what has become of the cause; "" while it stands."""

    why: str
    since: str


def opened(case: BacklogCase, *, at: datetime) -> Opened | None:
    """Return why the system opened `case`, as it stands at `at`; None: a person registered it."""
    if not case.opened_for or case.rule is None:
        return None
    rule, _slash, what = case.opened_for.partition("/")
    return WORDS[rule](case, what, at)


def _report(_case: BacklogCase, ref: str, _at: datetime) -> Opened:
    duty = ReportingDuty.objects.select_related("target", "period").get(ref=ref)
    why = _(
        "The report on %(code)s for %(period)s was due on %(due)s. It had not come when it was locked "
        "after %(locked)s."
    ) % {
        "code": duty.target.code,
        "period": duty.period.name,
        "due": day_text(duty.due_on),
        "locked": day_text(duty.locks_on),
    }
    if duty.first_submitted_at:
        day = day_text(clock.local_date(duty.first_submitted_at))
        return Opened(why, _("The report came on %(day)s.") % {"day": day})
    since = {
        DutyState.WAIVED: _("The report was waived."),
        DutyState.AWAITED: _("The report was unlocked and is awaited again."),
    }
    return Opened(why, since.get(DutyState(duty.state), ""))


def _light(case: BacklogCase, what: str, at: datetime) -> Opened:
    ref, _slash, day = what.partition("/")
    why = _(
        "The light of %(code)s was red in %(count)s verified periods in a row, from the one that ended "
        "on %(day)s."
    )
    target = Target.objects.select_related("indicator", "period").get(ref=ref)
    told = {
        "code": target.code,
        "count": case.rule.red_periods if case.rule else "",
        "day": day_text(date.fromisoformat(day)),
    }
    result = portraits.of_one(target, at=at).result
    since = ""
    if result.light != LightColour.RED:
        since = _("Its light is “%(light)s” now.") % {"light": LightColour(result.light).label}
    return Opened(why % told, since)


def _verdict(_case: BacklogCase, ref: str, _at: datetime) -> Opened:
    target = Target.objects.select_related("period").get(ref=ref)
    why = _("%(code)s of %(plan)s was concluded as not met.") % {
        "code": target.code,
        "plan": target.period.name,
    }
    held = target.verdicts.filter(against=VerdictAgainst.ADJUSTED).first()
    since = ""
    if held is not None and held.verdict != VerdictValue.UNMET:
        said = VerdictValue(held.verdict).label
        since = _("The verdict was corrected: “%(verdict)s”.") % {"verdict": said}
    return Opened(why, since)


def _milestone(_case: BacklogCase, what: str, at: datetime) -> Opened:
    ref, ordinal, day = what.split("/")
    due_on = date.fromisoformat(day)
    target = Target.objects.select_related("indicator", "period").get(ref=ref)
    steps = list(Milestone.objects.filter(revision__target=target).select_related("revision"))
    own = [step for step in steps if (step.ordinal, step.due_on) == (int(ordinal), due_on)]
    why = _(
        "The step “%(step)s” of %(code)s was due on %(day)s, and no verified report says that it was "
        "done."
    ) % {
        "step": openings.title_of(own[-1]),
        "code": target.code,
        "day": day_text(due_on),
    }
    newest = max(step.revision.n for step in steps)
    present = [step for step in steps if step.revision.n == newest]
    if not any((step.ordinal, step.due_on) == (int(ordinal), due_on) for step in present):
        return Opened(why, _("The target was revised: the step is another one now."))
    done = openings.reached(portraits.of_one(target, at=at))
    owed = sum(
        step.weight for step in present if (step.due_on, step.ordinal) <= (due_on, int(ordinal))
    )
    percent = done[-1][1] if done else None
    if percent is not None and percent >= owed:
        return Opened(why, _("A verified report says now that it is done."))
    return Opened(why, "")


WORDS: Mapping[str, Callable[[BacklogCase, str, datetime], Opened]] = {
    "report": _report,
    "light": _light,
    "verdict": _verdict,
    "milestone": _milestone,
}
