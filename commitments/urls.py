"""Addresses of plans, targets, commitments and the ceremony; one flat list."""

from django.urls import path, register_converter

from commitments.actions.slots import CEREMONY
from commitments.enums import VersionAct
from commitments.enums.policies import LadderKey
from commitments.web import (
    acknowledgements,
    acts,
    agenda,
    allocations,
    backlog,
    batches,
    board,
    bundles,
    calendars,
    carryovers,
    commitments,
    corrections,
    deputies,
    desk,
    discipline,
    evidence,
    grids,
    home,
    imports,
    inspections,
    issuing,
    judgements,
    league,
    plans,
    policies,
    proposals,
    queue,
    reminders,
    reports,
    scoring,
    sheets,
    signatures,
    takeovers,
    targets,
    trust,
    uploads,
    verifications,
    verify,
)

app_name = "commitments"


class ActConverter:
    """An act of the ceremony in an address."""

    regex = "|".join(act.value for act in CEREMONY)

    def to_python(self, value: str) -> VersionAct:
        return VersionAct(value)

    def to_url(self, value: str) -> str:
        return VersionAct(value).value


class LadderConverter:
    """A ladder in an address."""

    regex = "|".join(LadderKey)

    def to_python(self, value: str) -> LadderKey:
        return LadderKey(value)

    def to_url(self, value: str) -> str:
        return LadderKey(value).value


register_converter(ActConverter, "act")
register_converter(LadderConverter, "ladder")

