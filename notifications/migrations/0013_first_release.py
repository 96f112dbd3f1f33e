import datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Everything of the first release: notices, attempts, absences and webhooks.

    Takes the place of the steps that led there: a new database makes each table once, where it made
    and rebuilt them step by step. Numbers go on after them, because a backup names its last one.
    """

    initial = True
    replaces = [
        ('notifications', '0001_notices_and_attempts'),
        ('notifications', '0002_notices_about_accounts'),
        ('notifications', '0003_notices_about_cases'),
        ('notifications', '0004_undelivered_ones_by_key'),
        ('notifications', '0005_notices_about_reports'),
        ('notifications', '0006_withheld_notices'),
        ('notifications', '0007_notices_go_together'),
        ('notifications', '0008_hints_to_programs'),
        ('notifications', '0009_absences'),
        ('notifications', '0010_addresses_say_how_they_fare'),
        ('notifications', '0011_telephones'),
        ('notifications', '0012_duties_handed_on'),
    ]

    dependencies = [
        ('commitments', '0028_first_release'),
        ('units', '0014_first_release'),
        ('units', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='FeedPosition',
            fields=[
                ('consumer', models.SlugField(max_length=20, primary_key=True, serialize=False)),
                ('seq', models.BigIntegerField(default=0)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.SlugField(max_length=40, unique=True)),
                ('url', models.CharField(max_length=500)),
                ('types', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('active', 'Active'), ('paused', 'Paused'), ('disabled', 'Disabled')], default='active', max_length=8)),
                ('reason', models.CharField(blank=True, choices=[('program', 'The program has paused it.'), ('person', 'An administrator has paused it.'), ('restore', 'A backup was put back.'), ('gone', 'The receiver said that it is gone for good (410).'), ('failing', 'The receiver has failed for three days.')], max_length=8)),
                ('seq', models.BigIntegerField()),
                ('runs', models.PositiveIntegerField(default=0)),
                ('failing_since', models.DateTimeField(null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('rests_until', models.DateTimeField(null=True)),
                ('last_called_at', models.DateTimeField(null=True)),
                ('last_outcome', models.CharField(blank=True, choices=[('ok', 'Accepted'), ('status', 'The receiver answered with an error'), ('redirect', 'The receiver sent us elsewhere; nobody follows'), ('address', 'The address is not allowed'), ('name', 'The name has no address'), ('connect', 'No connection'), ('tls', 'The certificate or the encryption is not accepted'), ('timeout', 'No answer in time'), ('malformed', 'The answer is not HTTP'), ('lost', 'Unknown: the process ended')], max_length=9)),
                ('last_status', models.PositiveSmallIntegerField(null=True)),
                ('created_at', models.DateTimeField()),
                ('etag_version', models.PositiveIntegerField(default=1)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='webhooks', to='units.apiclient')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('last_called_at', None), ('last_outcome', ''), ('last_status', None)), models.Q(('last_called_at__isnull', False), models.Q(('last_outcome', ''), _negated=True)), _connector='OR'), name='webhookendpoint_that_was_called_says_what_came_of_it'), models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), ('state', 'active')), models.Q(models.Q(('state', 'active'), _negated=True), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='webhookendpoint_that_is_silent_has_a_reason'), models.CheckConstraint(condition=models.Q(('url__startswith', 'https://')), name='webhookendpoint_is_encrypted'), models.CheckConstraint(condition=models.Q(models.Q(('failing_since', None), ('failures', 0), ('rests_until', None)), models.Q(('failing_since__isnull', False), ('failures__gt', 0)), _connector='OR'), name='webhookendpoint_that_fails_says_since_when')],
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(unique=True)),
                ('seq', models.BigIntegerField()),
                ('type', models.CharField(max_length=40)),
                ('ref', models.CharField(max_length=120)),
                ('run', models.PositiveIntegerField(default=0)),
                ('at', models.DateTimeField()),
                ('state', models.CharField(choices=[('pending', 'To be sent'), ('leased', 'Being sent'), ('delivered', 'Delivered'), ('failed', 'Given up'), ('cancelled', 'No longer needed')], default='pending', max_length=9)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField()),
                ('last_status', models.PositiveSmallIntegerField(null=True)),
                ('last_outcome', models.CharField(blank=True, choices=[('ok', 'Accepted'), ('status', 'The receiver answered with an error'), ('redirect', 'The receiver sent us elsewhere; nobody follows'), ('address', 'The address is not allowed'), ('name', 'The name has no address'), ('connect', 'No connection'), ('tls', 'The certificate or the encryption is not accepted'), ('timeout', 'No answer in time'), ('malformed', 'The answer is not HTTP'), ('lost', 'Unknown: the process ended')], max_length=9)),
                ('lease_token', models.UUIDField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='notifications.webhookendpoint')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['next_try_at', 'id'], name='webhookdelivery_to_send'), models.Index(condition=models.Q(('state', 'leased')), fields=['lease_until'], name='webhookdelivery_abandoned'), models.Index(fields=['endpoint', '-id'], name='webhookdelivery_of_address'), models.Index(condition=models.Q(('state__in', ['delivered', 'failed', 'cancelled'])), fields=['created_at'], name='webhookdelivery_to_forget')],
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'seq', 'type', 'ref', 'run'), name='webhookdelivery_once'), models.CheckConstraint(condition=models.Q(models.Q(('lease_token__isnull', False), ('lease_until__isnull', False), ('state', 'leased')), models.Q(models.Q(('state', 'leased'), _negated=True), ('lease_token', None), ('lease_until', None)), _connector='OR'), name='webhookdelivery_leased_has_token')],
            },
        ),
        migrations.CreateModel(
            name='ChannelState',
            fields=[
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'Text message'), ('inbox', 'Inbox only')], max_length=8, primary_key=True, serialize=False)),
                ('broken_since', models.DateTimeField(null=True)),
                ('next_try_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('broken_since', None), ('next_try_at', None)), models.Q(('broken_since__isnull', False), ('next_try_at__isnull', False)), _connector='OR'), name='channel_broken_has_next_try')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(unique=True)),
                ('kind', models.CharField(choices=[('escalation', 'Escalation'), ('request', 'Request'), ('reminder', 'Reminder'), ('result', 'Result'), ('system', 'System')], max_length=10)),
                ('message', models.SlugField(max_length=40)),
                ('role', models.CharField(blank=True, choices=[('assigner', 'Assigner'), ('planner', 'Planner'), ('reporter', 'Reporter'), ('verifier', 'Verifier'), ('supervisor', 'Supervisor'), ('inspector', 'Inspector'), ('records_officer', 'Records officer'), ('administrator', 'Administrator')], max_length=20)),
                ('awaits', models.CharField(blank=True, choices=[('sign', 'Signature'), ('countersign', 'Countersignature'), ('answer', 'Answer to a return or refusal'), ('assign', 'Assignment of a backlog case'), ('case', 'Resolution of a backlog case'), ('verify', 'Verification'), ('report', 'Handing in of reports'), ('missing', 'Reports missing after the lock')], max_length=12)),
                ('awaits_recipient', models.BooleanField(default=False)),
                ('due_on', models.DateField(null=True)),
                ('created_at', models.DateTimeField()),
                ('not_before', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('pending', 'To be sent'), ('held', 'Held until morning'), ('gathered', 'To be sent with others in one letter'), ('leased', 'Being sent'), ('accepted', 'Handed over'), ('delivered', 'Read'), ('unknown', 'Perhaps sent'), ('withheld', 'Withheld until a person decides'), ('cancelled', 'No longer needed'), ('dead', 'Could not be delivered')], default='pending', max_length=10)),
                ('end_reason', models.CharField(blank=True, max_length=300)),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'Text message'), ('inbox', 'Inbox only')], default='email', max_length=8)),
                ('fallbacks', models.CharField(blank=True, max_length=20)),
                ('daily', models.BooleanField(default=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('doubts', models.PositiveSmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField(null=True)),
                ('lease_token', models.UUIDField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('read_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='commitments.backlogcase')),
                ('led_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='led', to='notifications.notice')),
                ('link', models.ForeignKey(db_column='seq', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.registerlink')),
                ('on_behalf_of', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('position', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.position')),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to=settings.AUTH_USER_MODEL)),
                ('round', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='commitments.reportround')),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='commitments.commitmentversion')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['pending', 'held', 'unknown'])), fields=['not_before', 'id'], name='notice_to_send'), models.Index(condition=models.Q(('state__in', ['dead', 'unknown'])), fields=['id'], name='notice_undelivered'), models.Index(condition=models.Q(('state', 'leased')), fields=['lease_until'], name='notice_abandoned'), models.Index(fields=['recipient', '-id'], name='notice_of_recipient'), models.Index(condition=models.Q(('read_at', None), models.Q(('state', 'cancelled'), _negated=True)), fields=['recipient'], name='notice_unread'), models.Index(condition=models.Q(('state__in', ['pending', 'held'])), fields=['version', 'awaits'], name='notice_waiting_about'), models.Index(condition=models.Q(('case__isnull', False), ('state__in', ['pending', 'held'])), fields=['case', 'awaits'], name='notice_waiting_about_case'), models.Index(condition=models.Q(('round__isnull', False), ('state__in', ['pending', 'held'])), fields=['round', 'awaits'], name='notice_waiting_about_round'), models.Index(condition=models.Q(('state', 'withheld')), fields=['id'], name='notice_withheld'), models.Index(condition=models.Q(('state', 'dead')), fields=['id'], name='notice_dead')],
                'constraints': [models.UniqueConstraint(fields=('link', 'recipient', 'kind'), name='notice_once'), models.CheckConstraint(condition=models.Q(models.Q(('lease_token__isnull', False), ('lease_until__isnull', False), ('state', 'leased')), models.Q(models.Q(('state', 'leased'), _negated=True), ('lease_token', None), ('lease_until', None)), _connector='OR'), name='notice_leased_has_token'), models.CheckConstraint(condition=models.Q(('fallbacks', ''), models.Q(('channel', 'email'), ('fallbacks', 'sms')), models.Q(('channel', 'sms'), ('fallbacks', 'email')), _connector='OR'), name='notice_falls_back_on_another_channel'), models.CheckConstraint(condition=models.Q(models.Q(('channel', 'inbox'), _negated=True), models.Q(('state__in', ['pending', 'held', 'gathered', 'leased', 'unknown']), _negated=True), _connector='OR'), name='notice_for_the_inbox_is_not_sent'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['cancelled', 'dead', 'withheld']), _negated=True), models.Q(('end_reason', ''), _negated=True), _connector='OR'), name='notice_unsent_has_reason'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'gathered'), _negated=True), ('led_by__isnull', False), _connector='OR'), name='notice_gathered_has_leader'), models.CheckConstraint(condition=models.Q(('led_by', None), models.Q(('led_by', models.F('pk')), _negated=True), _connector='OR'), name='notice_leads_not_itself'), models.CheckConstraint(condition=models.Q(('on_behalf_of', None), models.Q(('on_behalf_of', models.F('recipient')), _negated=True), _connector='OR'), name='notice_on_behalf_of_another'), models.CheckConstraint(condition=models.Q(('on_behalf_of', None), models.Q(('case__isnull', True), ('round__isnull', True), ('version__isnull', True), _negated=True), _connector='OR'), name='notice_on_behalf_is_no_account'), models.CheckConstraint(condition=models.Q(('position__isnull', False), models.Q(('role', ''), _negated=True), models.Q(('case__isnull', True), ('round__isnull', True), ('version__isnull', True)), _connector='OR'), name='notice_has_office_or_role'), models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', True), ('round__isnull', True), ('version__isnull', True), _negated=True), models.Q(('awaits', ''), ('awaits_recipient', False)), _connector='OR'), name='notice_about_an_account_awaits_nothing'), models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', True), ('round__isnull', True), ('version__isnull', True)), models.Q(('version__isnull', False), ('case__isnull', True), ('round__isnull', True)), models.Q(('case__isnull', False), ('round__isnull', True), ('version__isnull', True)), models.Q(('round__isnull', False), ('case__isnull', True), ('version__isnull', True)), _connector='OR'), name='notice_about_one_thing')],
            },
        ),
        migrations.CreateModel(
            name='DeliveryAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'Text message'), ('inbox', 'Inbox only')], max_length=8)),
                ('number', models.PositiveSmallIntegerField()),
                ('lease_token', models.UUIDField()),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('accepted', 'Accepted'), ('deferred', 'Not now'), ('refused', 'Refused for this recipient'), ('lost', 'Unknown: the connection was lost'), ('broken', 'The channel does not work')], max_length=8)),
                ('code', models.CharField(blank=True, max_length=300)),
                ('maybe_duplicate', models.BooleanField(default=False)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tries', to='notifications.notice')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('notice', 'channel', 'number'), name='attempt_once'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('outcome', '')), models.Q(models.Q(('outcome', ''), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='attempt_ends_with_outcome')],
            },
        ),
        migrations.CreateModel(
            name='Preference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channels', models.JSONField(default=list)),
                ('daily', models.BooleanField(default=False)),
                ('quiet_from', models.TimeField(default=datetime.time(20, 0))),
                ('quiet_to', models.TimeField(default=datetime.time(7, 0))),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SetAside',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('consumer', models.SlugField(max_length=20)),
                ('seq', models.BigIntegerField()),
                ('error', models.TextField()),
                ('at', models.DateTimeField()),
                ('resolved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('consumer', 'seq'), name='setaside_once')],
            },
        ),
        migrations.CreateModel(
            name='Telephone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=16)),
                ('verified_at', models.DateTimeField()),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('number__startswith', '+')), name='telephone_has_its_country')],
            },
        ),
        migrations.CreateModel(
            name='TelephoneCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(unique=True)),
                ('number', models.CharField(max_length=16)),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('guesses', models.PositiveSmallIntegerField(default=0)),
                ('ended_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['number', 'made_at'], name='telephonecode_of_number')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('person',), name='telephonecode_one_open'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('made_at'))), name='telephonecode_expires_later'), models.CheckConstraint(condition=models.Q(('guesses__lt', 5), models.Q(('ended_at__isnull', False), ('guesses', 5)), _connector='OR'), name='telephonecode_guessed_wrong_too_often_is_over'), models.CheckConstraint(condition=models.Q(('number__startswith', '+')), name='telephonecode_has_its_country')],
            },
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('lease_token', models.UUIDField()),
                ('started_at', models.DateTimeField()),
                ('duration_ms', models.PositiveIntegerField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('ok', 'Accepted'), ('status', 'The receiver answered with an error'), ('redirect', 'The receiver sent us elsewhere; nobody follows'), ('address', 'The address is not allowed'), ('name', 'The name has no address'), ('connect', 'No connection'), ('tls', 'The certificate or the encryption is not accepted'), ('timeout', 'No answer in time'), ('malformed', 'The answer is not HTTP'), ('lost', 'Unknown: the process ended')], max_length=9)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tries', to='notifications.webhookdelivery')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('delivery', 'number'), name='webhookattempt_once'), models.CheckConstraint(condition=models.Q(models.Q(('duration_ms', None), ('outcome', ''), ('status', None)), models.Q(models.Q(('outcome', ''), _negated=True), ('duration_ms__isnull', False)), _connector='OR'), name='webhookattempt_that_ended_has_an_outcome')],
            },
        ),
        migrations.CreateModel(
            name='WebhookSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField()),
                ('sealed', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('retires_at', models.DateTimeField(null=True)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='secrets', to='notifications.webhookendpoint')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'place'), name='webhooksecret_once'), models.CheckConstraint(condition=models.Q(models.Q(('place', 0), ('retires_at', None)), models.Q(('place', 1), ('retires_at__gt', models.F('created_at')), ('retires_at__isnull', False)), _connector='OR'), name='webhooksecret_is_the_newest_or_retires')],
            },
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_on', models.DateField(verbose_name='first day')),
                ('to_on', models.DateField(verbose_name='last day')),
                ('entered_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('deputy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stands_in', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='absences', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['to_on'], name='absence_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('to_on__gte', models.F('from_on'))), name='absence_range_not_empty'), models.CheckConstraint(condition=models.Q(('deputy', models.F('person')), _negated=True), name='absence_deputy_is_another'), models.CheckConstraint(condition=models.Q(('ended_at', None), ('ended_at__gte', models.F('entered_at')), _connector='OR'), name='absence_ended_after_entered'), models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('person', 'from_on'), name='absence_begins_once')],
            },
        ),
    ]
