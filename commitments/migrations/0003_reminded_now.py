import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from units.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("commitments", "0002_evidence_is_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="RemindedNow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField()),
                ("at", models.DateTimeField()),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("version", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="commitments.commitmentversion")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("version", "person", "on"), name="remindednow_once_a_day")],
            },
        ),
        AppendOnly("commitments_remindednow"),
    ]
