"""What has happened stays: raw SQL changes no evidence, no issued item, no assigned revision."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from commitments.enums import VersionAct
from commitments.models import (
    CaseExtension,
    CommitmentItem,
    Note,
    RemindedNow,
    ReturnAnswer,
    RevisionCheck,
    SealCertificate,
    SealUse,
    StepFired,
    StepUpBatchUse,
    TargetRevision,
    TotpStepUsed,
    VoidProposal,
)
from tests import triggers
from tests.commitments.models.rows import AT, Outside, batch_of, mandate
from tests.constraints import again
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.clocks import start
from tests.factories.commitments_versions import (
    CommitmentVersionFactory,
    act_at_slot,
    target_of,
    year_of,
)
from tests.factories.inspections import make_inspecting
from tests.factories.judgements import judged
from tests.factories.register import publication
from tests.factories.reports import make_desk
from units.actions import register
from units.append_only import FrozenOnce

pytestmark = pytest.mark.django_db
EVIDENCE = [
    "commitments_caseextension",
    "commitments_consenttext",
    "commitments_countedscope",
    "commitments_countedunit",
    "commitments_document",
    "commitments_documentrevision",
    "commitments_documentslot",
    "commitments_escalationpolicy",
    "commitments_escalationstep",
    "commitments_externalupload",
    "commitments_handout",
    "commitments_inspection",
    "commitments_judgement",
    "commitments_note",
    "commitments_remindednow",
    "commitments_reportcheck",
    "commitments_returnanswer",
    "commitments_returnitem",
    "commitments_revisioncheck",
    "commitments_revocationcheck",
    "commitments_sealcertificate",
    "commitments_sealuse",
    "commitments_signatureact",
    "commitments_signercertificate",
    "commitments_signercertificateconfirmation",
    "commitments_signercertificateend",
    "commitments_stepfired",
    "commitments_stepup",
    "commitments_stepupbatch",
    "commitments_stepupbatchuse",
    "commitments_stepupfailure",
    "commitments_stepupuse",
    "commitments_totpstepused",
    "commitments_trustset",
    "commitments_trustsetapproval",
    "commitments_viewreceipt",
    "commitments_voidproposal",
    "units_registercheckpoint",
    "units_registerentry",
    "units_registerepoch",
    "units_registerlink",
    "units_registerpublication",
    "units_registerreach",
]
FROZEN = [
    "commitments_commitmentitem",
    "commitments_targetrevision",
    "commitments_trajectorypoint",
    "commitments_revisionshare",
    "commitments_milestone",
]
IN_PART = ["commitments_backlogcase", "commitments_evidence"]  # tried where the table is


def leave_evidence() -> None:
    """Write at least one row into every table of `EVIDENCE`."""
    desk = make_desk()
    desk.duty("verified")
    inspecting = make_inspecting(body=desk.body, more=0)
    inspecting.fix()
    inspecting.record(desk.body.commune)
    judged(desk.body)
    returned = CommitmentVersionFactory(returned=True)
    in_force = CommitmentVersionFactory(in_force=True)
    void = act_at_slot(in_force.document.slots.last(), VersionAct.VOID, at=AT)
    objection = act_at_slot(returned.document.slots.first(), VersionAct.RETURN, at=AT)
    ReturnAnswer.objects.create(
        act=objection,
        return_item=objection.return_items.get(),
        text="We take it over.",
        person=void.person,
        next_version_n=2,
        at=AT,
    )
    VoidProposal.objects.create(
        version=in_force,
        mandate=mandate(in_force.commitment.assigner_unit),
        reason="The plan has changed.",
        act=void,
        proposed_by=void.person,
        proposed_at=AT,
        expires_at=void.step_up_use.expires_at,
    )
    void.step_up_use.step_up.failures.create(number=1, method="totp", at=AT)
    TotpStepUsed.objects.create(authenticator="totp/1", time_step=1)
    StepUpBatchUse.objects.create(
        batch=batch_of(void),
        method="totp",
        credential="totp/1",
        proof="{}",
        used_at=AT,
        expires_at=AT,
    )
    RevisionCheck.objects.create(
        revision=in_force.document.revisions.get(no=1), status="valid", checked_at=AT
    )
    SealUse.objects.create(
        certificate=SealCertificate.objects.create(
            fingerprint="0" * 64, subject="CN=DEMO", valid_until=AT, is_demo=True, first_used_at=AT
        ),
        document_uuid=in_force.document.uuid,
        base_no=0,
        out_sha256="0" * 64,
        cms_sha256="0" * 64,
        at=AT,
    )
    Outside(void)
    Note.objects.create(version=in_force, person=void.person, text="Telephoned.", at=AT)
    RemindedNow.objects.create(
        version=in_force, person=void.person, on=AT.date(), by=void.person, at=AT
    )
    CaseExtension.objects.create(
        case=BacklogCaseFactory(assigned=True),
        ordinal=1,
        old_due_on=AT.date(),
        new_due_on=AT.date() + timedelta(days=1),
        reason="Chờ",
        proposed_by=void.person,
        granted_by=in_force.first_undertaker.appointments.get().person,
        granted_at=AT,
    )
    clock = start(CommitmentVersionFactory(issued=True), at=AT)
    with transaction.atomic():
        entry = register.append(
            kind="step.fired",
            subject="step_fired/1-1-0-0",
            subject_version=None,
            reach=[in_force.commitment.unit_id],
            by=None,
            at=AT,
        )
        register.sequence()
    publication()
    StepFired.objects.create(
        clock=clock,
        generation=1,
        level=0,
        decision="fired",
        due_seen=AT,
        decided_at=AT,
        entry=entry,
    )


def raw(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing pending hides the refusal
        cursor.execute(sql)


def refusal_of(sql: str) -> str:
    with pytest.raises(DatabaseError) as refused:
        raw(sql)
    return str(refused.value).splitlines()[0]


def key_of(table: str) -> str:
    """Return the primary key's column of `table`, which has rows."""
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    assert model._base_manager.exists(), table
    return model._meta.pk.column


