"""People and machines that act, and the roles granted to them."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from units.enums import Provenance, Role, UserKind
from units.querysets.people import RoleGrantQuerySet, UserManager


class User(AbstractBaseUser):
    """A person with an account, or the machine account of one API client.

    The account gives no right by itself: offices come from appointments, roles from grants.
    """

    username = models.CharField(
        _("user name"), max_length=60, unique=True, validators=[UnicodeUsernameValidator()]
    )
    full_name = models.CharField(_("full name"), max_length=150)
    personnel_no = models.CharField(_("personnel number"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("telephone"), max_length=30, blank=True)
    language = models.CharField(
        _("language"),
        max_length=2,
        choices=[("vi", _("Vietnamese")), ("en", _("English"))],
        default="vi",
    )
    kind = models.CharField(max_length=8, choices=UserKind, default=UserKind.HUMAN)
    is_active = models.BooleanField(_("may log in"), default=True)
    must_change_password = models.BooleanField(default=False)
    must_enrol_factor = models.BooleanField(default=False)  # before anything else after the login
    password_given_by = models.ForeignKey(  # the administrator who has seen the way in
        "self", models.PROTECT, null=True, blank=True, related_name="+"
    )
    password_vouched_by = models.ForeignKey(  # the second one, who saw it reach its person
        "self", models.PROTECT, null=True, blank=True, related_name="+"
    )
    may_sign_from = models.DateTimeField(null=True, blank=True)  # business time; None: at once
    date_joined = models.DateTimeField(null=True)
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)
    etag_version = models.PositiveIntegerField(default=1)
    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_machine_has_no_personnel_no",
                condition=Q(kind="human") | Q(personnel_no=""),
            ),
            models.CheckConstraint(
                name="user_password_takes_two_administrators",
                condition=Q(password_vouched_by=None)
                | (
                    Q(password_given_by__isnull=False)
                    & ~Q(password_vouched_by=F("password_given_by"))
                    & ~Q(password_vouched_by=F("id"))
                ),
                violation_error_message=_(
                    "Another administrator vouches that the password reached its person."
                ),
            ),
            models.UniqueConstraint(
                name="user_personnel_no_once",
                fields=["personnel_no"],
                condition=~Q(personnel_no=""),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name.rsplit(" ", 1)[-1]


class RoleGrant(models.Model):
    """One role for one person, over one unit and everything under it, in a span of days.

    `unit` None: the whole body. `granted_by` None: the first administrator, made by a command.
    """

    person = models.ForeignKey(User, models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=20, choices=Role)
    unit = models.ForeignKey(
        "units.OrgUnit", models.PROTECT, null=True, blank=True, related_name="role_grants"
    )
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rolegrant_not_by_itself",
                condition=Q(granted_by=None) | ~Q(granted_by=F("person")),
                violation_error_message=_("Nobody grants a role to oneself."),
            ),
            models.CheckConstraint(
                name="rolegrant_range_not_empty",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
            models.UniqueConstraint(
                name="rolegrant_one_open",
                fields=["person", "role", "unit"],
                condition=Q(valid_to=None),
                violation_error_message=_("This person already has that role there."),
            ),
            models.UniqueConstraint(
                name="rolegrant_one_open_everywhere",
                fields=["person", "role"],
                condition=Q(valid_to=None, unit=None),
                violation_error_message=_("This person already has that role everywhere."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role} {self.unit_id or '*'}"
