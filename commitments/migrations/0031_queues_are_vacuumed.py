from django.db import migrations

from units.vacuuming import VacuumedOften


class Migration(migrations.Migration):
    dependencies = [("commitments", "0030_reports_show_a_file")]

    operations = [VacuumedOften("commitments_caseclock")]
