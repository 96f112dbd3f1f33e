"""Requests that nobody thought of, against what is served: each answer is one that is described.

schemathesis makes them from the served description, valid ones and broken ones, and judges the answers
with all its checks but one; hypothesis chooses, so a seed says which they are. Every second request
goes to an object that is there, with its true tag, so that it reaches the act behind the checks.

`positive_data_acceptance` is left out: what the description allows may still be refused, since no schema
can say that a page token was sealed by us, that a reference exists, or that one day is before another.
Such refusals are documented answers, and that they are is checked.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

from tests.api.acts_in_order import Year, make_year
from tests.api.described import document
from tests.api.things import inspected
from tests.factories.readers import token_of
from tests.factories.units import ApiClientFactory
from units.enums import Scope

pytestmark = pytest.mark.django_db
SEED = int(os.environ.get("SEED", "7"))
EXAMPLES = int(os.environ.get("EXAMPLES", "1"))  # of each operation; `make fuzz` makes more
READS = [scope for scope in Scope if scope.value.endswith(":read")]
KINDS: dict[str, list[Scope] | None] = {
    "a machine that reads": READS,
    "a machine that plans": list(Scope),
    "nobody": None,
}
BEFORE = (  # so that every collection has something
    *("draft a commitment", "issue", "sign", "sign beside", "countersign"),
    *("draft a commitment", "draw up a target", "save a report", "submit a report"),
    *("register a case", "register a case", "edit a case", "assign a case"),
)
SIGNALS = (request_started, request_finished)


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(settings) -> None:
    settings.API_FEED_PER_MINUTE = settings.API_READS_PER_MINUTE = 10**6
    settings.API_WRITES_PER_MINUTE = 10**6
    settings.ALLOWED_HOSTS = ["*"]


class Served(WSGIHandler):
    """The service in this process. It leaves the connection open, in whose transaction the test
    stands; Django's own test client does the same."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        for signal in SIGNALS:
            signal.disconnect(close_old_connections)
        return super().__call__(environ, start_response)


@pytest.fixture(autouse=True)
def _connections_are_closed_again() -> Iterator[None]:
    yield
    for signal in SIGNALS:
        signal.connect(close_old_connections)


@dataclass
class Run:
    """One kind of client; `answers` counts by status, `findings` are what the checks complain of."""

    kind: str
    headers: dict[str, str]
    answers: Counter[int] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reader = Client(headers=self.headers)

    def refs(self, path: str) -> list[str]:
        """Return references of a few objects to which `path` may lead."""
        collection = "/".join(path.split("/")[:4]) + "/"
        if "{ref}" not in path or collection not in document()["paths"]:
            return []
        answer = self.reader.get(collection, {"limit": 5})
        return [row["ref"] for row in answer.json()["results"]] if answer.status_code == 200 else []

    def tag(self, path: str, ref: str) -> str:
        collection = "/".join(path.split("/")[:4])
        return self.reader.get(f"{collection}/{ref}/").get("ETag", '"none-1"')

    def fuzz(self, operation: Any, cases: st.SearchStrategy) -> None:
        """Send EXAMPLES requests of one operation; write down what the checks say of the answers."""
        path = operation.label.partition(" ")[2]
        refs = self.refs(path)

        @seed(SEED)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases, there=st.sampled_from([None, *refs]))
        def send(case: Any, there: str | None) -> None:
            if there is not None and case.meta.generation.mode == GenerationMode.POSITIVE:
                case.path_parameters["ref"] = there
                if "If-Match" in case.headers:
                    case.headers["If-Match"] = self.tag(path, there)
            answer = case.call(headers=self.headers)
            self.answers[answer.status_code] += 1
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
    left_out = {"positive_data_acceptance"}
    return [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in left_out]


def filled() -> Year:
    year = make_year()
    for act in BEFORE:
        year.do(act)
    inspected(year.body)
    return year


def test_every_answer_to_every_request_is_one_that_is_described():
    body, runs = filled().body, []
    for kind, scopes in KINDS.items():
        headers = {"Accept-Language": "en"}
        if scopes is not None:
            client = ApiClientFactory(owner_unit=body.committee, scopes=[s.value for s in scopes])
            headers["Authorization"] = f"Bearer {token_of(client)}"
        runs.append(Run(kind, headers))
    served = schemathesis.openapi.from_wsgi("/api/v1/schema/", Served())
    operations = [found.ok() for found in served.get_all_operations()]
    assert len(operations) == sum(map(len, document()["paths"].values()))

    for operation in operations:
        cases = strategy(operation)
        for run in runs:
            run.fuzz(operation, cases)
    for run in runs:
        print(f"{run.kind}: {run.answers.total()} requests, {sorted(run.answers.items())}")
    print(f"{len(operations)} operations, seed {SEED}")
    findings = [finding for run in runs for finding in run.findings]
    assert findings == [], "\n\n".join(findings[:30])
    assert all(run.answers.total() >= len(operations) for run in runs)
    assert {200, 422} <= runs[1].answers.keys()  # it came through to the acts behind the checks
