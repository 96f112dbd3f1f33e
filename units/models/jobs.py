"""What the engine remembers about its jobs. Instants are real time."""

from django.db import models


class JobKind(models.Model):
    """One job of the schedule: when it last ran to its end, and what stopped it since."""

    name = models.SlugField(max_length=40, primary_key=True)
    last_ok_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
