"""What the engine remembers about its jobs. Instants are real time."""

from django.db import models


class JobKind(models.Model):
    """One job of the schedule: when it last ran to its end, and what stopped it since.

    `min_code_version`: programs older than that leave the job alone. A migration that changes what
    the job means raises it, and `CODE_VERSION` of `units.actions.jobs` with it.
    """

    name = models.SlugField(max_length=40, primary_key=True)
    min_code_version = models.PositiveIntegerField(default=0)
    last_ok_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class JobRun(models.Model):
    """A batch that is under way. Whoever began it deletes it; one that stays has lost its process."""

    job = models.SlugField(max_length=40)
    host = models.CharField(max_length=253)
    began_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(name="jobrun_of_job", fields=["job", "began_at"])]

    def __str__(self) -> str:
        return f"{self.job} on {self.host} since {self.began_at:%Y-%m-%d %H:%M:%S}"
