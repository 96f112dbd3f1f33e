"""What is wrong with a workbook of units and people, in words, beside what can be wrong with any."""

from django.utils.translation import gettext_lazy as _

from units.actions import workbooks
from units.rules.columns import TABLES
from units.rules.sheets import Fault

FAULTS: workbooks.Sentences = {
    "not-a-ref": (
        _("“%(text)s” cannot be a reference."),
        _("Use a-z, 0-9 and single hyphens, such as xa-huong-son."),
    ),
    "units-differ": (
        _("%(text)s exists already, and here it says: %(was)s."),
        _("Leave the cell as it was exported, or empty; change the unit on its page."),
    ),
    "offices-differ": (
        _("The office %(text)s exists already, and here it says: %(was)s."),
        _("Leave the cell as it was exported, or empty; offices are ended and made anew."),
    ),
    "appointments-differ": (
        _("This appointment to %(text)s exists already, and here it says: %(was)s."),
        _("Leave the cell as it was exported, or empty."),
    ),
    "official-code-taken": (
        _("%(unit)s has the official code %(text)s."),
        _("Correct the code, or end its use there first."),
    ),
    "unit-unknown": (
        _("There is no unit %(text)s."),
        _("Add it to the sheet of units, or correct the reference."),
    ),
    "unit-not-there": (
        _("%(text)s does not exist on %(day)s."),
        _("Choose another day, or another unit."),
    ),
    "unit-ends": (
        _("%(text)s ends; no office is made there any more."),
        _("Choose another unit."),
    ),
    "cycle": (
        _("%(text)s would stand under itself."),
        _("Name another superior: a unit cannot stand under a unit that stands under it."),
    ),
    "head-exists": (
        _("%(unit)s has a head in that line already: the office %(text)s."),
        _("Empty the cell, or end that office on the page of the unit."),
    ),
    "office-ended": (
        _("The office %(text)s has ended."),
        _("Choose another reference for a new office."),
    ),
    "username-taken": (
        _("The user name “%(text)s” cannot be given to a person."),
        _("Choose another one."),
    ),
    "not-a-username": (
        _("“%(text)s” cannot be a user name."),
        _("Use letters, digits and . @ + - _ only, without spaces."),
    ),
    "not-an-address": (
        _("“%(text)s” is no e-mail address."),
        _("Write it like lua@example.org, or leave the cell empty."),
    ),
    "personnel-no-taken": (
        _("%(person)s has the personnel number %(text)s."),
        _("Correct one of the two."),
    ),
    "change-oneself": (
        _("This row changes the entry of %(text)s, and that is you."),
        _("Leave the row as it was exported, and ask a second administrator."),
    ),
    "person-unknown": (
        _("There is nobody with the user name %(text)s."),
        _("Add the person to the sheet of people, or correct the user name."),
    ),
    "office-unknown": (
        _("There is no office %(text)s."),
        _("Add it to the sheet of offices, or correct the reference."),
    ),
    "office-twice": (
        _("The office %(text)s is given twice for the same time, first in row %(row)s."),
        _("Name each holder once, or let the first one end before the second begins."),
    ),
    "office-held": (
        _("%(person)s holds the office %(text)s from %(day)s on."),
        _("End that appointment on the page of the unit first, or choose other days."),
    ),
    "appointment-differs": (
        _("%(person)s holds the office %(text)s already, from %(day)s on and with other days."),
        _("Write the days that hold, or end that appointment on the page of the unit."),
    ),
    "office-begins-later": (
        _("The office exists only from %(day)s on."),
        _("Choose that day or a later one."),
    ),
    "office-ends": (
        _("The office ends, its last day is %(day)s."),
        _("Write a last day that is not later."),
    ),
    "ends-before": (
        _("The last day lies before the first, %(day)s."),
        _("Correct one of the two."),
    ),
    "acting-reason-missing": (
        _("An acting appointment names its reason."),
        _("Fill it in."),
    ),
    "acting-reason-of-titular": (
        _("Only an acting appointment names a reason."),
        _("Empty the cell, or write “acting” as the manner."),
    ),
}


def in_words(fault: Fault) -> workbooks.Said:
    """Return `fault` in the reader's language: where, what is wrong, how to mend it."""
    return workbooks.in_words(fault, TABLES, FAULTS)
