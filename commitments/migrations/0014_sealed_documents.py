import django.db.models.deletion
from django.db import migrations, models

from units.append_only import AppendOnly, FrozenOnce


class Migration(migrations.Migration):

    dependencies = [
        ('commitments', '0013_case_extensions_and_explanations'),
    ]

    operations = [
        migrations.CreateModel(
            name='DocumentChain',
            fields=[
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='chain', serialize=False, to='commitments.document')),
                ('last_no', models.PositiveSmallIntegerField()),
                ('last_sha256', models.CharField(max_length=64, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='RevisionCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('valid', 'Checked: every signature is valid'), ('invalid', 'Checked: something is wrong')], max_length=8)),
                ('faults', models.TextField(blank=True)),
                ('checked_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SealCertificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.CharField(max_length=64, unique=True)),
                ('subject', models.CharField(max_length=300)),
                ('chain', models.TextField()),
                ('valid_until', models.DateTimeField()),
                ('is_demo', models.BooleanField()),
                ('first_used_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SealUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document_uuid', models.UUIDField()),
                ('base_no', models.PositiveSmallIntegerField()),
                ('out_sha256', models.CharField(max_length=64, unique=True)),
                ('cms_sha256', models.CharField(max_length=64, unique=True)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='documentrevision',
            name='level_asked',
            field=models.CharField(blank=True, choices=[('B-B', 'Without timestamp (B-B)'), ('B-T', 'With timestamp (B-T)')], max_length=5),
        ),
        migrations.AddField(
            model_name='documentrevision',
            name='level_reached',
            field=models.CharField(blank=True, choices=[('B-B', 'Without timestamp (B-B)'), ('B-T', 'With timestamp (B-T)')], max_length=5),
        ),
        migrations.AddField(
            model_name='signatureact',
            name='before_seals',
            field=models.BooleanField(default=True),  # true of every row that is there now
        ),
        migrations.AlterField(
            model_name='signatureact',
            name='before_seals',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='signatureact',
            name='revision',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='signature_act', to='commitments.documentrevision'),
        ),
        migrations.AlterField(
            model_name='documentrevision',
            name='kind',
            field=models.CharField(choices=[('rendered', 'The text, with room for signatures'), ('sealed', "Closed by the organisation's seal"), ('act', 'A signature'), ('evidence', 'Evidence added later')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='documentrevision',
            constraint=models.CheckConstraint(condition=models.Q(('tail', b''), _negated=True), name='documentrevision_adds_bytes'),
        ),
        migrations.AddConstraint(
            model_name='documentrevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'rendered'), ('no', 0)), models.Q(('kind', 'sealed'), ('no', 1)), models.Q(('kind__in', ['act', 'evidence']), ('no__gt', 1)), _connector='OR'), name='documentrevision_rendered_then_sealed_then_signed'),
        ),
        migrations.AddConstraint(
            model_name='documentrevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['sealed', 'act']), models.Q(('level_asked', ''), _negated=True), models.Q(('level_reached', ''), _negated=True)), models.Q(('kind__in', ['rendered', 'evidence']), ('level_asked', ''), ('level_reached', '')), _connector='OR'), name='documentrevision_signature_has_its_levels'),
        ),
        migrations.AddConstraint(
            model_name='signatureact',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('before_seals', True), ('revision', None)), models.Q(('act__in', ['sign', 'countersign']), ('before_seals', False), ('revision__isnull', False)), models.Q(models.Q(('act__in', ['sign', 'countersign']), _negated=True), ('revision', None)), _connector='OR'), name='signatureact_signing_has_its_revision'),
        ),
        migrations.AddConstraint(
            model_name='documentchain',
            constraint=models.CheckConstraint(condition=models.Q(('last_no__gte', 1)), name='documentchain_begins_sealed'),
        ),
        migrations.AddField(
            model_name='revisioncheck',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='commitments.documentrevision'),
        ),
        migrations.AddField(
            model_name='sealuse',
            name='certificate',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='commitments.sealcertificate'),
        ),
        migrations.AddConstraint(
            model_name='revisioncheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('faults', ''), ('status', 'valid')), models.Q(('status', 'invalid'), models.Q(('faults', ''), _negated=True)), _connector='OR'), name='revisioncheck_invalid_says_why'),
        ),
        migrations.AddIndex(
            model_name='revisioncheck',
            index=models.Index(condition=models.Q(('status', 'invalid')), fields=['revision'], name='revisioncheck_invalid'),
        ),
        migrations.AddIndex(
            model_name='sealuse',
            index=models.Index(fields=['document_uuid', 'base_no'], name='sealuse_of_document'),
        ),
        # Nobody can say any more that an act was done before documents were sealed.
        FrozenOnce("commitments_signatureact", "{row}.before_seals", verbs=("INSERT",)),
        # SQLite has rebuilt the first two and lost their triggers.
        *[
            AppendOnly(f"commitments_{table}")
            for table in (
                "documentrevision", "signatureact", "sealcertificate", "sealuse", "revisioncheck",
            )
        ],
    ]
