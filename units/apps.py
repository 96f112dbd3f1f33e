from django.apps import AppConfig
from django.db.backends.signals import connection_created

from units.querysets import ordering


class UnitsConfig(AppConfig):
    name = "units"
    verbose_name = "Organisation, people and the register"

    def ready(self) -> None:
        connection_created.connect(ordering.teach, dispatch_uid="counted-codes")
