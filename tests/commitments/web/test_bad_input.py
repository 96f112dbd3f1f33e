"""Whatever is posted: a clear answer, nothing half-written, and what was typed comes back."""

import pytest

from commitments.enums import VersionAct
from commitments.models import CommitmentVersion, SignatureAct, StepUp
from tests.commitments.web.test_ceremony import opened
from tests.constraints import change
from tests.factories.body import SIGN_BY, code_of, make_body
from units import clock
from units.models import OrgUnitVersion, RegisterEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
A = VersionAct
MARKUP = '<script>alert("x")</script><b>&amp;'


def typed_draft(body, **changes):
    return {
        "first_undertaker": body.first.pk,
        "second_undertaker": "",
        "assigner": body.assigning.pk,
        "sign_by": "2024-02-25",
        "items": [target.pk for target in body.targets[:3]],
    } | changes


def test_reasons_typed_on_a_stale_page_come_back_and_can_be_sent(client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.secretary)
    address, seen = opened(client, version, "return")
    body.act(A.SIGN, version, body.chair)
    typed = {"version": seen, "item": ["2"], "code-2": "wording", "text-2": "Say which roads."}
    response = client.post(address, typed)
    page = response.content.decode()
    assert response.status_code == 412
    assert "Say which roads." in page
    assert "Read it again" in page
    version.refresh_from_db()
    assert f'name="version" value="{version.etag_version}"' in page
    assert not StepUp.objects.filter(user=body.secretary).exists()


def test_reasons_typed_for_what_ended_meanwhile_come_back(client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.secretary)
    address, seen = opened(client, version, "refuse")
    body.act(A.VOID, version, body.assigner)
    response = client.post(address, {"version": seen, "code": "other", "text": "Not our road."})
    assert response.status_code == 412
    assert "Not our road." in response.content.decode()


@pytest.mark.parametrize(
    ("act", "said", "field"),
    [
        ("return", {"item": ["2"], "code-2": "wording"}, "text-2"),
        ("refuse", {"code": "other"}, "text"),
    ],
)
def test_a_reason_that_is_too_long_comes_back_with_what_is_wrong(act, said, field, client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.secretary)
    address, seen = opened(client, version, act)
    response = client.post(address, {"version": seen, field: "Kept. " + "x" * 2000} | said)
    page = response.content.decode()
    assert response.status_code == 422
    assert "The text has 2006 characters, and 2000 are the most. Shorten it." in page
    assert "Kept. xxx" in page
    assert not StepUp.objects.filter(user=body.secretary).exists()


@pytest.mark.parametrize("items", [["1", "1"], ["²"], ["99999999999999999999"], ["x"], [""]])
def test_marks_that_no_page_sends_are_refused(items, client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.secretary)
    address, seen = opened(client, version, "return")
    typed = {"version": seen, "item": items, "code-1": "wording", "text-1": "Kept."}
    response = client.post(address, typed)
    assert response.status_code == 422
    assert "Kept." in response.content.decode()


def test_a_control_character_in_a_reason_does_no_harm(client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.secretary)
    address, seen = opened(client, version, "refuse")
    response = client.post(address, {"version": seen, "code": "other", "text": "No\x00t ours."})
    client.post(response.url, {"code": code_of(body.secretary, clock.real_now())})
    version.refresh_from_db()
    assert (version.state, version.end_reason) == ("refused", "Not ours.")


@pytest.mark.parametrize(
    "changes",
    [
        {"second_undertaker": "first"},
        {"items": ["x"]},
        {"sign_by": ""},
    ],
)
def test_an_edit_that_is_refused_comes_back_as_typed(changes, client_of):
    body = make_body()
    version = body.draft()
    typed = typed_draft(body, version=version.etag_version) | changes
    if typed["second_undertaker"] == "first":
        typed["second_undertaker"] = body.first.pk
    entries = RegisterEntry.objects.count()
    response = client_of(body.planner).post(f"/commitments/{version.commitment.ref}/edit/", typed)
    assert response.status_code == 422
    assert "error-summary" in response.content.decode()
    assert RegisterEntry.objects.count() == entries


def test_an_edit_of_a_stale_draft_comes_back_as_typed(client_of):
    body = make_body()
    version = body.draft()
    change(version, etag_version=7)
    response = client_of(body.planner).post(
        f"/commitments/{version.commitment.ref}/edit/", typed_draft(body, version=1)
    )
    page = response.content.decode()
    assert response.status_code == 412
    assert 'value="2024-02-25"' in page
    version.refresh_from_db()
    assert version.sign_by == SIGN_BY


def test_a_second_draft_is_refused_with_what_was_typed(client_of):
    body = make_body()
    body.draft()
    typed = typed_draft(body, unit=body.commune.pk)
    response = client_of(body.planner).post("/plans/2024/commitments/new/", typed)
    assert response.status_code == 409
    assert 'value="2024-02-25"' in response.content.decode()
    assert CommitmentVersion.objects.count() == 1


