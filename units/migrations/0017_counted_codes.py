from django.db import migrations

# By numeric value where digits stand; texts that differ are never equal (deterministic).
CREATE = """CREATE COLLATION IF NOT EXISTS counted (provider = icu, locale = 'und-u-kn-true')"""


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":  # SQLite is told by every connection
        schema_editor.execute(CREATE)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP COLLATION IF EXISTS counted")


class Migration(migrations.Migration):
    dependencies = [("units", "0016_queues_are_vacuumed")]

    operations = [migrations.RunPython(create, drop)]
