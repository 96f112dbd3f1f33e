"""Whom to trust and whose certificate is whose: two people, neither of them the person."""

import pytest
from django.db import IntegrityError

from commitments.actions import trust
from commitments.models import SignerCertificateConfirmation, TrustSetApproval
from tests.commitments.actions.outside import officers, pem, registered, trusted
from tests.commitments.documents.authorities import cast
from tests.factories.body import NOW, make_body
from units.errors import Conflict, Invalid, NotAllowed
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db


def refused(error, do, **asked):
    with pytest.raises(error) as caught:
        do(**asked)
    return caught.value.code


def test_trust_counts_once_a_second_administrator_approves():
    body = make_body()
    one, two = officers(body)
    asked = {"roots": pem(cast().state), "intermediates": "", "hosts": "CRL.example.vn\n"}
    row = trust.propose(**asked, by=one, at=NOW)

    assert trust.in_force() is None
    assert (
        refused(Invalid, trust.approve, trust_set_id=row.pk, by=one, at=NOW) == "approve-own-trust"
    )
    trust.approve(trust_set_id=row.pk, by=two, at=NOW)
    assert trust.in_force() == row
    assert trust.hosts_of(row) == ["crl.example.vn"]
    assert refused(Conflict, trust.approve, trust_set_id=row.pk, by=two, at=NOW) == "trust-approved"
    kinds = RegisterEntry.objects.filter(kind__startswith="trust.").values_list("kind", flat=True)
    assert sorted(kinds) == ["trust.approve", "trust.propose"]


def test_newest_approved_trust_set_is_in_force():
    body = make_body()
    older = trusted(body)
    newer = trusted(body, hosts="")

    assert trust.in_force() == newer != older


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("roots", ""),
        ("roots", "-----BEGIN CERTIFICATE-----\nxxxx\n-----END CERTIFICATE-----"),
        ("roots", lambda: pem(cast().head)),
        ("hosts", "http://crl.example.vn/list"),
    ],
)
def test_what_cannot_be_trusted_is_marked(field, text):
    body = make_body()
    one, _two = officers(body)
    asked = {"roots": pem(cast().state), "intermediates": "", "hosts": ""}
    asked[field] = text() if callable(text) else text

    with pytest.raises(Invalid) as caught:
        trust.propose(**asked, by=one, at=NOW)

    assert list(caught.value.fields) == [field]


def test_certificate_counts_once_a_second_administrator_confirms():
    body = make_body()
    one, two = officers(body)
    row = trust.register_certificate(person=body.secretary, data=cast().head.der, by=one, at=NOW)

    assert trust.certificates_of(body.secretary) == []
    asked = {"certificate_id": row.pk, "at": NOW}
    assert (
        refused(Invalid, trust.confirm_certificate, by=one, **asked) == "confirm-own-registration"
    )
    trust.confirm_certificate(by=two, **asked)
    assert trust.certificates_of(body.secretary) == [row]
    trust.end_certificate(by=one, reason=" Token lost ", **asked)
    assert trust.certificates_of(body.secretary) == []
    assert (
        refused(Conflict, trust.end_certificate, by=one, reason="x", **asked) == "certificate-ended"
    )
    assert refused(Invalid, trust.end_certificate, by=one, reason=" ", **asked) == "reason-missing"
    kinds = RegisterEntry.objects.filter(kind__startswith="certificate.")
    assert [entry.kind for entry in kinds.order_by("pk")] == [
        "certificate.register",
        "certificate.confirm",
        "certificate.end",
    ]


def test_nobody_decides_about_a_certificate_of_their_own():
    body = make_body()
    one, two = officers(body)
    asked = {"data": cast().head.der, "at": NOW}

    assert (
        refused(Invalid, trust.register_certificate, person=one, by=one, **asked)
        == "certificate-own"
    )
    row = trust.register_certificate(person=two, by=one, **asked)
    confirm = {"certificate_id": row.pk, "by": two, "at": NOW}
    assert refused(Invalid, trust.confirm_certificate, **confirm) == "certificate-own"


def test_certificate_belongs_to_one_person():
    body = make_body()
    one, two = officers(body)
    asked = {"data": cast().head.der, "by": one, "at": NOW}
    mistaken = trust.register_certificate(person=body.chair, **asked)
    registered(body, body.secretary, cast().head)

    code = refused(Conflict, trust.register_certificate, person=body.chair, **asked)
    assert code == "certificate-known"
    confirm = {"certificate_id": mistaken.pk, "by": two, "at": NOW}
    assert refused(Conflict, trust.confirm_certificate, **confirm) == "certificate-known"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (lambda: b"no certificate", "certificate-unreadable"),
        (lambda: cast().state.der, "certificate-not-for-signing"),
        (
            lambda: cast().agency.issue("Xác thực", usages=("digital_signature",)).der,
            "certificate-not-for-signing",
        ),
    ],
)
def test_only_a_certificate_for_signing_is_registered(data, code):
    body = make_body()
    one, _two = officers(body)
    asked = {"person": body.secretary, "data": data(), "by": one, "at": NOW}

    assert refused(Invalid, trust.register_certificate, **asked) == code


def test_others_may_not():
    body = make_body()
    asked = {"by": body.planner, "at": NOW}

    assert refused(NotAllowed, trust.propose, roots="", intermediates="", hosts="", **asked)
    assert refused(NotAllowed, trust.approve, trust_set_id=1, **asked)
    assert refused(NotAllowed, trust.register_certificate, person=body.chair, data=b"", **asked)
    assert refused(NotAllowed, trust.confirm_certificate, certificate_id=1, **asked)
    assert refused(NotAllowed, trust.end_certificate, certificate_id=1, reason="x", **asked)


def test_database_refuses_one_person_for_two():
    body = make_body()
    one, _two = officers(body)
    row = trust.propose(roots=pem(cast().state), intermediates="", hosts="", by=one, at=NOW)
    with pytest.raises(IntegrityError, match="trustsetapproval_by_a_second_person"):
        TrustSetApproval.objects.create(trust_set=row, proposed_by=one, by=one, at=NOW)


@pytest.mark.parametrize("who", ["officer-1", "secretary"])
def test_database_refuses_a_confirmation_by_the_first_officer_or_the_person(who):
    body = make_body()
    one, _two = officers(body)
    row = trust.register_certificate(person=body.secretary, data=cast().head.der, by=one, at=NOW)
    by = one if who == "officer-1" else body.secretary
    with pytest.raises(IntegrityError, match="signercertificateconfirmation_by_a_second_officer"):
        SignerCertificateConfirmation.objects.create(
            certificate=row,
            fingerprint=row.fingerprint,
            person=row.person,
            registered_by=one,
            by=by,
            at=NOW,
        )
