"""What a person does for oneself by REST: acknowledge a step, hand a duty on, put a row aside, be away.
No token does."""

from datetime import date, timedelta

import pytest

from commitments.actions import cases
from commitments.enums import ClockKind
from commitments.models import CaseClock, Reminder
from notifications.models import Absence
from tests.api.described import is_problem, judged
from tests.api.writes import new_key
from tests.factories.clocks import local, make_scene, start
from tests.factories.readers import machine, person
from tests.factories.units import RoleGrantFactory
from units import clock
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
TODAY = clock.local_date(clock.real_now())


def post(client, address: str, body: dict | None = None, *, tag: str = "", key: str = ""):
    headers = {"Idempotency-Key": key or new_key()} | ({"If-Match": tag} if tag else {})
    return client.post(address, body or {}, content_type="application/json", headers=headers)


@pytest.fixture
def climbed():
    """A case whose ladder has reached level 1; return scene, case, address and who holds it."""
    scene = make_scene()
    case = scene.case()
    start(case, kind=ClockKind.CASE, due_on=date(2024, 4, 26))
    cases.sweep(at=local(date(2024, 5, 2), 9))
    CaseClock.objects.update(next_action_at=clock.real_now() + timedelta(days=3))
    head = case.office.appointments.get().person
    return scene, case, f"/api/v1/cases/{case.ref}/", head


def test_the_holder_reads_the_ladder_and_says_that_its_step_is_seen(climbed):
    _scene, case, address, head = climbed
    client, pattern = person(head), "/api/v1/cases/{ref}/"
    answer = client.get(f"{address}ladder/")
    found = judged(answer, f"{pattern}ladder/")
    assert (found["waits_for"], found["level"], found["acknowledged_by"]) == ("case", 1, None)
    assert (found["due_on"], found["policy_version"]) == ("2024-04-26", 1)

    is_problem(post(client, f"{address}acknowledge/"), 428, "version-missing")
    is_problem(post(client, f"{address}acknowledge/", tag='"ladder-x"'), 412, "object-changed")
    key = new_key()
    for replayed in (False, True):
        answer = post(client, f"{address}acknowledge/", tag=found["etag"], key=key)
        said = judged(answer, f"{pattern}acknowledge/", "post")
        assert said["acknowledged_by"] == head.full_name
        assert answer["ETag"] == said["etag"] != found["etag"]
        assert ("Idempotency-Replayed" in answer) is replayed
    assert RegisterEntry.objects.filter(kind="clock.acknowledge").count() == 1
    again = post(client, f"{address}acknowledge/", tag=said["etag"])
    is_problem(again, 409, "acknowledged-already")
    assert CaseClock.objects.get(case=case).ack_by == head


def test_nobody_else_says_it_and_no_token(climbed):
    scene, case, address, head = climbed
    other = RoleGrantFactory(role="supervisor", unit=scene.district).person
    found = person(other).get(f"{address}ladder/").json()
    asked = f"{address}acknowledge/"
    is_problem(post(person(other), asked, tag=found["etag"]), 403, "not-allowed")
    is_problem(post(machine(case.unit), asked, tag=found["etag"]), 403, "human-only")
    judged(machine(case.unit).get(f"{address}ladder/"), "/api/v1/cases/{ref}/ladder/")
    CaseClock.objects.update(state="done", next_action_at=None, end_reason="resolved")
    is_problem(person(head).get(f"{address}ladder/"), 404, "no-ladder")
    is_problem(post(person(head), asked, tag=found["etag"]), 404, "no-ladder")
    assert not RegisterEntry.objects.filter(kind="clock.acknowledge").exists()


