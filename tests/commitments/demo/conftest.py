"""The demonstration loaded once for a module, and the people of it logged in."""

import pytest
from django.db import transaction
from django.test import Client, override_settings

from commitments.demo import loading
from units import clock
from units.models import User


@pytest.fixture(scope="module")
def district(django_db_setup, django_db_blocker):
    """Load the demonstration; it is gone after the module. Tests take `db` too: theirs is undone."""
    with django_db_blocker.unblock(), override_settings(DEMO=True), transaction.atomic():
        loading.load()
        yield
        transaction.set_rollback(True)


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
