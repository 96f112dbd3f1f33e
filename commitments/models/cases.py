"""Clocks: what is waited for, when the next step falls, and every step that fired."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.enums import Audience, ClockKind, ClockState, Decision
from commitments.enums.policies import Pace, Route
from commitments.querysets.cases import CaseClockQuerySet
from commitments.rules.cases import ACK_DAYS

SUBJECTS = (
    "version",
    "case",
    "round",
    "correction",
)  # what can be waited for: one column each of clocks and notices


def set_among(columns: Iterable[str]) -> list[Q]:
    """Return one condition for each of `columns`: it is set and the others are not."""
    names = list(columns)
    return [
        Q(**{f"{column}__isnull": False})
        & Q(**{f"{other}__isnull": True for other in names if other != column})
        for column in names
    ]


class EscalationPolicy(models.Model):
    """One version of a ladder. A changed ladder is a new version; running clocks keep theirs."""

    key = models.SlugField(max_length=30)
    version = models.PositiveSmallIntegerField()
    subject_kind = models.CharField(max_length=12, choices=ClockKind)
    calendar = models.ForeignKey("units.WorkingCalendar", models.PROTECT, related_name="+")
    legal_basis = models.CharField(max_length=200, blank=True)  # empty: an internal rule
    ack_days = models.PositiveSmallIntegerField(
        default=ACK_DAYS
    )  # working days, from the day after
    in_force_from = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="policy_version_once", fields=["key", "version"]),
            models.CheckConstraint(
                name="policy_acknowledged_for_days", condition=Q(ack_days__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class EscalationStep(models.Model):
    """One rung: calendar days from the due date, whom it tells and what it asks."""

    policy = models.ForeignKey(EscalationPolicy, models.PROTECT, related_name="steps")
    level = models.PositiveSmallIntegerField()
    offset_days = models.JSONField()  # [-14, -7]: several only at level 0, numbered as `repeat`
    audience = models.CharField(max_length=20, choices=Audience)
    acts = models.JSONField(default=list)  # remind, letter, ask_explanation, agenda
    explanation_days = models.PositiveSmallIntegerField(null=True)  # working days
    repeat_days = models.PositiveSmallIntegerField(null=True)
    # by which channels in which order, and how soon; empty: as each person has chosen
    channels = models.CharField(max_length=20, choices=Route, blank=True)
    pace = models.CharField(max_length=8, choices=Pace, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="step_level_once", fields=["policy", "level"]),
            models.CheckConstraint(name="step_level_is_known", condition=Q(level__lte=4)),
            models.CheckConstraint(
                name="step_goes_by_a_known_route", condition=Q(channels__in=["", *Route.values])
            ),
            models.CheckConstraint(
                name="step_goes_at_a_known_pace", condition=Q(pace__in=["", *Pace.values])
            ),
            models.CheckConstraint(
                name="step_that_is_escalated_waits_for_no_morning",
                condition=Q(level__lt=2) | ~Q(pace=Pace.DAILY),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} L{self.level}"


class CaseClock(models.Model):
    """Remembers when the next step for one waiting thing is due (business time).

    What waits stands in one of the columns of SUBJECTS; `subjects` of the actions says of each kind
    how it is loaded, who is waited for and who watches.
    """

    version = models.ForeignKey(
        "commitments.CommitmentVersion", models.PROTECT, null=True, related_name="clocks"
    )
    case = models.ForeignKey(
        "commitments.BacklogCase", models.PROTECT, null=True, related_name="clocks"
    )
    round = models.ForeignKey(
        "commitments.ReportRound", models.PROTECT, null=True, related_name="clocks"
    )
    correction = models.ForeignKey(
        "commitments.CorrectiveAction", models.PROTECT, null=True, related_name="clocks"
    )
    kind = models.CharField(max_length=12, choices=ClockKind)
    policy = models.ForeignKey(EscalationPolicy, models.PROTECT, related_name="+")
    calendar_version = models.PositiveIntegerField()
    started_on = models.DateField()
    due_on = models.DateField()
    generation = models.PositiveSmallIntegerField(default=1)
    level = models.SmallIntegerField(default=-1)  # -1: nothing fired yet
    repeat_no = models.PositiveSmallIntegerField(default=0)
    next_action_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=ClockState, default=ClockState.RUNNING)
    explanation_due_on = models.DateField(null=True)
    ack_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    ack_until = models.DateField(null=True)  # no repeat of `level` up to and with this day
    fail_count = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    end_reason = models.CharField(max_length=40, blank=True)
    objects = CaseClockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="clock_one_subject", condition=reduce(or_, set_among(SUBJECTS))
            ),
            models.UniqueConstraint(
                name="clock_one_open_per_subject",
                fields=["version", "kind"],
                condition=Q(state__in=["running", "paused", "quarantined"]),
            ),
            models.UniqueConstraint(
                name="clock_one_open_per_case",
                fields=["case", "kind"],
                condition=Q(state__in=["running", "paused", "quarantined"]),
            ),
            models.UniqueConstraint(
                name="clock_one_open_per_round",
                fields=["round", "kind"],
                condition=Q(state__in=["running", "paused", "quarantined"]),
            ),
            models.UniqueConstraint(
                name="clock_one_open_per_correction",
                fields=["correction", "kind"],
                condition=Q(state__in=["running", "paused", "quarantined"]),
            ),
            models.CheckConstraint(
                name="clock_running_has_next",
                condition=(Q(state="running") & Q(next_action_at__isnull=False))
                | (~Q(state="running") & Q(next_action_at=None)),
            ),
            models.CheckConstraint(
                name="clock_acknowledged_together",
                condition=Q(ack_by=None, ack_until=None)
                | Q(ack_by__isnull=False, ack_until__isnull=False, level__gte=0),
            ),
            models.CheckConstraint(
                name="clock_done_has_reason", condition=~Q(state="done") | ~Q(end_reason="")
            ),
        ]
        indexes = [
            models.Index(
                name="clock_due", fields=["next_action_at", "id"], condition=Q(state="running")
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.column} {self.subject_id} L{self.level}"

    @property
    def column(self) -> str:
        """Which of SUBJECTS is set."""
        return next(name for name in SUBJECTS if getattr(self, f"{name}_id") is not None)

    @property
    def subject_id(self) -> int:
        """The key of what the clock runs for, in the table of `column`."""
        return getattr(self, f"{self.column}_id")

    @property
    def subject(self) -> Any:
        """What the clock runs for."""
        return getattr(self, self.column)


class StepFired(models.Model):
    """The recorded decision about one rung. Its key is the one guard against a second escalation."""

    clock = models.ForeignKey(CaseClock, models.PROTECT, related_name="fired")
    generation = models.PositiveSmallIntegerField()
    level = models.PositiveSmallIntegerField()
    repeat = models.PositiveSmallIntegerField(default=0)
    decision = models.CharField(max_length=10, choices=Decision)
    reason = models.CharField(max_length=40, blank=True)  # no-holder, fulfilled, overtaken
    due_seen = models.DateField()
    decided_at = models.DateTimeField()
    addressees = models.JSONField(default=list)  # [{"position": ref, "person": username}, ...]
    entry = models.OneToOneField("units.RegisterEntry", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="step_fired_once", fields=["clock", "generation", "level", "repeat"]
            ),
            models.CheckConstraint(
                name="stepfired_fired_has_entry",
                condition=~Q(decision="fired") | Q(entry__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clock_id} L{self.level}.{self.repeat} {self.decision}"


class Explanation(models.Model):
    """Asked of the holder by a step; the next level waits until the day after it is due.

    Whoever watches says whether it is accepted; that stops no step, it stands beside them.
    """

    clock = models.ForeignKey(CaseClock, models.PROTECT, related_name="explanations")
    generation = models.PositiveSmallIntegerField()
    level = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField()
    due_on = models.DateField()
    text = models.TextField(_("explanation"), blank=True)
    given_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    given_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(null=True)  # None: nobody has said yet
    answer = models.TextField(_("answer"), blank=True)
    decided_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="explanation_once", fields=["clock", "generation", "level"]
            ),
            models.CheckConstraint(
                name="explanation_given_together",
                condition=Q(text="", given_by=None, given_at=None)
                | (~Q(text="") & Q(given_by__isnull=False, given_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="explanation_decided_together",
                condition=Q(accepted=None, decided_by=None, decided_at=None)
                | Q(accepted__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="explanation_decided_after_given",
                condition=Q(accepted=None) | Q(given_by__isnull=False),
            ),
            models.CheckConstraint(
                name="explanation_decided_by_another",
                condition=Q(decided_by=None) | ~Q(decided_by=F("given_by")),
            ),
            models.CheckConstraint(
                name="explanation_refused_has_answer",
                condition=~Q(accepted=False) | ~Q(answer=""),
            ),
        ]

    def __str__(self) -> str:
        return f"explanation of {self.clock_id} by {self.due_on}"


class RemindedNow(models.Model):
    """Somebody was reminded by hand, outside the ladder: once per subject, person and day."""

    version = models.ForeignKey("commitments.CommitmentVersion", models.PROTECT, related_name="+")
    person = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    on = models.DateField()
    by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="remindednow_once_a_day", fields=["version", "person", "on"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} about {self.version_id} on {self.on}"