def test_the_holder_hands_a_case_on_and_takes_it_back(climbed):
    scene, case, address, head = climbed
    clerk = RoleGrantFactory(role="reporter", unit=case.unit).person
    elsewhere = RoleGrantFactory(role="supervisor", unit=scene.district).person
    client, pattern = person(head), "/api/v1/cases/{ref}/"
    found = client.get(f"{address}ladder/").json()
    assert found["handed_on"] == []
    body, asked = {"deputy": clerk.username, "task": "Soạn giải trình"}, f"{address}delegate/"
    is_problem(post(client, asked, body), 428, "version-missing")
    is_problem(post(machine(case.unit), asked, body, tag=found["etag"]), 403, "human-only")
    is_problem(post(person(clerk), asked, body, tag=found["etag"]), 403, "not-allowed")
    for wrong in (elsewhere.username, head.username, "nobody"):
        answer = post(client, asked, body | {"deputy": wrong}, tag=found["etag"])
        is_problem(answer, 422, "deputy-elsewhere")

    answer = post(client, asked, body, tag=found["etag"])
    said = judged(answer, f"{pattern}delegate/", "post")
    told = {"by": head.username, "to": clerk.username, "task": "Soạn giải trình"}
    assert said["handed_on"] == [told]
    assert answer["ETag"] == said["etag"] != found["etag"]
    is_problem(post(client, asked, body, tag=found["etag"]), 412, "object-changed")
    is_problem(post(client, asked, body, tag=said["etag"]), 409, "delegated-already")
    read = judged(person(clerk).get(f"{address}ladder/"), f"{pattern}ladder/")
    assert read["handed_on"] == [told]

    back = f"{address}undelegate/"
    answer = post(client, back, tag=said["etag"])
    assert judged(answer, f"{pattern}undelegate/", "post")["handed_on"] == []
    is_problem(post(client, back, tag=answer["ETag"]), 409, "not-delegated")
    kinds = RegisterEntry.objects.filter(kind__endswith="delegate").values_list("kind", flat=True)
    assert list(kinds.order_by("pk")) == ["clock.delegate", "clock.undelegate"]


def test_a_head_hands_a_signature_on():
    scene = make_scene()
    version = scene.version(issued=True)
    start(version, due_on=TODAY + timedelta(days=20))
    head = version.first_undertaker.appointments.get().person
    unit = version.first_undertaker.unit
    clerk = RoleGrantFactory(role="reporter", unit=unit).person
    client, address = person(head), f"/api/v1/commitments/{version.commitment.ref}/"
    pattern, tag = "/api/v1/commitments/{ref}/", client.get(f"{address}ladder/").json()["etag"]
    body = {"deputy": clerk.username, "task": "Đọc dự thảo"}
    said = judged(post(client, f"{address}delegate/", body, tag=tag), f"{pattern}delegate/", "post")
    assert [one["to"] for one in said["handed_on"]] == [clerk.username]
    answer = post(client, f"{address}undelegate/", tag=said["etag"])
    assert judged(answer, f"{pattern}undelegate/", "post")["handed_on"] == []


def test_a_supervisor_puts_a_commitment_aside_and_takes_it_back():
    scene = make_scene()
    version = scene.version(issued=True)
    due = start(version, due_on=TODAY + timedelta(days=20))
    CaseClock.objects.filter(pk=due.pk).update(next_action_at=clock.real_now() + timedelta(days=3))
    reader = RoleGrantFactory(role="supervisor", unit=scene.district).person
    client, address = person(reader), f"/api/v1/commitments/{version.commitment.ref}/"
    pattern, tag = "/api/v1/commitments/{ref}/", person(reader).get(address).json()["etag"]
    body = {"until": (TODAY + timedelta(days=3)).isoformat(), "reason": "Chờ về họp"}

    found = judged(client.get(f"{address}ladder/"), f"{pattern}ladder/")
    assert (found["waits_for"], found["level"]) == ("sign", None)
    seen = f"{address}acknowledge/"
    is_problem(post(client, seen, tag=found["etag"]), 403, "not-allowed")
    head = version.first_undertaker.appointments.get().person
    is_problem(post(person(head), seen, tag=found["etag"]), 409, "nothing-to-acknowledge")
    program = machine(version.commitment.assigner_unit)
    is_problem(post(program, f"{address}snooze/", body, tag=tag), 403, "human-only")
    is_problem(post(client, f"{address}snooze/", body), 428, "version-missing")
    late = body | {"until": (TODAY + timedelta(days=21)).isoformat()}
    is_problem(post(client, f"{address}snooze/", late, tag=tag), 422, "snooze-too-long")
    answer = post(client, f"{address}snooze/", body, tag=tag)
    assert judged(answer, f"{pattern}snooze/", "post") == body
    is_problem(post(client, f"{address}snooze/", body, tag=tag), 409, "snoozed-already")

    assert post(client, f"{address}take-back/", tag=tag).status_code == 204
    is_problem(post(client, f"{address}take-back/", tag=tag), 409, "not-snoozed")
    assert Reminder.objects.get().state == "cancelled"


