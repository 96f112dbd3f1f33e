"""What clients rely on in the description of the API, and whether it still holds.

`python .ci/contract.py` compares docs/openapi.yaml with docs/contract.txt, the contract of the last
release, and fails when something is missing there that clients may use, or demanded that they do not
send. What is added may be used at once and changed until it is released. `--release` writes the
contract anew: new promises are then kept, and what was broken on purpose is no longer promised.

A line is one fact about one place: `+` a promise that has to stay, `!` a demand that may go and not
come, `<` and `>` bounds of what is sent, which may only become wider.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
DESCRIPTION, CONTRACT = ROOT / "docs" / "openapi.yaml", ROOT / "docs" / "contract.txt"
REQUEST, ANSWER = "request", "answer"
UPPER, LOWER = ("maximum", "maxLength", "maxItems"), ("minimum", "minLength", "minItems")
COMPONENT = "#/components/schemas/"


class Contract:
    """The facts of one description. `facts`: lines; components are read once for each direction."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._components = document.get("components", {}).get("schemas", {})
        self._read: set[tuple[str, str]] = set()
        self.facts: set[str] = set()
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                self._operation(f"{method.upper()} {path}", operation)
        for name, methods in document.get("webhooks", {}).items():
            for method, call in methods.items():
                self._call(f"HOOK {name} {method.upper()}", call)

    def _add(self, sign: str, place: str, what: object) -> None:
        self.facts.add(f"{sign} {place} | {what}")

    def _operation(self, place: str, operation: dict[str, Any]) -> None:
        self._add("+", place, f"is called {operation['operationId']}")
        for way in operation.get("security", []):
            needed = [" ".join([name, *scopes]) for name, scopes in way.items()]
            self._add("+", place, f"open to {' and '.join(needed) or 'anybody'}")
        for one in operation.get("parameters", []):
            name = f"{one['in']} {one['name']}"
            self._add("+", f"{place} {name}", "may be sent")
            if one.get("required"):
                self._add("!", place, f"needs {name}")
            self._schema(REQUEST, f"{place} {name}", one["schema"])
        body = operation.get("requestBody", {})
        if body.get("required"):
            self._add("!", place, "needs a body")
        for kind, content in body.get("content", {}).items():
            self._add("+", place, f"takes {kind}")
            self._schema(REQUEST, f"{place} {kind}", content["schema"])
        for status, answer in operation["responses"].items():
            if int(status) < 400:
                self._answer(f"{place} {status}", answer)

    def _call(self, place: str, call: dict[str, Any]) -> None:
        """What we send to programs is an answer to them; what they may say to it, we understand."""
        self._add("+", place, f"is called {call['operationId']}")
        for one in call.get("parameters", []):
            name = f"{one['in']} {one['name']}"
            self._add("+", place, f"has the {name}")
            self._schema(ANSWER, f"{place} {name}", one["schema"])
        for kind, content in call.get("requestBody", {}).get("content", {}).items():
            self._add("+", place, f"comes as {kind}")
            self._schema(ANSWER, f"{place} {kind}", content["schema"])
        for status in call.get("responses", {}):
            self._add("+", place, f"understands the answer {status}")

    def _answer(self, place: str, answer: dict[str, Any]) -> None:
        self._add("+", place, "may come")
        for name in answer.get("headers", {}):
            self._add("+", place, f"has the header {name}")
        for kind, content in answer.get("content", {}).items():
            self._add("+", place, f"comes as {kind}")
            self._schema(ANSWER, f"{place} {kind}", content.get("schema", {}))

    def _schema(self, side: str, place: str, schema: dict[str, Any]) -> None:
        if reference := schema.get("$ref"):
            name = reference.removeprefix(COMPONENT)
            self._add("+", place, f"is a {name}")
            if (side, name) not in self._read:
                self._read.add((side, name))
                self._schema(side, f"{side} {name}", self._components[name])
            return
        self._type(side, place, schema)
        for key in ("allOf", "oneOf", "anyOf"):
            for one in schema.get(key, []):
                self._schema(side, place, one)
        for name, field in schema.get("properties", {}).items():
            self._add("+", f"{place}.{name}", "is there")
            self._schema(side, f"{place}.{name}", field)
        for name in schema.get("required", []):
            sign, word = ("!", "needs") if side == REQUEST else ("+", "always has")
            self._add(sign, place, f"{word} {name}")
        for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
            if isinstance(schema.get(key), dict):
                self._schema(side, f"{place}{mark}", schema[key])

    def _type(self, side: str, place: str, schema: dict[str, Any]) -> None:
        """A type of a request is a promise to take it, one of an answer a demand to understand it."""
        types = schema.get("type", [])
        for name in [types] if isinstance(types, str) else types:
            kind = f"{name} ({schema['format']})" if "format" in schema and name != "null" else name
            self._add("+" if side == REQUEST else "!", place, f"type {kind}")
        if side == ANSWER:
            return
        for value in schema.get("enum", []):
            self._add("+", place, f"value {value!r}")
        for key, text in (("enum", "a value of the list"), ("pattern", schema.get("pattern"))):
            if key in schema:
                self._add("!", place, f"has to be {text}")
        if "default" in schema:
            self._add("+", place, f"default {schema['default']!r}")
        for sign, keys in (("<", UPPER), (">", LOWER)):
            for key in keys:
                if key in schema:
                    self._add(sign, place, f"{key} {schema[key]}")


def split(fact: str) -> tuple[str, str, str]:
    """Return sign, place and what is said of the place."""
    head, _bar, what = fact.partition(" | ")
    return head[0], head[2:], what


def breaches(released: set[str], present: set[str]) -> Iterator[str]:
    """Yield in words what clients of the contract `released` would stumble over; in no order.

    A demand of a place that the contract does not know yet disturbs nobody: no client is there.
    """
    known = {split(fact)[1] for fact in released}
    bounds = {(sign, place, what.split()[0]): float(what.split()[1]) for sign, place, what in
              map(split, released) if sign in "<>"}  # fmt: skip
    for sign, place, what in map(split, released - present):
        if sign == "+":
            yield f"{place}: no longer “{what}”"
    for sign, place, what in map(split, present - released):
        if place not in known or sign == "+":
            continue
        if sign in "<>":
            name, value = what.split()
            old = bounds.get((sign, place, name))
            if old is not None and (float(value) >= old if sign == "<" else float(value) <= old):
                continue
        yield f"{place}: now “{what}”"


def read(path: Path = DESCRIPTION) -> set[str]:
    """Return the facts of the description at `path`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Contract(yaml.load(path.read_text(encoding="utf-8"), loader)).facts  # noqa: S506


def main(arguments: list[str]) -> int:
    """Compare, or write the contract anew; return the exit code."""
    present = read()
    if "--release" in arguments:
        CONTRACT.write_text("".join(f"{fact}\n" for fact in sorted(present)), encoding="utf-8")
        return 0
    released = set(CONTRACT.read_text(encoding="utf-8").splitlines())
    found = sorted(breaches(released, present))
    sys.stderr.writelines(f"{line}\n" for line in found)
    if found:
        sys.stderr.write("Clients would break. docs/api.md, “What may change”, says what to do.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
