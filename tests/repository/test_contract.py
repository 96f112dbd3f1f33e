"""What clients rely on cannot be taken away by accident: each breach that is planted here is named."""

import pickle
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.api.described import PATH, document

ROOT = Path(settings.BASE_DIR)
contract = runpy.run_path(str(ROOT / ".ci" / "contract.py"))
Contract, breaches, read = contract["Contract"], contract["breaches"], contract["read"]
TARGETS = "/api/v1/targets/"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def promised() -> set[str]:
    return Contract(document()).facts


def after(change: Change) -> set[str]:
    changed = pickle.loads(pickle.dumps(document()))  # ten times as fast as a deep copy
    change(changed)
    return Contract(changed).facts


def schema(found: dict[str, Any], name: str) -> dict[str, Any]:
    return found["components"]["schemas"][name]


def field(found: dict[str, Any], name: str, of: str = "NewTarget") -> dict[str, Any]:
    return schema(found, of)["properties"][name]


def query(found: dict[str, Any], name: str) -> dict[str, Any]:
    parameters = found["paths"][TARGETS]["get"]["parameters"]
    return next(one for one in parameters if one["name"] == name)


def hint(found: dict[str, Any]) -> dict[str, Any]:
    return found["webhooks"]["hint"]["post"]


def hint_body(found: dict[str, Any]) -> dict[str, Any]:
    return hint(found)["requestBody"]["content"]["application/json"]["schema"]


