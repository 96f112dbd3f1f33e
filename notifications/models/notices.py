"""Who was told what, by which way, and what became of it; how far the register has been read."""

from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import F, Q

from commitments.enums import ClockKind
from commitments.enums.policies import Channel
from commitments.models.cases import SUBJECTS, set_among
from notifications import rules
from notifications.enums import NoticeKind, NoticeState, Outcome
from notifications.querysets import NoticeQuerySet
from units.enums import Role

TO_BE_SENT = ["pending", "held", "gathered", "leased", "unknown"]
ABOUT_NOTHING = Q(**{f"{column}__isnull": True for column in SUBJECTS})


class FeedPosition(models.Model):
    """How far a consumer has read the register. The row's lock is the consumer's turn."""

    consumer = models.SlugField(max_length=20, primary_key=True)
    seq = models.BigIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)  # of the entry behind `seq`

    def __str__(self) -> str:
        return f"{self.consumer} at {self.seq}"


class SetAside(models.Model):
    """A register entry that a consumer could not digest: passed over, and left to a person."""

    consumer = models.SlugField(max_length=20)
    seq = models.BigIntegerField()
    error = models.TextField()
    at = models.DateTimeField()  # real time
    resolved_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(name="setaside_once", fields=["consumer", "seq"])]

    def __str__(self) -> str:
        return f"{self.consumer} {self.seq}"


class Preference(models.Model):
    """How a person wants to be told. No row: by e-mail, each by itself, not at night. The inbox has
    everything at once."""

    person = models.OneToOneField("units.User", models.PROTECT, related_name="+")
    channels = models.JSONField(default=list)  # of Channel, in order
    daily = models.BooleanField(default=False)  # one letter a day of what can wait
    quiet_from = models.TimeField(default=rules.QUIET_FROM)
    quiet_to = models.TimeField(default=rules.QUIET_TO)

    def __str__(self) -> str:
        return f"{self.person_id} by {self.channels}"


