"""Every write of the API as a row: what it asks for, on which object, and what it leaves behind."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from tests.api.described import judged
from tests.api.things import (
    appointed,
    counting,
    drafted,
    free_office,
    inspected,
    new_draft,
    new_inspection,
    new_target,
    owed,
    planned,
    registered,
)
from tests.factories.body import Body, make_body
from tests.factories.readers import machine
from units.enums import Scope
from units.models import OrgUnit, RegisterEntry


def new_key() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Write:
    """`on`: makes the object and returns its reference; None: a creation. `sends`: a good body.
    `entry`: kind of the register entry; empty: it leaves none. `owner`: the unit whose machine may."""

    name: str
    path: str
    scope: Scope
    entry: str
    on: Callable[[Body], str] | None = None
    sends: Callable[[Body], dict[str, Any]] = field(default=lambda body: {})
    method: str = "post"
    ends: bool = False  # nothing is left to be read
    described: str = ""  # the path in the description, where it has more variables
    owner: Callable[[Body], OrgUnit] = field(default=lambda body: body.committee)
    first: Callable[[Client, str], None] | None = None  # what the same machine has done before
    draft: bool = False  # a paper of its own side is left: who wrote it is said, but not when
    outsiders: tuple[str, ...] = ("supervisor", "secretary")  # people of the body without the role

    @property
    def pattern(self) -> str:
        return self.described or self.path

    @property
    def keyed(self) -> bool:
        return self.method == "post"

    @property
    def creates(self) -> bool:
        return self.on is None

    def do(
        self,
        client: Client,
        ref: str = "",
        body: Any = None,
        tag: str | None = None,
        key: str | None = None,
    ) -> Any:
        """Send it, where it asks for a key with `key` or a new one; let the description judge."""
        headers = {} if tag is None else {"If-Match": tag}
        if self.keyed:
            headers["Idempotency-Key"] = key or new_key()
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


def submit_first(client: Client, ref: str) -> None:
    """Hand in what is owed: only its author takes a report back."""
    write = next(write for write in WRITES if write.name == "submit report")
    done = write.do(client, ref, {"value": "7"}, write.tag(client, ref))
    assert done.status_code == 200, done.content


UNITS = "/api/v1/units/"
APPOINTMENTS = "/api/v1/appointments/"
PLANS = "/api/v1/plans/"
TARGETS = "/api/v1/targets/"
COMMITMENTS = "/api/v1/commitments/"
REPORTS = "/api/v1/reports/"
CASES = "/api/v1/cases/"
INSPECTIONS = "/api/v1/inspections/"
OWN_ACTS = {  # of people for themselves: in a file of their own
    *(
        f"{collection}{{ref}}/{act}/"
        for collection in (COMMITMENTS, CASES)
        for act in ("acknowledge", "delegate", "undelegate", "snooze", "take-back")
    ),
    *(f"/api/v1/absences/{end}" for end in ("", "{ref}/end/")),
}
WRITES = [
    Write(
        "record inspection",
        INSPECTIONS,
        Scope.REPORTS_WRITE,
        "inspection.record",
        sends=new_inspection,
        owner=counting,
        outsiders=("supervisor", "leader"),
    ),
    Write(
        "correct inspection",
        f"{INSPECTIONS}{{ref}}/correct/",
        Scope.REPORTS_WRITE,
        "inspection.correct",
        on=inspected,
        sends=lambda body: {"unit": body.other.ref, "reason": "Nhầm đơn vị."},
        outsiders=("supervisor", "leader", "secretary"),
    ),
    Write(
        "register case",
        CASES,
        Scope.CASES_WRITE,
        "case.register",
        sends=lambda body: {
            "kind": "admin",
            "title": "Hồ sơ quá hạn",
            "unit": body.commune.ref,
            "plan": "2024",
            "original_due_on": "2024-01-10",
            "task": "Trả kết quả",
        },
        outsiders=("planner", "secretary"),
    ),
    Write(
        "make case clear",
        f"{CASES}{{ref}}/",
        Scope.CASES_WRITE,
        "case.edit",
        on=registered,
        sends=lambda body: {"office": body.first.ref, "task": "Trả kết quả", "cause": "staff"},
        method="patch",
        outsiders=("planner", "secretary"),
    ),
    Write(
        "found unit",
        UNITS,
        Scope.ORG_WRITE,
        "unit.create",
        sends=lambda body: {
            "kind": "commune",
            "name_vi": "Xã Mới",
            "superiors": [{"tree": "party", "unit": body.committee.ref}],
        },
    ),
    Write(
        "rename unit",
        f"{UNITS}{{ref}}/rename/",
        Scope.ORG_WRITE,
        "unit.rename",
        on=lambda body: body.commune.ref,
        sends=lambda body: {"name_vi": "Phường Một", "from_on": "2024-07-01"},
    ),
    Write(
        "put unit under another",
        f"{UNITS}{{ref}}/put-under/",
        Scope.ORG_WRITE,
        "unit.put_under",
        on=lambda body: body.commune.ref,
        sends=lambda body: {"tree": "admin", "unit": body.committee.ref, "from_on": "2024-07-01"},
    ),
    Write(
        "end unit",
        f"{UNITS}{{ref}}/end/",
        Scope.ORG_WRITE,
        "unit.end",
        on=lambda body: body.commune.ref,
        sends=lambda body: {"end_on": "2100-01-01"},
    ),
    Write(
        "appoint",
        APPOINTMENTS,
        Scope.ORG_WRITE,
        "appointment.create",
        sends=lambda body: {
            "person": "planner",
            "position": free_office(body).ref,
            "valid_from": "2024-02-01",
        },
    ),
    Write(
        "end appointment",
        f"{APPOINTMENTS}{{ref}}/end/",
        Scope.ORG_WRITE,
        "appointment.end",
        on=appointed,
        sends=lambda body: {"end_on": "2100-01-01"},
    ),
    Write(
        "draft commitment",
        COMMITMENTS,
        Scope.COMMITMENTS_WRITE,
        "commitment.draft",
        sends=new_draft,
    ),
    Write(
        "change draft",
        f"{COMMITMENTS}{{ref}}/",
        Scope.COMMITMENTS_WRITE,
        "commitment.edit",
        on=drafted,
        sends=lambda body: {"sign_by": "2100-03-01", "items": [{"target": "2024-t1"}]},
        method="patch",
    ),
    Write(
        "discard draft",
        f"{COMMITMENTS}{{ref}}/discard/",
        Scope.COMMITMENTS_WRITE,
        "commitment.discard",
        on=drafted,
        ends=True,
    ),
    Write(
        "issue draft",
        f"{COMMITMENTS}{{ref}}/issue/",
        Scope.COMMITMENTS_ISSUE,
        "commitment.issue",
        on=drafted,
    ),
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
    Write(
        "draft report",
        f"{REPORTS}{{ref}}/draft/",
        Scope.REPORTS_WRITE,
        "",  # a draft is the paper of its own side
        on=owed,
        sends=lambda body: {"value": "7"},
        method="put",
        draft=True,
        owner=lambda body: body.commune,
        outsiders=("supervisor", "planner"),
    ),
    Write(
        "submit report",
        f"{REPORTS}{{ref}}/submit/",
        Scope.REPORTS_WRITE,
        "report.submit",
        on=owed,
        sends=lambda body: {"value": "7", "narrative": "Seven so far."},
        owner=lambda body: body.commune,
        outsiders=("supervisor", "planner"),
    ),
    Write(
        "recall report",
        f"{REPORTS}{{ref}}/recall/",
        Scope.REPORTS_WRITE,
        "report.recall",
        on=owed,
        owner=lambda body: body.commune,
        first=submit_first,
        draft=True,
        outsiders=("supervisor", "planner"),
    ),
]


def scene(write: Write) -> tuple[Body, str, Client]:
    """Return the body, the reference of the object to be written, and a machine that may."""
    body = make_body()
    ref = write.on(body) if write.on else ""
    client = machine(write.owner(body))
    if write.first:
        write.first(client, ref)
    return body, ref, client


def entries() -> list[str]:
    """Return the kinds of everything in the register, the oldest first."""
    return list(RegisterEntry.objects.order_by("pk").values_list("kind", flat=True))
