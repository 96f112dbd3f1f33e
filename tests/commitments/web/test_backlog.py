"""Pages of backlog cases: what they show, what they cost, and a case played through its pages."""

import io
import re
from datetime import date

import openpyxl
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from commitments.actions import backlog, cases
from commitments.models import BacklogCase, Explanation
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.body import make_body
from tests.factories.clocks import local
from tests.factories.units import OrgUnitFactory, OversightFactory, RoleGrantFactory, UserFactory
from units.models import RegisterEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
NOW = local(date(2024, 2, 2), 8)


@pytest.fixture
def body():
    made = make_body()
    for tree in ("admin", "party"):
        OversightFactory(
            position=made.assigning, unit=made.committee, tree=tree, level="standing_committee"
        )
    return made


def put(body, *, due=date(2023, 12, 31), climb=True, **traits) -> BacklogCase:
    """Make a case of a new commune, or of the body's where `office` is its first; let it climb."""
    places = {"assigner_unit": body.committee, "original_due_on": due}
    if traits.get("office"):
        places["unit"] = body.commune
    else:
        traits["unit"] = OrgUnitFactory(under=body.committee)
    case = BacklogCaseFactory(
        **(places | (traits if len(traits) > 1 else traits | {"assigned": True}))
    )
    if case.state == "assigned":
        with transaction.atomic():
            backlog.start_clock(case, at=local(date(2024, 1, 2), 9))
        while climb and cases.sweep(at=NOW):
            pass
    return case


def test_what_nobody_assigns_is_urgent_and_not_called_late_before_its_day(body, client_of):
    case = BacklogCaseFactory(
        unit=OrgUnitFactory(under=body.committee), assigner_unit=body.committee
    )
    with transaction.atomic():
        backlog.await_assignment(case, at=local(date(2024, 1, 2), 9))
    while cases.sweep(at=NOW):
        pass
    client = client_of(body.supervisor)
    client.cookies["django_language"] = "en"
    home = client.get("/").content.decode()
    urgent = home[home.index("Most urgent") :]
    assert case.number in urgent
    assert "Level" in urgent
    assert "0 days late" not in urgent


@pytest.mark.parametrize(
    "address", ["/cases/", "/queue/?bucket=cases_escalated", "/cases/agenda/", "/"]
)
def test_a_list_of_cases_costs_the_same_for_one_and_three(address, body, client_of):
    who = body.secretary if address == "/" else body.supervisor
    office = {"office": body.first, "assigned": True} if address == "/" else {}
    client, costs = client_of(who), []
    for added in (1, 2):
        for _n in range(added):
            put(body, **office)
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address).content.decode()
        costs.append(len(queries))
    assert len({*re.findall(r'href="/cases/(td-[^"/]+)/"', page)}) == 3
    assert costs[0] == costs[1], [query["sql"] for query in queries]


def test_the_filters_and_the_file_hold_what_they_say(body, client_of):
    late = put(body)
    young = put(body, due=date(2024, 1, 31), assigned=True, kind="clearance")
    closed = put(body, closed=True)
    client = client_of(body.supervisor)
    for query, found in {
        "": {late, young},
        "state=closed": {closed},
        "state=all": {late, young, closed},
        "age=30": {young},
        "age=90": {late},
        "age=older": set(),
        "level=4": {late},
        "kind=clearance": {young},
        f"unit={late.unit.ref}": {late},
        f"q={young.number}": {young},
        "q=nowhere": set(),
    }.items():
        page = client.get(f"/cases/?{query}").content.decode()
        assert {*re.findall(r'href="/cases/(td-[^"/]+)/"', page)} == {row.ref for row in found}
        answer = client.get(f"/cases/?{query}&export=xlsx")
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        assert {row[0].value for row in sheet.iter_rows(min_row=2)} == {row.number for row in found}
    assert client.get("/cases/?unit=nowhere").status_code == 404
    assert client.get("/cases/?after=x").status_code == 404
    lines = b"".join(client.get("/cases/?export=csv")).decode().splitlines()
    assert len(lines) == 3


def test_the_agenda_names_what_stands_at_the_top_of_the_ladder(body, client_of):
    top, lower = put(body), put(body, due=date(2024, 1, 20))
    client = client_of(body.supervisor)
    page = client.get("/cases/agenda/").content.decode()
    assert top.title in page
    assert lower.title not in page
    sheet = openpyxl.load_workbook(
        io.BytesIO(client.get("/cases/agenda/?export=xlsx").content)
    ).active
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == [top.number]
    assert client_of(UserFactory()).get("/cases/agenda/").status_code == 404


