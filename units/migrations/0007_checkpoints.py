import django.db.models.deletion
from django.db import migrations, models

from units.append_only import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('units', '0006_the_chain_is_whole'),
    ]

    operations = [
        migrations.CreateModel(
            name='RegisterCheckpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('first_seq', models.BigIntegerField()),
                ('last_seq', models.BigIntegerField()),
                ('text', models.TextField()),
                ('sha256', models.CharField(max_length=64)),
                ('previous', models.CharField(max_length=64)),
                ('signature', models.CharField(max_length=128)),
                ('public_key', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField()),
                ('epoch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.registerepoch')),
            ],
        ),
        migrations.CreateModel(
            name='RegisterPublication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(max_length=500)),
                ('ok', models.BooleanField()),
                ('answer', models.CharField(max_length=500)),
                ('at', models.DateTimeField()),
                ('checkpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publications', to='units.registercheckpoint')),
            ],
        ),
        migrations.CreateModel(
            name='RegisterVerification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
                ('entries', models.BigIntegerField()),
                ('exposed', models.BigIntegerField()),
                ('findings', models.JSONField(default=list)),
            ],
            options={
                'indexes': [models.Index(fields=['ended_at'], name='registerverification_by_end')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ended_at__gte', models.F('started_at'))), name='registerverification_ends_after_it_starts')],
            },
        ),
        migrations.AddConstraint(
            model_name='registercheckpoint',
            constraint=models.UniqueConstraint(fields=('epoch', 'number'), name='registercheckpoint_number_once'),
        ),
        migrations.AddConstraint(
            model_name='registercheckpoint',
            constraint=models.UniqueConstraint(fields=('previous',), name='registercheckpoint_follows_one'),
        ),
        migrations.AddConstraint(
            model_name='registercheckpoint',
            constraint=models.UniqueConstraint(fields=('last_seq',), name='registercheckpoint_covers_once'),
        ),
        migrations.AddConstraint(
            model_name='registercheckpoint',
            constraint=models.CheckConstraint(condition=models.Q(('first_seq__gte', 1), ('first_seq__lte', models.F('last_seq')), ('number__gte', 1)), name='registercheckpoint_covers_something'),
        ),
        migrations.AddConstraint(
            model_name='registerpublication',
            constraint=models.UniqueConstraint(condition=models.Q(('ok', True)), fields=('checkpoint', 'place'), name='registerpublication_done_once'),
        ),
        AppendOnly("units_registercheckpoint"),
        AppendOnly("units_registerpublication"),
    ]
