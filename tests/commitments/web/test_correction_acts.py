"""A corrective action on pages and for programs: on whose list it stands, and the buttons that end it."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.actions import corrections
from commitments.enums import VerdictValue
from commitments.models import CorrectiveAction
from tests.api.described import judged
from tests.commitments.web.test_board import FIELDS, conclude, plan_of, read, targets_of
from tests.commitments.web.test_corrections import SAID
from tests.factories.body import make_body
from tests.factories.readers import machine
from units.enums import Scope

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
QUEUE = "/queue/?bucket=corrections"
LATE = date(2024, 1, 1)


@pytest.fixture
def body():
    return make_body()


@pytest.fixture
def unmet(body, client_of):
    """One target of 2023 that was not met, with its corrective action."""
    return answered(body, client_of, 1)[0]


def answered(body, client_of, count):
    """Let `count` more targets of 2023 be unmet, each with a corrective action by its head."""
    before = CorrectiveAction.objects.count()
    plan = plan_of(body.committee) if not before else None
    found = targets_of(plan or plan_2023(), body.commune, FIELDS[before : before + count])
    for target in found:
        conclude([target], body.assigner, VerdictValue.UNMET)
        told = SAID | {"office": body.first.pk}
        client_of(body.secretary).post(f"/targets/{target.ref}/correction/", told)
    assert CorrectiveAction.objects.count() == before + count
    return found


def plan_2023():
    return CorrectiveAction.objects.first().target.period


def post(client, target, page, **told):
    row = CorrectiveAction.objects.get(target=target)
    return client.post(
        f"/targets/{target.ref}/correction/{page}/", {"version": row.etag_version} | told
    )


def test_the_head_finds_it_at_home_and_says_that_it_is_done(body, unmet, client_of):
    client = client_of(body.secretary)
    home = read(client, "/")
    assert "Corrective actions to be done" in home
    assert "Bố trí vốn." in home
    assert f'href="/targets/{unmet.ref}/correction/done/"' in client.get("/").content.decode()
    assert "Say that it is done" in read(client, f"/targets/{unmet.ref}/")
    assert "To be done" in read(client, "/plans/2023-b/settlement/")

    page = read(client, f"/targets/{unmet.ref}/correction/done/")
    assert "Bố trí vốn." in page
    empty = post(client, unmet, "done", note=" ")
    assert empty.status_code == 422
    answer = post(client, unmet, "done", note="Đã bố trí 1,2 tỷ.")
    assert answer["Location"] == f"/targets/{unmet.ref}/"
    page = read(client, f"/targets/{unmet.ref}/")
    assert "Said to be done by Secretary" in page
    assert "Đã bố trí 1,2 tỷ." in page
    assert "Say that it is done" not in page
    assert "Write it anew" not in page
    assert "Confirm it" not in page  # that is for somebody else
    assert "Corrective actions to be done" not in read(client, "/")
    assert "Nothing is asked of you here" in read(client, f"/targets/{unmet.ref}/correction/done/")


def test_the_supervisor_takes_it_back_with_a_reason_and_then_confirms_it(body, unmet, client_of):
    head, client = client_of(body.secretary), client_of(body.supervisor)
    assert "No corrective action is late or to be confirmed." in read(client, QUEUE)
    assert client.get(f"/targets/{unmet.ref}/correction/done/").status_code == 404
    post(head, unmet, "done", note="Đã bố trí.")
    assert head.get(f"/targets/{unmet.ref}/correction/decide/").status_code == 404

    listed = read(client, QUEUE)
    assert "Corrective action late or to be confirmed 1" in listed
    assert "awaits confirmation" in listed
    assert "Confirm it or take it back" in read(client, f"/targets/{unmet.ref}/")
    assert "Đã bố trí." in read(client, f"/targets/{unmet.ref}/correction/decide/")
    nothing = post(client, unmet, "decide", take_back="1", reason="")
    assert nothing.status_code == 422
    stale = client.post(
        f"/targets/{unmet.ref}/correction/decide/",
        {"version": 1, "take_back": "1", "reason": "Chưa thấy quyết định."},
    )
    assert stale.status_code == 422
    assert "Chưa thấy quyết định." in stale.content.decode()  # nothing typed is lost
    assert CorrectiveAction.objects.get().state == "done"
    answer = post(client, unmet, "decide", take_back="1", reason="Chưa thấy quyết định.")
    assert answer["Location"] == f"/targets/{unmet.ref}/"
    page = read(head, f"/targets/{unmet.ref}/")
    assert "Taken back by Supervisor" in page
    assert "Chưa thấy quyết định." in page
    assert "Bố trí vốn." in read(head, "/")

    post(head, unmet, "done", note="Quyết định 12.")
    assert post(client, unmet, "decide").status_code == 302
    page = read(head, f"/targets/{unmet.ref}/")
    assert "Confirmed by Supervisor" in page
    assert page.count("Corrective action said to be done") == 2  # in its history
    assert "No corrective action is late or to be confirmed." in read(client, QUEUE)


def test_what_is_late_stands_in_the_queue_from_the_day_after(body, unmet, client_of):
    client, rows = client_of(body.supervisor), CorrectiveAction.objects.filter(target=unmet)
    rows.update(written_on=LATE, due_on=date(2024, 2, 2))  # the day of the test itself
    assert "No corrective action is late" in read(client, QUEUE)
    rows.update(due_on=date(2024, 2, 1))
    for page in (read(client, QUEUE), read(client_of(body.secretary), "/")):
        assert "1 day late" in page
    assert "1 day late" in read(client, f"/targets/{unmet.ref}/")
    conclude_met(unmet)
    assert "No corrective action is late" in read(client, QUEUE)  # nothing asks for it any more


def conclude_met(target):
    target.verdicts.update(verdict=VerdictValue.MET)


def test_programs_read_the_state_and_what_was_said(body, unmet, client_of):
    program, path = machine(body.committee, Scope.PLANS_READ), "/api/v1/plans/2023-b/settlement/"

    def correction():
        found = judged(program.get(path), "/api/v1/plans/{ref}/settlement/")
        return found["items"][0]["correction"]

    told = ("state", "note", "answer", "version")
    assert [correction()[name] for name in told] == ["open", "", "", 1]
    assert (correction()["done_at"], correction()["decided_at"]) == (None, None)
    post(client_of(body.secretary), unmet, "done", note="Đã bố trí.")
    assert [correction()[name] for name in told] == ["done", "Đã bố trí.", "", 2]
    assert correction()["done_at"][:17] == "2024-02-02T02:00:"
    post(client_of(body.supervisor), unmet, "decide", take_back="1", reason="Chưa có.")
    assert [correction()[name] for name in told] == ["open", "Đã bố trí.", "Chưa có.", 3]
    assert correction()["decided_at"][:17] == "2024-02-02T02:00:"


def test_a_past_day_shows_what_was_said_and_decided_till_then(body, unmet, client_of):
    post(client_of(body.secretary), unmet, "done", note="Đã bố trí.")
    post(client_of(body.supervisor), unmet, "decide", take_back="1", reason="Chưa có.")
    program = machine(body.committee, Scope.PLANS_READ)
    path = "/api/v1/plans/2023-b/settlement/"
    now = program.get(path).json()["items"][0]["correction"]
    today = program.get(path, {"as_of": "2024-02-02"}).json()["items"][0]["correction"]
    assert today == now


def test_the_page_of_a_past_day_shows_how_it_stood_then(body, client_of):
    (target,) = targets_of(plan_of(body.committee), body.commune, FIELDS[:1])
    conclude([target], body.assigner, VerdictValue.UNMET, at=on_day(15))
    corrections.write(
        target_id=target.pk,
        office_id=body.first.pk,
        by=body.planner,
        expected=0,
        at=on_day(16),
        **{name: SAID[name] for name in ("cause", "reason", "remedy")},
        due_on=date(2024, 1, 20),
    )
    done = {"target_id": target.pk, "by": body.secretary, "at": on_day(24)}
    corrections.finish(note="Đã bố trí.", expected=1, **done)
    decided = {"target_id": target.pk, "by": body.supervisor, "at": on_day(29)}
    corrections.take_back(reason="Chưa có.", expected=2, **decided)
    client = client_of(body.assigner)
    pages = {
        day: read(client, f"/targets/{target.ref}/?as_of=2024-01-{day}") for day in (22, 25, 30)
    }
    assert "2 days late" in pages[22]
    assert "Đã bố trí." not in pages[22]
    assert "Said to be done by Secretary" in pages[25]
    assert "days late" not in pages[25]
    assert "Taken back by Supervisor" in pages[30]
    assert "10 days late" in pages[30]
    assert "Say that it is done" not in "".join(pages.values())


def on_day(day: int) -> datetime:
    return datetime(2024, 1, day, 2, tzinfo=UTC)


def test_lists_cost_the_same_for_one_and_three(body, client_of):
    client, costs = client_of(body.supervisor), []
    head = client_of(body.secretary)
    for count in (1, 2):
        answered(body, client_of, count)
        CorrectiveAction.objects.update(written_on=LATE, due_on=LATE)
        row = []
        for who, address in ((client, QUEUE), (head, "/"), (head, "/plans/2023-b/settlement/")):
            who.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert "Bố trí vốn." in who.get(address).content.decode()
            row.append(len(queries))
        costs.append(row)
    assert costs[0] == costs[1]
