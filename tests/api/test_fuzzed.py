"""Requests that nobody thought of, against what is served: each answer is one that is described.

schemathesis makes them from the served description, valid ones and broken ones, and judges the answers
with all its checks but one; hypothesis chooses, so a seed says which they are. Each kind of client asks
the whole: programs with a token, nobody, and for each role and office a person with the session and the
form token of a real login. Most valid requests go to an object that is there, with its true tag and a
new key, so that they reach the act behind the checks; what one kind has written is undone before the next.

`positive_data_acceptance` is left out: what the description allows may still be refused, since no schema
can say that a page token was sealed by us, that a reference exists, or that one day is before another.
Such refusals are documented answers, and that they are is checked.
"""

import os
from collections.abc import Iterator
from datetime import date

import pytest
import schemathesis

from tests.api.acts_in_order import Year, make_year
from tests.api.described import document
from tests.api.fuzzing import Run, Served, close_connections_again, strategy, undone
from tests.api.things import inspected
from tests.factories.body import office, person
from tests.factories.readers import token_of
from tests.factories.reports import OPENED
from tests.factories.units import ApiClientFactory, RoleGrantFactory
from units import clock
from units.enums import Role, Scope
from units.models import DemonstrationClock, User

pytestmark = pytest.mark.django_db
SEED = int(os.environ.get("SEED", "7"))
EXAMPLES = int(
    os.environ.get("EXAMPLES", "1")
)  # of each operation and kind; `make fuzz` makes more
READS = [scope for scope in Scope if scope.value.endswith(":read")]
PROGRAMS = {"a machine that reads": READS, "a machine that plans": list(Scope)}
FAR = date(2024, 12, 1)
CASE = ("register a case", "edit a case", "assign a case")
BEFORE = (  # so that every collection has something, and most acts something to be done on
    *("draft a commitment", "issue", "sign", "sign beside", "countersign"),
    *("draw up a target", "save a report", "submit a report"),
    *(*CASE, "resolve a case", *CASE, "suspend a case", *CASE, "ask for an extension", *CASE),
    *("register a case", "edit a case", "register a case", "let ladders climb"),
)


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(settings) -> None:
    settings.API_FEED_PER_MINUTE = settings.API_READS_PER_MINUTE = 10**6
    settings.API_WRITES_PER_MINUTE = 10**6
    settings.VERIFY_PER_MINUTE = settings.VERIFY_MISSES_PER_MINUTE = 10**6
    settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture(autouse=True)
def _reports_of_march_are_open(settings) -> None:
    settings.DEMO = True  # only a demonstration has a clock of its own
    offset = clock.real_now() - OPENED
    DemonstrationClock.objects.create(offset_seconds=offset.total_seconds())


@pytest.fixture(autouse=True)
def _connections_are_closed_again() -> Iterator[None]:
    yield
    close_connections_again()


def filled() -> Year:
    year = make_year()
    for act in BEFORE:
        assert year.do(act), act
    body = year.body
    inspected(body)
    head = office(body.other, "Secretary", person("other"))
    body.draft(unit_id=body.other.pk, first_undertaker_id=head.pk, second=False, sign_by=FAR)
    return year


def people(year: Year) -> dict[str, User]:
    """Return somebody for each role and office, and one who has neither."""
    body, desk = year.body, year.desk
    found = {
        Role.ASSIGNER: body.assigner,
        Role.PLANNER: body.planner,
        Role.REPORTER: desk.reporter,
        Role.VERIFIER: desk.verifier,
        Role.SUPERVISOR: body.supervisor,
    }
    for role in Role:
        if role not in found:
            found[role] = RoleGrantFactory(person=person(role.value), role=role).person
    roles = {f"a person, {role.value}": user for role, user in found.items()}
    offices = {"a person, head": body.secretary, "a person, leader in charge": body.leader}
    return roles | offices | {"a person without office and role": person("nobody")}


def kinds(year: Year) -> list[Run]:
    english = {"Accept-Language": "en"}
    runs = [Run("nobody", english)]
    for kind, scopes in PROGRAMS.items():
        client = ApiClientFactory(owner_unit=year.body.committee, scopes=[s.value for s in scopes])
        runs.append(Run(kind, english | {"Authorization": f"Bearer {token_of(client)}"}))
    return runs + [Run.of_person(kind, user) for kind, user in people(year).items()]


def test_every_answer_to_every_request_is_one_that_is_described():
    runs = kinds(filled())
    served = schemathesis.openapi.from_wsgi("/api/v1/schema/", Served())
    operations = [found.ok() for found in served.get_all_operations()]
    assert len(operations) == sum(map(len, document()["paths"].values()))

    asked = [(operation, strategy(operation)) for operation in operations]
    for run in runs:
        with undone():
            for operation, cases in asked:
                run.fuzz(operation, cases, examples=EXAMPLES, start=SEED)
    for run in runs:
        print(f"{run.kind}: {run.answers.total()} requests, {sorted(run.answers.items())}")
    print(f"{len(operations)} operations, {len(runs)} kinds, seed {SEED}")
    findings = [finding for run in runs for finding in run.findings]
    assert findings == [], "\n\n".join(findings[:30])
    assert all(run.answers.total() >= len(operations) for run in runs)
    nobody, *holders = runs
    assert nobody.done(reads=False) == 0
    for run in holders:  # whoever was always refused has proved nothing
        assert run.done(reads=True) > EXAMPLES, (run.kind, run.answers)
    assert sum(run.done(reads=False) for run in holders if run.cookies) > 0
