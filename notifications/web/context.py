"""What the page shell shows of notices."""

from typing import Any

from django.http import HttpRequest

from notifications.models import Notice


class Unread:
    """How many notices the reader has not read; one indexed query, and only where it is drawn."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def __int__(self) -> int:
        user: Any = self.request.user
        return Notice.objects.unread_of(user).count() if user.is_authenticated else 0
