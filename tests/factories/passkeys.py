"""A software passkey: an own P-256 key that answers challenges as an authenticator does."""

import hashlib
import json
from typing import Any

from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from units.models import User

ORIGIN = "http://localhost:8000"
RP_ID = "localhost"
PRESENT, VERIFIED = 0x01, 0x04  # flags of the authenticator data


class SoftPasskey:
    """One key pair with its name. `enrol` gives it to a person, `answer` signs a challenge."""

    def __init__(self, credential_id: bytes = b"credential-of-the-suite") -> None:
        self.credential_id = credential_id
        self.key = ec.generate_private_key(ec.SECP256R1())

    @property
    def credential_data(self) -> AttestedCredentialData:
        """The public half, as it is stored."""
        public = ES256.from_cryptography_key(self.key.public_key())
        return AttestedCredentialData.create(b"\0" * 16, self.credential_id, public)

    def enrol(self, user: User) -> "SoftPasskey":
        """Store it for `user` as the account pages do; return itself."""
        data = AuthenticatorData.create(
            hashlib.sha256(RP_ID.encode()).digest(),
            AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT,
            0,
            self.credential_data,
        )
        made = CollectedClientData.create("webauthn.create", b"\0" * 32, ORIGIN)
        WebAuthn.add(
            user,
            "Passkey",
            {
                "id": websafe_encode(self.credential_id),
                "rawId": websafe_encode(self.credential_id),
                "type": "public-key",
                "response": {
                    "clientDataJSON": websafe_encode(made),
                    "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
                },
            },
        )
        return self

    def answer(
        self,
        challenge: bytes,
        *,
        origin: str = ORIGIN,
        rp_id: str = RP_ID,
        flags: int = PRESENT | VERIFIED,
        kind: str = "webauthn.get",
        spoil: bool = False,
        **response: Any,
    ) -> dict[str, Any]:
        """Return what the browser sends. `spoil`: with a signature over something else; `response`:
        further or other members of the response."""
        client_data = json.dumps(
            {"type": kind, "challenge": websafe_encode(challenge), "origin": origin}
        ).encode()
        data = hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + (7).to_bytes(4, "big")
        signed = data + hashlib.sha256(client_data + (b" " if spoil else b"")).digest()
        name = websafe_encode(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": {
                "clientDataJSON": websafe_encode(client_data),
                "authenticatorData": websafe_encode(data),
                "signature": websafe_encode(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            }
            | response,
        }
