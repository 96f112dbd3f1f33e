import datetime

import django.contrib.auth.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

from units.append_only import AppendOnly


class Migration(migrations.Migration):
    """Everything of the first release: the organisation, its people, their ways in, and the register.

    Takes the place of the steps that led there: a new database makes each table once, where it made
    and rebuilt them step by step. Numbers go on after them, because a backup names its last one.
    """

    initial = True
    replaces = [
        ('units', '0001_organisation_people_register'),
        ('units', '0002_register_is_append_only'),
        ('units', '0003_invitations_and_factor_resets'),
        ('units', '0004_register_chain'),
        ('units', '0005_chain_what_is_numbered'),
        ('units', '0006_the_chain_is_whole'),
        ('units', '0007_checkpoints'),
        ('units', '0008_imports_of_units_and_people'),
        ('units', '0009_answers_that_are_kept'),
        ('units', '0010_restorations'),
        ('units', '0011_batches_under_way'),
        ('units', '0012_lines_of_the_feed'),
        ('units', '0013_the_feed_forgets'),
    ]

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='JobKind',
            fields=[
                ('name', models.SlugField(max_length=40, primary_key=True, serialize=False)),
                ('min_code_version', models.PositiveIntegerField(default=0)),
                ('last_ok_at', models.DateTimeField(null=True)),
                ('last_error', models.TextField(blank=True)),
                ('last_error_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('username', models.CharField(max_length=60, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='user name')),
                ('full_name', models.CharField(max_length=150, verbose_name='full name')),
                ('personnel_no', models.CharField(blank=True, max_length=30, verbose_name='personnel number')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('phone', models.CharField(blank=True, max_length=30, verbose_name='telephone')),
                ('language', models.CharField(choices=[('vi', 'Vietnamese'), ('en', 'English')], default='vi', max_length=2, verbose_name='language')),
                ('kind', models.CharField(choices=[('human', 'Person'), ('machine', 'Machine')], default='human', max_length=8)),
                ('is_active', models.BooleanField(default=True, verbose_name='may log in')),
                ('must_change_password', models.BooleanField(default=False)),
                ('must_enrol_factor', models.BooleanField(default=False)),
                ('may_sign_from', models.DateTimeField(blank=True, null=True)),
                ('date_joined', models.DateTimeField(null=True)),
                ('provenance', models.CharField(choices=[('live', 'Live data'), ('sourced', 'From a published source'), ('derived', 'Calculated from a source'), ('synthetic', 'Demonstration data')], default='live', max_length=10)),
                ('etag_version', models.PositiveIntegerField(default=1)),
                ('password_given_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('password_vouched_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind', 'human'), ('personnel_no', ''), _connector='OR'), name='user_machine_has_no_personnel_no'), models.CheckConstraint(condition=models.Q(('password_vouched_by', None), models.Q(('password_given_by__isnull', False), models.Q(('password_vouched_by', models.F('password_given_by')), _negated=True), models.Q(('password_vouched_by', models.F('id')), _negated=True)), _connector='OR'), name='user_password_takes_two_administrators', violation_error_message='Another administrator vouches that the password reached its person.'), models.UniqueConstraint(condition=models.Q(('personnel_no', ''), _negated=True), fields=('personnel_no',), name='user_personnel_no_once')],
            },
        ),
        migrations.CreateModel(
            name='OrgUnit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.SlugField(max_length=40, unique=True, verbose_name='permanent reference')),
                ('kind', models.CharField(choices=[('province', 'Province'), ('district', 'District'), ('commune', 'Commune'), ('ward', 'Ward'), ('town', 'Town'), ('special_zone', 'Special zone'), ('party_committee', 'Party committee'), ('party_body', 'Party body'), ('front', 'Fatherland Front'), ('socio_political_org', 'Socio-political organisation'), ('peoples_committee', "People's Committee"), ('department', 'Department'), ('service_unit', 'Public service unit'), ('other', 'Other')], max_length=20, verbose_name='kind')),
                ('valid_from', models.DateField(verbose_name='exists from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='exists until (first day without it)')),
                ('founding_decision', models.CharField(blank=True, max_length=200, verbose_name='founding decision')),
                ('provenance', models.CharField(choices=[('live', 'Live data'), ('sourced', 'From a published source'), ('derived', 'Calculated from a source'), ('synthetic', 'Demonstration data')], default='live', max_length=10)),
                ('source_ref', models.CharField(blank=True, max_length=500)),
                ('etag_version', models.PositiveIntegerField(default=1)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='orgunit_range_not_empty', violation_error_message='A unit ends after it begins.'), models.CheckConstraint(condition=models.Q(('provenance__in', ['live', 'synthetic']), models.Q(('source_ref', ''), _negated=True), _connector='OR'), name='orgunit_sourced_has_ref')],
            },
        ),
        migrations.CreateModel(
            name='Position',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.SlugField(max_length=60, unique=True)),
                ('title_vi', models.CharField(max_length=200, verbose_name='title in Vietnamese')),
                ('title_en', models.CharField(blank=True, max_length=200, verbose_name='title in English')),
                ('tree', models.CharField(choices=[('admin', 'Authority'), ('party', 'Party'), ('front', 'Front'), ('statistical', 'Statistical')], default='admin', max_length=12, verbose_name='line')),
                ('is_head', models.BooleanField(default=False, verbose_name='heads the unit in this line')),
                ('rank', models.PositiveSmallIntegerField(default=1, verbose_name='rank')),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('provenance', models.CharField(choices=[('live', 'Live data'), ('sourced', 'From a published source'), ('derived', 'Calculated from a source'), ('synthetic', 'Demonstration data')], default='live', max_length=10)),
                ('etag_version', models.PositiveIntegerField(default=1)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='positions', to='units.orgunit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_head', True), ('valid_to', None)), fields=('unit', 'tree'), name='position_one_open_head', violation_error_message='This unit already has a head in that line.'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='position_range_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='RegisterEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(unique=True)),
                ('kind', models.CharField(max_length=60)),
                ('subject_kind', models.CharField(max_length=30)),
                ('subject_ref', models.CharField(max_length=80)),
                ('subject_version', models.PositiveIntegerField(null=True)),
                ('published', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('request_id', models.CharField(blank=True, max_length=40)),
                ('text', models.TextField()),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('office', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.position')),
            ],
            options={
                'indexes': [models.Index(fields=['subject_kind', 'subject_ref', 'id'], name='registerentry_by_subject'), models.Index(fields=['kind', 'id'], name='registerentry_by_kind')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('subject_version__isnull', False)), fields=('subject_kind', 'subject_ref', 'subject_version'), name='registerentry_subject_version_once')],
            },
        ),
        migrations.CreateModel(
            name='ApiClient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('scopes', models.JSONField(default=list)),
                ('disabled_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='api_client', to=settings.AUTH_USER_MODEL)),
                ('owner_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.orgunit')),
                ('unit_scope', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.orgunit')),
            ],
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prefix', models.CharField(max_length=8, unique=True)),
                ('token_hash', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tokens', to='units.apiclient')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at')), ('expires_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=365))))), name='token_expires_within_a_year', violation_error_message='A token expires within a year.')],
            },
        ),
        migrations.CreateModel(
            name='DemonstrationClock',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('offset_seconds', models.FloatField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='demonstrationclock_is_one_row')],
            },
        ),
        migrations.CreateModel(
            name='FactorReset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField(verbose_name='reason')),
                ('asked_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='factor_resets', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('confirmed_at', None), ('withdrawn_at', None)), fields=('person',), name='factorreset_one_open'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='factorreset_has_reason'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('asked_at'))), name='factorreset_expires'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('confirmed_by', None)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), ('withdrawn_at', None)), _connector='OR'), name='factorreset_confirmed_together'), models.CheckConstraint(condition=models.Q(models.Q(('asked_by', models.F('person')), _negated=True), models.Q(('confirmed_by', None), models.Q(models.Q(('confirmed_by', models.F('asked_by')), _negated=True), models.Q(('confirmed_by', models.F('person')), _negated=True)), _connector='OR')), name='factorreset_takes_two_administrators', violation_error_message='A second administrator confirms, and never the person.')],
            },
        ),
        migrations.CreateModel(
            name='FeedKept',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.BigIntegerField(default=0)),
                ('floor', models.BigIntegerField(default=0)),
                ('form', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='feedkept_is_one_row'), models.CheckConstraint(condition=models.Q(('floor__gte', 0), ('floor__lte', models.F('seq'))), name='feedkept_forgets_what_was_kept')],
            },
        ),
        migrations.CreateModel(
            name='FeedLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('ref', models.CharField(max_length=80)),
                ('body', models.TextField(null=True)),
                ('day', models.DateField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'ref'), name='feedline_once')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('method', models.CharField(max_length=8)),
                ('path', models.TextField()),
                ('fingerprint', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('headers', models.JSONField(default=dict)),
                ('body', models.TextField(blank=True)),
                ('expires_at', models.DateTimeField()),
                ('holder', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['expires_at'], name='idempotency_expired')],
                'constraints': [models.UniqueConstraint(fields=('holder', 'key'), name='idempotency_key_has_one_answer_per_holder'), models.CheckConstraint(condition=models.Q(django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('key'), 16), django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('key'), 64)), name='idempotency_key_has_16_to_64_signs'), models.CheckConstraint(condition=models.Q(('status', None), models.Q(('status__gte', 200), ('status__lt', 300)), ('status__in', [409, 412, 422]), _connector='OR'), name='idempotency_keeps_effects_and_lasting_refusals')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(unique=True)),
                ('sent_to', models.EmailField(max_length=254)),
                ('invited_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at', None), ('used_at', None)), fields=('person',), name='invitation_one_open'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('invited_at'))), name='invitation_expires'), models.CheckConstraint(condition=models.Q(('used_at', None), ('revoked_at', None), _connector='OR'), name='invitation_used_or_revoked'), models.CheckConstraint(condition=models.Q(('invited_by', models.F('person')), _negated=True), name='invitation_not_by_itself', violation_error_message='Nobody invites oneself.')],
            },
        ),
        migrations.CreateModel(
            name='JobRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('job', models.SlugField(max_length=40)),
                ('host', models.CharField(max_length=253)),
                ('began_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['job', 'began_at'], name='jobrun_of_job')],
            },
        ),
        migrations.CreateModel(
            name='OrganisationImport',
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
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('uploaded_by',), name='organisationimport_one_waiting'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'waiting'), ('content__isnull', False)), models.Q(models.Q(('state', 'waiting'), _negated=True), ('content', None)), _connector='OR'), name='organisationimport_kept_while_waiting'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'waiting'), ('ended_at', None), ('ended_by', None)), models.Q(models.Q(('state', 'waiting'), _negated=True), ('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='organisationimport_ended_has_time')],
            },
        ),
        migrations.CreateModel(
            name='OrgEdge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tree', models.CharField(choices=[('admin', 'Authority'), ('party', 'Party'), ('front', 'Front'), ('statistical', 'Statistical')], max_length=12)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('child', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='edges_up', to='units.orgunit')),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='edges_down', to='units.orgunit')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('parent', models.F('child')), _negated=True), name='orgedge_not_to_itself', violation_error_message='A unit does not stand under itself.'), models.UniqueConstraint(condition=models.Q(('valid_to', None)), fields=('child', 'tree'), name='orgedge_one_open_parent', violation_error_message='This unit already has a superior in that line.'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='orgedge_range_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='OrgUnitVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_vi', models.CharField(max_length=200, verbose_name='name in Vietnamese')),
                ('name_en', models.CharField(blank=True, max_length=200, verbose_name='name in English')),
                ('short_name', models.CharField(blank=True, max_length=60, verbose_name='short name')),
                ('official_code', models.CharField(blank=True, max_length=20, verbose_name='official code')),
                ('code_system', models.CharField(blank=True, max_length=20, verbose_name='code system')),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='units.orgunit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('valid_to', None)), fields=('unit',), name='orgunitversion_one_open'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='orgunitversion_range_not_empty'), models.UniqueConstraint(condition=models.Q(('valid_to', None), models.Q(('official_code', ''), _negated=True)), fields=('code_system', 'official_code'), name='orgunitversion_code_one_open_holder', violation_error_message='Another unit holds this code today.')],
            },
        ),
        migrations.CreateModel(
            name='Oversight',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tree', models.CharField(choices=[('admin', 'Authority'), ('party', 'Party'), ('front', 'Front'), ('statistical', 'Statistical')], default='admin', max_length=12)),
                ('level', models.CharField(choices=[('supervisor', 'Supervisor'), ('leader_in_charge', 'Leader in charge'), ('standing_committee', 'Standing committee')], max_length=20)),
                ('with_subtree', models.BooleanField(default=True)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='overseen_by', to='units.orgunit')),
                ('position', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='oversights', to='units.position')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='oversight_range_not_empty'), models.UniqueConstraint(condition=models.Q(('valid_to', None)), fields=('position', 'unit', 'tree', 'level'), name='oversight_one_open')],
            },
        ),
        migrations.CreateModel(
            name='Appointment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.SlugField(max_length=40, unique=True)),
                ('mode', models.CharField(choices=[('titular', 'Titular'), ('acting', 'Acting'), ('delegate', 'Delegate')], default='titular', max_length=10, verbose_name='manner')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (first day without it)')),
                ('decision_number', models.CharField(blank=True, max_length=60, verbose_name='decision number')),
                ('decision_on', models.DateField(blank=True, null=True, verbose_name='decision of')),
                ('acting_reason', models.CharField(blank=True, choices=[('vacant', 'The office is vacant'), ('absence', 'The holder is absent'), ('suspension', 'The holder is suspended')], max_length=12, verbose_name='reason for acting')),
                ('scope', models.JSONField(blank=True, default=list, verbose_name='acts delegated')),
                ('form', models.CharField(blank=True, choices=[('kt', 'KT. (deputy for the head)'), ('tl', 'TL. (by order)'), ('tuq', 'TUQ. (by authorisation)')], max_length=4, verbose_name='form of delegation')),
                ('provenance', models.CharField(choices=[('live', 'Live data'), ('sourced', 'From a published source'), ('derived', 'Calculated from a source'), ('synthetic', 'Demonstration data')], default='live', max_length=10)),
                ('etag_version', models.PositiveIntegerField(default=1)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to=settings.AUTH_USER_MODEL)),
                ('delegate_position', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='delegations_held', to='units.position')),
                ('position', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='units.position')),
            ],
            options={
                'indexes': [models.Index(fields=['person', 'valid_from'], name='appointment_of_person')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('mode', 'titular'), ('valid_to', None)), fields=('position',), name='appointment_one_open_titular', violation_error_message='This office already has a holder.'), models.UniqueConstraint(condition=models.Q(('mode', 'acting'), ('valid_to', None)), fields=('position',), name='appointment_one_open_acting', violation_error_message='This office already has an acting holder.'), models.CheckConstraint(condition=models.Q(models.Q(('mode', 'acting'), models.Q(('acting_reason', ''), _negated=True)), models.Q(models.Q(('mode', 'acting'), _negated=True), ('acting_reason', '')), _connector='OR'), name='appointment_acting_has_reason', violation_error_message='An acting appointment, and only such a one, names its reason.'), models.CheckConstraint(condition=models.Q(models.Q(('mode', 'delegate'), _negated=True), models.Q(('valid_to__isnull', False), models.Q(('decision_number', ''), _negated=True), models.Q(('form', ''), _negated=True), models.Q(('scope', []), _negated=True)), _connector='OR'), name='appointment_delegate_is_bounded', violation_error_message='A delegation has an end, a decision, a form and a list of acts.'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='appointment_range_not_empty', violation_error_message='An appointment ends after it begins.')],
            },
        ),
        migrations.CreateModel(
            name='RegisterPending',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='units.registerentry')),
            ],
        ),
        migrations.CreateModel(
            name='RegisterEpoch',
            fields=[
                ('number', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('after_seq', models.BigIntegerField()),
                ('started_at', models.DateTimeField()),
                ('reason', models.CharField(max_length=500)),
                ('text', models.TextField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('after_seq__gte', 0), ('number__gte', 1)), name='registerepoch_counts_from_one')],
            },
        ),
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
            options={
                'constraints': [models.UniqueConstraint(fields=('epoch', 'number'), name='registercheckpoint_number_once'), models.UniqueConstraint(fields=('previous',), name='registercheckpoint_follows_one'), models.UniqueConstraint(fields=('last_seq',), name='registercheckpoint_covers_once'), models.CheckConstraint(condition=models.Q(('first_seq__gte', 1), ('first_seq__lte', models.F('last_seq')), ('number__gte', 1)), name='registercheckpoint_covers_something')],
            },
        ),
        migrations.CreateModel(
            name='RegisterLink',
            fields=[
                ('seq', models.BigIntegerField(primary_key=True, serialize=False)),
                ('leaf_hash', models.BinaryField(max_length=32)),
                ('prev_hash', models.BinaryField(max_length=32)),
                ('link_hash', models.BinaryField(max_length=32)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='link', to='units.registerentry')),
                ('epoch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.registerepoch')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('prev_hash',), name='registerlink_follows_one'), models.UniqueConstraint(fields=('link_hash',), name='registerlink_hash_once'), models.CheckConstraint(condition=models.Q(django.db.models.lookups.Exact(django.db.models.functions.text.Length('leaf_hash'), 32), django.db.models.lookups.Exact(django.db.models.functions.text.Length('prev_hash'), 32), django.db.models.lookups.Exact(django.db.models.functions.text.Length('link_hash'), 32)), name='registerlink_hashes_have_32_bytes')],
            },
        ),
        migrations.CreateModel(
            name='FeedTouch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('at', models.DateTimeField()),
                ('line', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='touches', to='units.feedline')),
                ('link', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='units.registerlink')),
            ],
            options={
                'indexes': [models.Index(fields=['line', 'link'], name='feedtouch_later')],
                'constraints': [models.UniqueConstraint(fields=('link', 'line'), name='feedtouch_once')],
            },
        ),
        migrations.CreateModel(
            name='RegisterPrivate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=20)),
                ('salt', models.CharField(max_length=32)),
                ('value', models.TextField()),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='private', to='units.registerentry')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('entry', 'field'), name='registerprivate_once')],
            },
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
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ok', True)), fields=('checkpoint', 'place'), name='registerpublication_done_once')],
            },
        ),
        migrations.CreateModel(
            name='RegisterReach',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('moment', models.CharField(choices=[('before', 'Before'), ('after', 'After')], max_length=6)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reach', to='units.registerentry')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.orgunit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('entry', 'unit', 'moment'), name='registerreach_once')],
            },
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
        migrations.CreateModel(
            name='Restoration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('put_back_at', models.DateTimeField()),
                ('backup_made_at', models.DateTimeField(null=True)),
                ('backup_seq', models.BigIntegerField(null=True)),
                ('epoch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='restorations', to='units.registerepoch')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('epoch', None)), fields=['id'], name='restoration_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('backup_made_at', None), ('backup_seq', None)), models.Q(('backup_made_at__isnull', False), ('backup_seq__gte', 0), ('backup_seq__isnull', False)), _connector='OR'), name='restoration_knows_its_backup_or_not'), models.CheckConstraint(condition=models.Q(('backup_made_at', None), ('put_back_at__gte', models.F('backup_made_at')), _connector='OR'), name='restoration_comes_after_its_backup')],
            },
        ),
        migrations.CreateModel(
            name='RoleGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('assigner', 'Assigner'), ('planner', 'Planner'), ('reporter', 'Reporter'), ('verifier', 'Verifier'), ('supervisor', 'Supervisor'), ('inspector', 'Inspector'), ('records_officer', 'Records officer'), ('administrator', 'Administrator')], max_length=20)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('granted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='role_grants', to=settings.AUTH_USER_MODEL)),
                ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='role_grants', to='units.orgunit')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('granted_by', None), models.Q(('granted_by', models.F('person')), _negated=True), _connector='OR'), name='rolegrant_not_by_itself', violation_error_message='Nobody grants a role to oneself.'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='rolegrant_range_not_empty'), models.UniqueConstraint(condition=models.Q(('valid_to', None)), fields=('person', 'role', 'unit'), name='rolegrant_one_open', violation_error_message='This person already has that role there.'), models.UniqueConstraint(condition=models.Q(('unit', None), ('valid_to', None)), fields=('person', 'role'), name='rolegrant_one_open_everywhere', violation_error_message='This person already has that role everywhere.')],
            },
        ),
        migrations.CreateModel(
            name='WorkingCalendar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=20, unique=True)),
                ('week_mask', models.CharField(default='1111100', max_length=7)),
                ('opens_at', models.TimeField(default=datetime.time(8, 0))),
                ('closes_at', models.TimeField(default=datetime.time(17, 0))),
                ('version', models.PositiveIntegerField(default=1)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('week_mask__contains', '1')), name='workingcalendar_mask_has_an_open_day')],
            },
        ),
        migrations.CreateModel(
            name='CalendarDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField(verbose_name='day')),
                ('kind', models.CharField(choices=[('closed', 'Day off'), ('open', 'Working day in exchange')], max_length=6, verbose_name='kind')),
                ('label', models.CharField(max_length=120, verbose_name='occasion')),
                ('source', models.CharField(blank=True, max_length=200, verbose_name='source')),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='days', to='units.workingcalendar')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('calendar', 'date'), name='calendarday_once')],
            },
        ),
        *(
            AppendOnly(f"units_{table}")
            for table in (
                "registerentry",
                "registerreach",
                "registerlink",
                "registerepoch",
                "registercheckpoint",
                "registerpublication",
            )
        ),
    ]
