"""What each person of the demonstration sees after login."""

import re

import pytest

QUEUE = {
    "late": 3,
    "awaiting": 4,
    "returned": 1,
    "refused": 1,
    "to_countersign": 2,
    "drafts": 1,
    "in_force": 14,
    "no_head": 1,
}
SIGN, COUNTERSIGN = "Read and sign", "Read and countersign"
COUNT = re.compile(r"<strong>(\d+)</strong> ([^<]*)</a>")


def page(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_supervisor_finds_every_bucket_as_written(client_of):
    client = client_of("bach")
    answer = client.get("/queue/")
    counts = {tab.key: tab.count for tab in answer.context["tabs"]}
    assert {key: counts[key] for key in QUEUE} == QUEUE
    for key in QUEUE.keys() - {"no_head"}:
        assert len(client.get(f"/queue/?bucket={key}").context["rows"]) == QUEUE[key]
    vacant = page(client, "/queue/?bucket=no_head")
    assert re.findall(r'/units/([\w-]+)/">[^<]*</a> –', vacant) == ["bx-quat-luu"]


def test_assigner_has_two_to_countersign_and_2023_one_click_away(client_of):
    client = client_of("tung")
    home = page(client, "/")
    assert home.count(COUNTERSIGN) == 2
    for ref in ("2024-bx-thanh-lang", "2024-bx-son-loi"):
        assert f"/commitments/{ref}/" in home
    assert "/plans/2023/" in page(client, "/plans/")


def test_planner_may_answer_two_and_issue_the_draft(client_of):
    client = client_of("truc")
    page(client, "/commitments/2024-bx-f2/answer/")
    page(client, "/commitments/2024-bx-phu-xuan/answer/")
    assert "/commitments/2024-bx-vphu/edit/" in page(client, "/commitments/2024-bx-vphu/")
    assert "300" in page(client, "/targets/2024-h17-1/allocate/")


def counts_of(home: str) -> dict[str, int]:
    return {label: int(count) for count, label in COUNT.findall(home)}


def test_supervisor_finds_every_bucket_and_what_burns_first_at_home(client_of):
    home = page(client_of("bach"), "/")
    counts = counts_of(home)
    assert counts["Reports to verify"] == 43
    assert counts["Cases escalated to me"] == 4
    assert counts["No head in office"] == 1
    assert "In force" not in counts  # nobody waits for these
    urgent = home[home.index("Most urgent") :]
    assert re.findall(r">([^<]*)</a> [^<]* <span[^>]*>(\d+) days? late", urgent) == [
        ("25/CK-2024", "85"),
        ("TĐ-04", "47"),
        ("TĐ-03", "19"),
        ("TĐ-08", "7"),
        ("05/CK-2024", "5"),
    ]


def test_leader_in_charge_sees_the_refusal_and_the_gap(client_of):
    client = client_of("lieu")
    home = page(client, "/")
    counts = counts_of(home)
    assert (counts["Refused"], counts["No head in office"]) == (1, 1)
    assert "TĐ-03" in home[home.index("Most urgent") :]
    assert "Nothing waits for you" not in home
    assert 'href="/queue/"' in home  # the queue is in the menu of whoever watches units
    page(client, "/commitments/2024-bx-f2/")
    assert "Nhữ Văn Gạo" in page(client, "/units/bx-quat-luu/")


@pytest.mark.parametrize(
    ("username", "ref", "late"),
    [("soi", "2024-bx-thien-ke", True), ("ngai", "2024-bx-hnd", False)],
)
def test_head_has_one_button(client_of, username, ref, late):
    home = page(client_of(username), "/")
    assert home.count(SIGN) == 1
    assert f"/commitments/{ref}/sign/" in home
    assert ("5 days late" in home) is late


def test_late_head_reads_what_changed_and_what_comes_next(client_of):
    client = client_of("soi")
    assert "17/05/2024" in page(client, "/")
    detail = page(client, "/commitments/2024-bx-thien-ke/")
    changed = detail[detail.index("What changed since the previous version") :]
    assert re.search(r"\b20\b.*\b21\b", changed, re.DOTALL)  # its part of 280, and of 300


def test_acting_head_signs_as_such(client_of):
    assert "Acting" in page(client_of("ngai"), "/")


def test_head_whose_commitment_is_in_force_has_nothing_to_do(client_of):
    client = client_of("duoc")
    assert "Nothing waits for you." in page(client, "/")
    detail = page(client, "/commitments/2024-bx-huong-son/")
    assert "In force" in detail
    assert client.get("/commitments/2024-bx-thien-ke/").status_code == 404


def test_reporter_sees_the_own_unit_alone(client_of):
    client = client_of("sim")
    home = page(client, "/")
    assert "3 reports to make, 3 of them returned" in home
    assert "Nothing waits for you." not in home
    page(client, "/commitments/2024-bx-son-loi/")
    assert client.get("/commitments/2024-bx-huong-son/").status_code == 404


@pytest.mark.parametrize("username", ["que", "thong", "say"])
def test_who_reads_the_district_signs_nothing(client_of, username):
    client = client_of(username)
    for ref in ("2024-bx-f3", "2023-bx-f1", "2024-bx-thien-ke"):
        detail = page(client, f"/commitments/{ref}/")
        assert f"/commitments/{ref}/sign/" not in detail
    assert SIGN not in page(client, "/")


def test_administrator_keeps_units_and_signs_nothing(client_of):
    client = client_of("vien")
    page(client, "/units/bx-quat-luu/")
    page(client, "/people/")
    page(client, "/status/")
    assert SIGN not in page(client, "/")
    assert client.get("/commitments/2024-bx-thien-ke/").status_code == 404


def test_person_without_a_role_is_told_whom_to_ask(client_of):
    client = client_of("ta")
    assert "You have no office and no role yet" in page(client, "/")
    assert client.get("/commitments/2024-bx-thien-ke/").status_code == 404
