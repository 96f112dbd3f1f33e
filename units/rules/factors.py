"""One-time codes: the arithmetic of RFC 6238, without a clock and without storage."""

import base64
import hashlib
import hmac
from datetime import datetime

TOTP_PERIOD = 30  # seconds; RFC 6238
TOTP_DIGITS = 6
TOTP_TOLERANCE = 1  # steps before and after the present one: clocks of telephones differ


def totp_code(secret: str, step: int) -> str:
    """Return the six digits of the base32 `secret` for one time step. Source: RFC 6238, RFC 4226.

    >>> totp_code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 59 // 30)
    '287082'
    """
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    digest = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**TOTP_DIGITS:0{TOTP_DIGITS}}"


def totp_step_at(at: datetime) -> int:
    """Return the number of the 30-second step that holds the real instant `at`."""
    return int(at.timestamp()) // TOTP_PERIOD


def totp_steps_of(secret: str, code: str, *, at: datetime) -> list[int]:
    """Return the time steps near `at` whose code is `code`, the present one first; [] if none.

    Spaces in `code` are ignored. Compared in constant time.
    """
    given = "".join(code.split())
    now = totp_step_at(at)
    near = sorted(
        range(now - TOTP_TOLERANCE, now + TOTP_TOLERANCE + 1), key=lambda step: abs(step - now)
    )
    return [
        step
        for step in near
        if hmac.compare_digest(totp_code(secret, step).encode(), given.encode())
    ]
