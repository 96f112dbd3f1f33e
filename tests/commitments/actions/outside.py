"""Signing outside in tests: a trust set that two people approved, certificates that two registered."""

from datetime import datetime, timedelta

from commitments.actions import documents, trust, uploads
from commitments.enums import VersionAct
from commitments.models import HandOut, SignerCertificate, TrustSet
from tests.commitments.documents.authorities import Holder, cast
from tests.commitments.documents.papers import sign
from tests.factories.body import NOW, REAL, Body, code_of, person
from units.models import User

HOSTS = "127.0.0.1"


def pem(*holders: Holder) -> str:
    """Return certificates as administrators paste them."""
    rows = [trust.certificates.read(holder.der) for holder in holders]
    return trust.certificates.as_pem(rows)


def officers(body: Body) -> tuple[User, User]:
    """Return two administrators of the whole body."""
    found = []
    for name in ("officer-1", "officer-2"):
        who = User.objects.filter(username=name).first() or person(name)
        if not who.role_grants.exists():
            body.make_administrator(who)
        found.append(who)
    return found[0], found[1]


def trusted(body: Body, *, hosts: str = HOSTS) -> TrustSet:
    """Let the state of the tests be trusted."""
    one, two = officers(body)
    row = trust.propose(
        roots=pem(cast().state), intermediates=pem(cast().agency), hosts=hosts, by=one, at=NOW
    )
    trust.approve(trust_set_id=row.pk, by=two, at=NOW)
    return row


def registered(body: Body, who: User, holder: Holder) -> SignerCertificate:
    """Register a certificate for `who` and confirm it."""
    one, two = officers(body)
    row = trust.register_certificate(person=who, data=holder.der, by=one, at=NOW)
    trust.confirm_certificate(certificate_id=row.pk, by=two, at=NOW)
    return row


def taken(body: Body, version, who: User, act: VersionAct = VersionAct.SIGN) -> HandOut:
    """Declare, confirm with a code, and take the file away."""
    body.step += 4
    real_at = REAL + timedelta(seconds=30 * body.step)
    step_up = body.prepare(act, version, who, outside=True)
    return uploads.hand_out(
        step_up_uuid=step_up.uuid,
        by=who,
        at=NOW,
        real_at=real_at,
        session_key=f"session-of-{who.username}",
        code=code_of(who, real_at),
    )


def signed(row: HandOut, holder: Holder, *, at: datetime | None = None, **how) -> bytes:
    """Return what a signing program makes of the file that was handed out."""
    moment = at or row.handed_out_at + timedelta(minutes=1)
    return sign(uploads.file_of(row), row.slot.field_name, holder, at=moment, **how)


def offered(row: HandOut, data: bytes, *, minutes: int = 2):
    """Bring a file back."""
    return uploads.offer(
        hand_out_uuid=row.uuid,
        data=data,
        by=row.person,
        at=NOW,
        real_at=row.handed_out_at + timedelta(minutes=minutes),
    )


def file_of(version) -> bytes:
    return documents.bytes_of(version.document)
