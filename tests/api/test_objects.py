"""One object at its address: what it says, its tag, its stored file."""

import hashlib
import json
from datetime import date, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from commitments.actions import plans
from commitments.enums import Field, MandateKind, VersionAct
from tests.api.described import is_problem, judged
from tests.factories.body import NOW, Body, make_body
from tests.factories.commitments_versions import CommitmentVersionFactory
from tests.factories.readers import machine
from tests.factories.units import HeadFactory, OrgUnitFactory, UserFactory
from units.actions import appointments, organisation

pytestmark = pytest.mark.django_db


def read(client, collection: str, ref: str, **query):
    return judged(
        client.get(f"/api/v1/{collection}/{ref}/", query), f"/api/v1/{collection}/{{ref}}/"
    )


def test_every_row_of_a_list_is_at_its_address():
    """The body is the same as in the list, but for a commitment, which says more."""
    version = CommitmentVersionFactory(in_force=True, items=2, both=True)
    client = machine(version.commitment.assigner_unit)
    for collection in ("units", "appointments", "plans", "targets", "commitments"):
        rows = client.get(f"/api/v1/{collection}/").json()["results"]
        assert rows
        for row in rows:
            body = read(client, collection, row["ref"])
            assert body == body | row
            assert client.get(row["links"]["self"]).json() == body
            for link in (address for address in row["links"].values() if "/api/" in address):
                assert client.get(link).status_code == 200, link


def test_a_commitment_says_what_its_document_says():
    body = make_body()
    version = body.in_force()
    content = json.loads(version.document.content)
    said = read(machine(body.committee), "commitments", version.commitment.ref)
    assert said["items"] == content["terms"]["items"]
    assert said["parties"] == content["parties"]
    assert said["content_sha256"] == hashlib.sha256(version.document.content.encode()).hexdigest()
    assert [(row["role"], row["act"], row["person"]) for row in said["signatures"]] == [
        ("undertaker", "sign", body.secretary.full_name),
        ("undertaker", "sign", body.chair.full_name),
        ("assigner", "countersign", body.assigner.full_name),
    ]


def test_an_unsigned_place_is_open():
    version = CommitmentVersionFactory(issued=True)
    said = read(machine(version.commitment.unit), "commitments", version.commitment.ref)
    assert [(row["act"], row["person"], row["at"]) for row in said["signatures"]] == [
        (None, None, None),
        (None, None, None),
    ]


def test_a_draft_has_no_parties_no_file_and_no_hash():
    version = CommitmentVersionFactory(draft=True)
    client, ref = machine(version.commitment.assigner_unit), version.commitment.ref
    said = read(client, "commitments", ref)
    empty = ("parties", "items", "code", "content_sha256", "issued_at")
    assert {name: said[name] for name in empty} == dict.fromkeys(empty)
    assert (said["signatures"], said["links"]["pdf"]) == ([], None)
    answer = client.get(f"/api/v1/commitments/{ref}/pdf/")
    judged(answer, "/api/v1/commitments/{ref}/pdf/")
    is_problem(answer, 404, "no-document")


@pytest.mark.parametrize("version", ["0", "01", "-1", "x", "1.0", "", "٣", "99999"])
def test_a_wrong_version_is_refused(version):
    made = CommitmentVersionFactory(issued=True)
    client = machine(made.commitment.unit)
    for address in ("", "pdf/", "receipts/"):
        answer = client.get(
            f"/api/v1/commitments/{made.commitment.ref}/{address}", {"version": version}
        )
        is_problem(answer, 400, "invalid-parameter")


# --- the file ---------------------------------------------------------------------------------------


def test_the_file_is_the_stored_one_and_opens():
    body = make_body()
    version = body.in_force()
    client = machine(body.commune)
    said = read(client, "commitments", version.commitment.ref)
    answer = client.get(said["links"]["pdf"])
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{version.ref}.pdf"'
    stored = version.document.revisions.order_by("-no").first()
    digest = hashlib.sha256(answer.content).hexdigest()
    assert (digest, len(answer.content)) == (stored.sha256, stored.length)
    assert answer["ETag"] == f'"{digest}"'
    pdf = PdfReader(BytesIO(answer.content))
    (attached,) = [files[0] for files in pdf.attachments.values()]
    assert hashlib.sha256(attached).hexdigest() == said["content_sha256"]
    text = "".join(page.extract_text() for page in pdf.pages)
    assert said["code"] in text.replace(" ", "")


def test_each_version_has_its_file():
    first = CommitmentVersionFactory(superseded=True)
    second = CommitmentVersionFactory(commitment=first.commitment, in_force=True)
    client, address = machine(first.commitment.unit), f"/api/v1/commitments/{first.commitment.ref}/"
    for version, query in ((first, "?version=1"), (second, "?version=2"), (second, "")):
        assert version.document.code.encode() in client.get(f"{address}pdf/{query}").content


@pytest.mark.parametrize(
    "accept", ["application/pdf", "*/*", "application/json", "application/pdf, application/json"]
)
def test_the_file_comes_whatever_of_these_is_asked_for(accept):
    version = CommitmentVersionFactory(issued=True)
    client = machine(version.commitment.unit)
    address = f"/api/v1/commitments/{version.commitment.ref}/pdf/"
    assert client.get(address, headers={"Accept": accept})["Content-Type"] == "application/pdf"
    absent = client.get("/api/v1/commitments/absent/pdf/", headers={"Accept": accept})
    is_problem(absent, 404, "not-found")


# --- tags -------------------------------------------------------------------------------------------


