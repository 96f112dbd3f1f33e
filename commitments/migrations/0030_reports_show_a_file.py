from django.db import migrations, models

from units.append_only import FrozenOnce, Lifted

ASSIGNED = (
    "(SELECT target.state FROM commitments_target AS target WHERE target.id = {row}.target_id) <> 'planned'"
)
PART_OF_ASSIGNED = (
    "(SELECT target.state FROM commitments_targetrevision AS revision"
    " JOIN commitments_target AS target ON target.id = revision.target_id"
    " WHERE revision.id = {row}.revision_id) <> 'planned'"
)
FROZEN = {
    "commitments_targetrevision": ASSIGNED,
    "commitments_trajectorypoint": PART_OF_ASSIGNED,
    "commitments_revisionshare": PART_OF_ASSIGNED,
    "commitments_milestone": PART_OF_ASSIGNED,
}
VERBS = ("UPDATE", "DELETE")


class Migration(migrations.Migration):
    """Let a target ask each report for a file. SQLite rebuilds its table, of which the freezes speak."""

    dependencies = [
        ('commitments', '0029_corrective_actions_end'),
    ]

    operations = [
        *(Lifted(table, condition, verbs=VERBS) for table, condition in FROZEN.items()),
        migrations.AddField(
            model_name='target',
            name='needs_evidence',
            field=models.BooleanField(default=False, verbose_name='each report shows a file'),
        ),
        *(FrozenOnce(table, condition, verbs=VERBS) for table, condition in FROZEN.items()),
    ]
