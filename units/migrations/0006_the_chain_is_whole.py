import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from units.append_only import AppendOnly

HASHES = ("leaf_hash", "prev_hash", "link_hash")


class Migration(migrations.Migration):
    dependencies = [("units", "0005_chain_what_is_numbered")]
    operations = [
        migrations.AlterField(
            model_name="registerlink",
            name="epoch",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="units.registerepoch",
            ),
        ),
        *(
            migrations.AlterField(
                model_name="registerlink", name=name, field=models.BinaryField(max_length=32)
            )
            for name in HASHES
        ),
        migrations.AddConstraint(
            model_name="registerlink",
            constraint=models.UniqueConstraint(
                fields=("prev_hash",), name="registerlink_follows_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="registerlink",
            constraint=models.UniqueConstraint(
                fields=("link_hash",), name="registerlink_hash_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="registerlink",
            constraint=models.CheckConstraint(
                condition=models.Q(*(Exact(Length(name), 32) for name in HASHES)),
                name="registerlink_hashes_have_32_bytes",
            ),
        ),
        AppendOnly("units_registerlink"),
    ]
