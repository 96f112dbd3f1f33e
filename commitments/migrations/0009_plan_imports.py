
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('commitments', '0008_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PlanImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.UUIDField(unique=True)),
                ('file_name', models.CharField(max_length=200)),
                ('content', models.BinaryField(null=True)),
                ('size', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('applied', 'Applied'), ('dropped', 'Dropped')], default='waiting', max_length=8)),
                ('uploaded_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='commitments.period')),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('period', 'uploaded_by'), name='planimport_one_waiting'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'waiting'), ('content__isnull', False)), models.Q(models.Q(('state', 'waiting'), _negated=True), ('content', None)), _connector='OR'), name='planimport_kept_while_waiting'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'waiting'), ('ended_at', None), ('ended_by', None)), models.Q(models.Q(('state', 'waiting'), _negated=True), ('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='planimport_ended_has_time')],
            },
        ),
    ]
