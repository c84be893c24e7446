"""Reports to the portal: by the outbox, tried again until the portal takes or refuses them, in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from oneseat.room.services.portal_reports import PortalReports, ReportSender
from oneseat.room.services.sweeping import Sweeper, sweep
from signing.jws import canonical_json, parse_object
from tests.room.candidate import Arrive, wire
from tests.room.held_exam import ENDS, MOCKING, SECOND, STARTS, TAIL, RunningRoom


class Portal:
    """A server that takes reports as the portal's routes do, and answers as it is told."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.seen: list[tuple[str, dict[str, Any], str]] = []
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = parse_object(self.rfile.read(int(self.headers["content-length"])))
                status = portal.answers.pop(0) if portal.answers else 200
                portal.seen.append((self.path, body, self.headers["authorization"]))
                content = canonical_json({"code": "OS-222"} if status >= 400 else {})
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def routes(self, ticket: str) -> list[str]:
        """The routes that were called for a ticket, in order."""
        return [path.rpartition("/")[2] for path, body, _ in self.seen if body["ticket"] == ticket]


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    made = Portal()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def reports(room: RunningRoom, portal: Portal) -> Iterator[PortalReports]:
    sender = PortalReports(room.app.state.room, portal.url, "ost1.x.y")
    sender.send_due()
    portal.seen.clear()
    yield sender
    sender.close()


def test_a_mock_is_reported_when_it_begins_and_ends(
    room: RunningRoom, arrive: Arrive, portal: Portal, reports: PortalReports
) -> None:
    room.at(MOCKING)
    candidate = arrive("mock").prepare()
    reports.send_due()
    assert portal.routes(candidate.ticket) == []
    candidate.call("begin")
    reports.send_due()
    path, body, authorization = portal.seen[-1]
    assert (path, authorization) == ("/api/v1/exams/test/room/starts", "Bearer ost1.x.y")
    assert body == {"ticket": candidate.ticket, "at": wire(MOCKING)}
    room.later(timedelta(minutes=14))
    candidate.hand_in()
    reports.send_due()
    assert portal.routes(candidate.ticket) == ["starts", "ends"]
    reports.send_due()
    assert len(portal.seen) == 2, "once each"


def test_a_formal_start_is_the_consent_and_the_clocks_hand_in_is_an_end(
    room: RunningRoom, arrive: Arrive, portal: Portal, reports: PortalReports
) -> None:
    candidate = arrive().enter()
    candidate.join()
    reports.send_due()
    assert portal.routes(candidate.ticket) == []
    candidate.agree()
    candidate.join()
    reports.send_due()
    assert portal.routes(candidate.ticket) == ["starts"]
    room.at(ENDS + TAIL)
    sweep(room.app.state.room)
    reports.send_due()
    assert portal.routes(candidate.ticket) == ["starts", "ends"]


def test_a_portal_that_is_away_keeps_nobody_out_and_hears_it_later(
    room: RunningRoom, arrive: Arrive, portal: Portal, reports: PortalReports
) -> None:
    portal.answers = [503, 401]
    candidate = arrive().prepare()
    reports.send_due()
    room.at(STARTS)
    candidate.beat()
    assert candidate.step == "questions"
    for _ in range(2):
        room.later(timedelta(minutes=5))
        reports.send_due()
    assert portal.routes(candidate.ticket) == ["starts"] * 3
    assert {body["at"] for _, body, _ in portal.seen} == {portal.seen[0][1]["at"]}, "the time of the event"


def test_what_the_portal_refuses_is_not_sent_again(
    room: RunningRoom, arrive: Arrive, portal: Portal, reports: PortalReports
) -> None:
    portal.answers = [409]
    candidate = arrive().prepare()
    reports.send_due()
    room.later(timedelta(hours=1) - timedelta(minutes=30))
    reports.send_due()
    assert portal.routes(candidate.ticket) == ["starts"]


def test_the_threads_do_it_by_themselves(room: RunningRoom, arrive: Arrive, portal: Portal) -> None:
    candidate = arrive().prepare()
    served = room.app.state.room
    room.at(ENDS + TAIL + SECOND)
    threads = (Sweeper(served, 0.02), ReportSender(PortalReports(served, portal.url, "t"), 0.02))
    for thread in threads:
        thread.start()
    deadline = threading.Event()
    for _ in range(200):
        if portal.routes(candidate.ticket) == ["starts", "ends"]:
            break
        deadline.wait(0.05)
    for thread in threads:
        thread.stop()
    assert portal.routes(candidate.ticket) == ["starts", "ends"]