def test_a_supervisor_puts_a_case_aside_and_takes_it_back():
    scene = make_scene()
    case = scene.case()
    start(case, kind=ClockKind.CASE, due_on=TODAY + timedelta(days=20))
    reader = RoleGrantFactory(role="supervisor", unit=scene.district).person
    client, address = person(reader), f"/api/v1/cases/{case.ref}/"
    pattern, tag = "/api/v1/cases/{ref}/", client.get(address).json()["etag"]
    body = {"until": (TODAY + timedelta(days=3)).isoformat(), "reason": "Chờ về họp"}
    is_problem(post(machine(case.unit), f"{address}snooze/", body, tag=tag), 403, "human-only")
    is_problem(post(client, f"{address}snooze/", body), 428, "version-missing")
    answer = post(client, f"{address}snooze/", body, tag=tag)
    assert judged(answer, f"{pattern}snooze/", "post") == body
    is_problem(post(client, f"{address}snooze/", body, tag=tag), 409, "snoozed-already")
    assert Reminder.objects.get().subject == case
    assert post(client, f"{address}take-back/", tag=tag).status_code == 204
    is_problem(post(client, f"{address}take-back/", tag=tag), 409, "not-snoozed")


def test_one_is_away_and_back_again_by_rest(climbed):
    scene, _case, _address, _head = climbed
    one, deputy = (
        RoleGrantFactory(role="supervisor", unit=scene.district).person for _n in range(2)
    )
    client, address = person(one), "/api/v1/absences/"
    first = TODAY + timedelta(days=2)
    body = {
        "from_on": first.isoformat(),
        "to_on": (first + timedelta(days=3)).isoformat(),
        "deputy": deputy.username,
    }
    is_problem(post(machine(scene.district), address, body), 403, "human-only")
    is_problem(machine(scene.district).get(address), 403, "human-only")
    stranger = body | {"deputy": "nobody-at-all"}
    is_problem(post(client, address, stranger), 422, "deputy-unknown")
    empty = body | {"to_on": TODAY.isoformat()}
    is_problem(post(client, address, empty), 422, "absence-range-empty")

    made = judged(post(client, address, body), address, "post")
    assert {name: made[name] for name in body} == body
    is_problem(post(client, address, body), 422, "absence-overlaps")
    assert [row["from_on"] for row in judged(client.get(address), address)["results"]] == [
        body["from_on"]
    ]
    own, pattern = f"{address}{body['from_on']}/", f"{address}{{ref}}/"
    judged(client.get(own), pattern)
    is_problem(person(deputy).get(own), 404, "not-found")
    is_problem(post(client, f"{own}end/"), 428, "version-missing")
    assert post(client, f"{own}end/", tag=made["etag"]).status_code == 204
    is_problem(client.get(own), 404, "not-found")
    assert Absence.objects.get().ended_at is not None


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_absences_costs_the_same_for_one_and_three(
    count, climbed, django_assert_num_queries
):
    scene = climbed[0]
    one, deputy = (
        RoleGrantFactory(role="supervisor", unit=scene.district).person for _n in range(2)
    )
    for n in range(count):
        day = TODAY + timedelta(days=10 * n)
        Absence.objects.create(
            person=one, deputy=deputy, from_on=day, to_on=day, entered_at=clock.real_now()
        )
    client = person(one)
    with django_assert_num_queries(6):
        assert len(client.get("/api/v1/absences/").json()["results"]) == count
