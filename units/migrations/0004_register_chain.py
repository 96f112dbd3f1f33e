import django.db.models.deletion
from django.db import migrations, models

from units.append_only import AppendOnly, Unprotected


class Migration(migrations.Migration):
    """Room for the chain. Rows that are there get their hashes in the next migration."""

    dependencies = [("units", "0003_invitations_and_factor_resets")]
    operations = [
        Unprotected("units_registerlink"),
        migrations.CreateModel(
            name="RegisterEpoch",
            fields=[
                ("number", models.PositiveIntegerField(primary_key=True, serialize=False)),
                ("after_seq", models.BigIntegerField()),
                ("started_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=500)),
                ("text", models.TextField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("after_seq__gte", 0), ("number__gte", 1)),
                        name="registerepoch_counts_from_one",
                    )
                ],
            },
        ),
        AppendOnly("units_registerepoch"),
        migrations.AddField(
            model_name="registerlink",
            name="epoch",
            field=models.ForeignKey(
                null=True,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="units.registerepoch",
            ),
        ),
        *(
            migrations.AddField(
                model_name="registerlink",
                name=name,
                field=models.BinaryField(max_length=32, null=True),
            )
            for name in ("leaf_hash", "prev_hash", "link_hash")
        ),
    ]
