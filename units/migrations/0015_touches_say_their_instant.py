"""Touches keep the instant as the feed writes it. They are a copy: dropped here, made again by their job."""

import django.db.models.deletion
from django.db import migrations, models


def begin_anew(apps, schema_editor):
    apps.get_model("units", "FeedKept").objects.update(form="", seq=models.F("floor"))


class Migration(migrations.Migration):
    dependencies = [("units", "0014_first_release")]

    operations = [
        migrations.RunPython(begin_anew, begin_anew),
        migrations.DeleteModel(name="FeedTouch"),
        migrations.CreateModel(
            name="FeedTouch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("at", models.CharField(max_length=32)),
                ("line", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="touches", to="units.feedline")),
                ("link", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="units.registerlink")),
            ],
            options={
                "indexes": [models.Index(fields=["line", "link"], name="feedtouch_later")],
                "constraints": [models.UniqueConstraint(fields=("link", "line"), name="feedtouch_once")],
            },
        ),
    ]
