"""A server that takes a room's calls as the portal's routes do, and answers as a test says."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from signing.jws import canonical_json, parse_object

REFUSED = {"code": "OS-222"}


class Portal:
    """Answers from ``answers``, a status and members each; with 200 and none where the list is empty."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.seen: list[tuple[str, dict[str, Any], str]] = []
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = parse_object(self.rfile.read(int(self.headers["content-length"])))
                status, members = portal.answers.pop(0) if portal.answers else (200, {})
                portal.seen.append((self.path, body, self.headers["authorization"]))
                content = canonical_json(members)
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PUT = _answer  # noqa: N815 -- the names that the library calls

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def routes(self, ticket: str) -> list[str]:
        """The routes that were called for a ticket, in order."""
        return [path.rpartition("/")[2] for path, body, _ in self.seen if body["ticket"] == ticket]


@contextlib.contextmanager
def running_portal() -> Iterator[Portal]:
    """A portal that listens."""
    portal = Portal()
    thread = threading.Thread(target=portal.server.serve_forever, daemon=True)
    thread.start()
    yield portal
    portal.server.shutdown()
    portal.server.server_close()