BREACHES: dict[str, tuple[Change, str]] = {
    "a call to programs goes": (
        lambda found: found["webhooks"].pop("hint"),
        "HOOK hint POST: no longer “is called hint”",
    ),
    "a header of a call goes": (
        lambda found: hint(found)["parameters"].pop(2),
        "HOOK hint POST: no longer “has the header webhook-signature”",
    ),
    "a field of a call goes": (
        lambda found: hint_body(found)["properties"]["data"]["properties"].pop("seq"),
        "HOOK hint POST application/json.data.seq: no longer “is there”",
    ),
    "a field of a call may be missing": (
        lambda found: hint_body(found)["required"].remove("timestamp"),
        "HOOK hint POST application/json: no longer “always has timestamp”",
    ),
    "a field of a call has another type": (
        lambda found: hint_body(found)["properties"]["data"]["properties"]["ref"].update(
            type="integer"
        ),
        "HOOK hint POST application/json.data.ref: now “type integer”",
    ),
    "an answer of a program is not understood": (
        lambda found: hint(found)["responses"].pop("410"),
        "HOOK hint POST: no longer “understands the answer 410”",
    ),
    "a path goes": (lambda found: found["paths"].pop(TARGETS), "GET /api/v1/targets/"),
    "an operation goes": (
        lambda found: found["paths"][TARGETS].pop("post"),
        "POST /api/v1/targets/: no longer “takes application/json”",
    ),
    "an operation has another name": (
        lambda found: found["paths"][TARGETS]["get"].update(operationId="all_targets"),
        "GET /api/v1/targets/: no longer “is called targets_list”",
    ),
    "a field of an answer goes": (
        lambda found: schema(found, "Target")["properties"].pop("state"),
        "answer Target.state: no longer “is there”",
    ),
    "a field of an answer may be missing": (
        lambda found: schema(found, "Target")["required"].remove("state"),
        "answer Target: no longer “always has state”",
    ),
    "a field of an answer may be null": (
        lambda found: field(found, "ref", "Target").update(type=["string", "null"]),
        "answer Target.ref: now “type null”",
    ),
    "a field of an answer has another type": (
        lambda found: field(found, "is_new", "Target").update(type="string"),
        "answer Target.is_new: now “type string”",
    ),
    "a day becomes an instant": (
        lambda found: field(found, "sign_by", "Commitment").update(format="date-time"),
        "answer Commitment.sign_by: now “type string (date-time)”",
    ),
    "a page is another object": (
        lambda found: found["paths"][TARGETS]["get"]["responses"]["200"]["content"][
            "application/json"
        ].update(schema={"$ref": "#/components/schemas/PaginatedPlanList"}),
        "GET /api/v1/targets/ 200 application/json: no longer “is a PaginatedTargetList”",
    ),
    "an answer does not come": (
        lambda found: found["paths"]["/api/v1/targets/{ref}/"]["get"]["responses"].pop("304"),
        "GET /api/v1/targets/{ref}/ 304: no longer “may come”",
    ),
    "a header goes": (
        lambda found: found["paths"][TARGETS]["get"]["responses"]["200"].pop("headers"),
        "GET /api/v1/targets/ 200: no longer “has the header Link”",
    ),
    "a form goes": (
        lambda found: found["paths"]["/api/v1/changes"]["get"]["responses"]["200"]["content"].pop(
            "application/x-ndjson"
        ),
        "GET /api/v1/changes 200: no longer “comes as application/x-ndjson”",
    ),
    "a field of a request goes": (
        lambda found: schema(found, "NewTarget")["properties"].pop("clause"),
        "request NewTarget.clause: no longer “is there”",
    ),
    "a field has to be sent": (
        lambda found: schema(found, "NewTarget")["required"].append("clause"),
        "request NewTarget: now “needs clause”",
    ),
    "a new field has to be sent": (
        lambda found: (
            schema(found, "NewTarget")["required"].append("colour"),
            schema(found, "NewTarget")["properties"].update(colour={"type": "string"}),
        ),
        "request NewTarget: now “needs colour”",
    ),
    "a field takes another type": (
        lambda found: field(found, "clause").update(type="integer"),
        "request NewTarget.clause: no longer “type string”",
    ),
    "a field takes less": (
        lambda found: field(found, "clause").update(maxLength=3),
        "request NewTarget.clause: now “maxLength 3”",
    ),
    "a field takes a pattern": (
        lambda found: field(found, "clause").update(pattern="^[0-9]+$"),
        "request NewTarget.clause: now “has to be ^[0-9]+$”",
    ),
    "a value is taken no more": (
        lambda found: schema(found, "ComparatorEnum")["enum"].remove("ge"),
        "request ComparatorEnum: no longer “value 'ge'”",
    ),
    "a parameter goes": (
        lambda found: found["paths"][TARGETS]["get"]["parameters"].remove(query(found, "limit")),
        "GET /api/v1/targets/ query limit: no longer “may be sent”",
    ),
    "a parameter has to be sent": (
        lambda found: query(found, "limit").update(required=True),
        "GET /api/v1/targets/: now “needs query limit”",
    ),
    "a page has fewer rows": (
        lambda found: query(found, "limit")["schema"].update(maximum=100, default=10),
        "GET /api/v1/targets/ query limit: now “maximum 100”",
    ),
    "a scope serves no more": (
        lambda found: found["paths"][TARGETS]["get"].update(security=[{"token": ["org:read"]}]),
        "GET /api/v1/targets/: no longer “open to token plans:read”",
    ),
    "a login serves no more": (
        lambda found: found["paths"][TARGETS]["get"].update(security=[{"token": ["plans:read"]}]),
        "GET /api/v1/targets/: no longer “open to login”",
    ),
}
ADDITIONS: dict[str, Change] = {
    "a path": lambda found: found["paths"].update({"/new/": found["paths"][TARGETS]}),
    "a field of an answer": lambda found: schema(found, "Target")["properties"].update(
        colour={"type": "string"}
    ),
    "a field that may be sent": lambda found: schema(found, "NewTarget")["properties"].update(
        colour={"type": "string", "maxLength": 9, "pattern": "^x", "enum": ["xy"]}
    ),
    "a field need not be sent": lambda found: schema(found, "NewTarget")["required"].remove("code"),
    "a field takes more": lambda found: field(found, "clause").update(maxLength=10_000),
    "a field takes anything": lambda found: field(found, "clause").pop("maxLength"),
    "a value": lambda found: schema(found, "ComparatorEnum")["enum"].append("about"),
    "a parameter": lambda found: found["paths"][TARGETS]["get"]["parameters"].append(
        {"in": "query", "name": "colour", "schema": {"type": "string"}}
    ),
    "a page has more rows": lambda found: query(found, "limit")["schema"].update(maximum=900),
    "an answer is always there": lambda found: schema(found, "Change")["required"].append("data"),
    "other words": lambda found: found["paths"][TARGETS]["get"].update(description="Else."),
}


@pytest.mark.parametrize(("change", "named"), BREACHES.values(), ids=BREACHES)
def test_a_breach_is_named(promised, change, named):
    assert any(line.startswith(named) for line in breaches(promised, after(change)))


@pytest.mark.parametrize("change", ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_breaks_nothing(promised, change):
    assert list(breaches(promised, after(change))) == []


def test_a_bound_that_nobody_promised_is_a_breach(promised):
    found = after(lambda found: field(found, "clause").pop("maxLength"))
    assert (
        [*breaches(found, promised)]
        == [line for line in breaches(found, promised) if "request NewTarget.clause: now" in line]
        != []
    )


def test_what_was_released_still_holds():
    released = (ROOT / "docs" / "contract.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(breaches(set(released), read(PATH))) == [], (
        "Clients would break: docs/api.md, “What may change”"
    )
    assert released == sorted(set(released))
    assert len(released) > 3_000  # an emptied contract would promise nothing


def test_releasing_writes_what_the_description_says(tmp_path, monkeypatch):
    main, copied = contract["main"], tmp_path / "contract.txt"
    monkeypatch.setitem(main.__globals__, "CONTRACT", copied)
    assert main(["--release"]) == 0
    assert main([]) == 0
    copied.write_text(copied.read_text(encoding="utf-8") + "+ GET /gone/ | open to anybody\n")
    assert main([]) == 1