def addresses(version) -> dict[str, str]:
    ref = version.commitment.ref
    return {
        "/api/v1/units/{ref}/": f"/api/v1/units/{version.commitment.unit.ref}/",
        "/api/v1/appointments/{ref}/": "/api/v1/appointments/"
        f"{version.first_undertaker.appointments.get().ref}/",
        "/api/v1/plans/{ref}/": f"/api/v1/plans/{version.commitment.period.code}/",
        "/api/v1/targets/{ref}/": f"/api/v1/targets/{version.items.first().revision.target.ref}/",
        "/api/v1/commitments/{ref}/": f"/api/v1/commitments/{ref}/",
        "/api/v1/commitments/{ref}/pdf/": f"/api/v1/commitments/{ref}/pdf/",
        "/api/v1/commitments/{ref}/receipts/": f"/api/v1/commitments/{ref}/receipts/",
    }


def test_a_copy_that_is_still_good_is_not_sent_again():
    version = CommitmentVersionFactory(in_force=True)
    client = machine(version.commitment.unit)
    for path, address in addresses(version).items():
        first = client.get(address)
        tag = first["ETag"]
        assert tag.startswith('"')
        if not path.endswith("pdf/"):
            assert first.json()["etag"] == tag
        for said in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            again = client.get(address, headers={"If-None-Match": said})
            assert again.status_code == 304
            judged(again, path)
            assert again["ETag"] == tag
        for said in ('"other"', tag.strip('"'), ""):
            assert client.get(address, headers={"If-None-Match": said}).status_code == 200


def test_a_good_tag_shows_nothing_to_a_stranger():
    version = CommitmentVersionFactory(in_force=True)
    for address in addresses(version).values():
        tag = machine(version.commitment.unit).get(address)["ETag"]
        stranger = machine(OrgUnitFactory()).get(address, headers={"If-None-Match": tag})
        is_problem(stranger, 404, "not-found")


def test_copies_of_objects_are_asked_about_and_lists_are_not_kept():
    version = CommitmentVersionFactory(in_force=True)
    client = machine(version.commitment.unit)
    for address in addresses(version).values():
        assert client.get(address)["Cache-Control"] == "private, no-cache"
    for collection in ("units", "appointments", "plans", "targets", "commitments"):
        answer = client.get(f"/api/v1/{collection}/")
        assert answer["Cache-Control"] == "no-store"
        assert {"Authorization", "Accept-Language"} <= set(answer["Vary"].split(", "))


class Watch:
    """Notes whether the tag of one address changes exactly when its body does."""

    def __init__(self, client, address: str) -> None:
        self.client, self.address = client, address
        self.body = client.get(address).json()

    def changed(self) -> bool:
        before, self.body = self.body, self.client.get(self.address).json()
        differs = {**before, "etag": ""} != {**self.body, "etag": ""}
        assert differs == (before["etag"] != self.body["etag"]), (before, self.body)
        return differs


def test_each_act_on_a_commitment_changes_its_tag():
    body: Body = make_body()
    version = body.issued()
    watch = Watch(machine(body.commune), f"/api/v1/commitments/{version.commitment.ref}/")
    for act, who in (
        (VersionAct.SIGN, body.secretary),
        (VersionAct.SIGN, body.chair),
        (VersionAct.COUNTERSIGN, body.assigner),
    ):
        body.act(act, version, who)
        assert watch.changed()
    assert watch.body["state"] == "in_force"
    assert not watch.changed()


def test_a_new_group_changes_the_tag_of_its_plan():
    body = make_body()
    watch = Watch(machine(body.committee), f"/api/v1/plans/{body.plan.code}/")
    mandate = plans.create_mandate(
        issuer_id=body.committee.pk,
        kind=MandateKind.DECISION,
        title_vi="Quyết định bổ sung",
        by=body.planner,
        at=NOW,
    )
    assert not watch.changed()
    plans.create_group(
        period_id=body.plan.pk,
        mandate_id=mandate.pk,
        code="H99",
        title_vi="Nhóm mới",
        field=Field.SOCIO_ECONOMIC,
        by=body.planner,
        at=NOW,
    )
    assert watch.changed()


def test_a_new_name_changes_the_tag_of_its_unit():
    chief, unit = UserFactory(roles=["administrator"]), OrgUnitFactory()
    watch = Watch(machine(unit), f"/api/v1/units/{unit.ref}/")
    organisation.rename_unit(
        unit_id=unit.pk,
        name_vi="Tên mới",
        from_on=(NOW + timedelta(days=1)).date(),
        by=chief,
        expected=unit.etag_version,
        at=NOW,
    )
    assert watch.changed()
    assert [name["name_vi"] for name in watch.body["names"]][-1] == "Tên mới"


def test_the_end_of_an_appointment_changes_its_tag():
    chief, held = UserFactory(roles=["administrator"]), HeadFactory()
    watch = Watch(machine(held.position.unit), f"/api/v1/appointments/{held.ref}/")
    appointments.end_appointment(appointment_id=held.pk, end_on=date(2024, 6, 1), by=chief, at=NOW)
    assert watch.changed()
    assert watch.body["valid_to"] == "2024-06-01"


def test_nothing_personal_but_the_name_is_shown():
    held = HeadFactory(person__email="a@example.org", person__username="secret-login")
    unit = held.position.unit
    text = machine(unit).get("/api/v1/appointments/").content.decode()
    assert held.person.full_name in text
    assert "example.org" not in text
    assert "secret-login" not in text
