from django.db import migrations

from units.vacuuming import VacuumedOften


class Migration(migrations.Migration):
    dependencies = [("units", "0015_touches_say_their_instant")]

    operations = [VacuumedOften("units_registerpending")]