def test_evidence_is_what_the_migrations_protect():
    protecting = [
        one for one in triggers.operations() if one.table.startswith(("commitments_", "units_"))
    ]
    kept = {one.table for one in protecting if not isinstance(one, FrozenOnce)}
    assert kept == set(EVIDENCE)
    assert {one.table for one in protecting} - kept == {*FROZEN, *IN_PART}


def test_evidence_refuses_update_and_delete():
    leave_evidence()
    keys = {table: key_of(table) for table in EVIDENCE}
    updates = {t: refusal_of(f"UPDATE {t} SET {key} = {key}") for t, key in keys.items()}
    assert updates == {t: f"{t} is append-only: UPDATE refused" for t in EVIDENCE}
    deletes = {t: refusal_of(f"DELETE FROM {t}") for t in EVIDENCE}
    assert deletes == {t: f"{t} is append-only: DELETE refused" for t in EVIDENCE}


@pytest.mark.postgresql_only
def test_evidence_refuses_truncate():
    leave_evidence()
    refusals = {t: refusal_of(f"TRUNCATE {t} CASCADE") for t in EVIDENCE}
    ending = "is append-only: TRUNCATE refused"
    assert [t for t, refusal in refusals.items() if not refusal.endswith(ending)] == []


@pytest.mark.sqlite_only
def test_evidence_refuses_replacement():
    leave_evidence()
    keys = {t: key_of(t) for t in EVIDENCE}  # each has rows
    refusals = {t: refusal_of(f"INSERT OR REPLACE INTO {t} SELECT * FROM {t}") for t in keys}
    assert refusals == {t: f"{t} is append-only: DELETE refused" for t in EVIDENCE}


