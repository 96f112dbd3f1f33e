"""Signing with one's own certificate, through the pages."""

import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from commitments.actions import uploads
from commitments.enums import VersionState
from commitments.models import HandOut, SignatureAct, SignerCertificate, TrustSet
from tests.commitments.actions.outside import officers, pem, registered, signed, trusted
from tests.commitments.documents.authorities import cast
from tests.commitments.web.test_ceremony import opened
from tests.factories.body import code_of, make_body
from units import clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]


@pytest.fixture
def body(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return make_body()


def text(response):
    return response.content.decode()


def taken(client, body, version):
    """Declare, confirm, and return the address where the file is taken and brought back."""
    address, seen = opened(client, version, "sign")
    confirm = client.post(address, {"version": seen, "agreed": "yes", "outside": "1"}).url
    return client.post(confirm, {"code": code_of(body.secretary, clock.real_now())}).url


def pdf(data):
    return {"file": SimpleUploadedFile("signed.pdf", data, content_type="application/pdf")}


def test_a_head_takes_the_file_brings_it_back_and_gets_a_receipt(client_of, body):
    trusted(body)
    registered(body, body.secretary, cast().head)
    version = body.issued(second=False)
    client = client_of(body.secretary)

    address, seen = opened(client, version, "sign")
    assert "Sign with my own certificate" in text(client.get(address))
    confirm = client.post(address, {"version": seen, "agreed": "yes", "outside": "1"}).url
    assert "you take this very file away" in text(client.get(confirm))
    outside = client.post(confirm, {"code": code_of(body.secretary, clock.real_now())}).url
    row = HandOut.objects.get()
    assert outside == f"/outside/{row.uuid}/"
    assert "Bring the signed file back" in text(client.get(outside))
    file = client.get(f"{outside}file/")
    assert (file.content, file["Content-Type"]) == (uploads.file_of(row), "application/pdf")

    refused = client.post(outside, pdf(file.content), follow=True)
    assert "The file is not signed yet." in text(refused)
    assert "Sign, save" not in text(refused)
    assert "Sign the file, save it, and send the saved file." in text(refused)
    assert "G04" in text(refused)
    done = client.post(outside, pdf(signed(row, cast().head)), follow=True)
    assert "The file was checked and accepted." in text(done)
    receipt = client.get(f"/receipts/{SignatureAct.objects.get().uuid}/")

    version.refresh_from_db()
    assert version.state == VersionState.SIGNED
    assert "Personally digitally signed" in text(receipt)
    assert "the authority has not confirmed the certificate yet" in text(receipt)


def test_page_after_the_time_offers_to_start_again(client_of, body):
    trusted(body)
    registered(body, body.secretary, cast().head)
    version = body.issued(second=False)
    client = client_of(body.secretary)
    outside = taken(client, body, version)
    late = HandOut.objects.get().expires_at.timestamp() + 1

    with time_machine.travel(late, tick=False):
        page = text(client_of(body.secretary).get(outside))

    assert "The time for this signature has passed." in page
    assert re.search(r"/sign/[0-9a-f-]{36}/\"", page)


def test_whoever_has_no_certificate_is_offered_none(client_of, body):
    trusted(body)
    version = body.issued(second=False)
    client = client_of(body.secretary)
    address, _seen = opened(client, version, "sign")

    assert "Sign with my own certificate" not in text(client.get(address))


def test_nobody_sees_what_another_took(client_of, body):
    trusted(body)
    registered(body, body.secretary, cast().head)
    version = body.issued(second=False)
    client = client_of(body.secretary)
    outside = taken(client, body, version)
    other = client_of(body.chair)

    assert other.get(outside).status_code == 404
    assert other.get(f"{outside}file/").status_code == 404
    assert other.post(outside, pdf(b"x")).status_code == 404


def test_form_without_a_file_says_so(client_of, body):
    trusted(body)
    registered(body, body.secretary, cast().head)
    version = body.issued(second=False)
    client = client_of(body.secretary)
    outside = taken(client, body, version)

    assert client.post(outside).status_code == 422


# --- administrators


def test_two_administrators_let_a_certificate_and_a_trust_set_count(client_of, body):
    one, two = (client_of(officer) for officer in officers(body))
    asked = {"roots": pem(cast().state), "intermediates": "", "hosts": "crl.example.vn"}
    assert one.post("/trust/new/", asked).status_code == 302
    sent = {"person": body.secretary.username, **pdf(cast().head.der)}
    assert one.post("/trust/certificates/new/", sent).status_code == 302
    row, certificate = TrustSet.objects.get(), SignerCertificate.objects.get()
    assert "Approve" not in text(one.get("/trust/"))
    assert "Approve" in text(two.get("/trust/"))

    refused = one.post(f"/trust/{row.pk}/approve/", follow=True)
    assert "Another administrator approves what you proposed" in text(refused)
    two.post(f"/trust/{row.pk}/approve/")
    page = text(two.post(f"/trust/certificates/{certificate.pk}/confirm/", follow=True))
    assert "in force" in page
    assert "confirmed" in page
    end = {"reason": "Token lost"}
    page = text(two.post(f"/trust/certificates/{certificate.pk}/end/", end, follow=True))
    assert "Token lost" in page


def test_what_was_pasted_comes_back_with_what_is_wrong(client_of, body):
    one = client_of(officers(body)[0])

    response = one.post("/trust/new/", {"roots": "no certificate", "hosts": "crl.example.vn"})
    wrong = one.post(
        "/trust/certificates/new/", {"person": body.secretary.username, **pdf(b"no certificate")}
    )

    assert response.status_code == wrong.status_code == 422
    assert "no certificate</textarea>" in text(response)
    assert "This file is no certificate." in text(wrong)


@pytest.mark.parametrize("count", [1, 3])
def test_page_of_certificates_costs_the_same_for_one_and_three(
    count, client_of, body, django_assert_num_queries
):
    for _row in range(count):
        trusted(body)
        registered(body, body.secretary, cast().agency.issue("Trưởng đơn vị"))
    client = client_of(officers(body)[0])
    client.get("/trust/")

    with django_assert_num_queries(9):
        client.get("/trust/")


@pytest.mark.parametrize("count", [1, 3])
def test_page_of_a_file_costs_the_same_for_one_and_three_verdicts(
    count, client_of, body, django_assert_num_queries
):
    trusted(body)
    registered(body, body.secretary, cast().head)
    version = body.issued(second=False)
    client = client_of(body.secretary)
    outside = taken(client, body, version)
    for _file in range(count):
        client.post(outside, pdf(b"no PDF at all"))
    client.get(outside)

    with django_assert_num_queries(9):
        assert text(client.get(outside)).count("G03") == count
