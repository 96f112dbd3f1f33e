"""A web address that keeps what is PUT to it, and misbehaves when told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class WebPlace:
    """`kept`: path -> body. `status`: what to answer to PUT instead of doing it; 0: do it."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.status = 0
        self.asked: list[tuple[str, str, str]] = []
        self.url = ""


@contextmanager
def web_place() -> Iterator[WebPlace]:
    """Run one on loopback for the block."""
    place = WebPlace()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            """Say nothing."""

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            place.asked.append(("PUT", self.path, self.headers.get("Authorization", "")))
            if place.status:
                self.answer(place.status, b"not now")
            elif self.path in place.kept:
                self.answer(412, b"there is one")
            else:
                place.kept[self.path] = body
                self.answer(201, b"kept")

        def do_GET(self) -> None:
            body = place.kept.get(self.path)
            self.answer(404 if body is None else 200, body or b"")

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            if status in {301, 302}:
                self.send_header("Location", "/elsewhere")
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    place.url = f"http://127.0.0.1:{server.server_address[1]}/register"
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