def test_an_amendment_of_a_stale_page_comes_back_as_typed(client_of):
    body = make_body()
    version = body.issued()
    body.act(A.SIGN, version, body.secretary)
    response = client_of(body.planner).post(
        f"/commitments/{version.commitment.ref}/amend/",
        {"version": 2, "reason": "The road was moved.", "sign_by": "2024-03-01"},
    )
    assert response.status_code == 412
    assert "The road was moved." in response.content.decode()


def test_answers_to_a_stale_page_come_back_as_typed(client_of):
    body = make_body()
    version = body.issued()
    body.act(A.REFUSE, version, body.secretary)
    response = client_of(body.planner).post(
        f"/commitments/{version.commitment.ref}/answer/",
        {"version": 1, "answer-whole": "It is yours by decree.", "sign_by": "2024-03-01"},
    )
    assert response.status_code == 412
    assert "It is yours by decree." in response.content.decode()


@pytest.mark.parametrize("page", ["edit", "answer", "amend"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_form_that_its_reader_could_never_send_is_not_shown(page, method, client_of):
    body = make_body()
    version = body.issued()
    if page == "answer":
        body.act(A.REFUSE, version, body.secretary)
    client = client_of(body.secretary)
    response = getattr(client, method)(f"/commitments/{version.commitment.ref}/{page}/")
    assert response.status_code == 403


def test_only_a_planner_is_shown_the_form_of_a_draft(client_of):
    body = make_body()
    body.issued()
    assert client_of(body.secretary).get("/plans/2024/commitments/new/").status_code == 403


@pytest.mark.parametrize("n", ["²", "x", "-1", "99999", "99999999999999999999"])
def test_a_version_that_cannot_be_is_not_found(n, client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.secretary)
    for page in ("", "pdf/"):
        address = f"/commitments/{version.commitment.ref}/{page}?version={n}"
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("path", ["/queue/", "/commitments/"])
def test_a_search_for_what_no_database_takes_finds_nothing(path, client_of):
    body = make_body()
    body.issued()
    assert client_of(body.supervisor).get(path, {"q": "a\x00b"}).status_code == 200


def test_ticked_rows_that_are_no_numbers_remind_nobody(client_of):
    body = make_body()
    body.issued()
    rows = ["²", "99999999999999999999", "x"]
    response = client_of(body.supervisor).post("/queue/remind/", {"version": rows})
    assert response.status_code == 200
    assert not RegisterEntry.objects.filter(kind__contains="remind").exists()


def test_markup_in_names_and_reasons_stays_text(client_of):
    body = make_body()
    change(OrgUnitVersion.objects.get(unit=body.commune), name_vi=MARKUP, name_en=MARKUP)
    change(body.first, title_en=MARKUP, title_vi=MARKUP)
    change(body.secretary, full_name=MARKUP)
    version = body.issued()
    client = client_of(body.secretary)
    _address, _seen = opened(client, version, "sign")
    body.act(
        A.RETURN,
        version,
        body.secretary,
        reason={"items": [{"ordinal": 1, "code": "wording", "text": MARKUP}]},
    )
    ref = version.commitment.ref
    for who, path in (
        (body.secretary, f"/commitments/{ref}/"),
        (body.secretary, "/"),
        (body.supervisor, "/queue/?bucket=returned"),
        (body.supervisor, "/commitments/"),
        (body.planner, f"/commitments/{ref}/answer/"),
    ):
        page = client_of(who).get(path).content.decode()
        assert "alert(&quot;x&quot;)" in page or path == "/"
        assert "<script>alert" not in page
        assert "<b>&" not in page


@pytest.mark.parametrize(
    "path",
    ["", "sign/", "return/", "refuse/", "countersign/", "void/", "edit/", "amend/", "answer/"],
)
def test_reading_any_page_changes_nothing(path, client_of):
    body = make_body()
    version = body.issued()
    before = list(CommitmentVersion.objects.values()), RegisterEntry.objects.count()
    for who in (body.planner, body.secretary, body.assigner, body.supervisor):
        client_of(who).get(f"/commitments/{version.commitment.ref}/{path}")
    assert (list(CommitmentVersion.objects.values()), RegisterEntry.objects.count()) == before
    assert not SignatureAct.objects.exists()


def test_steering_addresses_take_no_get(client_of):
    body = make_body()
    version = body.draft()
    client = client_of(body.planner)
    for page in ("issue", "discard", "settle", "remind"):
        assert client.get(f"/commitments/{version.commitment.ref}/{page}/").status_code == 405


def test_a_confirmation_in_another_session_is_refused(client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.secretary)
    address, seen = opened(client, version, "sign")
    confirm = client.post(address, {"version": seen, "agreed": "yes"}).url
    other = client_of(body.secretary)
    code = code_of(body.secretary, clock.real_now())
    assert other.post(confirm, {"code": code}).status_code == 409
    assert client_of(body.chair).post(confirm, {"code": code}).status_code == 404
    assert not SignatureAct.objects.exists()


def test_a_withdrawal_on_a_stale_page_keeps_its_reason(client_of):
    body = make_body()
    target = body.targets[0]
    response = client_of(body.assigner).post(
        f"/targets/{target.ref}/withdraw/", {"version": 9, "reason": "The law has changed."}
    )
    assert response.status_code == 422
    assert "The law has changed." in response.content.decode()
