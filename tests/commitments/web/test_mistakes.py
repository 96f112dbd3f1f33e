"""Mistakes that were seen in other signing systems, each a test that has its name.

Those that need pages or whole documents are here; the others stand beside the rule they are about.
"""

import html
import json
import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory

from commitments.actions import commitments, documents, drafts, uploads
from commitments.enums import VersionAct, VersionState
from commitments.models import (
    CommitmentVersion,
    DocumentRevision,
    ExternalUpload,
    HandOut,
    SealUse,
    SignatureAct,
    StepUp,
    ViewReceipt,
)
from config.middleware import client_address
from tests.commitments.actions.outside import registered, signed, trusted
from tests.commitments.documents import hostile
from tests.commitments.documents.authorities import cast
from tests.commitments.documents.test_render import letters_of, printed, words_of
from tests.commitments.web.test_ceremony import opened
from tests.commitments.web.test_uploads import pdf, taken, text
from tests.factories.body import NOW, SIGN_BY, code_of, make_body, person
from units import clock
from units.errors import WrongState
from units.models import Appointment, RegisterEntry
from units.rules import dates

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
A = VersionAct


@pytest.fixture
def body(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return make_body()


def everything():
    """Return what an act could have written."""
    rows = (SignatureAct, ViewReceipt, StepUp, HandOut, ExternalUpload, DocumentRevision, SealUse)
    states = list(CommitmentVersion.objects.values_list("state", "etag_version"))
    return [row.objects.count() for row in rows], states, RegisterEntry.objects.count()


def test_link_without_login_changes_nothing(client_of, body):
    """Whoever has every address of a ceremony, and no login, is shown the login page."""
    trusted(body)
    registered(body, body.secretary, cast().head)
    version = body.issued(second=False)
    client, sent = client_of(body.secretary), {"agreed": "yes", "outside": "1"}
    read, seen = opened(client, version, "sign")
    confirm = client.post(read, {"version": seen} | sent).url
    code = {"code": code_of(body.secretary, clock.real_now())}
    outside = client.post(confirm, code).url
    receipt = f"/commitments/{version.commitment.ref}/sign/"
    before, stranger = everything(), Client()

    for address in (receipt, read, confirm, outside, f"{outside}file/"):
        for answer in (
            stranger.get(address),
            stranger.post(address, {"version": seen, **sent, **code, **pdf(b"%PDF-")}),
        ):
            assert (answer.status_code, answer.url.split("?")[0]) == (302, "/accounts/login/")
    assert everything() == before


@pytest.mark.program("pdftotext")
def test_page_pdf_and_json_say_the_same(client_of, body):
    version = body.issued()
    client = client_of(body.secretary)
    client.cookies["django_language"] = "vi"
    address, _seen = opened(client, version, "sign")

    page = letters_of(html.unescape(re.sub(r"<[^>]*>", "", text(client.get(address)))))
    file = letters_of(words_of(documents.bytes_of(version.document)))
    content = json.loads(version.document.content)
    days = [content["sign_by"], content["period"]["starts_on"], content["period"]["ends_on"]]
    said = [*printed(content, "vi"), content["number"], version.document.content_sha256[:16]]
    said += [dates.day_text(date.fromisoformat(day)) for day in days]
    said += [item["code"] for item in content["terms"]["items"]] + ["Chủ trì"]

    assert len(said) > 20
    for value in said:
        assert letters_of(value) in page, value
        assert letters_of(value) in file, value


@pytest.mark.program("pdftotext")
def test_page_pdf_and_json_say_the_same_of_what_changed(client_of, body):
    """An amendment says field by field what is new: in its hashed text, so on page and paper too."""
    version = body.in_force()
    body.ask_more(body.targets[0])
    asked = {"by": body.planner, "at": NOW}
    following = commitments.amend(
        version_id=version.pk,
        expected=version.etag_version,
        reason="More was asked.",
        sign_by=SIGN_BY,
        **asked,
    )
    following = drafts.edit(
        version_id=following.pk,
        expected=following.etag_version,
        sign_by=SIGN_BY,
        first_undertaker_id=body.first.pk,
        second_undertaker_id=None,
        assigner_id=body.assigning.pk,
        items=[
            (body.targets[0].revisions.get(n=2).pk, "lead"),
            (body.targets[1].revisions.get().pk, "lead"),
            (body.targets[2].revisions.get().pk, "lead"),
        ],
        **asked,
    )
    following = commitments.issue(version_id=following.pk, expected=following.etag_version, **asked)

    content = json.loads(following.document.content)
    changed, sides = content["changes"]
    said = {line["label_en"]: (line["before_en"], line["after_en"]) for line in changed["lines"]}
    assert said == {
        "To be reached": ("at least 21 certificates", "at least 26 certificates"),
        "Revision": ("1", "2"),
    }
    assert [line["label_en"] for line in sides["lines"]] == ["Undertaking side"]
    assert "changes" not in json.loads(version.document.content)

    client = client_of(body.secretary)
    client.cookies["django_language"] = "vi"
    address, _seen = opened(client, following, "sign")
    page = letters_of(html.unescape(re.sub(r"<[^>]*>", "", text(client.get(address)))))
    file = letters_of(words_of(documents.bytes_of(following.document)))
    for line in (*changed["lines"], *sides["lines"]):
        for value in (line["label_vi"], line["before_vi"], line["after_vi"]):
            assert letters_of(value) in page, value
            assert letters_of(value) in file, value


def test_issued_content_cannot_change(body):
    version = body.issued()
    bytes_of, content = documents.bytes_of(version.document), version.document.content
    asked = {
        "version_id": version.pk,
        "by": body.planner,
        "expected": version.etag_version,
        "at": NOW,
    }
    with pytest.raises(WrongState):
        drafts.edit(
            **asked,
            sign_by=SIGN_BY,
            first_undertaker_id=body.first.pk,
            second_undertaker_id=None,
            assigner_id=body.assigning.pk,
            items=[(body.targets[1].revisions.get().pk, "lead")],
        )
    with pytest.raises(WrongState):
        drafts.discard(**asked)
    with pytest.raises(WrongState):
        commitments.issue(**asked)
    for statement in (
        "UPDATE commitments_document SET content = '{}'",
        "UPDATE commitments_documentslot SET turn = 9",
        "UPDATE commitments_documentrevision SET length = 1",
        "DELETE FROM commitments_commitmentitem",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    version.document.refresh_from_db()
    assert version.document.content == content
    assert documents.bytes_of(version.document) == bytes_of


def test_trail_keeps_acts_before_a_change_of_holder(client_of, body):
    """Who has signed stays named where somebody else holds the office later."""
    version = body.issued()
    act = body.act(A.SIGN, version, body.secretary)
    successor = person("successor")
    held = Appointment.objects.filter(position=body.first)
    held.update(valid_to=NOW.date())
    Appointment.objects.create(
        ref="first-2", person=successor, position=body.first, valid_from=NOW.date()
    )

    page = text(client_of(body.supervisor).get(f"/commitments/{version.commitment.ref}/"))
    receipt = client_of(successor).get(f"/receipts/{act.uuid}/")

    assert body.secretary.full_name in page
    assert json.loads(act.as_printed)["name"] == body.secretary.full_name
    entry = RegisterEntry.objects.get(kind="commitment.sign")
    assert (entry.actor, entry.office) == (body.secretary, body.first)
    assert receipt.status_code == 404  # and nobody inherits somebody else's receipt


@pytest.mark.program("pdftotext")
def test_every_printed_time_has_its_offset(client_of, body):
    version = body.in_force()
    act = SignatureAct.objects.filter(act="sign").first()
    secretary = client_of(act.person)
    ref = version.commitment.ref
    shown = {
        "file": words_of(documents.bytes_of(version.document), layout="-layout"),
        "page": text(secretary.get(f"/commitments/{ref}/")),
        "receipt": text(secretary.get(f"/receipts/{act.uuid}/")),
        "public page": text(Client().get(f"/verify/{version.document.code}/")),
    }
    for where, said in shown.items():
        times = re.findall(r"\b\d\d:\d\d(?::\d\d)?(?!\d|:\d) ?(.{0,6})", said)
        assert times, where
        assert {offset for offset in times if "07" not in offset and "+7" not in offset} == set(), (
            where
        )


def test_client_address_from_trusted_proxies_only(settings):
    def address(forwarded: str, proxies: int) -> str:
        settings.TRUSTED_PROXIES = proxies
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        return client_address(RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers=headers))

    assert address("203.0.113.9", 0) == "10.0.0.1"  # nobody before us: what it says is the client's
    assert address("203.0.113.9", 1) == "203.0.113.9"
    assert address("6.6.6.6, 203.0.113.9", 1) == "203.0.113.9"
    assert address("6.6.6.6, 203.0.113.9, 10.0.0.2", 2) == "203.0.113.9"
    assert address("203.0.113.9", 2) == "10.0.0.1"  # it came past one of them
    assert address("", 1) == "10.0.0.1"
    assert address("6.6.6.6,", 1) == "10.0.0.1"


def test_client_bytes_are_never_sealed(client_of, body):
    """Whatever a client sends beside its act, the file grows by what the server made alone."""
    version = body.issued(second=False)
    before = documents.bytes_of(version.document)
    client = client_of(body.secretary)
    address, seen = opened(client, version, "sign")
    own = b"%PDF-1.7 bytes of the client"

    def sent():
        said = {"pdf": "bytes of the client", "content": "{}", "sha256": "0" * 64}
        return said | {"file": SimpleUploadedFile("a.pdf", own)}

    confirm = client.post(address, {"version": seen, "agreed": "yes"} | sent()).url
    code = code_of(body.secretary, clock.real_now())
    assert client.post(confirm, {"code": code} | sent()).status_code == 302

    after = documents.bytes_of(version.document)
    assert after.startswith(before)
    assert b"bytes of the client" not in after
    assert documents.last_revision(version.document).no == 2
    assert set(SealUse.objects.values_list("out_sha256", flat=True)) == set(
        version.document.revisions.exclude(no=0).values_list("sha256", flat=True)
    )


def test_return_address_never_skips_the_gate(client_of, body):
    """What a signing program says of its own success counts for nothing, and any file is judged."""
    trusted(body)
    registered(body, body.secretary, cast().head)
    version = body.issued(second=False)
    client = client_of(body.secretary)
    outside = taken(client, body, version)
    row = HandOut.objects.get()
    own = hostile.by(lambda: cast().colleague)()  # signed well, and another document
    boast = {"Status": "0", "Message": "OK", "rule": "", "state": "signed", "FileServer": "a.pdf"}
    seals = SealUse.objects.count()

    for data, rule in (
        (b"any file", "G03"),
        (uploads.file_of(row), "G04"),
        (own, "G08"),
        (signed(row, cast().colleague), "G30"),
    ):
        assert f"Rule {rule}" in text(client.post(outside, boast | pdf(data), follow=True))

    version.refresh_from_db()
    assert version.state == VersionState.ISSUED
    assert not SignatureAct.objects.exists()
    client.post(outside, pdf(signed(row, cast().head)))
    assert SignatureAct.objects.count() == 1
    assert SealUse.objects.count() == seals  # the file is theirs, and never ours by a seal


def test_rewritten_upload_is_named(client_of, body):
    """A program that saves the file anew drops earlier signatures: who used it reads what to do."""
    trusted(body)
    registered(body, body.secretary, cast().head)
    version = body.issued(second=False)
    client = client_of(body.secretary)
    outside = taken(client, body, version)
    row = HandOut.objects.get()

    page = text(
        client.post(outside, pdf(hostile.saved_anew(signed(row, cast().head))), follow=True)
    )

    assert "Rule G08" in page
    assert "append" in page
    assert ExternalUpload.objects.get().rule == "G08"


def test_void_and_supersede_show_publicly(body):
    version = body.in_force()
    stranger = Client(headers={"Accept-Language": "en"})

    def said(of) -> str:
        return text(stranger.get(f"/verify/{of.document.code}/"))

    assert "In force: every signature" in said(version)
    following = commitments.amend(
        version_id=version.pk,
        by=body.planner,
        expected=version.etag_version,
        at=NOW,
        reason="Wording.",
        sign_by=SIGN_BY + timedelta(days=9),
    )
    following = commitments.issue(
        version_id=following.pk, by=body.planner, expected=following.etag_version, at=NOW
    )
    body.act(A.SIGN, following, body.secretary)
    assert "In force: every signature" in said(version)
    body.act(A.SIGN, following, body.chair)
    body.act(A.COUNTERSIGN, following, body.assigner)
    assert "superseded by version 2" in said(version)
    body.act(A.VOID, following, body.assigner)
    body.act(A.VOID, following, body.leader, reason={"text": "I agree."})
    assert "Voided: it does not hold" in said(following)
