"""Whom signatures made outside must lead to, and who may sign with which certificate.

Both take two people: what one administrator proposes, another one lets count, and nobody decides
about a certificate of their own.
"""

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments.documents import certificates
from commitments.models import (
    SignerCertificate,
    SignerCertificateConfirmation,
    SignerCertificateEnd,
    TrustSet,
    TrustSetApproval,
)
from units.actions import register
from units.actions.guards import require_administrator, require_text, unique_or
from units.errors import Conflict, Invalid, NotFound
from units.models import User
from units.rules import canonical, refs, texts

ENDED = Conflict(_("The use of this certificate has ended already."), code="certificate-ended")
MAX_BYTES = certificates.MAX_BYTES
HOST = re.compile(r"[a-z0-9.-]{1,253}(:[0-9]{1,5})?")


def in_force() -> TrustSet | None:
    """Return the newest approved trust set; None while nobody may sign outside."""
    rows = TrustSet.objects.filter(approval__isnull=False).order_by("-approval__at", "-pk")
    return rows.first()


def hosts_of(trust_set: TrustSet) -> list[str]:
    """Return who may be asked about revocation."""
    return trust_set.hosts.split()


@transaction.atomic
def propose(*, roots: str, intermediates: str, hosts: str, by: User, at: datetime) -> TrustSet:
    """Propose whom to trust from now on, as a whole; it counts once another administrator approves.

    `roots`, `intermediates`: PEM. `hosts`: a line each, "name" or "name:port". Raises NotAllowed,
    Invalid (trust-unreadable).
    """
    require_administrator(by, None, at=at, act="propose-trust")
    named, faults = {}, {}
    for field, text in (("roots", roots), ("intermediates", intermediates)):
        try:
            named[field] = certificates.read_all(text)
        except certificates.Unreadable:
            faults[field] = [_("Paste certificates in PEM: each from BEGIN to END CERTIFICATE.")]
            continue
        if not all(row.is_authority for row in named[field]):
            faults[field] = [_("One of these certificates is not that of an authority.")]
    if not faults and not named["roots"]:
        faults["roots"] = [_("Paste the certificate of at least one authority.")]
    lines = hosts.lower().split()
    if not all(HOST.fullmatch(line) for line in lines):
        faults["hosts"] = [_("Write one host in a line, such as crl.example.vn, without http://.")]
    if faults:
        raise Invalid(
            _("This cannot be trusted as it stands. Correct what is marked."),
            code="trust-unreadable",
            fields=faults,
        )
    kept = {field: certificates.as_pem(rows) for field, rows in named.items()}
    kept["hosts"] = "\n".join(lines)
    row = TrustSet.objects.create(
        **kept, sha256=canonical.sha256_hex(canonical.text(kept)), proposed_by=by, proposed_at=at
    )
    _enter("trust.propose", f"trust_set/{row.pk}", {"sha256": row.sha256}, by=by, at=at)
    return row


@transaction.atomic
def approve(*, trust_set_id: int, by: User, at: datetime) -> TrustSetApproval:
    """Let a proposed trust set count. Raises NotAllowed, NotFound (trust-not-found), Invalid
    (approve-own-trust), Conflict (trust-approved)."""
    require_administrator(by, None, at=at, act="approve-trust")
    row = TrustSet.objects.filter(pk=trust_set_id).first()
    if row is None:
        raise NotFound(_("There is no such proposal."), code="trust-not-found")
    if row.proposed_by_id == by.pk:
        raise Invalid(
            _("Another administrator approves what you proposed to trust. Ask one."),
            code="approve-own-trust",
        )
    meanwhile = Conflict(
        _("This is approved already. Nothing is left to do."), code="trust-approved"
    )
    with unique_or(meanwhile):
        done = TrustSetApproval.objects.create(
            trust_set=row, proposed_by_id=row.proposed_by_id, by=by, at=at
        )
    data = {"sha256": row.sha256, "proposed_by": row.proposed_by.username}
    _enter("trust.approve", f"trust_set/{row.pk}", data, by=by, at=at)
    return done


