"""Asking authorities about certificates: from hosts that two people allowed, and from no other.

Addresses stand in certificates whose path to a trusted root has been proved; even so no other host
is asked, nothing is followed elsewhere, and what comes back is bytes that the gate judges.
"""

import http.client
import logging
from collections.abc import Collection, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

log = logging.getLogger(__name__)
TIMEOUT = 5  # seconds for one answer
MAX_BYTES = 8 * 1024 * 1024  # of one answer; lists of a whole country are large
MAX_QUESTIONS = 8


class Data(NamedTuple):
    """What authorities said: DER. `silent`: addresses that did not answer as they should."""

    crls: list[bytes]
    ocsps: list[bytes]
    silent: list[str]


def fetch(
    chain: Sequence[bytes], addresses: Sequence[dict[str, list[str]]], *, hosts: Collection[str]
) -> Data:
    """Return lists and answers about every certificate of `chain` but the first, the root.

    `chain`: DER, the root first. `addresses`: for each of them {"crl": [...], "ocsp": [...]}.
    `hosts`: "name" or "name:port", the only ones that are asked. Opens connections: never call it
    inside a transaction. Raises nothing: who does not answer is silent.
    """
    found = Data([], [], [])
    certificates = [x509.load_der_x509_certificate(row) for row in chain]
    asked = 0
    for place in range(1, len(certificates)):
        own, issuer = certificates[place], certificates[place - 1]
        question = ocsp.OCSPRequestBuilder().add_certificate(own, issuer, hashes.SHA256()).build()
        body = question.public_bytes(Encoding.DER)
        wanted = [(url, body, found.ocsps) for url in addresses[place]["ocsp"]]
        wanted += [(url, b"", found.crls) for url in addresses[place]["crl"]]
        for url, sent, into in wanted:
            if urlsplit(url).netloc not in hosts or asked >= MAX_QUESTIONS:
                continue
            asked += 1
            try:
                into.append(_asked(url, sent))
            except (OSError, http.client.HTTPException, ValueError) as error:
                log.warning("No answer about revocation from %s: %s", url, error)
                found.silent.append(url)
    return found


def _asked(url: str, body: bytes) -> bytes:
    """Return what `url` answers; a redirection is no answer. Raises OSError, ValueError."""
    parts = urlsplit(url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    if parts.scheme not in kinds:
        raise ValueError(f"{parts.scheme} is no protocol for this.")
    connection = kinds[parts.scheme](parts.netloc, timeout=TIMEOUT)
    path = parts.path or "/"
    if parts.query:
        path += f"?{parts.query}"
    try:
        if body:
            connection.request(
                "POST", path, body=body, headers={"Content-Type": "application/ocsp-request"}
            )
        else:
            connection.request("GET", path)
        answer = connection.getresponse()
        data = answer.read(MAX_BYTES + 1)
    finally:
        connection.close()
    if answer.status != http.client.OK or len(data) > MAX_BYTES:
        raise ValueError(f"status {answer.status}, {len(data)} bytes")
    return data
