"""Cursors and page tokens in hostile hands: a changed one opens nothing, whatever was changed."""

import base64
import json
import os
import random
from collections.abc import Callable

import pytest
from django.test import Client

from tests.api.acts_in_order import make_year
from tests.api.described import PROBLEM, complaints
from tests.factories.readers import machine
from units.enums import Scope

pytestmark = pytest.mark.django_db
READS = [scope for scope in Scope if scope.value.endswith(":read")]
TRIES = int(
    os.environ.get("MUTATIONS", "300")
)  # of each kind; a longer run by hand: MUTATIONS=20000
SEED = 12
SIGNS = "abcXYZ019_-:.=+/% \n\0é"
Mutation = Callable[[random.Random, str, str], str]


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(settings) -> None:
    settings.API_FEED_PER_MINUTE = settings.API_READS_PER_MINUTE = 10**6


def replaced(chance: random.Random, token: str, _other: str) -> str:
    place = chance.randrange(len(token))
    return token[:place] + chance.choice(SIGNS) + token[place + 1 :]


def grown(chance: random.Random, token: str, _other: str) -> str:
    place = chance.randrange(len(token) + 1)
    return token[:place] + chance.choice(SIGNS) * chance.randint(1, 5) + token[place:]


def cut(chance: random.Random, token: str, _other: str) -> str:
    begin = chance.randrange(len(token))
    return token[:begin] + token[begin + chance.randint(1, len(token)) :]


def swapped(chance: random.Random, token: str, _other: str) -> str:
    one, two = sorted(chance.sample(range(len(token)), 2))
    return token[:one] + token[two] + token[one + 1 : two] + token[one] + token[two + 1 :]


def grafted(chance: random.Random, token: str, other: str) -> str:
    """Begin as one token and end as the other: among them the text of one with the seal of the other."""
    ends = [token.index(":"), chance.randrange(len(token))]
    place = chance.choice(ends)
    return token[:place] + other[-(len(token) - place) :]


def rewritten(chance: random.Random, token: str, other: str) -> str:
    """Say something else, readable as ever, under the old seal or the other token's."""
    text, _colon, seal = token.partition(":")
    said = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    name = chance.choice(sorted(said))
    said[name] = chance.choice([0, 1, -1, 10**9, [9, 9, ""], [1, 0, ""], ["unit"], "all", None, {}])
    again = json.dumps(said, separators=(",", ":")).encode()
    sealed = chance.choice([seal, other.partition(":")[2]])
    return f"{base64.urlsafe_b64encode(again).decode().rstrip('=')}:{sealed}"


def foreign(_chance: random.Random, _token: str, other: str) -> str:
    return other


MUTATIONS: tuple[Mutation, ...] = (replaced, grown, cut, swapped, grafted, rewritten, foreign)


def openings(client: Client, address: str, name: str, token: str, other: str) -> list[str]:
    """Send mutations of `token`; return those that were answered with anything but a 400 or 410."""
    chance, opened = random.Random(SEED), []
    for number in range(TRIES):
        mutate = MUTATIONS[number % len(MUTATIONS)]
        text = mutate(chance, token, other)
        if text == token:
            continue
        answer = client.get(address, {name: text})
        if answer.status_code not in {400, 410} or complaints(answer.json(), PROBLEM):
            opened.append(f"{mutate.__name__} {answer.status_code}: {text}")
    return opened


def test_no_mutation_of_a_cursor_opens_the_feed():
    year = make_year()
    year.do("edit the plan")
    client, stranger = (machine(unit, *READS) for unit in (year.body.commune, year.body.committee))
    mine, other = (one.get("/api/v1/changes/start").json()["cursor"] for one in (client, stranger))
    assert client.get("/api/v1/changes", {"after": mine}).status_code == 200
    assert openings(client, "/api/v1/changes", "after", mine, other) == []


def test_no_mutation_of_a_page_token_opens_a_list():
    year = make_year()
    client, stranger = (machine(year.body.committee, *READS) for _each in range(2))

    def token(one: Client, address: str) -> str:
        following = one.get(address, {"limit": 1}).json()["next"]
        return Client().get(following).wsgi_request.GET["page"]

    mine, other = token(client, "/api/v1/units/"), token(stranger, "/api/v1/units/")
    elsewhere = token(client, "/api/v1/reports/")
    assert client.get("/api/v1/units/", {"page": mine}).status_code == 200
    assert openings(client, "/api/v1/units/", "page", mine, other) == []
    assert openings(client, "/api/v1/units/", "page", mine, elsewhere) == []