@transaction.atomic
def register_certificate(*, person: User, data: bytes, by: User, at: datetime) -> SignerCertificate:
    """Say that a certificate is this person's; it counts once another administrator confirms it.

    `data`: the certificate's file, DER or PEM. Raises NotAllowed, Invalid (certificate-own,
    certificate-unreadable, certificate-not-for-signing), Conflict (certificate-known).
    """
    require_administrator(by, None, at=at, act="register-certificate")
    if person.pk == by.pk:
        raise Invalid(
            _("Two other administrators register your certificate. Ask them."),
            code="certificate-own",
        )
    try:
        found = certificates.read(data)
    except certificates.Unreadable as error:
        text = _("This file is no certificate. Export it from the token as .cer, .crt or .pem.")
        raise Invalid(text, code="certificate-unreadable", fields={"file": [text]}) from error
    if found.is_authority or not found.for_signing:
        text = _(
            "This certificate is not meant for signing documents (non-repudiation). Choose the other one."
        )
        raise Invalid(text, code="certificate-not-for-signing", fields={"file": [text]})
    known = SignerCertificate.objects.filter(fingerprint=found.fingerprint)
    if (
        known.filter(person=person, end=None).exists()
        or known.filter(confirmation__isnull=False).exists()
    ):
        raise Conflict(_("This certificate is registered already."), code="certificate-known")
    row = SignerCertificate.objects.create(
        person=person,
        fingerprint=found.fingerprint,
        der=found.der,
        subject=found.subject,
        issuer=found.issuer,
        serial=found.serial,
        valid_from=found.valid_from,
        valid_until=found.valid_until,
        registered_by=by,
        registered_at=at,
    )
    _enter_certificate("register", row, by=by, at=at)
    return row


@transaction.atomic
def confirm_certificate(
    *, certificate_id: int, by: User, at: datetime
) -> SignerCertificateConfirmation:
    """Let a registered certificate count. Raises NotAllowed, NotFound (certificate-not-found),
    Invalid (certificate-own, confirm-own-registration), Conflict (certificate-ended,
    certificate-known)."""
    require_administrator(by, None, at=at, act="confirm-certificate")
    row = _certificate(certificate_id)
    if row.person_id == by.pk:
        raise Invalid(
            _("Two other administrators register your certificate. Ask them."),
            code="certificate-own",
        )
    if row.registered_by_id == by.pk:
        raise Invalid(
            _("Another administrator confirms the certificate that you registered. Ask one."),
            code="confirm-own-registration",
        )
    if SignerCertificateEnd.objects.filter(certificate=row).exists():
        raise ENDED
    known = Conflict(_("This certificate is registered already."), code="certificate-known")
    with unique_or(known):
        done = SignerCertificateConfirmation.objects.create(
            certificate=row,
            fingerprint=row.fingerprint,
            person_id=row.person_id,
            registered_by_id=row.registered_by_id,
            by=by,
            at=at,
        )
    _enter_certificate("confirm", row, by=by, at=at)
    return done


@transaction.atomic
def end_certificate(
    *, certificate_id: int, reason: str, by: User, at: datetime
) -> SignerCertificateEnd:
    """Let nobody sign with a certificate from now on; what it has signed stays.

    Raises NotAllowed, NotFound (certificate-not-found), Invalid (reason-missing), Conflict
    (certificate-ended).
    """
    require_administrator(by, None, at=at, act="end-certificate")
    row = _certificate(certificate_id)
    said = refs.tidy(reason)
    require_text(said, field="reason", code="reason-missing", most=texts.LINE)
    with unique_or(ENDED):
        done = SignerCertificateEnd.objects.create(certificate=row, by=by, reason=said, at=at)
    _enter_certificate("end", row, by=by, at=at, reason=said)
    return done


def certificates_of(person: User) -> list[SignerCertificate]:
    """Return the certificates with which `person` may sign: confirmed and not ended."""
    rows = SignerCertificate.objects.filter(person=person, confirmation__isnull=False, end=None)
    return list(rows.order_by("pk"))


def _certificate(certificate_id: int) -> SignerCertificate:
    row = SignerCertificate.objects.select_related("person").filter(pk=certificate_id).first()
    if row is None:
        raise NotFound(_("There is no such certificate."), code="certificate-not-found")
    return row


def _enter_certificate(
    act: str, row: SignerCertificate, *, by: User, at: datetime, **more: Any
) -> None:
    data = {"person": row.person.username, "fingerprint": row.fingerprint} | more
    _enter(f"certificate.{act}", f"certificate/{row.pk}", data, by=by, at=at)


def _enter(kind: str, subject: str, data: dict[str, Any], *, by: User, at: datetime) -> None:
    register.append(
        kind=kind, subject=subject, subject_version=None, reach=[], by=by, at=at, data=data
    )
