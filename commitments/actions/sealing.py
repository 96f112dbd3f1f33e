"""Putting the organisation's seal on bytes: at issue, and once for each act.

Everything here is slow and stands outside every transaction and lock. What it returns is stored by
`documents` later, if nothing happened meanwhile; each use of the seal leaves a row of its own first, so
that bytes which never entered the record can be told from a forgery.
"""

import logging
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from commitments.actions import contents, documents
from commitments.actions.documents import Addition, Frozen
from commitments.documents import demo_seal, render, seal, timestamps, validity
from commitments.enums import FactorMethod, Grade, SignatureLevel
from commitments.models import CommitmentVersion, Document, SealCertificate, SealUse
from units import clock
from units.enums import AppointmentMode
from units.errors import Invalid, Unavailable
from units.models import Appointment, User
from units.rules import canonical

log = logging.getLogger(__name__)


class Act(NamedTuple):
    """What the stamp of a signature says. `printed`: as `printed_of` returns it."""

    field: str
    grade: Grade
    printed: dict[str, Any]
    method: FactorMethod  # how it was confirmed
    at: datetime


def open_key() -> seal.Key:
    """Return the organisation's seal. Raises Unavailable (seal-missing) where there is none that is
    good today; the reason goes to the log."""
    try:
        key = seal.open_key(Path(settings.SEAL_PKCS12_FILE), Path(settings.SEAL_PASSWORD_FILE))
        if not key.is_good_at(clock.real_now()):
            raise seal.KeyUnfit(f"{settings.SEAL_PKCS12_FILE}: the certificate is not valid today.")
        return key
    except seal.KeyUnfit as error:
        log.error("The seal cannot be opened: %s", error)
        raise Unavailable(
            _(
                "This installation has no seal that can be opened, and without it nothing is issued or "
                "signed. Nothing was written. Ask the administrator to set SEAL_PKCS12_FILE and "
                "SEAL_PASSWORD_FILE."
            ),
            code="seal-missing",
        ) from error


def make_demo_seal(*, real_at: datetime) -> None:
    """Make a throw-away seal where the settings look for one. Raises FileExistsError, OSError."""
    demo_seal.make(
        Path(settings.SEAL_PKCS12_FILE), Path(settings.SEAL_PASSWORD_FILE), real_at=real_at
    )


def faults_of_installation(*, real_at: datetime) -> Iterator[tuple[str, str]]:
    """Yield (code, sentence) for what is unsafe about the seal: none, demo, expired or ending soon."""
    try:
        key = seal.open_key(Path(settings.SEAL_PKCS12_FILE), Path(settings.SEAL_PASSWORD_FILE))
    except seal.KeyUnfit as error:
        yield "missing", str(error)
        return
    if key.is_demo:
        yield "demo", f"The seal “{key.certificate.subject.rfc4514_string()}” proves nothing."
    left = key.certificate.not_valid_after_utc - real_at
    if left < timedelta(days=60):
        yield (
            "ending",
            f"The seal's certificate ends on {key.certificate.not_valid_after_utc:%Y-%m-%d}.",
        )


def address_of(code: str) -> str:
    """Return where anybody checks the document with this code."""
    return f"{settings.SITE_URL}/verify/{code}/"


def freeze(version: CommitmentVersion, *, code: str, at: datetime) -> Frozen:
    """Return the sealed document of `version`. Writes nothing but that the seal was used.

    Never call it inside a transaction. Raises Invalid (document-not-renderable) when a text holds what
    cannot be printed, Unavailable (seal-missing, timestamp-unavailable).
    """
    key = open_key()
    content = contents.content_of(version, code=code, at=at)
    text = canonical.text(content)
    try:
        rendered = render.render(
            text, language=content["language"], address=address_of(code), demo_seal=key.is_demo
        )
    except render.Unprintable as error:
        raise Invalid(
            _(
                "%(number)s cannot be issued: the character %(character)s cannot be printed (%(place)s). "
                "Correct the text and issue again."
            )
            % {
                "number": version.commitment.number,
                "character": error.character,
                "place": error.place,
            },
            code="document-not-renderable",
        ) from error
    base, own = seal.place_fields(rendered.pdf, rendered.places), uuid.uuid4()
    output = _with_token(lambda stamper: seal.certify(base, key, timestamper=stamper))
    sealed = _checked(own, 0, base, output, field=seal.SEAL_FIELD, key=key)
    return Frozen(own, content, text, base, sealed)