class Notice(models.Model):
    """One thing told to one person because of one register entry: at once the row of the inbox.

    `not_before`, `expires_at`, `read_at`, `created_at` are business time; tries and leases real.
    """

    uuid = models.UUIDField(unique=True)  # also the Message-ID, in every attempt
    link = models.ForeignKey(
        "units.RegisterLink", models.PROTECT, related_name="+", db_column="seq"
    )
    recipient = models.ForeignKey("units.User", models.PROTECT, related_name="notices")
    on_behalf_of = models.ForeignKey(  # who is away and was told, too; None: the recipient's own
        "units.User", models.PROTECT, null=True, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=NoticeKind)
    message = models.SlugField(max_length=40)  # which text
    position = models.ForeignKey(
        "units.Position", models.PROTECT, null=True, related_name="+"
    )  # in which office the person is told; None: by a role
    role = models.CharField(max_length=20, choices=Role, blank=True)
    # what it is about, in one column of SUBJECTS; none: about an account or a proposal
    version = models.ForeignKey(
        "commitments.CommitmentVersion", models.PROTECT, null=True, related_name="+"
    )
    case = models.ForeignKey("commitments.BacklogCase", models.PROTECT, null=True, related_name="+")
    round = models.ForeignKey(
        "commitments.ReportRound", models.PROTECT, null=True, related_name="+"
    )
    correction = models.ForeignKey(
        "commitments.CorrectiveAction", models.PROTECT, null=True, related_name="+"
    )
    awaits = models.CharField(  # it is about a wait that may end; then it is not sent
        max_length=12, choices=ClockKind, blank=True
    )
    awaits_recipient = models.BooleanField(default=False)  # whose own act would end the wait
    due_on = models.DateField(null=True)  # of that wait, as it was when the notice was made
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)  # then the next step of the ladder speaks
    state = models.CharField(max_length=10, choices=NoticeState, default=NoticeState.PENDING)
    end_reason = models.CharField(max_length=300, blank=True)
    led_by = models.ForeignKey(  # in whose letter it goes or went; its tries are there
        "self", models.PROTECT, null=True, related_name="led"
    )
    # by which way it goes, and by which ones if that fails (of Channel, in order, split by "+"):
    # decided when it was made, whatever is chosen later
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.EMAIL)
    fallbacks = models.CharField(max_length=20, blank=True)
    daily = models.BooleanField(default=False)  # it leaves with the one letter of a morning
    attempts = models.PositiveSmallIntegerField(default=0)  # used up on this channel
    doubts = models.PositiveSmallIntegerField(default=0)  # tries that may have arrived
    next_try_at = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    matter: Any = None  # the account or proposal it speaks of, where a list has gathered them
    ahead: Any = None  # the next steps of its wait, where a letter has looked them up for all
    in_letter: Any = ()  # the notices that it leads, where a sender has leased it
    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="notice_once", fields=["link", "recipient", "kind"]),
            models.CheckConstraint(
                name="notice_leased_has_token",
                condition=Q(state="leased", lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(state="leased") & Q(lease_token=None, lease_until=None)),
            ),
            models.CheckConstraint(
                name="notice_falls_back_on_another_channel",
                condition=Q(fallbacks="")
                | Q(channel=Channel.EMAIL, fallbacks=Channel.SMS)
                | Q(channel=Channel.SMS, fallbacks=Channel.EMAIL),
            ),
            models.CheckConstraint(
                name="notice_for_the_inbox_is_not_sent",
                condition=~Q(channel=Channel.INBOX) | ~Q(state__in=TO_BE_SENT),
            ),
            models.CheckConstraint(
                name="notice_unsent_has_reason",
                condition=~Q(state__in=["cancelled", "dead", "withheld"]) | ~Q(end_reason=""),
            ),
            models.CheckConstraint(
                name="notice_gathered_has_leader",
                condition=~Q(state="gathered") | Q(led_by__isnull=False),
            ),
            models.CheckConstraint(
                name="notice_leads_not_itself", condition=Q(led_by=None) | ~Q(led_by=F("pk"))
            ),
            models.CheckConstraint(
                name="notice_on_behalf_of_another",
                condition=Q(on_behalf_of=None) | ~Q(on_behalf_of=F("recipient")),
            ),
            models.CheckConstraint(
                name="notice_on_behalf_is_no_account",
                condition=Q(on_behalf_of=None) | ~ABOUT_NOTHING,
            ),
            models.CheckConstraint(
                name="notice_has_office_or_role",
                condition=Q(position__isnull=False) | ~Q(role="") | ABOUT_NOTHING,
            ),
            models.CheckConstraint(
                name="notice_about_an_account_awaits_nothing",
                condition=~ABOUT_NOTHING | Q(awaits="", awaits_recipient=False),
            ),
            models.CheckConstraint(
                name="notice_about_one_thing",
                condition=ABOUT_NOTHING | reduce(or_, set_among(SUBJECTS)),
            ),
        ]
        indexes = [
            models.Index(
                name="notice_to_send",
                fields=["not_before", "id"],
                condition=Q(state__in=["pending", "held", "unknown"]),
            ),
            models.Index(
                name="notice_undelivered",
                fields=["id"],
                condition=Q(state__in=["dead", "unknown"]),
            ),
            models.Index(
                name="notice_abandoned", fields=["lease_until"], condition=Q(state="leased")
            ),
            models.Index(name="notice_of_recipient", fields=["recipient", "-id"]),
            models.Index(
                name="notice_unread",
                fields=["recipient"],
                condition=Q(read_at=None) & ~Q(state="cancelled"),
            ),
            models.Index(
                name="notice_waiting_about",
                fields=["version", "awaits"],
                condition=Q(state__in=["pending", "held"]),
            ),
            models.Index(
                name="notice_waiting_about_case",
                fields=["case", "awaits"],
                condition=Q(case__isnull=False, state__in=["pending", "held"]),
            ),
            models.Index(
                name="notice_waiting_about_round",
                fields=["round", "awaits"],
                condition=Q(round__isnull=False, state__in=["pending", "held"]),
            ),
            models.Index(
                name="notice_awaits_about_correction",
                fields=["correction", "awaits"],
                condition=Q(correction__isnull=False, state__in=["pending", "held"]),
            ),
            models.Index(name="notice_withheld", fields=["id"], condition=Q(state="withheld")),
            models.Index(name="notice_dead", fields=["id"], condition=Q(state="dead")),
        ]

    def __str__(self) -> str:
        return f"{self.message} to {self.recipient_id} ({self.state})"

    @property
    def column(self) -> str | None:
        """Which of SUBJECTS says what it is about; None: it is about an account or a proposal."""
        named = (name for name in SUBJECTS if getattr(self, f"{name}_id") is not None)
        return next(named, None)

    @property
    def subject(self) -> Any:
        """What it is about; None: an account or a proposal, which the register entry names."""
        return getattr(self, self.column) if self.column else None


class DeliveryAttempt(models.Model):
    """One try by one channel. Written before it begins; its outcome is written once.

    `late_answer`: what the other side said when another run had taken the notice over already, so that
    it changed nothing; "" as a rule.
    """

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="tries")
    channel = models.CharField(max_length=8, choices=Channel)
    number = models.PositiveSmallIntegerField()
    lease_token = models.UUIDField()
    started_at = models.DateTimeField()  # real time
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    code = models.CharField(max_length=300, blank=True)  # what the other side said
    late_answer = models.CharField(max_length=300, blank=True)
    maybe_duplicate = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(name="attempt_answered_late", fields=["id"], condition=~Q(late_answer="")),
        ]
        constraints = [
            models.UniqueConstraint(name="attempt_once", fields=["notice", "channel", "number"]),
            models.CheckConstraint(
                name="attempt_ends_with_outcome",
                condition=Q(outcome="", ended_at=None)
                | (~Q(outcome="") & Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.channel} {self.number} {self.outcome}"


class ChannelState(models.Model):
    """A mail server or a gateway that is down is one fact, not ten thousand failures.

    Instants are real time.
    """

    channel = models.CharField(max_length=8, choices=Channel, primary_key=True)
    broken_since = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="channel_broken_has_next_try",
                condition=Q(broken_since=None, next_try_at=None)
                | Q(broken_since__isnull=False, next_try_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {'broken' if self.broken_since else 'well'}"