urlpatterns = [
    path("", home.home, name="home"),
    path("board/", board.board, name="board"),
    path("board/league/", league.table, name="league"),
    path("queue/", queue.queue, name="queue"),
    path("queue/remind/", queue.remind, name="remind-many"),
    path("countersign/", batches.read, name="countersign-many"),
    path("countersign/open/", batches.open_texts, name="countersign-open"),
    path("countersign/<uuid:batch>/", batches.confirm, name="countersign-batch"),
    path("queue/rows/<int:version>/", desk.row, name="queue-row"),
    path("queue/rows/<int:version>/take/", desk.take, name="row-take"),
    path("queue/rows/<int:version>/snooze/", reminders.snooze, name="row-snooze"),
    path("queue/rows/<int:version>/take-back/", reminders.take_back, name="row-take-back"),
    path("queue/rows/<int:version>/release/", desk.release, name="row-release"),
    path("queue/rows/<int:version>/hand-over/", desk.hand_over, name="row-hand-over"),
    path("queue/views/", desk.keep_view, name="view-keep"),
    path("queue/views/<int:view>/drop/", desk.drop_view, name="view-drop"),
    path("plans/", plans.index, name="plans"),
    path("plans/new/", plans.create, name="plan-new"),
    path("plans/<slug:code>/", plans.detail, name="plan"),
    path("plans/<slug:code>/mandates/new/", plans.mandate, name="mandate-new"),
    path("plans/<slug:code>/groups/new/", plans.group, name="group-new"),
    path("plans/<slug:code>/indicators/new/", plans.indicator, name="indicator-new"),
    path("plans/<slug:code>/targets/new/", targets.create, name="target-new"),
    path("plans/<slug:code>/import/", imports.begin, name="import-begin"),
    path("plans/<slug:code>/import/<uuid:ref>/", imports.detail, name="import"),
    path("plans/<slug:code>/import/<uuid:ref>/apply/", imports.apply, name="import-apply"),
    path("plans/<slug:code>/import/<uuid:ref>/drop/", imports.drop, name="import-drop"),
    path("plans/<slug:code>/template.xlsx", imports.template, name="import-template"),
    path("plans/<slug:code>/plan.xlsx", imports.export, name="plan-export"),
    path("plans/<slug:code>/assign/", plans.assign, name="plan-assign"),
    path("plans/<slug:code>/proposals/", proposals.index, name="proposals"),
    path("plans/<slug:code>/proposals/new/", proposals.make, name="proposal-new"),
    path("plans/<slug:code>/proposals/<int:proposal>/", proposals.detail, name="proposal"),
    path(
        "plans/<slug:code>/proposals/<int:proposal>/withdraw/",
        proposals.withdraw,
        name="proposal-withdraw",
    ),
    path("plans/<slug:code>/settlement/", scoring.settlement, name="settlement"),
    path("plans/<slug:code>/issue/", issuing.begin, name="issue-all"),
    path("plans/<slug:code>/issue/<int:run>/", issuing.run, name="issue-run"),
    path("plans/<slug:code>/issue/<int:run>/stop/", issuing.stop, name="issue-stop"),
    path("plans/<slug:code>/move/<str:act>/", plans.move, name="plan-move"),
    path("plans/<slug:code>/commitments/new/", commitments.draft, name="draft"),
    path("targets/<slug:ref>/", targets.detail, name="target"),
    path("targets/<slug:ref>/edit/", targets.edit, name="target-edit"),
    path("targets/<slug:ref>/assign/", targets.assign, name="target-assign"),
    path("targets/<slug:ref>/revise/", targets.revise, name="target-revise"),
    path("targets/<slug:ref>/withdraw/", targets.withdraw, name="target-withdraw"),
    path("targets/<slug:ref>/verdict/", scoring.verdict, name="target-verdict"),
    path("targets/<slug:ref>/correction/", corrections.correction, name="target-correction"),
    path("targets/<slug:ref>/correction/done/", corrections.finish, name="correction-finish"),
    path("targets/<slug:ref>/correction/decide/", corrections.decide, name="correction-decide"),
    path("targets/<slug:ref>/carry/", carryovers.carry, name="target-carry"),
    path("targets/<slug:ref>/judgement/", judgements.judge, name="target-judgement"),
    path("targets/<slug:ref>/counted/", inspections.fix, name="target-counted"),
    path("targets/<slug:ref>/inspections/", inspections.index, name="target-inspections"),
    path("targets/<slug:ref>/inspections/new/", inspections.record, name="inspection-new"),
    path("inspections/<slug:ref>/", inspections.detail, name="inspection"),
    path("inspections/<slug:ref>/correct/", inspections.correct, name="inspection-correct"),
    path("targets/<slug:ref>/allocate/", allocations.allocate, name="target-allocate"),
    path("reports/", grids.index, name="reports"),
    path("reports/sheet.xlsx", sheets.export, name="reports-sheet"),
    path("reports/sheet/", sheets.upload, name="reports-sheet-upload"),
    path("reports/overview/", discipline.overview, name="reports-overview"),
    path("reports/year/", discipline.year, name="reports-year"),
    path("reports/verify/", verifications.verify_many, name="reports-verify"),
    path("reports/<slug:ref>/", reports.detail, name="report"),
    path("reports/<slug:ref>/save/", reports.autosave, name="report-save"),
    path("reports/<slug:ref>/evidence/", evidence.add, name="evidence-add"),
    path("reports/<slug:ref>/unlocks/<int:unlock>/", reports.answer_unlock, name="unlock-answer"),
    path("reports/<slug:ref>/snooze/", reminders.snooze_reports, name="report-snooze"),
    path("reports/<slug:ref>/take-back/", reminders.take_back_reports, name="report-take-back"),
    path("reports/<slug:ref>/<slug:name>/", reports.act, name="report-act"),
    path("evidence/<int:pk>/", evidence.download, name="evidence"),
    path("evidence/<int:pk>/remove/", evidence.remove, name="evidence-remove"),
    path("cases/", backlog.index, name="cases"),
    path("cases/new/", backlog.create, name="case-new"),
    path("cases/agenda/", agenda.agenda, name="agenda"),
    path("cases/ladders/", policies.index, name="ladders"),
    path("cases/ladders/<ladder:kind>/propose/", policies.propose, name="ladder-propose"),
    path(
        "cases/ladders/proposals/<int:proposal>/publish/", policies.publish, name="ladder-publish"
    ),
    path(
        "cases/ladders/proposals/<int:proposal>/withdraw/",
        policies.withdraw,
        name="ladder-withdraw",
    ),
    path("cases/<slug:ref>/", backlog.detail, name="case"),
    path("cases/<slug:ref>/edit/", backlog.edit, name="case-edit"),
    path("cases/<slug:ref>/snooze/", reminders.snooze_case, name="case-snooze"),
    path("cases/<slug:ref>/take-back/", reminders.take_back_case, name="case-take-back"),
    path("cases/<slug:ref>/act/<slug:name>/", acts.act, name="case-act"),
    path("calendar/days/<int:day>/", calendars.effect, name="day-effect"),
    path("clocks/<int:row>/acknowledge/", acknowledgements.acknowledge, name="acknowledge"),
    path("clocks/<int:row>/deputy/", deputies.delegate, name="delegate"),
    path("clocks/<int:row>/deputy/take-back/", deputies.take_back, name="delegate-take-back"),
    path("explanations/<int:explanation>/", acts.explanation, name="explanation"),
    path("commitments/", commitments.index, name="list"),
    path("commitments/<slug:ref>/", commitments.detail, name="detail"),
    path("commitments/<slug:ref>/pdf/", commitments.pdf, name="pdf"),
    path("commitments/<slug:ref>/bundle/<int:n>/", bundles.download, name="bundle"),
    path("commitments/<slug:ref>/edit/", commitments.edit, name="edit"),
    path("commitments/<slug:ref>/issue/", commitments.issue, name="issue"),
    path("commitments/<slug:ref>/discard/", commitments.discard, name="discard"),
    path("commitments/<slug:ref>/answer/", commitments.answer, name="answer"),
    path("commitments/<slug:ref>/amend/", commitments.amend, name="amend"),
    path("commitments/<slug:ref>/takeover/", takeovers.ask, name="takeover"),
    path("commitments/<slug:ref>/settle/", commitments.settle, name="settle"),
    path("commitments/<slug:ref>/remind/", desk.remind, name="remind"),
    path("commitments/<slug:ref>/<act:act>/", signatures.begin, name="begin"),
    path("commitments/<slug:ref>/<act:act>/<uuid:receipt>/", signatures.read, name="read"),
    path("confirmations/<uuid:step_up>/", signatures.confirm, name="confirm"),
    path("outside/<uuid:hand_out>/", uploads.hand_out, name="outside"),
    path("outside/<uuid:hand_out>/file/", uploads.file, name="outside-file"),
    path("trust/", trust.index, name="trust"),
    path("trust/new/", trust.propose, name="trust-new"),
    path("trust/<int:trust_set>/approve/", trust.approve, name="trust-approve"),
    path("trust/certificates/new/", trust.register, name="certificate-new"),
    path(
        "trust/certificates/<int:certificate>/confirm/", trust.confirm, name="certificate-confirm"
    ),
    path("trust/certificates/<int:certificate>/end/", trust.end, name="certificate-end"),
    path("receipts/<uuid:act>/", signatures.receipt, name="receipt"),
    path("verify/", verify.begin, name="verify"),
    path("verify/<str:code>/", verify.by_code, name="verify-code"),
]