def sign(document: Document, act: Act) -> Addition:
    """Return the revision by which the seal attests `act` on the newest file of `document`.

    Never call it inside a transaction: it opens files and, with a timestamp service, a connection.
    Raises Conflict (document-not-sealed; revision-moved when somebody else has signed in the field since
    the caller looked), Invalid (name-not-printable), Unavailable (seal-missing, timestamp-unavailable).
    """
    last = documents.last_revision(document)
    if last.no == 0:
        raise documents.not_sealed(document)
    key, base = open_key(), documents.bytes_of(document, no=last.no)
    demonstration = documents.read_content(document)["demonstration"]
    with translation.override(document.language):
        said = _said(act, language=document.language, demo=key.is_demo or demonstration)
    reason = " · ".join(filter(None, (said["grade"], said["name"], said["office"])))
    try:
        output = _with_token(
            lambda stamper: seal.sign(
                base,
                key,
                field=act.field,
                draw=partial(render.draw_stamp, said),
                reason=reason,
                timestamper=stamper,
            )
        )
    except seal.FieldTaken as error:
        raise documents.moved(document) from error
    except render.Unprintable as error:
        raise Invalid(
            _(
                "The name or title of the signatory holds the character %(character)s, which cannot be "
                "printed. Ask the administrator to correct it, then sign."
            )
            % {"character": error.character},
            code="name-not-printable",
        ) from error
    return _checked(document.uuid, last.no, base, output, field=act.field, key=key)


def printed_of(office: Appointment, by: User) -> dict[str, Any]:
    """Return the names and titles of a signatory as they are now: they are printed and kept."""
    position, own = office.position, office.delegate_position
    return {
        "name": by.full_name,
        "title_vi": position.title_vi,
        "title_en": position.title_en or position.title_vi,
        "mode": office.mode,
        "form": office.form,
        "own_title_vi": own.title_vi if own else "",
        "own_title_en": (own.title_en or own.title_vi) if own else "",
        "decision_number": office.decision_number,
        "decision_on": office.decision_on.isoformat() if office.decision_on else None,
    }


def _said(act: Act, *, language: str, demo: bool) -> dict[str, str]:
    printed = act.printed
    form = {
        AppointmentMode.DELEGATE: f"{printed['form'].upper()}.",
        AppointmentMode.ACTING: _("Acting"),
    }
    return {
        "grade": str(act.grade.label),
        "form": str(form.get(printed["mode"], "")),
        "office": printed[f"title_{language}"],
        "own_office": printed[f"own_title_{language}"],
        "name": printed["name"],
        "time": _time_of(act.at),
        "note": str(act.method.label),
        "demo": "BẢN TRÌNH DIỄN / DEMO" if demo else "",
    }


def _time_of(at: datetime) -> str:
    """Return an instant as it is printed, e.g. “05/01/2027 09:03:44 +07:00”."""
    local = clock.local_time(at)
    return f"{local:%d/%m/%Y %H:%M:%S} {local.isoformat()[-6:]}"


def _with_token(sealing: Any) -> bytes:
    """Return what `sealing` makes with the timestamp service, if there is one; else without."""
    if settings.SIGNATURE_LEVEL == SignatureLevel.B_B:
        return sealing(None)
    service = timestamps.Service(
        settings.TIMESTAMP_URL, roots_file=Path(settings.TIMESTAMP_ROOTS_FILE)
    )
    try:
        return sealing(service)
    except timestamps.NoToken as error:
        log.warning("The timestamp service gave no token: %s", error)
        raise Unavailable(
            _(
                "The timestamp service does not answer as it should, and nothing is signed without its "
                "time. Nothing was written. Try again in a few minutes."
            ),
            code="timestamp-unavailable",
        ) from error


def _checked(
    own: uuid.UUID, base_no: int, base: bytes, output: bytes, *, field: str, key: seal.Key
) -> Addition:
    """Return the addition after a cheap look at it, and after its use of the seal is on record."""
    added = validity.check_addition(base, output, field=field, certificate=key.chain[0])
    asked = settings.SIGNATURE_LEVEL
    if added.level != asked:
        raise validity.Broken(f"Level {asked} was asked for and {added.level} reached.")
    made = documents.addition(base_no, base, output, asked=asked, reached=added.level)
    with transaction.atomic():
        SealUse.objects.create(
            certificate=_certificate_of(key),
            document_uuid=own,
            base_no=base_no,
            out_sha256=made.sha256,
            cms_sha256=added.cms_sha256,
            at=clock.real_now(),
        )
    return made


def _certificate_of(key: seal.Key) -> SealCertificate:
    kept, _created = SealCertificate.objects.get_or_create(
        fingerprint=key.id,
        defaults={
            "subject": key.certificate.subject.rfc4514_string()[:300],
            "chain": key.chain_pem,
            "valid_until": key.certificate.not_valid_after_utc,
            "is_demo": key.is_demo,
            "first_used_at": clock.real_now(),
        },
    )
    return kept
