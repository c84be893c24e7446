"""The demonstration's exam room: a web server that checks the ticket a client posts, and shows it.

    .venv/bin/python -m oneseat.demo.room CHARTER.jws [--port 8766] [--token-file FILE]

:meth:`Room.check` does all checks that a real room must do. This room holds no interview. It
uses the portal's time if the portal answers. With a service token it reports who started and who ended.
"""

from __future__ import annotations

import argparse
import contextlib
import html
import secrets
import sys
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from oneseat.client.online.portal import Portal
from oneseat.client.online.server_time import ServerTime
from oneseat.demo.errors import CardRefused, CharterUnreadable, TokenFileUnreadable
from oneseat.demo.room_reports import PortalReports, Reports
from oneseat.portal.sdk.client import PortalClient
from signing import jws
from signing.charter import Charter, from_claims
from signing.clock import Clock, SystemClock
from signing.errors import OneSeatError
from signing.fields import unix_time
from signing.os_faults import system_reason
from signing.text import Text, verbatim
from signing.tokens import Ticket, room_message

SIGNATURE_LIFETIME_S = 120
"""The maximum age of a device's signature. Half of it is allowed into the future, since clocks differ."""
LEAVE = "/leave"
"""The path to which a page's form posts that its bearer has finished."""
_MAX_BODY_BYTES = 16 * 1024


@dataclass
class Room:
    """One exam's room. It stores the device signatures it has accepted: each is accepted once."""

    charter: Charter
    clock: Clock
    reports: Reports | None = None
    seen: set[str] = field(default_factory=set)
    present: dict[str, str] = field(default_factory=dict, repr=False)
    """Tickets of those who are in the room, by the secret of their page."""

    @property
    def url(self) -> str:
        """The room's address in the charter."""
        return self.charter.exam_room.url if self.charter.exam_room else ""

    def check(self, credential: Mapping[str, str]) -> Ticket:
        """Verify a posted credential (ticket, device signature, time) and return the ticket.

        Raises:
            CardRefused: a field is missing, the signature is too old or was used, or the ticket has
                ended or is another exam's.
            TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid: ticket or signature do not verify.
        """
        token, proof, at = credential.get("ticket", ""), credential.get("proof", ""), credential.get("at", "")
        if not (at.isascii() and at.isdigit() and len(at) <= 12):
            raise CardRefused(reason=Text("no time", "缺少时间"))
        ticket = Ticket.verify(token, self.charter.keys_for("ticket"))
        now = self.clock.now().timestamp()
        if ticket.exam != self.charter.exam or ticket.exp <= now:
            raise CardRefused(
                reason=Text("another exam's ticket, or one that has ended", "凭证属于另一场考试，或已过期")
            )
        if not -SIGNATURE_LIFETIME_S / 2 < now - int(at) <= SIGNATURE_LIFETIME_S:
            raise CardRefused(reason=Text("stale proof", "签名证明已过期"))
        message = room_message(token, self.url, int(at))
        jws.verify_bytes(message, jws.b64url_decode(proof), jws.b64url_decode(ticket.device))
        if proof in self.seen:
            raise CardRefused(reason=Text("spent proof", "签名证明已使用过"))
        self.seen.add(proof)
        return ticket

    def admit(self, token: str) -> tuple[str, str | None]:
        """Report the start of a checked ticket's bearer; return the secret of their page, and what failed."""
        secret = secrets.token_urlsafe(16)
        self.present[secret] = token
        return secret, self.reports.start(token) if self.reports is not None else None

    def dismiss(self, secret: str) -> str | None:
        """Report the end of the bearer whose page has this secret; return what failed.

        Raises:
            CardRefused: nobody with this secret is in the room.
        """
        token = self.present.pop(secret, None)
        if token is None:
            raise CardRefused(reason=Text("nobody is here by this page", "此页面对应的考生不在考场内"))
        return self.reports.end(token) if self.reports is not None else None


