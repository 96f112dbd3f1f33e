import django.db.models.deletion
from django.db import migrations, models

from units.append_only import FrozenOnce, Lifted


ASSIGNED = "(SELECT target.state FROM commitments_target AS target WHERE target.id = {row}.target_id) <> 'planned'"
ASSIGNED_PART = (
    "(SELECT target.state FROM commitments_targetrevision AS revision"
    " JOIN commitments_target AS target ON target.id = revision.target_id"
    " WHERE revision.id = {row}.revision_id) <> 'planned'"
)
CHANGES = ("UPDATE", "DELETE")


class Migration(migrations.Migration):

    dependencies = [
        ('commitments', '0005_desk'),
    ]

    operations = [
        Lifted("commitments_trajectorypoint", ASSIGNED_PART, verbs=CHANGES),
        Lifted("commitments_targetrevision", ASSIGNED, verbs=CHANGES),
        migrations.CreateModel(
            name='GradeLevel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rank', models.PositiveSmallIntegerField(verbose_name='rank')),
                ('label_vi', models.CharField(max_length=80, verbose_name='label in Vietnamese')),
                ('label_en', models.CharField(blank=True, max_length=80, verbose_name='label in English')),
            ],
        ),
        migrations.CreateModel(
            name='GradeScale',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, unique=True, verbose_name='code')),
                ('name_vi', models.CharField(max_length=120, verbose_name='name in Vietnamese')),
                ('name_en', models.CharField(blank=True, max_length=120, verbose_name='name in English')),
            ],
        ),
        migrations.CreateModel(
            name='Milestone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ordinal', models.PositiveSmallIntegerField(verbose_name='place')),
                ('title_vi', models.CharField(max_length=300, verbose_name='title in Vietnamese')),
                ('title_en', models.CharField(blank=True, max_length=300, verbose_name='title in English')),
                ('due_on', models.DateField(verbose_name='due on')),
                ('weight', models.DecimalField(decimal_places=3, max_digits=6, verbose_name='weight in percent')),
            ],
        ),
        migrations.CreateModel(
            name='RevisionShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ordinal', models.PositiveSmallIntegerField(verbose_name='place')),
                ('label_vi', models.CharField(max_length=120, verbose_name='label in Vietnamese')),
                ('label_en', models.CharField(blank=True, max_length=120, verbose_name='label in English')),
                ('value', models.DecimalField(decimal_places=6, max_digits=24, verbose_name='share in percent')),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='targetrevision',
            name='revision_between_has_upper',
        ),
        migrations.RemoveConstraint(
            model_name='targetrevision',
            name='revision_eq_has_tolerance',
        ),
        migrations.AddField(
            model_name='targetrevision',
            name='value_basis',
            field=models.CharField(choices=[('stated', 'A value stated here'), ('last_year', "Last year's result"), ('superior', 'As assigned by the superior, the value comes later'), ('unstated', 'The mandate does not say')], default='stated', max_length=9, verbose_name='where the value comes from'),
        ),
        migrations.AlterField(
            model_name='indicatordefinition',
            name='kind',
            field=models.CharField(choices=[('number', 'Number'), ('count', 'Count'), ('percent', 'Percentage'), ('ratio', 'Ratio'), ('growth', 'Growth'), ('milestone', 'Milestones'), ('boolean', 'Yes or no'), ('grade', 'Ordered grades'), ('shares', 'Shares of a whole')], max_length=10, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='targetrevision',
            name='value',
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=24, null=True, verbose_name='value'),
        ),
        migrations.AddConstraint(
            model_name='targetrevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('value_basis', 'stated'), ('value__isnull', False)), models.Q(models.Q(('value_basis', 'stated'), _negated=True), ('upper', None), ('value', None), models.Q(('comparator', 'between'), _negated=True)), _connector='OR'), name='revision_value_stated_or_marked', violation_error_message='State a value, or say where it comes from and leave it empty.'),
        ),
        migrations.AddConstraint(
            model_name='targetrevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('comparator', 'between'), ('upper__isnull', False), ('upper__gt', models.F('value'))), models.Q(models.Q(('comparator', 'between'), _negated=True), ('upper', None)), _connector='OR'), name='revision_between_has_upper', violation_error_message='“Between” needs an upper value above the lower one; other comparisons have none.'),
        ),
        migrations.AddConstraint(
            model_name='targetrevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('comparator', 'eq'), ('tolerance__isnull', False), ('tolerance__gte', 0)), models.Q(models.Q(('comparator', 'eq'), _negated=True), ('tolerance', None)), _connector='OR'), name='revision_eq_has_tolerance', violation_error_message='“Equal to” needs a tolerance of 0 or more; other comparisons have none.'),
        ),
        migrations.AddField(
            model_name='gradelevel',
            name='scale',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='levels', to='commitments.gradescale'),
        ),
        migrations.AddField(
            model_name='indicatordefinition',
            name='scale',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='indicators', to='commitments.gradescale', verbose_name='scale of grades'),
        ),
        migrations.AddConstraint(
            model_name='indicatordefinition',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'grade'), ('scale__isnull', False)), models.Q(models.Q(('kind', 'grade'), _negated=True), ('scale', None)), _connector='OR'), name='indicator_grade_has_scale', violation_error_message='Grades, and nothing else, have a scale of grades.'),
        ),
        migrations.AddField(
            model_name='milestone',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='commitments.targetrevision'),
        ),
        migrations.AddField(
            model_name='revisionshare',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='commitments.targetrevision'),
        ),
        migrations.AddConstraint(
            model_name='gradelevel',
            constraint=models.UniqueConstraint(fields=('scale', 'rank'), name='gradelevel_rank_once'),
        ),
        migrations.AddConstraint(
            model_name='gradelevel',
            constraint=models.UniqueConstraint(fields=('scale', 'label_vi'), name='gradelevel_label_once'),
        ),
        migrations.AddConstraint(
            model_name='gradelevel',
            constraint=models.CheckConstraint(condition=models.Q(('rank__gt', 0)), name='gradelevel_rank_positive'),
        ),
        migrations.AddConstraint(
            model_name='milestone',
            constraint=models.UniqueConstraint(fields=('revision', 'ordinal'), name='milestone_once'),
        ),
        migrations.AddConstraint(
            model_name='milestone',
            constraint=models.CheckConstraint(condition=models.Q(('weight__gt', 0), ('weight__lte', 100)), name='milestone_weight_in_whole', violation_error_message='The weight of a step is above 0 and at most 100 %.'),
        ),
        migrations.AddConstraint(
            model_name='revisionshare',
            constraint=models.UniqueConstraint(fields=('revision', 'ordinal'), name='share_once'),
        ),
        migrations.AddConstraint(
            model_name='revisionshare',
            constraint=models.UniqueConstraint(fields=('revision', 'label_vi'), name='share_label_once'),
        ),
        migrations.AddConstraint(
            model_name='revisionshare',
            constraint=models.CheckConstraint(condition=models.Q(('value__gt', 0), ('value__lte', 100)), name='share_in_whole', violation_error_message='A share is above 0 and at most 100 %.'),
        ),
        migrations.RemoveConstraint(
            model_name='targetrevision',
            name='revision_share_has_share',
        ),
        migrations.AddConstraint(
            model_name='targetrevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('maintain_rule', 'share'), ('maintain_share__gt', 0), ('maintain_share__isnull', False), ('maintain_share__lte', 100)), models.Q(models.Q(('maintain_rule', 'share'), _negated=True), ('maintain_share', None)), _connector='OR'), name='revision_share_has_share'),
        ),
        FrozenOnce("commitments_targetrevision", ASSIGNED, verbs=CHANGES),
        *[
            FrozenOnce(f"commitments_{table}", ASSIGNED_PART, verbs=CHANGES)
            for table in ("trajectorypoint", "revisionshare", "milestone")
        ],
    ]
