"""A mail server that the notices under test leave for."""

from collections.abc import Iterator

import pytest
from django.test import Client

from tests import mailserver
from tests.mailserver import MailServer
from units.models import User


@pytest.fixture
def client_of():
    """Return a function that makes the browser of a person who has logged in."""

    def browser(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return browser


@pytest.fixture
def server(settings) -> Iterator[MailServer]:
    """A real SMTP server, named by EMAIL_URL."""
    with mailserver.running() as running:
        settings.EMAIL_URL = running.url
        settings.EMAIL_TIMEOUT = 5
        yield running