def test_nobody_sees_a_case_of_units_out_of_reach(body, client_of):
    case = put(body)
    stranger = client_of(UserFactory())
    assert stranger.get(f"/cases/{case.ref}/").status_code == 404
    assert case.ref not in stranger.get("/cases/").content.decode()
    assert stranger.post(f"/cases/{case.ref}/act/extend/").status_code == 404


def act(client, case, name, **data):
    """Open the page of an act, send its form, follow to where it leads; return the page."""
    address = f"/cases/{case.ref}/act/{name}/"
    shown = client.get(address)
    assert shown.status_code == 200, name
    version = re.search(r'name="version" value="(\d+)"', shown.content.decode()).group(1)
    done = client.post(address, {"version": version, **data}, follow=True)
    if done.redirect_chain:  # a second click, or back and sent again
        count = RegisterEntry.objects.count()
        again = client.post(address, {"version": version, **data}, follow=True)
        assert again.redirect_chain == done.redirect_chain, name
        assert RegisterEntry.objects.count() == count
    return done


def test_a_case_through_its_pages(body, client_of):
    """Registered, made clear, assigned, explained, extended, resolved, verified, closed."""
    verifier = client_of(RoleGrantFactory(role="verifier", unit=body.committee).person)
    supervisor, head = client_of(body.supervisor), client_of(body.secretary)
    assigner = client_of(body.assigner)
    made = supervisor.post(
        "/cases/new/",
        {
            "kind": "clearance",
            "title": "Giải phóng mặt bằng dự án A",
            "unit": body.commune.pk,
            "period": body.plan.pk,
            "original_due_on": "2023-12-31",
        },
        follow=True,
    )
    case = BacklogCase.objects.get()
    assert "cannot be assigned yet" in made.content.decode()
    assert supervisor.get(f"/cases/{case.ref}/act/assign/").status_code == 404
    supervisor.post(
        f"/cases/{case.ref}/edit/",
        {
            "version": 1,
            "title": case.title,
            "office": body.first.pk,
            "task": "Đền bù",
            "responsibility": "Chủ trì",
            "product": "Quyết định thu hồi đất",
            "competence": "own",
            "authority": "Chủ tịch xã",
        },
    )
    act(supervisor, case, "assign")
    while cases.sweep(at=NOW):
        pass
    page = supervisor.get(f"/cases/{case.ref}/").content.decode()
    assert "33</strong> days since the original due date" in page
    assert "told: " in page
    assert re.search(r"level <strong>\d</strong> of the ladder", page)
    assert "step taken" in page

    asked = f"/explanations/{Explanation.objects.get().pk}/"
    assert f'href="{asked}">Explain…' in head.get(f"/cases/{case.ref}/").content.decode()
    assert f'href="{asked}">Explain…' not in page  # which is another's
    assert head.get(asked).status_code == 200
    head.post(asked, {"text": "Thiếu kinh phí đền bù"})
    assert "Explain…" not in head.get(f"/cases/{case.ref}/").content.decode()
    refused = supervisor.post(asked, {"decision": "refuse", "answer": ""})
    assert refused.status_code == 422
    supervisor.post(asked, {"decision": "refuse", "answer": "Đã cấp đủ kinh phí"})

    assert supervisor.get(f"/cases/{case.ref}/act/decide/").status_code == 404
    act(supervisor, case, "extend", new_due_on="2024-06-28", reason="Chờ giá đất")
    declined = act(assigner, case, "decide", decision="decline")
    assert declined.status_code == 422  # without a reason nothing is declined
    act(assigner, case, "decide", decision="grant")
    act(head, case, "resolve", outcome="Quyết định 12/QĐ", reference="12/QĐ-UBND")
    act(verifier, case, "accept")

    case.refresh_from_db()
    assert (case.state, case.current_due_on) == ("closed", date(2024, 6, 28))
    page = supervisor.get(f"/cases/{case.ref}/").content.decode()
    told = [
        "Registered as a backlog case", "Made clearer", "Assigned to the office",
        "Explanation given", "Thiếu kinh phí đền bù", "Explanation not accepted",
        "Đã cấp đủ kinh phí", "Extension proposed", "Extension granted", "Said to be resolved",
        "Verified and closed",
    ]  # fmt: skip
    places = [page.rindex(text) for text in told]
    assert places == sorted(places)
    assert "Nothing follows by itself." in page


