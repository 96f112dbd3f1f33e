"""What is wrong with the workbook of a plan, in words, beside what can be wrong with any workbook."""

from django.utils.translation import gettext_lazy as _

from commitments.rules.columns import TABLES
from units.actions import workbooks
from units.rules.sheets import Fault

FAULTS: workbooks.Sentences = {
    "not-a-number": (
        _("“%(text)s” is not a number."),
        _("Write digits, with one decimal sign at most."),
    ),
    "two-readings": (
        _("“%(text)s” can be read in two ways: %(readings)s."),
        _("Write it without separators between thousands, or as a number."),
    ),
    "too-many-decimals": (
        _("“%(text)s” has more than %(decimals)s decimals."),
        _("Round it."),
    ),
    "too-large": (_("“%(text)s” is too large."), _("Choose a larger unit of measure.")),
    "line-parts-missing": (
        _("Line %(line)s, “%(text)s”, lacks a part."),
        _("Write the parts of a line with “|” between them, as the guide shows."),
    ),
    "line-not-a-day": (
        _("Line %(line)s, “%(text)s”, does not begin with a day."),
        _("Write it like 30/06/2024 | 40 | Title."),
    ),
    "line-not-a-number": (
        _("A number is missing in “%(text)s”."),
        _("Write it like 45,7 or 45.7."),
    ),
    "line-two-readings": (
        _("The number in “%(text)s” can be read in two ways."),
        _("Write it without separators between thousands."),
    ),
    "line-too-many-decimals": (
        _("The number in “%(text)s” has too many decimals."),
        _("Round it."),
    ),
    "line-too-large": (_("The number in “%(text)s” is too large."), _("Check it.")),
    "mandate-missing": (
        _("It is not said by which document the group is given."),
        _("Enter the mandate on the page of the plan, and write its reference here."),
    ),
    "mandate-unknown": (
        _("There is no mandate %(text)s."),
        _(
            "Take a reference from the sheet of lists, or enter the mandate on the page of the plan."
        ),
    ),
    "not-a-ref": (
        _("“%(text)s” cannot be the code of an indicator."),
        _("Use a-z, 0-9 and hyphens, such as land-certificates."),
    ),
    "decimals-unfit": (
        _("%(text)s decimals cannot be shown."),
        _("Write a whole number from 0 to 6."),
    ),
    "grades-missing": (
        _("An indicator with grades names two grades or more."),
        _("Write one in each line of the cell, the lowest first."),
    ),
    "grades-of-another-kind": (
        _("Only an indicator with ordered grades names grades."),
        _("Empty the cell, or change the kind."),
    ),
    "grades-twice": (_("A grade stands twice."), _("Name each grade once.")),
    "indicator-ratio-has-parts": (
        _("A ratio names its numerator and its denominator."),
        _("Fill in both, in words."),
    ),
    "indicator-differs": (
        _("%(text)s is defined already, and otherwise."),
        _("Write what is defined, or choose a new code."),
    ),
    "group-unknown": (
        _("There is no task group %(text)s."),
        _("Add it to the sheet of groups, or correct the code."),
    ),
    "indicator-unknown": (
        _("There is no indicator %(text)s."),
        _("Add it to the sheet of indicators, or correct the code."),
    ),
    "unit-unknown": (
        _("There is no unit %(text)s that you may use."),
        _("Take its reference or official code from the sheet of lists."),
    ),
    "part-moved": (
        _("%(text)s is not part of that target now, and an import does not move it."),
        _("Write what it is part of now, or use a new code."),
    ),
    "target-issued": (
        _("%(text)s stands in the issued commitment %(number)s."),
        _(
            "Leave the row as it was exported. Revise the target on its page, then amend the commitment."
        ),
    ),
    "target-assigned": (
        _("%(text)s is assigned already."),
        _("Leave the row as it was exported, and revise the target on its page."),
    ),
    "part-of-year-unknown": (
        _("“%(text)s” is no part of this year, or stands twice."),
        _("Write 01 to 12 for months and q1 to q4 for quarters, each once."),
    ),
    "whole-unknown": (
        _("There is no target %(text)s."),
        _("Add it to the sheet of targets, or correct the code."),
    ),
    "whole-is-part": (
        _("%(text)s is itself a part."),
        _("Split only targets that are no part of another one."),
    ),
    "part-not-allocated": (
        _("%(text)s has no part for this unit."),
        _("Add the unit to the sheet of allocations, or empty this cell."),
    ),
    "part-differs": (
        _("The allocation of %(text)s gives this unit another value."),
        _("Write the same value in both sheets."),
    ),
    "split-differs": (
        _("Row %(row)s says otherwise for the same target."),
        _("Say it in the first row only."),
    ),
    "part-not-uniform": (
        _("Every unit has the same value as %(text)s here."),
        _("Empty the cell, or choose another manner of splitting."),
    ),
    "unit-twice": (_("The unit %(text)s stands twice."), _("Keep one of the rows.")),
    "code-taken": (
        _("Another target has the code %(text)s."),
        _("Choose a free one, or leave it empty."),
    ),
    "part-renamed": (
        _("This part is called %(text)s."),
        _("Write that code, or leave the cell empty."),
    ),
    "part-assigned": (
        _("The part %(text)s is assigned already and is missing here."),
        _("Give it its row again, or withdraw it on its page."),
    ),
    "not-additive": (
        _("%(text)s has no parts that add up: only a stated number or count has."),
        _("Choose “same for all”, or do not split it."),
    ),
    "whole-not-stated": (_("%(text)s has no stated value."), _("State it before it is split.")),
    "allocation-reserve-or-overage": (
        _("Reserve and overage are 0 or more, and not both above 0."),
        _("Keep one of them."),
    ),
    "gap": (
        _("The parts of %(text)s do not add up: the gap is %(gap)s."),
        _("Change a part, the reserve or the overage by that much."),
    ),
    "office-unknown": (
        _("There is no office %(text)s that you may use."),
        _("Take its reference from the sheet of lists."),
    ),
    "office-of-another-unit": (
        _("%(text)s is an office of %(unit)s."),
        _("Name an office of the unit that undertakes."),
    ),
    "head-twice": (
        _("The office %(text)s is named twice, first in row %(row)s."),
        _("Name each head once."),
    ),
    "one-person-twice": (
        _("The same person holds both offices; %(text)s is the second."),
        _("Leave the second office empty: one person signs once."),
    ),
    "commitment-issued": (
        _("The commitment %(number)s of this unit is issued already."),
        _("Leave the row as it was exported, and amend the commitment on its page."),
    ),
    "day-passed": (_("This day has passed."), _("Choose a day from today on.")),
    "nothing-to-undertake": (
        _("%(text)s has no target in this plan."),
        _("Give it a target, or remove the row."),
    ),
    "revision-value-stated-or-marked": (
        _("The value is missing, or it is stated and said to come from elsewhere."),
        _("State a value, or say where it comes from and leave it empty."),
    ),
    "revision-between-has-upper": (
        _("“Between” needs an upper value above the lower one; other comparisons have none."),
        _("Fill in the upper value, or empty it."),
    ),
    "revision-eq-has-tolerance": (
        _("Only “equal to” has a tolerance, of 0 or more."),
        _("Empty the cell, or change the comparison."),
    ),
    "revision-maintain-has-rule": (
        _("“Maintain” says by which rule; “reach” has none."),
        _("Choose a rule, or empty the cell."),
    ),
    "revision-share-has-share": (
        _("A share of the checkpoints belongs to its rule, and is above 0 and at most 100."),
        _("Fill it in, or empty it."),
    ),
    "revision-reach-differs-from-baseline": (
        _("The target equals its baseline."),
        _("Write “maintain”, or correct one of the two."),
    ),
    "grade-unknown": (_("This is no grade of the indicator."), _("Write one of its grades.")),
    "shares-missing": (
        _("Shares of a whole are at least two."),
        _("Write one in each line of the cell."),
    ),
    "shares-add-up": (_("The shares do not add up to 100 %%."), _("Correct them.")),
    "share-in-whole": (_("A share is above 0 and at most 100 %%."), _("Correct it.")),
    "share-label-once": (_("Two shares have the same name."), _("Name them apart.")),
    "shares-of-another-kind": (
        _("Only an indicator of the kind “shares of a whole” has shares."),
        _("Empty the cell."),
    ),
    "steps-of-another-kind": (
        _("Only an indicator of the kind “milestones” has steps."),
        _("Empty the cell."),
    ),
    "steps-add-up": (_("The weights of the steps do not add up to 100 %%."), _("Correct them.")),
    "step-in-whole": (_("The weight of a step is above 0 and at most 100 %%."), _("Correct it.")),
    "roadmap-ends-at-value": (
        _("The last checkpoint of the roadmap is not the target's value."),
        _("Correct the last checkpoint, or the value."),
    ),
    "roadmap-flow-never-falls": (
        _("A roadmap that adds up over the year never falls."),
        _("Write what is reached since January, not the single part."),
    ),
}


def in_words(fault: Fault) -> workbooks.Said:
    """Return `fault` in the reader's language: where, what is wrong, how to mend it."""
    return workbooks.in_words(fault, TABLES, FAULTS)
