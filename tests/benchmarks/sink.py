"""A mail server that takes everything and keeps it in a file: `python -m ... PORT FILE`.

As little work as a server can have: what is measured is who speaks to it.
"""

import socketserver
import sys
from pathlib import Path

READY = "ready"
HELP = {b"EHLO": b"250 sink", b"HELO": b"250 sink", b"QUIT": b"221 bye"}


class Conversation(socketserver.StreamRequestHandler):
    """One connection. A kept message is a line `recipient length`, then its bytes."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        recipient = b""
        self._say(b"220 sink")
        with Path(sys.argv[2]).open("ab") as kept:
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"RCPT":
                    recipient = line.split(b"<", 1)[1].split(b">", 1)[0]
                if verb != b"DATA":
                    self._say(HELP.get(verb, b"250 ok"))
                    continue
                self._say(b"354 go on")
                lines = []
                while (part := self.rfile.readline()) not in {b".\r\n", b""}:
                    lines.append(part[1:] if part.startswith(b".") else part)
                content = b"".join(lines)
                kept.write(b"%s %d\n" % (recipient, len(content)) + content)
                kept.flush()
                self._say(b"250 taken")

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


def kept_in(path: Path) -> list[tuple[str, bytes]]:
    """Return recipient and content of every message in the file, in order."""
    found, rest = [], path.read_bytes()
    while rest:
        head, rest = rest.split(b"\n", 1)
        recipient, size = head.split(b" ")
        found.append((recipient.decode(), rest[: int(size)]))
        rest = rest[int(size) :]
    return found


if __name__ == "__main__":
    with socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Conversation) as server:
        server.daemon_threads = True
        print(READY, flush=True)
        server.serve_forever()