def page(title: str, rows: Mapping[str, str], form: str = "") -> bytes:
    """Render a page with a title, rows of names and values, and a form (HTML)."""
    lines = "".join(f"<tr><th>{html.escape(k)}<td>{html.escape(v)}" for k, v in rows.items())
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>body{{font:17px/1.7 'Microsoft YaHei',"
        "'WenQuanYi Micro Hei',sans-serif;color:#1f2a37;max-width:46rem;margin:8vh auto;padding:0 1.5rem}"
        "th{text-align:left;font-weight:400;color:#5f6f81;padding-right:2rem;white-space:nowrap}"
        "td{word-break:break-all}button{font:inherit;margin-top:1.5rem;padding:.4rem 1.6rem}</style>"
        f"<h1>{html.escape(title)}</h1><table>{lines}</table>{form}</html>"
    ).encode()


def accepted_page(room: Room, token: str, ticket: Ticket) -> bytes:
    """Admit the bearer of an accepted ticket, and render their page."""
    secret, fault = room.admit(token)
    kind = {"mock": "模拟面试 mock", "formal": "正式面试 formal"}[ticket.kind]
    ends = unix_time(ticket.exp).astimezone(room.charter.ends.tzinfo)
    return page(
        "演示考场：凭证有效",
        {
            "考试 exam": f"{room.charter.title.zh}（{ticket.exam}）",
            "场次 session": kind,
            "结束 ends": f"{ends:%Y-%m-%d %H:%M:%S}",
            "席位 seat": ticket.jti,
            "设备 device": ticket.device,
            "报到 reported": _reported(room, fault),
        },
        f'<form method="post" action="{LEAVE}"><input type="hidden" name="page" value="{secret}">'
        "<button>结束 end</button></form>",
    )


def left_page(room: Room, fault: str | None) -> bytes:
    """Render the page for somebody who has ended their session."""
    return page("演示考场：已结束", {"上报 reported": _reported(room, fault)})


def _reported(room: Room, fault: str | None) -> str:
    if room.reports is None:
        return "否，未提供服务令牌 no: started without --token-file"
    return "是 yes" if fault is None else f"否 no: {fault}"


def refused_page(fault: OneSeatError) -> bytes:
    """Render the page for a refused ticket."""
    return page("演示考场：不能进入", {fault.code: f"{fault.cause_text.zh}{fault.remedy_text.zh}"})


def serve(room: Room, port: int) -> ThreadingHTTPServer:
    """Create a server bound to 127.0.0.1; it does not serve yet."""
    return ThreadingHTTPServer(("127.0.0.1", port), _handler(room))


def _handler(room: Room) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), _MAX_BODY_BYTES)
            form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode("ascii", "replace")))
            try:
                if self.path == LEAVE:
                    status, body = 200, left_page(room, room.dismiss(form.get("page", "")))
                else:
                    status, body = 200, accepted_page(room, form.get("ticket", ""), room.check(form))
            except OneSeatError as fault:
                status, body = 403, refused_page(fault)
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing: requests contain tickets."""

    return Handler


def read_charter(path: Path) -> Charter:
    """Read a charter without verifying its signature: the demonstration's room trusts the given file.

    Raises:
        CharterUnreadable: the file is no charter.
    """
    try:
        payload = path.read_text("ascii").strip().split(".")[1]
        return from_claims(jws.parse_object(jws.b64url_decode(payload)))
    except (OSError, ValueError, IndexError, OneSeatError) as fault:
        raise CharterUnreadable(path=path, reason=verbatim(type(fault).__name__)) from None


def _reports(charter: Charter, token_file: Path | None) -> Reports | None:
    if token_file is None:
        return None
    try:
        token = token_file.read_text("ascii").strip()
    except (OSError, ValueError) as fault:
        raise TokenFileUnreadable(path=token_file, reason=system_reason(fault)) from None
    return PortalReports(PortalClient(charter.portal_url, charter.exam, token))


def main(arguments: list[str]) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="oneseat.demo.room", description="the demonstration's exam room")
    parser.add_argument("charter", type=Path, help="the exam's charter.jws")
    parser.add_argument("--port", type=int, default=8766)
    parser.add_argument("--token-file", type=Path, help="a service token of scope room:report")
    options = parser.parse_args(arguments)
    try:
        charter = read_charter(options.charter)
        time = ServerTime(SystemClock())
        with contextlib.suppress(OneSeatError):  # a rehearsing portal's clock is not this computer's
            time.synchronise(Portal(charter).signed_time)
        room = Room(charter, time, _reports(charter, options.token_file))
        server = serve(room, options.port)
    except OneSeatError as fault:
        sys.stderr.write(f"{fault.diagnostics('en')}\n")
        return fault.exit_status
    with server:
        try:
            server.serve_forever()
        finally:
            if room.reports is not None:
                room.reports.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
