"""What a view may expect of its request."""

from datetime import datetime

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from units.models import User


class WebRequest(HttpRequest):
    """A request from a browser. `now`: business time, read once at the edge."""

    user: User
    now: datetime
    htmx: HtmxDetails
