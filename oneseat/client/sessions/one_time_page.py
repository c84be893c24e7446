"""Loopback HTTP server with one page, which posts hidden form fields to another site, once."""

from __future__ import annotations

import contextlib
import html
import secrets
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable, Dict, Mapping, Optional

from signing.text import Text

PAGE_LIFETIME_S = 1800.0
"""A browser that starts for the first time asks its owner questions before it opens an address."""
_LINE_TIMEOUT_S = 10.0
_SECRET_BYTES = 32
_WAIT = Text("Entering the exam room…", "正在进入考场…")
_GO = Text("Enter the exam room", "进入考场")
_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{wait}</title><style nonce="{nonce}">
body {{ font: 18px/1.6 "Microsoft YaHei", "WenQuanYi Micro Hei", sans-serif; color: #1f2a37;
       margin: 0; min-height: 100vh; display: grid; place-content: center; text-align: center }}
button {{ font: inherit; color: #fff; background: #1f6fd6; border: 0; border-radius: 4px;
         padding: 10px 32px }}
</style></head><body><form method="post" action="{action}"><p>{wait}</p>{fields}
<button type="submit">{go}</button></form>
<script nonce="{nonce}">document.forms[0].submit()</script></body></html>
"""


class OneTimePage:
    """Serves a page that posts the fields to the room; the first request for its address gets it.

    ``fields`` is called for that request, since a room takes a signature for two minutes only. The server
    stops once the page was fetched, or after :data:`PAGE_LIFETIME_S`.

    Raises:
        OSError: no port is available.
    """

    def __init__(
        self,
        action: str,
        fields: Callable[[], Mapping[str, str]],
        say: Callable[[Text], str],
        lifetime_s: float = PAGE_LIFETIME_S,
    ) -> None:
        self._nonce = secrets.token_urlsafe(16)
        self._path = f"/{secrets.token_urlsafe(_SECRET_BYTES)}"
        self._render: Optional[Callable[[], bytes]] = lambda: self._page(action, fields(), say)
        self._lock = threading.Lock()
        self.fetched = threading.Event()
        self._server = LoopbackServer(("127.0.0.1", 0), _handler(self))
        self._host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self._host}{self._path}"
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        self._end = threading.Timer(lifetime_s, self.close)
        self._end.daemon = True
        self._end.start()

    def take(self, path: str, host: str) -> Optional[bytes]:
        """Return the page once; None for another address, another host name, or a second request."""
        # The Host header stops DNS rebinding: a site whose name resolves to loopback must not read the page.
        if not secrets.compare_digest(path.encode(), self._path.encode()) or host != self._host:
            return None
        with self._lock:
            render, self._render = self._render, None
        return render() if render is not None else None

    @property
    def is_waiting(self) -> bool:
        """Whether the page can still be fetched."""
        return self._render is not None

    def sent(self) -> None:
        """Record that the page was sent, and stop the server."""
        self.fetched.set()
        threading.Thread(target=self.close, daemon=True).start()

    def headers(self) -> Dict[str, str]:
        """Response headers: no caching, no referrer, no script but the one line."""
        rules = f"default-src 'none'; script-src 'nonce-{self._nonce}'; style-src 'nonce-{self._nonce}'"
        return {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": f"{rules}; base-uri 'none'; frame-ancestors 'none'",
        }

    def close(self) -> None:
        """Stop the server, and forget the page."""
        with self._lock:
            self._render = None
        self._end.cancel()
        self._server.shutdown()
        self._server.server_close()

    def _page(self, action: str, fields: Mapping[str, str], say: Callable[[Text], str]) -> bytes:
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(value)}">'
            for name, value in fields.items()
        )
        lang = say(Text("en", "zh-CN"))
        facts = {"lang": lang, "wait": say(_WAIT), "go": say(_GO), "nonce": self._nonce, "fields": hidden}
        return _PAGE.format(action=html.escape(action), **facts).encode()


class LoopbackServer(ThreadingHTTPServer):
    """HTTP server on loopback whose port no other program can share."""

    daemon_threads = True
    allow_reuse_address = False  # on Windows, reuse would let another program take over the port

    def server_bind(self) -> None:
        """Bind without a DNS lookup of this computer's name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore connections that break off or do not speak HTTP."""


def _handler(page: OneTimePage) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _LINE_TIMEOUT_S

        def do_GET(self) -> None:
            body = page.take(self.path, self.headers.get("Host", ""))
            if body is None:
                self.send_error(404)
                return
            with contextlib.suppress(OSError):
                self.send_response(200)
                for name, value in {**page.headers(), "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            page.sent()

        def log_message(self, *_: object) -> None:
            """Log nothing: the address is a secret, and there is no console."""

    return Handler
