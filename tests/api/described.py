"""The committed description as a judge: does this answer have the form that it promises?"""

import copy
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker

PATH = Path(__file__).parents[2] / "docs" / "openapi.yaml"
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "pattern": r"/problems/[a-z0-9-]+/$"},
        "title": {"type": "string", "minLength": 3},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "minLength": 3},
        "code": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
        "request_id": {"type": "string", "minLength": 8},
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "oneOf": [{"required": ["pointer"]}, {"required": ["parameter"]}],
            },
        },
    },
}


@cache
def document() -> dict[str, Any]:
    """Return the committed description; each of its objects allows only the fields it names."""
    found = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    for schema in found["components"]["schemas"].values():
        if schema.get("type") == "object":
            schema["additionalProperties"] = False
    return found


def operation(path: str, method: str = "get") -> dict[str, Any]:
    """Return what the description says of one address, such as `/api/v1/units/{ref}/`."""
    return document()["paths"][path][method]


def schema_of(path: str, status: int = 200, method: str = "get") -> dict[str, Any]:
    """Return the schema of the JSON that this operation answers with `status`."""
    content = operation(path, method)["responses"][str(status)]["content"]
    return next(iter(content.values()))["schema"]


def complaints(body: Any, schema: dict[str, Any]) -> list[str]:
    """Return in which ways `body` is not what `schema` promises."""
    whole = copy.copy(schema) | {"components": document()["components"]}
    judge = Draft202012Validator(whole, format_checker=FormatChecker())
    return [
        f"{'/'.join(map(str, error.path))}: {error.message}" for error in judge.iter_errors(body)
    ]


def is_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """Assert that `response` is the problem `code` in the promised form; return its body."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert complaints(body, PROBLEM) == []
    assert (body["code"], body["status"]) == (code, status)
    assert body["type"].endswith(f"/problems/{code}/")
    assert body["request_id"] == response["X-Request-ID"]
    return body


def judged(response: Any, path: str, method: str = "get") -> Any:
    """Assert that the operation `path` may answer like this; return the JSON, None without one."""
    promised = operation(path, method)["responses"]
    assert str(response.status_code) in promised, (response.status_code, response.content[:400])
    content = promised[str(response.status_code)].get("content", {})
    if response.status_code in {204, 304}:
        assert (content, response.content) == ({}, b"")
        return None
    kind = response["Content-Type"].partition(";")[0]
    assert kind in content, (kind, list(content))
    if not kind.endswith("json"):
        return None
    body = response.json()
    assert complaints(body, content[kind]["schema"]) == []
    return body
