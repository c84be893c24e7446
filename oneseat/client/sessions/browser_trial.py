"""Tries the room's browser on a page of this program: what it records, whether it keeps data, what is denied.

No version number and no registry value says that. The browser opens the page in the seat's own profile,
without a window where it can, reports once and is ended. It opens no camera and no microphone. The page
leaves a mark in the profile; a later trial, at the same port where that is free, looks for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Protocol, Tuple

from oneseat.client.errors import ProfileFolderNotOurs
from oneseat.client.health.check import Unanswered
from oneseat.client.health.probes import Browser, Trial
from oneseat.client.local.room_profile import RoomProfile
from oneseat.client.sessions import browser as browsers
from oneseat.client.sessions.handover import Opener
from oneseat.client.sessions.one_time_page import LoopbackServer
from signing.fields import Fields
from signing.jws import parse_object
from signing.refusals import TokenMalformed
from signing.text import Text

STARTS_WITHIN_S = 10.0
"""The first start of a browser on a slow computer, with a scanner that looks at each file."""
REPORTS_WITHIN_S = 3.0
_MARK = "oneseat-trial"
_MAX_REPORT_BYTES = 4096
_LINE_TIMEOUT_S = 10.0
_SILENT = Text("the browser did not open the test page", "浏览器没有打开检测页面")
_ADVICE = Text(
    "Close all windows of this browser and check again. If it asks you to sign in, do that first.",
    "请关闭该浏览器的所有窗口后重新检测；如浏览器要求登录或完成首次设置，请先完成。",
)
_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>浏览器检测</title></head><body>
<p>正在检测浏览器，稍后自动关闭。</p>
<script nonce="{nonce}">
const FORMATS = {{
  h264: "video/webm;codecs=h264",
  vp8: "video/webm;codecs=vp8",
  mp4: "video/mp4;codecs=avc1.42E01E",
}};

function opened() {{
  return new Promise((resolve, reject) => {{
    const request = indexedDB.open("oneseat-trial", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("marks");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  }});
}}

function done(database, mode, act) {{
  return new Promise((resolve, reject) => {{
    const transaction = database.transaction("marks", mode, {{ durability: "strict" }});
    const request = act(transaction.objectStore("marks"));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  }});
}}

async function storage() {{
  try {{
    const database = await opened();
    const before = await done(database, "readonly", (marks) => marks.get("mark"));
    await done(database, "readwrite", (marks) => marks.put(new Uint8Array(65536), "mark"));
    return {{ writes: true, marked: before !== undefined }};
  }} catch (error) {{
    return {{ writes: false, marked: false }};
  }}
}}

async function permission(name) {{
  try {{
    return (await navigator.permissions.query({{ name }})).state;
  }} catch (error) {{
    return "";
  }}
}}

async function report() {{
  const known = typeof MediaRecorder === "undefined" ? [] : Object.keys(FORMATS);
  const estimate = await navigator.storage.estimate();
  const body = Object.assign(await storage(), {{
    formats: known.filter((name) => MediaRecorder.isTypeSupported(FORMATS[name])),
    screen: Boolean(navigator.mediaDevices && navigator.mediaDevices.getDisplayMedia),
    quota: Math.max(0, Math.floor((estimate.quota || 0) - (estimate.usage || 0))),
    camera: await permission("camera"),
    microphone: await permission("microphone"),
  }});
  await fetch("{path}", {{ method: "POST", body: JSON.stringify(body) }});
}}

report();
</script></body></html>
"""


class ProfileHolder(Protocol):
    """Whose the browser profiles of seats are; the follower of the room's attempts."""

    def hold_profile(self, jti: str) -> bool:
        """Take a profile; False while it is in use."""
        ...

    def holds_profile(self, jti: str) -> bool:
        """Whether it is still taken: an entry takes it away."""
        ...

    def release_profile(self, jti: str) -> None:
        """Give it back."""
        ...


class BrowserTrials:
    """Implements :class:`oneseat.client.health.probes.BrowserTrial` for one seat.

    Nothing is tried while the profile is in use by an interview or its upload. An entry meanwhile takes the
    profile and ends the trial's browser; then the trial leaves the browser alone.
    """

    def __init__(self, opener: Opener, profile: RoomProfile, jti: str, holder: ProfileHolder) -> None:
        self._opener, self._profile, self._jti, self._holder = opener, profile, jti, holder

    def run(self, browser: Browser) -> Optional[Trial]:
        """Try a browser; None while its profile is in use.

        Raises:
            Unanswered: it does not start, or does not report.
        """
        if not self._holder.hold_profile(self._jti):
            return None
        try:
            return self._run(browser)
        finally:
            self._holder.release_profile(self._jti)

    def _run(self, browser: Browser) -> Trial:
        try:
            folder = self._profile.make()
            was_tried, port = _read_mark(folder)
            page = TrialPage(port)
        except (OSError, ProfileFolderNotOurs):
            raise Unanswered(_SILENT, _ADVICE) from None
        with contextlib.closing(page):
            report = self._report(browser, folder, page)
        _write_mark(folder, page.port)
        may_look = was_tried and page.port == port
        return _trial(report, may_look=may_look)

    def _report(self, browser: Browser, folder: Path, page: TrialPage) -> Fields:
        try:
            command = browsers.upload_command(browser, page.url, folder)
            self._opener.start_browser(command, minimised=not browsers.is_windowless(browser))
            report = page.wait()
        except OSError:
            report = None
        finally:
            if self._holder.holds_profile(self._jti):
                self._opener.end_browser(folder)
        if report is None:
            raise Unanswered(_SILENT, _ADVICE)
        return report


