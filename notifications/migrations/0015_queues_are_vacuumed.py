from django.db import migrations

from units.vacuuming import VacuumedOften


class Migration(migrations.Migration):
    dependencies = [("notifications", "0014_corrective_actions_end")]

    operations = [VacuumedOften("notifications_notice")]