def test_words_sent_twice_are_kept_once_and_those_that_came_second_come_back(body, client_of):
    put(body, office=body.first, assigned=True)
    while cases.sweep(at=NOW):
        pass
    asked = f"/explanations/{Explanation.objects.get().pk}/"
    head, supervisor = client_of(body.secretary), client_of(body.supervisor)
    for client, said in (
        (head, {"text": "Thiếu kinh phí"}),
        (supervisor, {"decision": "refuse", "answer": "Đã cấp đủ"}),
    ):
        for _twice in range(2):  # a second click, or back and sent again
            assert client.post(asked, said).url == asked

    late = head.post(asked, {"text": "Chờ quyết định thu hồi"})
    assert late.status_code == 422
    assert "Chờ quyết định thu hồi" in late.content.decode()
    assert "This was explained already." in late.content.decode()
    late = supervisor.post(asked, {"decision": "accept", "answer": "Đồng ý"})
    assert "Somebody has answered this explanation already." in late.content.decode()
    told = RegisterEntry.objects.filter(kind__startswith="explanation.")
    assert sorted(told.values_list("kind", flat=True)) == [
        "explanation.give",
        "explanation.refuse",
    ]


def test_a_case_is_registered_once_and_with_a_likely_day(body, client_of):
    client, address = client_of(body.supervisor), "/cases/new/"
    typed = {
        "kind": "clearance",
        "title": "Giải phóng mặt bằng",
        "unit": body.commune.pk,
        "period": body.plan.pk,
    }
    slip = client.post(address, typed | {"original_due_on": "0024-01-10"})  # “24” typed as the year
    assert slip.status_code == 422
    assert "Check the year." in slip.content.decode()
    typed["original_due_on"] = "2024-01-10"
    made = client.post(address, typed)
    assert client.post(address, typed).url == made.url  # a second click, or back and sent again
    assert client.post(address, typed | {"title": "Đoạn hai"}).url != made.url
    assert BacklogCase.objects.count() == 2


def test_a_form_that_saw_an_older_version_comes_back_filled(body, client_of):
    case = put(body, office=body.first, assigned=True)
    head = client_of(body.secretary)
    BacklogCase.objects.update(etag_version=5)
    answer = head.post(
        f"/cases/{case.ref}/act/resolve/", {"version": 1, "outcome": "Quyết định 12"}
    )
    assert answer.status_code == 422
    assert "Quyết định 12" in answer.content.decode()
    assert "has changed since you opened it" in answer.content.decode()


def test_an_act_that_somebody_else_has_done_is_not_said_to_be_ones_own(body, client_of):
    case = put(body, office=body.first, resolved=True)
    one, other = (RoleGrantFactory(role="verifier", unit=body.committee).person for _ in range(2))
    address, seen = f"/cases/{case.ref}/act/accept/", {"version": case.etag_version}
    assert client_of(one).post(address, seen).status_code == 302
    assert client_of(other).post(address, seen).status_code == 412


def test_what_was_typed_comes_back_with_what_somebody_else_did_meanwhile(body, client_of):
    case = put(body, office=body.first, assigned=True)
    head, leader = client_of(body.secretary), client_of(body.leader)
    resolve = f"/cases/{case.ref}/act/resolve/"
    typed = {"version": case.etag_version, "outcome": "Quyết định 12", "reference": "12/QĐ"}
    act(leader, case, "suspend", reason="Chờ giá đất")

    late = head.post(resolve, typed)
    page = late.content.decode()
    assert late.status_code == 422
    assert "Quyết định 12" in page
    assert "Suspended for an objective cause" in page
    assert body.leader.full_name in page
    assert "Chờ giá đất" in page
    assert "it can no longer be sent" in page
    assert ">Resolve</button>" not in page

    act(leader, case, "resume", new_due_on="2024-06-28")
    late = head.post(resolve, typed)
    page = late.content.decode()
    assert "Change it if need be, then send again." in page
    again = typed | {"version": re.search(r'name="version" value="(\d+)"', page).group(1)}
    assert head.post(resolve, again).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("resolved", "Quyết định 12")


def test_every_state_has_its_page_in_both_languages(body, client_of):
    client = client_of(body.supervisor)
    for state in ("clear", "assigned", "suspended", "resolved", "closed", "cancelled"):
        case = put(body, **{state: True})
        for language, word in (("en", "What happened"), ("vi", "Diễn biến")):
            client.cookies["django_language"] = language
            page = client.get(f"/cases/{case.ref}/").content.decode()
            assert case.title in page
            assert word in page
