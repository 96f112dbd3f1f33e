"""Second factors at the moment of an act: an authenticator's code, or a passkey over our challenge.

Enrolment and login are django-allauth's; here its stored authenticators are asked again.
"""

import json
import struct
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from fido2.server import Fido2Server
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    UserVerificationRequirement,
)

from units.models import User
from units.rules import factors as rules

SIGNED = ("clientDataJSON", "authenticatorData", "signature")  # of an answer: all that proves it
MALFORMED_OR_WRONG = (  # the library's ways of saying so; it reads JSON, CBOR and packed numbers
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


class Code(NamedTuple):
    """A code that is right: of which authenticator, for which 30-second step."""

    authenticator: str
    time_step: int


class Passkey(NamedTuple):
    """An assertion that is right. `proof`: everything needed to check it again without us."""

    credential: str
    proof: dict[str, Any]


def methods_of(user: User) -> list[str]:
    """Return the factors `user` can confirm an act with, as allowed by STEP_UP_METHODS."""
    kinds = {"totp": Authenticator.Type.TOTP, "passkey": Authenticator.Type.WEBAUTHN}
    own = set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))
    return [method for method in settings.STEP_UP_METHODS if kinds[method] in own]


def _totp_secrets(user: User) -> list[tuple[str, str]]:
    rows = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP)
    return [(f"totp/{row.pk}", get_adapter().decrypt(row.data["secret"])) for row in rows]


def authenticators_of(user: User) -> list[str]:
    """Return the names under which the used codes of `user` are remembered."""
    return [authenticator for authenticator, _secret in _totp_secrets(user)]


def check_code(*, user: User, code: str, real_at: datetime) -> list[Code]:
    """Return every (authenticator, time step) of `user` for which `code` is right at `real_at`.

    Empty: wrong. Whether a step has served already is the caller's to refuse, in its transaction.
    """
    return [
        Code(authenticator, step)
        for authenticator, secret in _totp_secrets(user)
        for step in rules.totp_steps_of(secret, code, at=real_at)
    ]


def code_for_demonstration(*, user: User, real_at: datetime, skip_steps: frozenset[int]) -> str:
    """Return a code of `user` that is right at `real_at` and has not served; "" if there is none.

    Raises RuntimeError outside demonstration mode: nothing else may ever compute a person's code.
    """
    if not settings.DEMO:
        raise RuntimeError("A person's code is shown in demonstration mode only.")
    now = rules.totp_step_at(real_at)
    for _authenticator, secret in _totp_secrets(user):
        for step in (now, now + 1):
            if step not in skip_steps:
                return rules.totp_code(secret, step)
    return ""


def _server() -> Fido2Server:
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return Fido2Server(PublicKeyCredentialRpEntity(name=host, id=host))


def _credentials(user: User) -> list[AttestedCredentialData]:
    rows = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN)
    found = [row.wrap().authenticator_data.credential_data for row in rows]
    return [data for data in found if data is not None]


def passkey_options(*, user: User, challenge: bytes) -> dict[str, Any] | None:
    """Return what the browser needs to let `user` sign `challenge` (32 bytes); None: no passkey."""
    credentials = _credentials(user)
    if not credentials:
        return None
    options, _state = _server().authenticate_begin(
        credentials, UserVerificationRequirement.REQUIRED, challenge=challenge
    )
    return dict(options)


def origins() -> list[str]:
    """Return the origins whose pages may ask a passkey of this site: that of SITE_URL alone.

    A browser writes it into what is signed, in lower case and without the port that goes unsaid.
    """
    parts = urlsplit(settings.SITE_URL.lower())
    unsaid = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return [f"{parts.scheme}://{parts.netloc.removesuffix(unsaid)}"]


def name_of_key(data: AttestedCredentialData) -> str:
    """Return under which name a passkey stands in proofs and in the register: its key's hash."""
    return f"passkey/{websafe_encode(sha256(bytes(data)))}"


def name_of(authenticator: Authenticator) -> str:
    """Return the name of a stored factor, as `StepUpUse.credential` and the register have it."""
    if authenticator.type == Authenticator.Type.WEBAUTHN:
        data = authenticator.wrap().authenticator_data.credential_data
        return name_of_key(data) if data is not None else ""
    return f"{authenticator.type}/{authenticator.pk}"


def check_passkey(*, user: User, challenge: bytes, credential: str) -> Passkey | None:
    """Return the proof if `credential`, the browser's JSON, signs `challenge`; None if it does not.

    User verification is required, the RP id is the host of SITE_URL, the page that asked is ours.
    The proof outlives account and key: it holds all that a check needs.
    """
    server, credentials = _server(), _credentials(user)
    if not credentials:
        return None
    _options, state = server.authenticate_begin(
        credentials, UserVerificationRequirement.REQUIRED, challenge=challenge
    )
    try:
        answer = json.loads(credential)
        used = server.authenticate_complete(state, credentials, answer)
        signed = {name: answer["response"][name] for name in SIGNED}
        asked_by = json.loads(websafe_decode(signed["clientDataJSON"]))["origin"]
    except MALFORMED_OR_WRONG:
        return None
    if asked_by not in origins():
        return None
    return Passkey(
        name_of_key(used),
        {
            "credential_id": websafe_encode(used.credential_id),
            "public_key_data": websafe_encode(bytes(used)),
            "answer": signed,
            "rp_id": server.rp.id,
            "origins": origins(),
        },
    )
