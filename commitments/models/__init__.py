from commitments.models.allocations import Allocation, AllocationLine
from commitments.models.backlog import BacklogCase, CaseExtension, CaseProposal
from commitments.models.cases import (
    CaseClock,
    EscalationPolicy,
    EscalationStep,
    Explanation,
    RemindedNow,
    StepFired,
)
from commitments.models.commitments import (
    Commitment,
    CommitmentItem,
    CommitmentVersion,
    ReturnAnswer,
    VoidProposal,
)
from commitments.models.desk import Hold, Note, SavedView
from commitments.models.documents import Document, DocumentRevision, DocumentSlot
from commitments.models.imports import PlanImport
from commitments.models.issuing import IssueLine, IssueRun
from commitments.models.observations import Observation
from commitments.models.plans import Mandate, Period, TaskGroup
from commitments.models.proposals import Proposal
from commitments.models.reports import (
    Evidence,
    Report,
    ReportCheck,
    ReportingDuty,
    ReportingRule,
    Unlock,
)
from commitments.models.scoring import RuleSet, Verdict
from commitments.models.signatures import (
    ConsentText,
    ReturnItem,
    SignatureAct,
    StepUp,
    StepUpBatch,
    StepUpBatchUse,
    StepUpFailure,
    StepUpUse,
    TotpStepUsed,
    ViewReceipt,
)
from commitments.models.targets import (
    GradeLevel,
    GradeScale,
    IndicatorDefinition,
    Milestone,
    RevisionShare,
    Target,
    TargetRevision,
    TrajectoryPoint,
    UnitOfMeasure,
)

__all__ = [
    "Allocation",
    "AllocationLine",
    "BacklogCase",
    "CaseClock",
    "CaseExtension",
    "CaseProposal",
    "Commitment",
    "CommitmentItem",
    "CommitmentVersion",
    "ConsentText",
    "Document",
    "DocumentRevision",
    "DocumentSlot",
    "EscalationPolicy",
    "EscalationStep",
    "Evidence",
    "Explanation",
    "GradeLevel",
    "GradeScale",
    "Hold",
    "IndicatorDefinition",
    "IssueLine",
    "IssueRun",
    "Mandate",
    "Milestone",
    "Note",
    "Observation",
    "Period",
    "PlanImport",
    "Proposal",
    "RemindedNow",
    "Report",
    "ReportCheck",
    "ReportingDuty",
    "ReportingRule",
    "ReturnAnswer",
    "ReturnItem",
    "RevisionShare",
    "RuleSet",
    "SavedView",
    "SignatureAct",
    "StepFired",
    "StepUp",
    "StepUpBatch",
    "StepUpBatchUse",
    "StepUpFailure",
    "StepUpUse",
    "Target",
    "TargetRevision",
    "TaskGroup",
    "TotpStepUsed",
    "TrajectoryPoint",
    "UnitOfMeasure",
    "Unlock",
    "Verdict",
    "ViewReceipt",
    "VoidProposal",
]
