"""What sends requests that nobody thought of: the service in this process, and one kind of client."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

from commitments.api import ladders
from tests.api.described import document
from tests.factories.body import code_of
from units import clock
from units.models import User

SIGNALS = (request_started, request_finished)
LEFT_OUT = {"positive_data_acceptance"}  # why: see test_fuzzed
ROWS = 10  # of a collection, among which a request finds its object
LOGIN, SECOND = "/accounts/login/", "/accounts/2fa/authenticate/"


class Served(WSGIHandler):
    """The service in this process. It leaves the connection open, in whose transaction the test
    stands; Django's own test client does the same."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        for signal in SIGNALS:
            signal.disconnect(close_old_connections)
        return super().__call__(environ, start_response)


def close_connections_again() -> None:
    for signal in SIGNALS:
        signal.connect(close_old_connections)


def logged_in(user: User) -> Client:
    """Return the browser of somebody who came in by the login page, with password and code, and whose
    writes need the form token as in any browser."""
    browser = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    answers = (
        (LOGIN, {"login": user.username, "password": f"password-of-{user.username}"}),
        (SECOND, {"code": code_of(user, clock.real_now())}),
    )
    for page, form in answers:
        browser.get(page)
        form_token = {"csrfmiddlewaretoken": browser.cookies["csrf"].value}
        done = browser.post(page, form | form_token)
        assert done.status_code == 302, (user, page, done.content[:2000])
    assert browser.session["_auth_user_id"] == str(user.pk)
    return browser


@dataclass
class Run:
    """One kind of client. `answers` counts by method and status, `findings` are what the checks say."""

    kind: str
    headers: dict[str, str]
    cookies: dict[str, str] = field(default_factory=dict)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    seen: dict[str, list[str]] = field(default_factory=dict)  # of each collection, until a write
    keys: Iterator[int] = field(default_factory=count)

    @classmethod
    def of_person(cls, kind: str, user: User) -> "Run":
        """Take over the login of a person: its session, and the form token for what writes."""
        cookies = {name: it.value for name, it in logged_in(user).cookies.items() if it.value}
        headers = {"Accept-Language": "en", "X-CSRFToken": cookies["csrf"]}
        return cls(kind, headers, {name: cookies[name] for name in ("session", "csrf")})

    def __post_init__(self) -> None:
        self.reader = Client(headers=self.headers)
        self.reader.cookies.load(self.cookies)

    def done(self, *, reads: bool) -> int:
        """Return how many requests, reads or else writes, were answered with what was asked for."""
        found = self.answers.items()
        return sum(n for (method, said), n in found if (method == "GET") is reads and said < 300)

    def refs(self, path: str) -> list[str]:
        """Return references of a few objects to which `path` may lead, in a chance order of its own."""
        collection = "/".join(path.split("/")[:4]) + "/"
        if "{ref}" not in path or collection not in document()["paths"]:
            return []
        if collection not in self.seen:
            answer = self.reader.get(collection, {"limit": ROWS})
            rows = answer.json()["results"] if answer.status_code == 200 else []
            self.seen[collection] = [row["ref"] for row in rows]
        refs = list(self.seen[collection])
        Random(f"{self.kind} {path}").shuffle(refs)
        return refs

    def tag(self, path: str, ref: str) -> str:
        collection = "/".join(path.split("/")[:4])
        of = "ladder/" if path.split("/")[-2] in ladders.ACTS else ""
        return self.reader.get(f"{collection}/{ref}/{of}").get("ETag", '"none-1"')

    def lead(self, case: Any, path: str, there: str | None) -> None:
        """Let a valid request reach its act: with a key that no other had, and where there is an object,
        to it and with its tag."""
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = f"{next(self.keys):032}"
        if there is None:
            return
        case.path_parameters["ref"] = there
        if "If-Match" in case.headers:
            case.headers["If-Match"] = self.tag(path, there)

    def fuzz(self, operation: Any, cases: st.SearchStrategy, *, examples: int, start: int) -> None:
        """Send `examples` requests of one operation, chosen from `start` on; note what the checks say."""
        path = operation.label.partition(" ")[2]
        refs = self.refs(path)

        @seed(start)
        @settings(
            max_examples=examples,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases, there=st.sampled_from([*refs, None]))
        def send(case: Any, there: str | None) -> None:
            if self.cookies:  # a token that was made up beside them is another kind of client
                case.headers.pop("Authorization", None)
            if case.meta.generation.mode == GenerationMode.POSITIVE:
                self.lead(case, path, there)
            answer = case.call(headers=self.headers, cookies=self.cookies)
            self.answers[case.method.upper(), answer.status_code] += 1
            if case.method.upper() != "GET" and answer.status_code < 300:
                self.seen.clear()
            case._has_explicit_auth = bool(self.cookies)  # what no cookie given to a call says
            try:
                case.validate_response(answer, headers=self.headers, checks=checks())
            except FailureGroup as found:
                self.findings.append(f"{self.kind}: {operation.label}\n{found}")

        send()


def strategy(operation: Any) -> st.SearchStrategy:
    """Return requests of one operation: valid ones and, where there is something to break, broken ones."""
    modes = [GenerationMode.POSITIVE]
    if operation.path_parameters or operation.query or operation.headers or operation.body:
        modes.append(GenerationMode.NEGATIVE)
    return st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])


def checks() -> list[Any]:
    load_all_checks()
    return [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in LEFT_OUT]


@contextmanager
def undone() -> Iterator[None]:
    """Undo at the end what the block has written, so that whoever comes next finds what was there."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
