"""Rows that tests of the database's own rules need beside the factories."""

import uuid
from datetime import UTC, datetime, timedelta

from commitments.models import (
    ExternalUpload,
    HandOut,
    Mandate,
    RevocationCheck,
    SignatureAct,
    SignerCertificate,
    SignerCertificateConfirmation,
    SignerCertificateEnd,
    StepUpBatch,
    TrustSet,
    TrustSetApproval,
)
from tests.factories.units import UserFactory
from units.models import OrgUnit

AT = datetime(2024, 2, 2, 3, 0, tzinfo=UTC)


def mandate(issuer: OrgUnit) -> Mandate:
    """Return the document by which `issuer` gives its targets; made when there is none."""
    return Mandate.objects.get_or_create(
        ref=f"m-{issuer.ref}",
        defaults={"issuer": issuer, "kind": "decision", "title_vi": "Quyết định"},
    )[0]


def batch_of(act: SignatureAct, **changes) -> StepUpBatch:
    """Return a batch of one statement of whoever did `act`."""
    fields = {
        "uuid": uuid.uuid4(),
        "user": act.person,
        "session_key_sha256": "0" * 64,
        "act": act.act,
        "root_sha256": uuid.uuid4().hex,
        "count": 1,
        "created_at": AT,
        "expires_at": AT + timedelta(seconds=120),
    }
    return StepUpBatch.objects.create(**fields | changes)


class Outside:
    """Rows of one signature made outside by whoever did `act`: confirmed, used, ended and refused."""

    def __init__(self, act: SignatureAct) -> None:
        self.person, self.one, self.two = act.person, UserFactory(), UserFactory()
        self.trust_set = TrustSet.objects.create(
            roots="PEM", sha256="0" * 64, proposed_by=self.one, proposed_at=AT
        )
        self.approval = TrustSetApproval.objects.create(
            trust_set=self.trust_set, proposed_by=self.one, by=self.two, at=AT
        )
        self.certificate = SignerCertificate.objects.create(
            person=self.person,
            fingerprint="0" * 64,
            der=b"0",
            subject="CN=head",
            issuer="CN=agency",
            serial="1",
            valid_from=AT,
            valid_until=AT,
            registered_by=self.one,
            registered_at=AT,
        )
        self.confirmation = SignerCertificateConfirmation.objects.create(
            certificate=self.certificate,
            fingerprint="0" * 64,
            person=self.person,
            registered_by=self.one,
            by=self.two,
            at=AT,
        )
        self.end = SignerCertificateEnd.objects.create(
            certificate=self.certificate, by=self.one, reason="Lost", at=AT
        )
        self.hand_out = HandOut.objects.create(
            uuid=uuid.uuid4(),
            slot=act.slot,
            person=self.person,
            step_up_use=act.step_up_use,
            base_no=1,
            base_sha256="0" * 64,
            handed_out_at=AT,
            expires_at=AT + timedelta(minutes=30),
        )
        self.upload = ExternalUpload.objects.create(
            uuid=uuid.uuid4(),
            hand_out=self.hand_out,
            sha256="0" * 64,
            length=1,
            rule="G04",
            report="{}",
            gate_version=1,
            trust_set=self.trust_set,
            received_at=AT,
        )
        self.check = RevocationCheck.objects.create(
            upload=self.upload, state="received", report="{}", at=AT
        )
