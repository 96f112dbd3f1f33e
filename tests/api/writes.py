"""Every write of the API as a row: what it asks for, on which object, and what it leaves behind."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from commitments.actions import targets
from commitments.actions.revisions import Wanted
from commitments.enums import Comparator
from commitments.models import Target
from tests.api.described import judged
from tests.factories.body import NOW, Body
from units.enums import Scope


@dataclass(frozen=True)
class Write:
    """`on`: makes the object and returns its reference; None: a creation. `sends`: a good body.
    `entry`: kind of the register entry."""

    name: str
    path: str
    scope: Scope
    entry: str
    on: Callable[[Body], str] | None = None
    sends: Callable[[Body], dict[str, Any]] = field(default=lambda body: {})
    method: str = "post"
    described: str = ""  # the path in the description, where it has more variables

    @property
    def pattern(self) -> str:
        return self.described or self.path

    @property
    def creates(self) -> bool:
        return self.on is None

    def do(self, client: Client, ref: str = "", body: Any = None, tag: str | None = None) -> Any:
        """Send it, and let the description judge the answer."""
        headers = {} if tag is None else {"If-Match": tag}
        answer = getattr(client, self.method)(
            self.path.replace("{ref}", ref),
            data=body,
            content_type="application/json",
            headers=headers,
        )
        judged(answer, self.pattern, self.method)
        return answer

    def tag(self, client: Client, ref: str) -> str:
        """Read the object that is to be written; return its tag."""
        collection = "/".join(self.path.split("/")[:4])
        return client.get(f"{collection}/{ref}/")["ETag"]


def planned(body: Body, code: str = "N01.9", **changes: Any) -> Target:
    """Draw up a planned target of the commune that says “at least 21”."""
    first = body.targets[0]
    asked = {
        "period_id": body.plan.pk,
        "group_id": first.group_id,
        "indicator_id": first.indicator_id,
        "unit_id": body.commune.pk,
        "code": code,
        "wanted": Wanted(comparator=Comparator.GE, value=21),
        "by": body.planner,
        "at": NOW,
    }
    return targets.create_target(**(asked | changes))


def new_target(body: Body) -> dict[str, Any]:
    return {
        "plan": "2024",
        "group": "N01",
        "indicator": {"code": "i-1"},
        "unit": body.commune.ref,
        "code": "N01.9",
        "revision": {"comparator": "ge", "value": "21.5"},
    }


PLANS = "/api/v1/plans/"
TARGETS = "/api/v1/targets/"
WRITES = [
    Write(
        "begin plan",
        PLANS,
        Scope.PLANS_WRITE,
        "period.create",
        sends=lambda body: {"owner": body.committee.ref, "year": 2025},
    ),
    Write(
        "rename plan",
        f"{PLANS}{{ref}}/",
        Scope.PLANS_WRITE,
        "period.edit",
        on=lambda body: body.plan.code,
        sends=lambda body: {"name_en": "The year 2024"},
        method="patch",
    ),
    Write(
        "add group",
        f"{PLANS}{{ref}}/groups/",
        Scope.PLANS_WRITE,
        "group.create",
        on=lambda body: body.plan.code,
        sends=lambda body: {
            "code": "N02",
            "title_vi": "Nhóm hai",
            "field": "defence",
            "mandate": "m-1",
        },
    ),
    Write(
        "change group",
        f"{PLANS}{{ref}}/groups/N01/",
        Scope.PLANS_WRITE,
        "group.edit",
        on=lambda body: body.plan.code,
        sends=lambda body: {"title_en": "First group"},
        method="patch",
        described=f"{PLANS}{{ref}}/groups/{{group}}/",
    ),
    Write("create target", TARGETS, Scope.PLANS_WRITE, "target.create", sends=new_target),
    Write(
        "change target",
        f"{TARGETS}{{ref}}/",
        Scope.PLANS_WRITE,
        "target.edit",
        on=lambda body: planned(body).ref,
        sends=lambda body: {"clause": "2.1", "revision": {"value": "24"}},
        method="patch",
    ),
    Write(
        "assign target",
        f"{TARGETS}{{ref}}/assign/",
        Scope.PLANS_WRITE,
        "target.assign",
        on=lambda body: planned(body).ref,
    ),
    Write(
        "revise target",
        f"{TARGETS}{{ref}}/revise/",
        Scope.PLANS_WRITE,
        "target.revise",
        on=lambda body: body.targets[0].ref,
        sends=lambda body: {
            "revision": {"value": "19"},
            "reason": "Fewer houses.",
            "mandate": "m-1",
        },
    ),
    Write(
        "withdraw target",
        f"{TARGETS}{{ref}}/withdraw/",
        Scope.PLANS_WRITE,
        "target.withdraw",
        on=lambda body: body.targets[0].ref,
        sends=lambda body: {"reason": "The programme has ended."},
    ),
    Write(
        "allocate target",
        f"{TARGETS}{{ref}}/allocation/",
        Scope.PLANS_WRITE,
        "target.allocate",
        on=lambda body: body.targets[0].ref,
        sends=lambda body: {
            "reserve": "1",
            "parts": [
                {"unit": body.commune.ref, "value": "12"},
                {"unit": body.other.ref, "value": "8"},
            ],
        },
        method="put",
    ),
]
