"""A server in the portal's place that takes and answers requests for help, by the portal's own models."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from oneseat.portal.sdk.models import HelpAnswer, HelpBody, HelpCalls
from signing.jws import canonical_json, parse_object

_NO_PICTURES = {"pictures": [], "most": 3, "may_add": False, "may_take_away": False, "not_before": None}
_WORDS = {
    "submitted": {"zh": "已提交", "en": "Submitted"},
    "claimed": {"zh": "已受理", "en": "Taken on"},
    "calling": {"zh": "正在拨打", "en": "We are calling you"},
    "missed": {"zh": "未接通（第 1 次）", "en": "Not reached (attempt 1)"},
    "answered": {"zh": "已回电", "en": "Called back"},
    "solved": {"zh": "已解决", "en": "Solved"},
    "withdrawn": {"zh": "已撤回", "en": "Withdrawn"},
}


class Desk:
    """A server that takes and answers what the portal's help API does, by the portal's own models."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, Any]]] = []
        self.refuse: tuple[int, str] | None = None
        self.status, self.open = "submitted", True
        self.calls = HelpCalls(calls=[])
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = parse_object(self.rfile.read(length)) if length else {}
                if body:
                    HelpBody.model_validate_json(canonical_json(body))
                is_about_all = self.path.endswith("/help-calls")
                if not is_about_all:
                    desk.seen.append((self.command, self.path, body))
                if self.path.endswith("/withdrawal"):
                    desk.status, desk.open = "withdrawn", False
                status, answer = desk.refuse or (200, ""), desk.answer()
                if is_about_all:
                    answer = desk.calls.model_dump(mode="json")
                content = canonical_json(answer if status[0] == 200 else {"code": status[1]})
                self.send_response(status[0])
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _answer  # noqa: N815 -- the names that the library calls

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self) -> dict[str, Any]:
        answer = HelpAnswer(**self._members())
        return answer.model_dump(mode="json")

    def _members(self) -> dict[str, Any]:
        return {
            "number": "20417735",
            "reason": "device",
            "submitted_at": "2035-01-10T10:20:00+08:00",
            "incidents": [],
            "pictures": {
                "pictures": [],
                "most": 3,
                "may_add": False,
                "may_take_away": False,
                "not_before": None,
            },
            "status": self.status,
            "status_words": _WORDS[self.status],
            "open": self.open,
            "place": 1,
            "wait_minutes": None,
            "callback": "138****1234",
            "calls_from": ["028-63201710", "028-63201720"],
            "calling_from": "028-63201710" if self.status == "calling" else None,
            "answers": [],
            "announcements": [],
            "answered_from": None,
        }


@contextlib.contextmanager
def open_desk() -> Iterator[Desk]:
    """Serve from a thread."""
    desk = Desk()
    threading.Thread(target=desk.server.serve_forever, daemon=True).start()
    yield desk
    desk.server.shutdown()
    desk.server.server_close()
