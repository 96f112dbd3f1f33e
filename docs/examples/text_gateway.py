#!/usr/bin/env python3
"""Take texts from the commitments service and hand them to a provider. Needs nothing but Python 3.10.

    SECRET=whsec_… python3 text_gateway.py --port 8443 --certificate chain.pem outbox.sqlite3

The service calls this program with one text at a time (docs/operations.md, “Text messages”). What
is signed with the secret is kept in the table `outbox` before it is acknowledged; a second call with
the same id is acknowledged and nothing more. `Provider.send` is the one place to change: here it
writes a line, in your house it calls the interface of whoever carries your messages.

Without --certificate it speaks plain http on this machine alone, for a web server in front of it.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import sqlite3
import ssl
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LONGEST_BODY = 64 * 1024
TOLERANCE = 300  # seconds that the sender's clock and ours may differ
NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    id TEXT PRIMARY KEY, number TEXT NOT NULL, text TEXT NOT NULL, taken_at REAL NOT NULL, said TEXT
);
"""


class Refused(Exception):
    """The call is answered with a status other than 202."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Provider:
    """Whoever carries the messages. This one only says that it would."""

    def send(self, number: str, text: str) -> str:
        """Carry one text; return what the provider calls it. Raise Refused(422, …) for a number that
        it does not serve, and Refused(503, …) when it is not there: then the service comes again."""
        print(f"{number}: {text}", flush=True)
        return f"line of {len(text)} signs"


def checked(headers: Any, body: bytes, secrets: list[bytes], *, now: float) -> str:
    """Return the id of a call that one of `secrets` has signed within TOLERANCE of `now`.

    Raises Refused(401). Source: the Standard Webhooks specification.
    """
    key, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not key or not re.fullmatch(r"[0-9]{1,12}", at) or abs(now - int(at)) > TOLERANCE:
        raise Refused(401, "no id, or not of this hour: check both clocks")
    signed = f"{key}.{at}.".encode() + body
    given = [part[3:] for part in headers.get("webhook-signature", "").split() if part[:3] == "v1,"]
    for secret in secrets:
        own = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        if any(hmac.compare_digest(own, one) for one in given):
            return key
    raise Refused(401, "not signed with our secret")


class Outbox:
    """What was taken. A text is there before it is acknowledged, so a kill loses none."""

    def __init__(self, path: str, provider: Provider) -> None:
        self.path, self.provider, self.turn = path, provider, threading.Lock()
        with closing(sqlite3.connect(path)) as db:
            db.executescript(SCHEMA)

    def take(self, key: str, number: str, text: str, *, now: float) -> None:
        """Hand a text to the provider, once for each `key`; what was refused may come again."""
        with self.turn, closing(sqlite3.connect(self.path)) as db:
            db.execute(
                "INSERT OR IGNORE INTO outbox VALUES (?, ?, ?, ?, NULL)", (key, number, text, now)
            )
            db.commit()
            (said,) = db.execute("SELECT said FROM outbox WHERE id = ?", (key,)).fetchone()
            if said is not None:
                return
            said = self.provider.send(number, text)
            db.execute("UPDATE outbox SET said = ? WHERE id = ?", (said, key))
            db.commit()


class Handler(BaseHTTPRequestHandler):
    """One text per call; every answer is short."""

    server: "Server"

    def do_POST(self) -> None:
        try:
            self._take()
        except Refused as refused:
            self._answer(refused.status, str(refused))
        except Exception as error:  # the service comes again: it counts for 500
            self._answer(500, type(error).__name__)
            raise
        else:
            self._answer(202, "taken")

    def _take(self) -> None:
        size = self.headers.get("Content-Length", "")
        if not size.isdigit() or int(size) > LONGEST_BODY:
            raise Refused(413, "too large")
        body, now = self.rfile.read(int(size)), time.time()
        key = checked(self.headers, body, self.server.secrets, now=now)
        try:
            said = json.loads(body)["data"]
            number, text = str(said["to"]), str(said[self.server.field])
        except (ValueError, KeyError, TypeError):
            raise Refused(400, "not a text as documented") from None
        if not NUMBER.fullmatch(number):
            raise Refused(422, "no number with its country")
        self.server.outbox.take(key, number, text, now=now)

    def _answer(self, status: int, why: str) -> None:
        body = why.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if status == 503:
            self.send_header("Retry-After", "60")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep numbers and texts out of every log."""


class Server(ThreadingHTTPServer):
    """`field`: which of the two texts the provider gets, `plain` or `text`."""

    secrets: list[bytes]
    outbox: Outbox
    field: str


def secret_of(text: str) -> bytes:
    """Return the bytes of a secret that is written whsec_<base64>."""
    return base64.b64decode(text.strip().removeprefix("whsec_"), validate=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("outbox", help="a SQLite file that remembers what was taken")
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--certificate", help="PEM: chain and key, for https")
    parser.add_argument(
        "--field",
        choices=("plain", "text"),
        default="plain",
        help="plain: one text message without accents; text: whole, for a chat",
    )
    asked = parser.parse_args()
    host = "0.0.0.0" if asked.certificate else "127.0.0.1"  # noqa: S104 it is there to be called
    server = Server((host, asked.port), Handler)
    server.secrets = [secret_of(one) for one in os.environ["SECRET"].split(",")]
    server.outbox, server.field = Outbox(asked.outbox, Provider()), asked.field
    if asked.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(asked.certificate)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    print(f"listening on {host}:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
