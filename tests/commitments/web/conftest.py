"""A client whose login was proved a moment ago, and the business time of the bodies in tests."""

import pytest
from django.test import Client

from units import clock
from units.models import DemonstrationClock, User


@pytest.fixture
def business_time(settings):
    """Set business time to 2 February 2024, 09:00 of the body; logins and codes use real time."""
    settings.DEMO = True
    offset = clock.real_now().timestamp() - 1706839200
    DemonstrationClock.objects.create(offset_seconds=offset)


@pytest.fixture
def client_of():
    """Return a function: the client of a person, in English, logged in `seconds_ago`."""

    def log_in(user: User, *, seconds_ago: int = 1) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        prove(client, user, seconds_ago=seconds_ago)
        client.cookies["django_language"] = "en"
        return client

    return log_in


def prove(client: Client, user: User, *, seconds_ago: int) -> None:
    """Note in the session when the login was proved last."""
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": clock.real_now().timestamp() - seconds_ago}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
