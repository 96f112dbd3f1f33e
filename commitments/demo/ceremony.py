"""Signing as the people of the demonstration: the real ceremony, with their real second factor."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator

from commitments.actions import signatures
from commitments.enums import VersionAct
from commitments.models import CommitmentVersion, SignatureAct
from units.models import User
from units.rules import factors


def secret_of(username: str) -> str:
    """Return the authenticator secret of a persona: it follows from the name, as known as the
    password is."""
    return base64.b32encode(
        hashlib.sha256(f"demonstration/{username}".encode()).digest()[:20]
    ).decode()


def enrol(user: User) -> None:
    """Give `user` the authenticator of a persona, once."""
    Authenticator.objects.get_or_create(
        user=user,
        type=Authenticator.Type.TOTP,
        defaults={"data": {"secret": get_adapter().encrypt(secret_of(user.username))}},
    )


class Hand:
    """Signs for people in order; each act takes a code of its own, from before the present."""

    def __init__(self, *, real_now: datetime) -> None:
        self._real_at = real_now - timedelta(days=2)

    def act(
        self,
        act: VersionAct,
        version: CommitmentVersion,
        by: User,
        *,
        at: datetime,
        reason: Mapping[str, Any] | None = None,
    ) -> SignatureAct:
        """Open, declare and confirm as `by` at `at`; return the act. Raises as `signatures` does."""
        self._real_at += timedelta(seconds=4 * factors.TOTP_PERIOD)
        version.refresh_from_db()
        session = f"demonstration/{by.username}"
        receipt = signatures.open_reading(
            version_id=version.pk, act=act, by=by, at=at, language=by.language
        )
        step_up = signatures.prepare(
            receipt_uuid=receipt.uuid,
            act=act,
            by=by,
            expected=version.etag_version,
            at=at,
            real_at=self._real_at,
            session_key=session,
            agreed=True,
            reason=reason,
        )
        code = factors.totp_code(secret_of(by.username), factors.totp_step_at(self._real_at))
        done = signatures.confirm(
            step_up_uuid=step_up.uuid,
            by=by,
            at=at,
            real_at=self._real_at,
            session_key=session,
            code=code,
        )
        version.refresh_from_db()
        return done
