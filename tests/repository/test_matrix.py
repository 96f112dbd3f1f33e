"""Every address x everybody: the expected answer, nothing changed by reading, nothing inline."""

import hashlib
import re

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.http import HttpResponseBase

from config.middleware import CONTENT_SECURITY_POLICY
from tests.repository.matrix import ROWS
from tests.repository.visiting import VISITORS, make_world, routes

GROUPS = (VISITORS[:2] + VISITORS[-1:], VISITORS[2:5], VISITORS[5:8])
OF_THE_LOGIN = {  # what a login remembers of itself; no table that anybody reads as business
    "django_session",
    "django_cache",
    "usersessions_usersession",
    "account_emailaddress",  # the library's own copy of the address in the account
}
WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")[^>]*>|<style|\sstyle=|"
    r"\son[a-z]+\s*=\s*[\"']|javascript:"
)
ELSEWHERE = re.compile(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?:https?:)?//")


def test_every_route_has_its_rows():
    """A new address needs a row for GET and one for POST, an old one must go with its address."""
    wanted = {(method, name) for method in ("GET", "POST") for name in routes()}
    assert set(ROWS) == wanted
    assert {len(row) for row in ROWS.values()} == {len(VISITORS)}


@pytest.mark.django_db
@pytest.mark.parametrize("visitors", GROUPS, ids="-".join)
def test_every_address_answers_everybody_as_written(visitors, settings):
    settings.DEMO = True  # there the most is offered: kept mail, codes, the clock
    for asked in ("READS", "WRITES", "FEED"):  # a fast machine knocks more often than anybody may
        setattr(settings, f"API_{asked}_PER_MINUTE", 10**6)
    world, found, wrong = make_world(), {}, []
    for visitor in visitors:
        client = world.client(visitor)
        before = contents()
        for name in routes():
            with connection.execute_wrapper(written := Written()):
                answer = client.get(world.address(name))
            found["GET", name, visitor] = answer.status_code
            wrong += [f"GET {name} writes {table}" for table in sorted(written.tables)]
            wrong += [f"GET {name} ({visitor}): {fault}" for fault in faults_of(answer)]
        assert contents() == before
        for name in routes():
            with transaction.atomic():
                found["POST", name, visitor] = client.generic(
                    "POST", world.address(name), headers={"Idempotency-Key": "a-key-for-each-visit"}
                ).status_code
                transaction.set_rollback(True)
            if name == "account_logout":
                client = world.client(visitor)
    wrong += [
        f"{method} {name} answers {status} to {visitor}, expected {expected}"
        for (method, name, visitor), status in found.items()
        if status != (expected := ROWS[method, name][VISITORS.index(visitor)])
    ]
    assert wrong == []


class Written:
    """Notes the tables that statements write to, less those of the login."""

    def __init__(self) -> None:
        self.tables: set[str] = set()

    def __call__(self, execute, sql, params, many, context):
        if found := WRITE.match(sql):
            self.tables |= {found[1]} - OF_THE_LOGIN
        return execute(sql, params, many, context)


def contents() -> dict[str, str]:
    """Return a hash of all rows of each table, less those of the login."""
    return {
        model._meta.db_table: hashlib.sha256(
            repr(list(model._base_manager.order_by("pk").values_list())).encode()
        ).hexdigest()
        for model in apps.get_models()
        if model._meta.db_table not in OF_THE_LOGIN
    }


def faults_of(answer: HttpResponseBase) -> list[str]:
    """Return what in an answer a strict policy forbids, or would forbid if it were sent."""
    faults = []
    if answer.headers["Content-Security-Policy"] != CONTENT_SECURITY_POLICY:
        faults.append("has another policy")
    if answer.headers["Content-Type"].startswith("text/html"):
        page = answer.content.decode()
        faults += [f"has {text}" for text in INLINE.findall(page) + ELSEWHERE.findall(page)]
    return faults


def test_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    sources = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert {sources[name] for name in ("default-src", "script-src", "style-src")} == {"'self'"}
    assert sources["frame-ancestors"] == sources["object-src"] == "'none'"
    assert not re.search(r"unsafe|https?:|\*", CONTENT_SECURITY_POLICY)
