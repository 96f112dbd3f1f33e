"""A mail server that the notices under test leave for."""

from collections.abc import Iterator

import pytest

from tests import mailserver
from tests.mailserver import MailServer


@pytest.fixture
def server(settings) -> Iterator[MailServer]:
    """A real SMTP server, named by EMAIL_URL."""
    with mailserver.running() as running:
        settings.EMAIL_URL = running.url
        settings.EMAIL_TIMEOUT = 5
        yield running
