"""A database that is busy beyond its patience: 503, nothing done, and nothing that was typed is lost."""

import re
import sqlite3
from contextlib import contextmanager
from html import unescape

import pytest
from django.db import connection

from tests.factories.readers import person
from tests.factories.units import RoleGrantFactory
from units.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite_only]
NEW = "/people/new/"
TYPED = {"username": "busy-one", "full_name": 'Busy "One" <b>', "language": "en"}


@contextmanager
def somebody_writes():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 20")  # milliseconds
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()
        connection.close()


@pytest.fixture
def browser():
    browser = person(RoleGrantFactory(role="administrator", unit=None).person)
    browser.raise_request_exception = False
    browser.get(NEW)  # notes that the login was used
    return browser


def test_a_form_comes_back_as_it_was_typed_and_can_be_sent_again(browser):
    with somebody_writes():
        answer = browser.post(f"{NEW}?from=here", TYPED)
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "What you typed is kept" in page
    assert f'action="{NEW}?from=here"' in page
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    assert {name: unescape(value) for name, value in fields} == TYPED
    assert not User.objects.filter(username="busy-one").exists()


def test_a_secret_is_not_repeated_and_htmx_gets_a_message(browser):
    with somebody_writes():
        page = browser.post(NEW, TYPED | {"password": "tell-nobody"}).content.decode()
        part = browser.post(NEW, TYPED, headers={"HX-Request": "true"})
    assert "tell-nobody" not in page
    assert "Go back in your browser" in page
    assert part.status_code == 503
    assert part["HX-Retarget"] == "#notices"
    assert "nothing was changed" in part.content.decode()
