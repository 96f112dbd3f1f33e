"""A real SMTP server on loopback, whose answers a test may lay down."""

import email
import socket
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller

OK = "250 OK"


class MailServer:
    """Keeps what it was handed over.

    `answers[stage, address]`: what it says at `mail`, `rcpt` or `data` to that recipient (`mail`: to
    anybody, under ""), one after the other; then it takes everything. "drop": it takes the message
    and goes away without a word. "close": it goes away before that.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.answers: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.messages: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.connections = 0
        self.on_rcpt = lambda address: None  # what happens beside a delivery
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, server_hostname="mail.test", timeout=30
        )
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def sent_to(self, address: str) -> list[EmailMessage]:
        """Return what was handed over for `address`, in order."""
        return [message for message in self.messages if address in str(message["To"])]

    # --- what aiosmtpd calls ----------------------------------------------------------------------

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return self._answer("mail", "", server)

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.on_rcpt(address)
        envelope.rcpt_tos.append(address)
        return self._answer("rcpt", address, server)

    async def handle_DATA(self, server, session, envelope):
        answer = self._answer("data", envelope.rcpt_tos[0], server)
        if answer == OK or answer == "drop":
            self.raw.append(envelope.original_content)
            message = email.message_from_bytes(envelope.original_content, policy=default)
            self.messages.append(message)
        if answer == "drop":
            server.transport.abort()
        return answer

    def _answer(self, stage: str, address: str, server) -> str:
        waiting = self.answers[stage, address]
        answer = waiting.pop(0) if waiting else OK
        if answer == "close":
            server.transport.abort()
        return answer


def free_port() -> int:
    """Return a port of loopback on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def running() -> Iterator[MailServer]:
    """Run a server for the block."""
    server = MailServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
