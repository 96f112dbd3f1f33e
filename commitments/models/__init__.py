from commitments.models.allocations import Allocation, AllocationLine
from commitments.models.backlog import BacklogCase, CaseExtension, CaseProposal, CaseRule
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
from commitments.models.corrections import Carryover, CorrectiveAction
from commitments.models.deputies import Deputy
from commitments.models.desk import Hold, Note, SavedView
from commitments.models.documents import (
    Document,
    DocumentChain,
    DocumentRevision,
    DocumentSlot,
    RevisionCheck,
    SealCertificate,
    SealUse,
)
from commitments.models.imports import PlanImport
from commitments.models.inspections import CountedScope, CountedUnit, Inspection
from commitments.models.issuing import IssueLine, IssueRun
from commitments.models.judgements import Judgement
from commitments.models.observations import Observation
from commitments.models.plans import Mandate, Period, TaskGroup
from commitments.models.policies import PolicyProposal
from commitments.models.proposals import Proposal
from commitments.models.reminders import Reminder
from commitments.models.reports import (
    Evidence,
    Report,
    ReportCheck,
    ReportingDuty,
    ReportingRule,
    Unlock,
)
from commitments.models.rounds import ReportRound
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
from commitments.models.uploads import (
    ExternalUpload,
    HandOut,
    RefusedFile,
    RevocationCheck,
    SignerCertificate,
    SignerCertificateConfirmation,
    SignerCertificateEnd,
    TrustSet,
    TrustSetApproval,
)

__all__ = [
    "Allocation",
    "AllocationLine",
    "BacklogCase",
    "Carryover",
    "CaseClock",
    "CaseExtension",
    "CaseProposal",
    "CaseRule",
    "Commitment",
    "CommitmentItem",
    "CommitmentVersion",
    "ConsentText",
    "CorrectiveAction",
    "CountedScope",
    "CountedUnit",
    "Deputy",
    "Document",
    "DocumentChain",
    "DocumentRevision",
    "DocumentSlot",
    "EscalationPolicy",
    "EscalationStep",
    "Evidence",
    "Explanation",
    "ExternalUpload",
    "GradeLevel",
    "GradeScale",
    "HandOut",
    "Hold",
    "IndicatorDefinition",
    "Inspection",
    "IssueLine",
    "IssueRun",
    "Judgement",
    "Mandate",
    "Milestone",
    "Note",
    "Observation",
    "Period",
    "PlanImport",
    "PolicyProposal",
    "Proposal",
    "RefusedFile",
    "RemindedNow",
    "Reminder",
    "Report",
    "ReportCheck",
    "ReportRound",
    "ReportingDuty",
    "ReportingRule",
    "ReturnAnswer",
    "ReturnItem",
    "RevisionCheck",
    "RevisionShare",
    "RevocationCheck",
    "RuleSet",
    "SavedView",
    "SealCertificate",
    "SealUse",
    "SignatureAct",
    "SignerCertificate",
    "SignerCertificateConfirmation",
    "SignerCertificateEnd",
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
    "TrustSet",
    "TrustSetApproval",
    "UnitOfMeasure",
    "Unlock",
    "Verdict",
    "ViewReceipt",
    "VoidProposal",
]