def test_items_of_a_draft_move_and_go():
    version = CommitmentVersionFactory(draft=True, items=2)
    raw("UPDATE commitments_commitmentitem SET role = 'support'")
    raw("DELETE FROM commitments_commitmentitem WHERE ordinal = 2")
    assert list(version.items.values_list("ordinal", "role")) == [(1, "support")]


@pytest.mark.parametrize("state", ["issued", "signed", "in_force", "returned", "settled"])
def test_items_of_an_issued_version_stay(state):
    version = CommitmentVersionFactory(**{state: True})
    said = "commitments_commitmentitem is frozen: %s refused"
    assert refusal_of("UPDATE commitments_commitmentitem SET role = 'support'") == said % "UPDATE"
    assert refusal_of("DELETE FROM commitments_commitmentitem") == said % "DELETE"
    with pytest.raises(DatabaseError, match=said % "INSERT"), transaction.atomic():
        CommitmentItem.objects.create(
            version=version, ordinal=2, revision=target_of(version.commitment)
        )


def test_no_item_moves_between_a_draft_and_an_issued_version():
    draft, issued = CommitmentVersionFactory(draft=True), CommitmentVersionFactory(issued=True)
    said = "commitments_commitmentitem is frozen: UPDATE refused"
    for here, there in ((draft, issued), (issued, draft)):
        sql = f"SET version_id = {there.pk}, ordinal = 9 WHERE version_id = {here.pk}"
        assert refusal_of(f"UPDATE commitments_commitmentitem {sql}") == said


def revision_with_roadmap() -> TargetRevision:
    revision = target_of(CommitmentVersionFactory().commitment)
    planned(revision)
    revision.roadmap.create(period=year_of(revision.target.assigner), value=5)
    revision.shares.create(ordinal=1, label_vi="Công nghiệp", value=60)
    revision.steps.create(ordinal=1, title_vi="Xong", due_on=AT.date(), weight=40)
    return revision


def planned(revision: TargetRevision) -> None:
    revision.target.state = "planned"
    revision.target.save(update_fields=["state"])


def assigned(revision: TargetRevision, state: str = "assigned") -> None:
    revision.target.state = state
    revision.target.end_reason = "No longer wanted." if state == "withdrawn" else ""
    revision.target.save(update_fields=["state", "end_reason"])


def test_a_planned_target_is_still_edited():
    revision = revision_with_roadmap()
    raw(f"UPDATE commitments_targetrevision SET value = 7 WHERE id = {revision.pk}")
    raw(f"UPDATE commitments_trajectorypoint SET value = 7 WHERE revision_id = {revision.pk}")
    for table in ("trajectorypoint", "revisionshare", "milestone"):
        raw(f"UPDATE commitments_{table} SET id = id WHERE revision_id = {revision.pk}")
        raw(f"DELETE FROM commitments_{table} WHERE revision_id = {revision.pk}")
    raw(f"DELETE FROM commitments_targetrevision WHERE id = {revision.pk}")
    assert not TargetRevision.objects.filter(pk=revision.pk).exists()


@pytest.mark.parametrize("state", ["assigned", "withdrawn", "closed"])
def test_an_assigned_target_keeps_its_revisions_and_roadmap(state):
    revision = revision_with_roadmap()
    assigned(revision, state)
    parts = ("trajectorypoint", "revisionshare", "milestone")
    for table, column in (("targetrevision", "id"), *((part, "revision_id") for part in parts)):
        name, rows = f"commitments_{table}", f"WHERE {column} = {revision.pk}"
        said = f"{name} is frozen: %s refused"
        assert refusal_of(f"UPDATE {name} SET id = id {rows}") == said % "UPDATE"
        assert refusal_of(f"DELETE FROM {name} {rows}") == said % "DELETE"


def test_an_assigned_target_takes_its_next_revision():
    revision = revision_with_roadmap()
    assigned(revision)
    following = again(revision, n=2, reason="The mandate has changed.")
    assert revision.target.current == following
