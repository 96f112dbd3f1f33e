from django.db import migrations

from units.append_only import AppendOnly, FrozenOnce

EVIDENCE = [
    "document",
    "documentslot",
    "documentrevision",
    "consenttext",
    "viewreceipt",
    "stepup",
    "stepupfailure",
    "stepupuse",
    "totpstepused",
    "signatureact",
    "returnitem",
    "returnanswer",
    "voidproposal",
    "escalationpolicy",
    "escalationstep",
    "stepfired",
]
ISSUED = "(SELECT state FROM commitments_commitmentversion WHERE id = {row}.version_id) <> 'draft'"
ASSIGNED = (
    "(SELECT target.state FROM commitments_target AS target WHERE target.id = {row}.target_id) <> 'planned'"
)
ASSIGNED_ROADMAP = (
    "(SELECT target.state FROM commitments_targetrevision AS revision"
    " JOIN commitments_target AS target ON target.id = revision.target_id"
    " WHERE revision.id = {row}.revision_id) <> 'planned'"
)


class Migration(migrations.Migration):
    dependencies = [("commitments", "0001_plans_targets_commitments")]
    operations = [
        *[AppendOnly(f"commitments_{table}") for table in EVIDENCE],
        FrozenOnce("commitments_commitmentitem", ISSUED),
        FrozenOnce("commitments_targetrevision", ASSIGNED, verbs=("UPDATE", "DELETE")),
        FrozenOnce("commitments_trajectorypoint", ASSIGNED_ROADMAP, verbs=("UPDATE", "DELETE")),
    ]
