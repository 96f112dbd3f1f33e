"""Which collections show the types of plans, targets, commitments, reports and cases in the feed."""

from commitments.actions import changes
from commitments.api.backlog import CaseCollection
from commitments.api.commitments import CommitmentCollection
from commitments.api.plans import PlanCollection
from commitments.api.reports import ReportCollection
from commitments.api.targets import TargetCollection
from units.http.lines import Listed

FEEDS = (
    Listed(changes.PLAN, PlanCollection),
    Listed(changes.TARGET, TargetCollection),
    Listed(changes.COMMITMENT, CommitmentCollection, kept=False),  # each side sees other versions
    Listed(changes.REPORT, ReportCollection),
    Listed(changes.CASE, CaseCollection),
)
