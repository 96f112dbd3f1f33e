"""What an entry of the register says, in words."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from units.actions.register import data_of
from units.models import RegisterEntry

register = template.Library()

SAID: Mapping[str, Any] = {
    "commitment.draft": _("Draft begun"),
    "commitment.edit": _("Draft changed"),
    "commitment.discard": _("Draft discarded"),
    "commitment.issue": _("Issued for signature"),
    "commitment.sign": _("Signed by an undertaker"),
    "commitment.return": _("Returned with reasons"),
    "commitment.refuse": _("Refused with a reason"),
    "commitment.answer": _("Reasons answered"),
    "commitment.countersign": _("Countersigned: in force"),
    "commitment.amend": _("To be amended"),
    "commitment.takeover": _("To be taken over by who came into office"),
    "commitment.supersede": _("Superseded by the next version"),
    "commitment.propose_void": _("Proposed to be voided"),
    "commitment.void": _("Made void"),
    "commitment.settle": _("Accounts settled"),
    "commitment.remind": _("Reminded by hand"),
    "case.register": _("Registered as a backlog case"),
    "case.edit": _("Made clearer"),
    "case.carry": _("Goes on as the case of a target carried over"),
    "case.assign": pgettext_lazy("case", "Assigned to the office that resolves it"),
    "case.propose_extend": _("Extension proposed"),
    "case.propose_reopen": _("Reopening proposed"),
    "case.decline": _("Proposal declined"),
    "case.extend": _("Extension granted"),
    "case.suspend": pgettext_lazy("case", "Suspended for an objective cause"),
    "case.resume": pgettext_lazy("case", "Taken up again"),
    "case.resolve": _("Said to be resolved"),
    "case.accept": _("Verified and closed"),
    "case.reject": _("Given back: not resolved"),
    "case.reopen": pgettext_lazy("case", "Reopened"),
    "case.cancel": pgettext_lazy("case", "Cancelled as no case"),
    "explanation.give": _("Explanation given"),
    "explanation.accept": _("Explanation accepted"),
    "explanation.refuse": _("Explanation not accepted"),
    "clock.acknowledge": _("Acknowledged: no repeats for some days"),
    "clock.delegate": _("Handed to somebody of the own unit; the duty stays"),
    "clock.undelegate": _("Taken back from whoever it was handed to"),
    "audit.factor_failed": _("A second factor failed"),
    "report.submit": _("Submitted"),
    "report.recall": _("Taken back by the author"),
    "report.return": _("Returned with a reason"),
    "report.check": _("Passed the first level"),
    "report.verify": _("Verified: its value counts"),
    "report.restate": _("To be restated"),
    "duty.lock": _("Locked: nothing had come"),
    "duty.ask_unlock": _("Unlock asked for"),
    "duty.unlock": _("Unlocked for some days"),
    "duty.decline_unlock": _("Unlock declined"),
    "duty.waive_period": _("All reports of the period waived"),
    "duty.waive": _("Waived with a reason"),
    "inspection.fix_scope": _("Units that are counted frozen"),
    "inspection.record": _("Inspection recorded"),
    "inspection.correct": _("Record corrected"),
    "judgement.give": _("Judged beside the light"),
    "judgement.take_back": _("Judgement taken back"),
    "target.create": _("Drawn up"),
    "target.edit": _("Edited"),
    "target.assign": _("Assigned to the unit"),
    "target.revise": _("Revised with a reason"),
    "target.withdraw": _("Withdrawn from the unit"),
    "target.conclude": _("Concluded"),
    "target.allocate": _("Split among units"),
    "correction.write": _("Corrective action written"),
    "correction.revise": _("Corrective action written anew"),
    "correction.finish": _("Corrective action said to be done"),
    "correction.take_back": _("Corrective action taken back: not done"),
    "correction.confirm": _("Corrective action confirmed as done"),
}


DETAILS = ("reason", "answer", "outcome", "text")  # what people wrote, as the entry keeps it


@register.filter
def words_given(entry: RegisterEntry) -> str:
    """Return what somebody wrote with an act: a reason, an answer, an outcome; "" for nothing."""
    data = data_of(entry)
    return next((str(data[name]) for name in DETAILS if data.get(name)), "")


@register.filter
def in_words(entry: RegisterEntry) -> Any:
    """Return what happened, e.g. "Issued for signature"; the kind itself where it has no words."""
    return SAID.get(entry.kind, entry.kind)
