"""Reports by REST: a machine drafts and submits, people alone decide, and a draft is not shown."""

import json
from decimal import Decimal

import pytest

from commitments.actions import evidence
from commitments.models import Report
from tests.api.described import judged
from tests.api.writes import new_key
from tests.factories.readers import machine, person
from tests.factories.reports import LATE, OPENED, make_desk, newest
from units import clock
from units.models import DemonstrationClock, RegisterEntry

pytestmark = pytest.mark.django_db
REPORTS = "/api/v1/reports/"


@pytest.fixture(autouse=True)
def second_of_april(settings, tmp_path):
    settings.DEMO, settings.DATA_DIR = True, tmp_path
    set_clock(OPENED)


def set_clock(at):
    offset = clock.real_now().timestamp() - at.timestamp()
    DemonstrationClock.objects.update_or_create(defaults={"offset_seconds": offset}, id=1)


def read(client, duty):
    answer = client.get(f"{REPORTS}{duty.ref}/")
    judged(answer, f"{REPORTS}{{ref}}/")
    return answer


def send(client, duty, act, body, *, tag=None, method="post"):
    tag = tag if tag is not None else read(client, duty)["ETag"]
    answer = getattr(client, method)(
        f"{REPORTS}{duty.ref}/{act}/",
        data=json.dumps(body),
        content_type="application/json",
        headers={"If-Match": tag, "Idempotency-Key": new_key()},
    )
    judged(answer, f"{REPORTS}{{ref}}/{act}/", method)
    return answer


def test_a_machine_drafts_submits_and_takes_back():
    desk = make_desk()
    duty, client = desk.duty(), machine(desk.body.commune)
    before = read(client, duty)["ETag"]
    drafted = send(client, duty, "draft", {"value": "7"}, method="put")
    assert drafted.json()["reports"][0]["state"] == "draft"
    stale = send(client, duty, "submit", {"value": "8"}, tag=before)
    assert stale.status_code == 412
    done = send(client, duty, "submit", {"value": "8", "narrative": "So far."})
    said = done.json()
    assert (said["state"], said["timeliness"]) == ("in_review", "on_time")
    assert (said["reports"][0]["state"], said["reports"][0]["value"]) == ("submitted", "8")
    entry = RegisterEntry.objects.get(kind="report.submit")
    assert entry.actor.kind == "machine"
    assert json.loads(entry.text)["auth"] == {"door": "api", "method": "token"}
    assert send(client, duty, "recall", {}).json()["reports"][0]["state"] == "draft"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"value": "7.5"}, 422, "too-many-decimals"),
        ({}, 422, "answer-missing"),
        ({"value": "7", "nothing_to_report": True}, 422, "two-answers"),
        ({"value": 7}, 400, None),
        ({"worth": "7"}, 400, "unknown-field"),
    ],
)
def test_bad_answers_are_refused_and_leave_nothing(body, status, code):
    desk = make_desk()
    duty, client = desk.duty(), machine(desk.body.commune)
    answer = send(client, duty, "submit", body)
    assert answer.status_code == status
    assert code is None or answer.json()["code"] == code or code in answer.content.decode()
    assert not Report.objects.exists()


def test_a_machine_of_the_unit_goes_on_from_what_a_person_has_begun():
    desk = make_desk()
    duty = desk.duty("drafted")
    done = send(machine(desk.body.commune), duty, "submit", {"value": "8"})
    assert (done.status_code, done.json()["state"]) == (200, "in_review")
    blind = send(
        machine(desk.body.committee), desk.duty("drafted", place=1), "draft", {}, method="put"
    )
    assert blind.status_code == 412


@pytest.mark.parametrize(("act", "body"), [("verify", {}), ("return", {"reason": "No."})])
def test_no_token_decides_and_a_person_of_another_unit_does(act, body):
    desk = make_desk()
    duty = desk.duty("in_review")
    refused = send(machine(desk.body.committee), duty, act, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "human-only")
    own = send(person(desk.reporter), duty, act, body)
    assert own.status_code == 403
    done = send(person(desk.verifier), duty, act, body)
    assert done.status_code == 200
    assert newest(duty).duty.reports.filter(decided_by=desk.verifier).count() == 1


def test_a_draft_is_not_shown_to_the_other_side():
    desk = make_desk()
    duty = desk.duty("drafted")
    assert read(machine(desk.body.committee), duty).json()["reports"] == []
    assert read(person(desk.body.secretary), duty).json()["reports"][0]["state"] == "draft"


def test_evidence_is_read_by_its_hash_only_by_who_sees_the_report():
    desk = make_desk()
    duty = desk.duty("drafted")
    data = b"%PDF-1.7\n"
    row = evidence.add(
        report_id=newest(duty).pk, name="a.pdf", data=data, by=desk.reporter, at=OPENED
    )
    address = f"{REPORTS}{duty.ref}/evidence/{row.sha256}/"
    client = machine(desk.body.committee)
    assert client.get(address).status_code == 404
    desk.filed(duty)
    answer = client.get(address)
    judged(answer, f"{REPORTS}{{ref}}/evidence/{{sha256}}/")
    assert (answer.content, answer["Content-Type"]) == (data, "application/octet-stream")


def test_standing_lists_only_what_is_expected():
    desk = make_desk()
    desk.duty("in_review")
    client = machine(desk.body.committee)
    months = client.get(f"{REPORTS}standing/", {"period": "2024-03"})
    assert months.json() == {"results": []}
    set_clock(LATE)
    answer = client.get(f"{REPORTS}standing/", {"period": "2024-03"})
    judged(answer, f"{REPORTS}standing/")
    rows = {row["unit"]: row for row in answer.json()["results"]}
    assert (rows["bx-first"]["completeness"], rows["bx-other"]["timeliness"]) == ("33.33", "0.00")
    assert rows["bx-first"]["not_in"] == 2
    assert client.get(f"{REPORTS}standing/", {"perod": "2024-03"}).status_code == 400


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_costs_the_same_for_one_and_three(count, django_assert_num_queries):
    desk = make_desk()
    for place in range(count):
        desk.duty("in_review", place=place)
    client = machine(desk.body.commune)
    asked = {"period": "2024-03", "state": "in_review"}
    client.get(REPORTS, asked)
    with django_assert_num_queries(COST):
        found = client.get(REPORTS, asked)
    judged(found, REPORTS)
    assert len(found.json()["results"]) == count
    assert found.json()["results"][0]["reports"][0]["value"] == str(Decimal(7))


COST = 10  # two of them ask whether the reader sees this period
