from django.db import migrations

from units.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("units", "0001_organisation_people_register")]
    operations = [
        AppendOnly("units_registerentry"),
        AppendOnly("units_registerreach"),
        AppendOnly("units_registerlink"),
    ]
