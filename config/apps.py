from importlib import import_module

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Connect what needs every app's models, and register the checks."""
        import_module("config.enrolment").listen()
        import_module("config.checks")
        import_module("config.database_checks")
