"""The demonstration as the whole run shares it, and the people of it logged in."""

import pytest
from django.test import Client

from units import clock
from units.models import User


@pytest.fixture
def at(district, db):
    """Return the demonstration's present."""
    return clock.business_now()


@pytest.fixture
def client_of(at):
    """Return a function: the client of a person by user name, in English."""

    def log_in(username: str) -> Client:
        client = Client()
        client.force_login(
            User.objects.get(username=username),
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        client.cookies["django_language"] = "en"
        return client

    return log_in
