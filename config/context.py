"""What every page shows around its own matter."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Exists, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from commitments.web.tabs import STEERING
from config import personas, status
from notifications.models import Notice
from units import clock
from units.enums import Role
from units.models import Appointment, Oversight, Restoration, User
from units.permissions import roles_of


def now_of(request: HttpRequest) -> datetime:
    """Return the instant of the request; of one that failed before it had one, the present."""
    return getattr(request, "now", None) or clock.business_now()


@dataclass(frozen=True)
class Entry:
    """One entry of the main menu. `count` 0: none is shown."""

    url: str
    label: str
    current: bool
    count: int = 0


class Asked:
    """What the shell of a page asks the database, in one query and only where it is drawn."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def answer(self) -> tuple[int, bool, bool]:
        """Return how many notices the reader has not read, whether the database was put back and
        nobody has owned up yet, and whether an office of the reader watches a unit. Nothing of it is
        told to whoever is not logged in."""
        user: Any = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            return 0, False, False
        rows = User.objects.filter(pk=user.pk)
        unread = Coalesce(Subquery(Notice.objects.number_unread_of(user)), 0)
        put_back = Exists(Restoration.objects.filter(epoch=None))
        day = clock.local_date(now_of(self.request))
        held = Appointment.objects.in_force(day).filter(person=user)
        watching = Oversight.objects.in_force(day).filter(position__in=held.values("position"))
        return rows.values_list(unread, put_back, Exists(watching)).first() or (0, False, False)


class Navigation:
    """The main menu for one request; costs a query for the roles, and what `asked` costs."""

    def __init__(self, request: HttpRequest, asked: Asked) -> None:
        self.request, self.asked = request, asked

    @property
    def unread(self) -> int:
        """Return how many notices this person has not read."""
        return self.asked.answer[0]

    @cached_property
    def entries(self) -> list[Entry]:
        """Return what this person may open, the most used first."""
        roles = roles_of(self.request.user, at=now_of(self.request))
        steers, administers = bool(roles & STEERING), Role.ADMINISTRATOR in roles
        wanted = [
            ("commitments:home", _("Home"), True),
            ("commitments:list", _("Commitments"), True),
            ("commitments:reports", _("Reports"), True),
            ("commitments:board", _("Board"), True),
            ("commitments:queue", _("Queue"), steers or self.asked.answer[2]),
            ("commitments:cases", _("Backlog"), True),
            ("commitments:plans", _("Plans"), steers),
            ("units:list", _("Units"), True),
            ("units:people", _("People"), administers),
            ("commitments:trust", _("Certificates"), administers),
            ("notifications:inbox", _("Inbox"), True),
            ("config:status", _("Status"), administers),
            ("notifications:mail", _("Kept mail"), settings.DEMO and (steers or administers)),
        ]
        offered = (self._entry(name, label) for name, label, shown in wanted if shown)
        return [entry for entry in offered if entry]

    def _entry(self, name: str, label: str) -> Entry | None:
        """Return one entry; None: its app is not installed."""
        try:
            url = reverse(name)
        except NoReverseMatch:
            return None
        path = self.request.path
        current = path == url if url == "/" else path.startswith(url)
        return Entry(url, label, current, self.unread if name == "notifications:inbox" else 0)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of `base.html`."""
    asked = Asked(request)
    found: dict[str, Any] = {
        "navigation": Navigation(request, asked),
        "demonstration": settings.DEMO,
        "put_back": lambda: asked.answer[1],  # a template calls it where it stands
        "reminders_delayed_since": lambda: status.delayed_since(
            at=getattr(request, "now", None) or clock.business_now(), real_at=clock.real_now()
        ),
    }
    if settings.DEMO:
        if request.path == reverse("account_login"):
            found["demonstration_personas"] = personas.offered()
        found["business_time"] = getattr(request, "now", None) or clock.business_now()
    return found