class TrialPage:
    """Serves the page once, and takes one report. ``port`` is used again where it is free.

    Raises:
        OSError: no port is available.
    """

    def __init__(self, port: int = 0) -> None:
        self._path, self._nonce = f"/{secrets.token_urlsafe(32)}", secrets.token_urlsafe(16)
        self._fetched, self._reported = threading.Event(), threading.Event()
        self._report: Optional[bytes] = None
        self._server = _server(port, _handler(self))
        self.port = int(self._server.server_address[1])
        self._host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self._host}{self._path}"
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def is_meant(self, path: str, host: str) -> bool:
        """Whether a request is for the page, by its secret address and by this host's name."""
        return secrets.compare_digest(path.encode(), self._path.encode()) and host == self._host

    def take(self) -> Optional[Tuple[Dict[str, str], bytes]]:
        """Headers and page, once."""
        if self._fetched.is_set():
            return None
        self._fetched.set()
        rules = f"default-src 'none'; script-src 'nonce-{self._nonce}'; connect-src 'self'"
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "Content-Security-Policy": f"{rules}; base-uri 'none'; frame-ancestors 'none'",
        }
        return headers, _PAGE.format(nonce=self._nonce, path=self._path).encode()

    def put(self, report: bytes) -> None:
        """Take the first report."""
        if self._report is None:
            self._report = report
            self._reported.set()

    def wait(self) -> Optional[Fields]:
        """Wait for the page's report; None if it does not come, or has another form."""
        if not self._fetched.wait(STARTS_WITHIN_S) or not self._reported.wait(REPORTS_WITHIN_S):
            return None
        with contextlib.suppress(TokenMalformed):
            return Fields(parse_object(self._report or b""))
        return None

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()


class _Server(LoopbackServer):
    """Takes the port of an earlier trial while its connections linger; Windows does so anyway."""

    allow_reuse_address = os.name != "nt"


def _server(port: int, handler: Callable[..., BaseHTTPRequestHandler]) -> _Server:
    with contextlib.suppress(OSError):  # another program has the port now
        return _Server(("127.0.0.1", port), handler)
    return _Server(("127.0.0.1", 0), handler)


def _handler(page: TrialPage) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _LINE_TIMEOUT_S

        def do_GET(self) -> None:
            meant = page.is_meant(self.path, self.headers.get("Host", ""))
            answer = page.take() if meant else None
            if answer is None:
                self.send_error(404)
                return
            headers, body = answer
            with contextlib.suppress(OSError):
                self.send_response(200)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            is_short = length.isdigit() and int(length) <= _MAX_REPORT_BYTES
            if not is_short or not page.is_meant(self.path, self.headers.get("Host", "")):
                self.send_error(404)
                return
            with contextlib.suppress(OSError):
                report = self.rfile.read(int(length))
                self.send_response(204)
                self.end_headers()
                page.put(report)

        def log_message(self, *_: object) -> None:
            """Log nothing: the address is a secret, and there is no console."""

    return Handler


def _trial(report: Fields, *, may_look: bool) -> Trial:
    try:
        return Trial(
            formats=report.texts("formats"),
            shares_screen=report.flag("screen"),
            writes=report.flag("writes"),
            quota_bytes=report.integer("quota"),
            camera=report.text("camera"),
            microphone=report.text("microphone"),
            keeps=report.flag("marked") if may_look else None,
        )
    except TokenMalformed:
        raise Unanswered(_SILENT, _ADVICE) from None


def _read_mark(folder: Path) -> Tuple[bool, int]:
    """Whether a trial has left a mark in this profile, and the port of its page."""
    with contextlib.suppress(OSError, ValueError):
        plain: Any = json.loads((folder / _MARK).read_text("ascii"))
        if isinstance(plain, int) and 0 < plain < 1 << 16:
            return True, plain
    return False, 0


def _write_mark(folder: Path, port: int) -> None:
    with contextlib.suppress(OSError):
        (folder / _MARK).write_text(str(port), "ascii")
