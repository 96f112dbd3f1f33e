"""Asking a timestamp service (RFC 3161): a token that is checked before it is used, or none at all.

There is no third way: never a local time in place of a token.
"""

import asyncio
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

from asn1crypto import cms, pem, tsp, x509
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps.api import TimeStamper
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import async_validate_cms_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from units import clock

TIMEOUT = 10  # seconds
LARGEST = 64_000  # bytes of an answer
MOST_APART = timedelta(minutes=5)  # its clock from ours
REPLY = "application/timestamp-reply"


class NoToken(SigningError):
    """The service did not answer, or not with a token that may be used."""


class Service(TimeStamper):
    """One timestamp service. `roots_file`: PEM certificates; its tokens must lead to one of them."""

    def __init__(self, url: str, *, roots_file: Path) -> None:
        super().__init__(include_nonce=True)
        self.url, self.roots_file = url, roots_file

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        request = urllib.request.Request(  # noqa: S310 the administrator's address
            self.url,
            data=req.dump(),
            headers={"Content-Type": "application/timestamp-query", "Accept": REPLY},
        )
        return tsp.TimeStampResp.load(await asyncio.to_thread(_answer, request), strict=True)

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Return a token over `message_digest`, checked. Raises NoToken."""
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            # a wrong nonce is an AttributeError while pyHanko words its own refusal of it
            raise NoToken(f"{type(error).__name__}: {error}") from error
        await self._check(token, message_digest)
        return token

    async def _check(self, token: cms.ContentInfo, digest: bytes) -> None:
        """Raise NoToken unless imprint, signature, chain and time of `token` are right."""
        try:
            data = token["content"]
            info = data["encap_content_info"]["content"].parsed
            imprint = info["message_imprint"]["hashed_message"].native
            context = ValidationContext(trust_roots=self._roots(), allow_fetching=False)
            status = await async_validate_cms_signature(
                data,
                status_cls=TimestampSignatureStatus,
                status_kwargs={"timestamp": info["gen_time"].native},
                validation_context=context,
                key_usage_settings=KeyUsageConstraints(extd_key_usage={"time_stamping"}),
            )
        except (OSError, ValueError, TypeError, KeyError, SignatureValidationError) as error:
            raise NoToken(f"The token cannot be read: {error}") from error
        if imprint != digest:
            raise NoToken("The token is over other bytes.")
        if not (status.intact and status.valid and status.trusted):
            raise NoToken(f"The token does not lead to a root of ours: {status.summary()}")
        if abs(info["gen_time"].native - clock.real_now()) > MOST_APART:
            raise NoToken(f"The service's clock says {info['gen_time'].native}.")

    def _roots(self) -> list[x509.Certificate]:
        rows = pem.unarmor(self.roots_file.read_bytes(), multiple=True)
        return [x509.Certificate.load(der) for _kind, _headers, der in rows]


def _answer(request: urllib.request.Request) -> bytes:
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:  # noqa: S310
            body = reply.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise OSError(f"HTTP {error.code}") from error
    if len(body) > LARGEST:
        raise OSError(f"The answer is larger than {LARGEST} bytes.")
    return body
