"""The description of the API as data for a page: plain rows, nothing left to look up."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

METHODS = ("get", "post", "patch", "put", "delete")
SCHEMAS = "#/components/schemas/"


def of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page shows: the groups of operations, then the objects they speak of."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                found = _operation(path, method, methods[method])
                groups.setdefault(methods[method]["tags"][0], []).append(found)
    for methods in document.get("webhooks", {}).values():
        for method, operation in methods.items():
            found = _operation(str(_("your address")), method, operation)
            groups.setdefault(operation["tags"][0], []).append(found)
    return {
        "title": document["info"]["title"],
        "version": document["info"]["version"],
        "description": document["info"]["description"],
        "schemes": [
            {"name": name, "description": scheme["description"]}
            for name, scheme in document["components"]["securitySchemes"].items()
        ],
        "groups": [{"name": name, "operations": found} for name, found in groups.items()],
        "objects": [
            _object(name, schema) for name, schema in document["components"]["schemas"].items()
        ],
    }


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "paragraphs": operation["description"].split("\n\n"),
        "parameters": [
            {
                "name": parameter["name"],
                "where": parameter["in"],
                "required": parameter.get("required", False),
                "description": parameter.get("description", "").split("\n\n")[0],
                "type": _type(parameter["schema"]),
            }
            for parameter in operation.get("parameters", [])
        ],
        "sends": next((_type(content["schema"]) for content in body.values()), None),
        "example": _example(body),
        "answers": [
            _answer(status, answer) for status, answer in sorted(operation["responses"].items())
        ],
    }


def _answer(status: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """`codes`: (code, meaning) of the problems that this status can carry."""
    content = answer.get("content", {})
    text = answer.get("description", "")
    codes = [
        line.removeprefix("* `").split("`: ", 1)
        for line in text.split("\n")
        if line.startswith("* `") and "application/problem+json" in content
    ]
    return {
        "status": status,
        "media": ", ".join(content),
        "type": next((_type(one["schema"]) for one in content.values()), None),
        "codes": codes,
        "description": "" if codes else text,
        "example": _example(content),
    }


def _example(content: Mapping[str, Any]) -> str:
    """Return the first example as text; "" where there is none."""
    for one in content.values():
        for example in one.get("examples", {}).values():
            return json.dumps(example["value"], ensure_ascii=False, indent=2)
    return ""


def _object(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """`values`: (value, meaning) of an enumeration; `fields`: those of an object."""
    required = schema.get("required", [])
    described = schema.get("description", "")
    meanings = dict(
        line.removeprefix("* `").split("` - ", 1)
        for line in described.split("\n")
        if line.startswith("* `") and "` - " in line
    )
    return {
        "name": name,
        "description": "" if meanings else described,
        "values": [(value or "“”", meanings.get(value, "")) for value in schema.get("enum", [])],
        "fields": [
            {
                "name": field,
                "type": _type(inner),
                "description": inner.get("description") or inner.get("title", ""),
                "required": field in required,
            }
            for field, inner in schema.get("properties", {}).items()
        ],
    }


def _type(schema: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return a type as words: {"text"} or, for an object described below, {"text", "object"}."""
    return list(_words(schema))


def _words(schema: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(SCHEMAS)
        yield {"text": name, "object": name}
        return
    for several in ("allOf", "oneOf", "anyOf"):
        for place, inner in enumerate(schema.get(several, [])):
            if place:
                yield {"text": "|"}
            yield from _words(inner)
    if "type" not in schema:
        return
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    for place, kind in enumerate(kinds):
        if place:
            yield {"text": "|"}
        yield {"text": f"{kind} ({schema['format']})" if _has_form(kind, schema) else kind}
        if kind == "array":
            yield {"text": "of"}
            yield from _words(schema.get("items", {}))
    if schema.get("enum"):
        yield {"text": ": " + ", ".join(str(value) for value in schema["enum"])}


def _has_form(kind: str, schema: Mapping[str, Any]) -> bool:
    return kind == "string" and "format" in schema
