"""The description: what is served, what is committed and what is answered are one and the same."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator

from commitments.api.backlog import PEOPLES
from tests.api.described import PATH, PROBLEM, document, is_problem, judged
from tests.factories.commitments_versions import CommitmentVersionFactory
from tests.factories.readers import machine
from units.enums import Scope
from units.http import codes

SCHEMA, DOCS = "/api/v1/schema/", "/api/v1/docs/"
REFRESH = (
    "docs/openapi.yaml is not what the code describes. Look at the difference, then refresh it: "
    "make openapi"
)
ELSEWHERE = tuple(  # whose answers are judged in files of their own
    f"/api/v1/{name}"
    for name in ("reports/", "inspections/", "cases/", "changes", "webhooks/", "absences/")
)
LADDER = "/api/v1/commitments/{ref}/ladder/"  # likewise: only some states wait for anything
OWN = {
    "acknowledge",
    "delegate",
    "undelegate",
    "snooze",
    "take-back",
}  # what a person does for oneself
pytestmark = pytest.mark.django_db


def served(language: str = "en", accept: str = "application/json") -> dict:
    answer = Client(headers={"Accept-Language": language, "Accept": accept}).get(SCHEMA)
    assert answer.status_code == 200
    return yaml.safe_load(answer.content)


OPERATIONS = [
    pytest.param(path, method, found, id=f"{method} {path}")
    for path, methods in document()["paths"].items()
    for method, found in methods.items()
]


def test_the_committed_file_is_what_the_code_describes(tmp_path):
    fresh = tmp_path / "openapi.yaml"
    call_command(
        "spectacular", "--lang", "en", "--validate", "--fail-on-warn", "--file", str(fresh)
    )
    assert fresh.read_text(encoding="utf-8") == PATH.read_text(encoding="utf-8"), REFRESH


def test_the_command_that_is_named_exists():
    makefile = (Path(settings.BASE_DIR) / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^openapi:", makefile, re.MULTILINE)
    assert "make openapi " in makefile  # in the help


def test_what_is_served_is_the_committed_file():
    committed = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    assert served() == json.loads(json.dumps(committed, default=str)), REFRESH
    assert served(accept="application/yaml") == committed
    assert served("vi")["paths"].keys() == committed["paths"].keys()
    assert served("vi")["info"]["title"] != committed["info"]["title"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/vnd.oai.openapi"),
        ("application/yaml", "application/yaml"),
        ("application/json", "application/json"),
        ("application/vnd.oai.openapi+json", "application/vnd.oai.openapi+json"),
    ],
)
def test_the_document_comes_as_json_or_yaml(accept, kind):
    answer = Client(headers={"Accept": accept}).get(SCHEMA)
    assert answer["Content-Type"].partition(";")[0] == kind
    assert answer["Cache-Control"] == "no-store"


def test_another_way_to_ask_for_a_form_is_refused():
    is_problem(Client().get(f"{SCHEMA}?format=json"), 400, "unknown-parameter")


def test_it_is_openapi_3_1_with_schemas_that_are_schemas():
    found = served()
    assert found["openapi"] == "3.1.0"
    for schema in found["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(("path", "method", "found"), OPERATIONS)
def test_each_operation_says_what_it_needs(path, method, found):
    assert found["operationId"]
    assert found["summary"].strip()
    assert found["description"].strip()
    public = path == "/api/v1/" or path.startswith("/api/v1/verify/")
    if public:
        assert found["security"] in ([], [{}])
    else:
        names = {name for one in found["security"] for name in one}
        assert names == {"token", "login"}
        scopes = {scope for one in found["security"] for scope in one.get("token", [])}
        assert scopes <= set(Scope.values)
        acts = path.rstrip("/").split("/")[-1] in {
            "return",
            "refuse",
            "countersign",
            "void",
            "verify",
            "judge",
            *OWN,
            *(PEOPLES if path.startswith("/api/v1/cases/") else ()),
        }
        acts = acts or path.startswith("/api/v1/absences/")
        assert len(scopes) == (0 if acts else 1)
        reads = {scope.value for scope in Scope if scope.value.endswith(":read")}
        if path.startswith("/api/v1/webhooks/"):  # one scope for all of it
            assert scopes == {Scope.WEBHOOKS_MANAGE.value}
        else:
            assert acts or (scopes <= reads) == (method == "get")
        assert "401" in found["responses"]
    assert {"406", "500"} <= set(found["responses"])


@pytest.mark.parametrize(("path", "method", "found"), OPERATIONS)
def test_each_example_is_what_its_schema_allows(path, method, found):
    whole = {"components": document()["components"]}
    bodies = [found.get("requestBody", {}), *found["responses"].values()]
    bytes_alone = path.endswith(("/pdf/", "/{sha256}/"))
    judged_some = bytes_alone or method == "delete"  # neither has an example
    for body in bodies:
        for content in body.get("content", {}).values():
            for example in content.get("examples", {}).values():
                schema = content["schema"] | whole
                assert list(Draft202012Validator(schema).iter_errors(example["value"])) == []
                judged_some = True
    assert judged_some


@pytest.mark.parametrize(("path", "method", "found"), OPERATIONS)
def test_each_problem_code_stands_under_its_status(path, method, found):
    for status, answer in found["responses"].items():
        if int(status) < 400:
            continue
        assert list(answer["content"]) == ["application/problem+json"]
        said = re.findall(r"^\* `([a-z0-9-]+)`:", answer["description"], re.MULTILINE)
        assert said
        assert {codes.registry()[code].status for code in said} == {int(status)}


def test_the_form_of_a_problem_is_the_one_that_tests_demand():
    schema = document()["components"]["schemas"]["Problem"]
    assert set(PROBLEM["required"]) == set(schema["required"])
    assert set(PROBLEM["properties"]) <= set(schema["properties"])


PARTS_OF_PLANS = ("board/", "league/", "settlement/")


def test_every_read_of_every_state_is_as_described():
    """Each operation that reads, over rows of every state, from both sides, in every version."""
    read, client_of_nobody = set(), Client()
    for state in (
        "draft",
        "issued",
        "signed",
        "returned",
        "refused",
        "in_force",
        "superseded",
        "voided",
        "settled",
    ):
        version = CommitmentVersionFactory(both=True, **{state: True})
        sides = (version.commitment.assigner_unit, version.commitment.unit)
        if version.document:
            code, digest = version.document.code, version.document.revisions.get(no=1).sha256
            for path, what in (("{code}", code), ("sha256/{sha256}", digest)):
                address = path.format(code=what, sha256=what)
                judged(
                    client_of_nobody.get(f"/api/v1/verify/{address}/"), f"/api/v1/verify/{path}/"
                )
                read.add(f"/api/v1/verify/{path}/")
        for client in map(machine, sides):
            root = judged(client.get("/api/v1/"), "/api/v1/")
            read.add("/api/v1/")
            for name in ("units", "appointments", "plans", "targets", "commitments"):
                path = urlsplit(root[name]).path
                rows = judged(client.get(path), path)["results"]
                read.add(path)
                for row in rows:
                    judged(client.get(f"{path}{row['ref']}/"), f"{path}{{ref}}/")
                    read.add(f"{path}{{ref}}/")
                    for end in {"plans": PARTS_OF_PLANS, "targets": ("result/",)}.get(name, ()):
                        judged(client.get(f"{path}{row['ref']}/{end}"), f"{path}{{ref}}/{end}")
                        read.add(f"{path}{{ref}}/{end}")
                    for number in (one["version"] for one in row.get("versions", [])):
                        for end in ("", "pdf/", "receipts/"):
                            query = {"version": number}
                            answer = client.get(f"{path}{row['ref']}/{end}", query)
                            judged(answer, f"{path}{{ref}}/{end}")
                            read.add(f"{path}{{ref}}/{end}")
    described = {path for path, methods in document()["paths"].items() if "get" in methods}
    assert read == {path for path in described if not path.startswith((*ELSEWHERE, LADDER))}


# --- the page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_shows_every_operation_and_code(language):
    answer = Client(headers={"Accept-Language": language}).get(DOCS)
    html = answer.content.decode()
    for path, methods in document()["paths"].items():
        assert path in html
        for method in methods.values():
            assert f'id="operation-{method["operationId"]}"' in html
    for name in document()["components"]["schemas"]:
        assert f'id="object-{name}"' in html
    targets = set(re.findall(r'href="#([^"]+)"', html))
    assert targets <= set(re.findall(r'id="([^"]+)"', html))


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline():
    answer = Client().get(DOCS)
    html = answer.content.decode()
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    loaded = re.findall(r'(?:<script|<link|<img|<iframe|<source)[^>]*?(?:src|href)="([^"]+)"', html)
    assert loaded
    for address in loaded:
        assert address.startswith("/static/")
        assert finders.find(address.removeprefix("/static/"))
    assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", html) == []


def test_the_description_and_its_page_need_no_login_and_few_questions(
    django_assert_max_num_queries,
):
    for address in (SCHEMA, DOCS, "/api/v1/"):
        with django_assert_max_num_queries(0):
            assert Client().get(address).status_code == 200


def test_the_documentation_is_named_where_people_look():
    readme = (Path(settings.BASE_DIR) / "README.md").read_text(encoding="utf-8")
    for name in re.findall(r"\]\((docs/[^)#]+\.md)\)", readme):
        assert (Path(settings.BASE_DIR) / name).exists(), name
