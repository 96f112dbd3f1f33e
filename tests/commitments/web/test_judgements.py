"""A person's judgement beside the light: who gives it, where it shows, and what it leaves alone."""

import csv

import pytest

from commitments.actions import lookback, results
from commitments.models import Judgement, Target
from tests.api.described import is_problem
from tests.api.described import judged as by_description
from tests.commitments.web.test_board import read
from tests.factories.body import NOW, make_body, person
from tests.factories.judgements import judged
from tests.factories.readers import machine
from tests.factories.readers import person as logged_in
from tests.factories.reports import grant
from units.actions.register import data_of
from units.enums import Role
from units.errors import Conflict, Invalid, NotAllowed, StaleVersion
from units.models import RegisterEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
PAGE = "/targets/2024-t1/judgement/"
REST = "/api/v1/targets/2024-t1/"
WHY = "Hai hợp đồng chưa có trong số liệu."


@pytest.fixture
def body():
    return make_body()


def line_of(target, **asked):
    found = results.of(Target.objects.filter(pk=target.pk), **({"at": NOW} | asked))
    return found.lines[0]


def test_it_stands_beside_the_light_and_in_its_place_never(body):
    target = body.targets[0]
    before = line_of(target)
    row = judged(body)
    after = line_of(target)
    assert (row.n, row.computed) == (1, before.result.light)
    assert after.result == before.result
    assert (after.judgement.light, after.judgement.reason) == ("amber", WHY)
    assert after.judgement.given_at == NOW
    entry = RegisterEntry.objects.get(kind="judgement.give")
    assert data_of(entry)["computed"] == "grey"

    judged(body, light="red", reason="Nhà thầu dừng thi công.")
    assert line_of(target).judgement.light == "red"
    judged(body, light="", reason="Đã thi công lại.")
    assert line_of(target).judgement is None
    assert [one.n for one in Judgement.objects.order_by("n")] == [1, 2, 3]
    assert RegisterEntry.objects.filter(kind="judgement.take_back").exists()


def test_looking_back_shows_what_was_held_then(body):
    judged(body)
    judged(body, light="red", reason="Chậm hơn.", at=lookback.end_of(NOW.date().replace(month=4)))
    assert line_of(body.targets[0], known_at=NOW).judgement.light == "amber"


def test_who_judges(body):
    verifier = person("verifier")
    grant(verifier, Role.VERIFIER, body.committee)
    for who in (body.secretary, body.planner, body.supervisor, body.assigner):
        with pytest.raises(NotAllowed) as refused:
            judged(body, by=who)
        assert refused.value.code == "judge-not-allowed"
    grant(body.secretary, Role.VERIFIER, body.committee)  # of the unit that carries it: still not
    with pytest.raises(NotAllowed):
        judged(body, by=body.secretary)
    assert judged(body, by=verifier).person == verifier


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"expected": 1}, StaleVersion, "judgement-changed"),
        ({"light": ""}, Conflict, "judgement-missing"),
        ({"light": "grey"}, Invalid, "light-unknown"),
        ({"reason": " "}, Invalid, "reason-missing"),
    ],
)
def test_what_is_refused(body, changes, error, code):
    with pytest.raises(error) as refused:
        judged(body, **changes)
    assert refused.value.code == code
    assert not Judgement.objects.exists()


def test_a_concluded_target_is_judged_no_more(body):
    Target.objects.filter(pk=body.targets[0].pk).update(state="closed")
    with pytest.raises(Conflict) as refused:
        judged(body)
    assert refused.value.code == "judgement-not-asked"


def test_on_pages(body, client_of):
    leader = client_of(body.leader)
    assert "Judge it beside the light" in read(leader, "/targets/2024-t1/")
    bad = leader.post(PAGE, {"version": "0", "light": "", "reason": WHY})
    assert bad.status_code == 422
    assert WHY in bad.content.decode()  # nothing typed is lost
    sent = {"version": "0", "light": "amber", "reason": WHY}
    assert leader.post(PAGE, sent).status_code == 302
    stale = leader.post(PAGE, sent | {"reason": "Lần hai."})
    assert "Somebody has judged" in stale.content.decode()

    head = client_of(body.secretary)
    page = read(head, "/targets/2024-t1/")
    for words in (
        "Judged by a person: Slow",
        WHY,
        "Leader",
        "the light was “Nothing to judge yet”",
    ):
        assert words in page
    assert head.get(PAGE).status_code == 404
    board = leader.get("/board/?year=2024").content.decode()
    assert 'class="judged light--amber"' in board
    rows = list(csv.reader(_text(leader.get("/board/?year=2024&export=csv")).splitlines()))
    assert f"Slow: {WHY}" in rows[1]


def _text(answer):
    return (b"".join(answer) if answer.streaming else answer.content).decode("utf-8-sig")


def test_by_rest_people_judge_and_programs_read(body):
    leader = logged_in(body.leader)
    shown = leader.get(f"{REST}result/")
    assert shown.json()["judgement"] is None
    sent = {"light": "amber", "reason": WHY}
    is_problem(_post(machine(body.committee), sent, shown["ETag"]), 403, "human-only")
    is_problem(_post(leader, sent, '"result-0"'), 412, "object-changed")
    done = by_description(
        _post(leader, sent, shown["ETag"]), "/api/v1/targets/{ref}/judge/", "post"
    )
    assert (done["judgement"]["light"], done["judgement"]["given_by"]) == ("amber", "Leader")
    assert done["light"] == shown.json()["light"]
    board = machine(body.committee).get("/api/v1/plans/2024/board/").json()
    assert [one["judgement"] and one["judgement"]["reason"] for one in board["results"]] == [
        WHY,
        None,
        None,
        None,
    ]
    assert _post(logged_in(body.planner), sent, done["etag"]).status_code == 403


def _post(client, sent, tag):
    return client.post(
        f"{REST}judge/",
        data=sent,
        content_type="application/json",
        headers={"If-Match": tag, "Idempotency-Key": f"key-{tag}-{id(client)}"[:60]},
    )
