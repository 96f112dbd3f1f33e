"""What every page shows around its own matter."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from config import personas
from notifications.web.context import Unread
from units import clock
from units.actions import restorations
from units.enums import Role
from units.permissions import roles_of

STEERING = {Role.SUPERVISOR, Role.PLANNER, Role.ASSIGNER, Role.INSPECTOR}


@dataclass(frozen=True)
class Entry:
    """One entry of the main menu. `count` 0: none is shown."""

    url: str
    label: str
    current: bool
    count: int = 0


class Navigation:
    """The main menu for one request; costs its two queries only where it is drawn."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def unread(self) -> int:
        """Return how many notices this person has not read."""
        return int(Unread(self.request))

    @cached_property
    def entries(self) -> list[Entry]:
        """Return what this person may open, the most used first."""
        at = getattr(self.request, "now", None) or clock.business_now()
        roles = roles_of(self.request.user, at=at)
        steers, administers = bool(roles & STEERING), Role.ADMINISTRATOR in roles
        wanted = [
            ("commitments:home", _("Home"), True),
            ("commitments:list", _("Commitments"), True),
            ("commitments:reports", _("Reports"), True),
            ("commitments:board", _("Board"), True),
            ("commitments:queue", _("Queue"), steers),
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


class PutBack:
    """Whether the database was put back and nobody has owned up; one query, and only where it is drawn."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def __bool__(self) -> bool:
        user: Any = getattr(self.request, "user", None)
        return bool(user and user.is_authenticated and restorations.is_open())


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of `base.html`."""
    found: dict[str, Any] = {
        "navigation": Navigation(request),
        "demonstration": settings.DEMO,
        "put_back": PutBack(request),
    }
    if settings.DEMO:
        if request.path == reverse("account_login"):
            found["demonstration_personas"] = personas.offered()
        found["business_time"] = getattr(request, "now", None) or clock.business_now()
    return found
