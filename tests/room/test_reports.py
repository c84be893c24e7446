"""Reports to the portal: by the outbox, tried again until the portal takes or refuses them, in order."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.services.attempts.sweeping import Sweeper, sweep
from oneseat.room.services.portal.portal_calls import Outbox, OutboxSender, Outcome, PersistentOutbox
from oneseat.room.services.portal.portal_reports import PortalReports
from tests.patience import wait_until
from tests.room.candidate import Arrive, wire
from tests.room.held_exam import ENDS, MOCKING, SECOND, STARTS, TAIL, UPLOAD, RunningRoom
from tests.room.portal_double import REFUSED, Portal, running_portal


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    with running_portal() as running:
        yield running


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
    assert portal.routes(candidate.ticket) == ["starts", "ends", "uploads"]
    reports.send_due()
    assert len(portal.seen) == 3, "once each"


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
    portal.answers = [(503, {}), (401, REFUSED)]
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
    portal.answers = [(409, REFUSED)]
    candidate = arrive().prepare()
    reports.send_due()
    room.later(timedelta(hours=1) - timedelta(minutes=30))
    reports.send_due()
    assert portal.routes(candidate.ticket) == ["starts"]


def test_an_upload_is_reported_until_everything_is_stored(
    room: RunningRoom, arrive: Arrive, portal: Portal, reports: PortalReports
) -> None:
    candidate = arrive().prepare()
    room.at(ENDS)
    segments = candidate.record(3, size=1_000_000)
    candidate.stored(segments[0])
    candidate.hand_in(segments)
    reports.send_due()
    assert portal.routes(candidate.ticket) == ["starts", "ends"], "most are complete before it is due"
    room.later(timedelta(seconds=30))
    reports.send_due()
    path, body, _ = portal.seen[-1]
    assert path == "/api/v1/exams/test/room/uploads"
    assert body == {
        "ticket": candidate.ticket,
        "at": wire(ENDS + timedelta(seconds=30)),
        "until": wire(ENDS + UPLOAD),
        "complete": False,
        "left_bytes": 2_000_000,
    }
    reports.send_due()
    assert len(portal.seen) == 3, "once in five minutes"
    room.later(timedelta(minutes=5))
    portal.answers = [(503, {})]
    reports.send_due()
    room.later(timedelta(minutes=5))
    candidate.stored(*segments[1:])
    reports.send_due()
    assert portal.seen[-1][1] == {
        "ticket": candidate.ticket,
        "at": wire(ENDS + timedelta(minutes=10, seconds=30)),
        "until": wire(ENDS + UPLOAD),
        "complete": True,
        "left_bytes": 0,
    }
    room.later(timedelta(hours=1))
    reports.send_due()
    assert portal.routes(candidate.ticket)[2:] == ["uploads"] * 3, "the completion ends it"


def test_an_upload_that_stays_incomplete_is_reported_to_its_end_and_no_longer(
    room: RunningRoom, arrive: Arrive, portal: Portal, reports: PortalReports
) -> None:
    candidate = arrive().prepare()
    room.at(ENDS)
    candidate.hand_in(candidate.record())
    room.at(ENDS + UPLOAD)
    reports.send_due()
    room.later(timedelta(days=1))
    reports.send_due()
    assert portal.routes(candidate.ticket) == ["starts", "ends", "uploads"]


def test_the_threads_do_it_by_themselves(room: RunningRoom, arrive: Arrive, portal: Portal) -> None:
    candidate = arrive().prepare()
    served = room.app.state.room
    room.at(ENDS + TAIL + SECOND)
    threads = (Sweeper(served, 0.02), OutboxSender("test", PortalReports(served, portal.url, "t"), 0.02))
    for thread in threads:
        thread.start()
    wait_until(lambda: portal.routes(candidate.ticket) == ["starts", "ends"])
    for thread in threads:
        thread.stop()
    assert portal.routes(candidate.ticket) == ["starts", "ends"]


class Numbers(Outbox[int]):
    """An outbox whose second call always fails."""

    def __init__(self, room: ServedRoom) -> None:
        super().__init__(room, "http://127.0.0.1:9", "t")
        self.sent: list[int] = []

    def _take_due(self, connection: Connection, now: datetime, again_at: datetime) -> Sequence[int]:
        return [1, 2, 3]

    def _send(self, due: int) -> None:
        if due == 2:
            raise ValueError("two")
        self.sent.append(due)


def test_a_call_that_fails_holds_up_no_other(room: RunningRoom) -> None:
    numbers = Numbers(room.app.state.room)
    with pytest.raises(ValueError, match="two"):
        numbers.send_due()
    numbers.close()
    assert numbers.sent == [1, 3]


class Letter(NamedTuple):
    tries: int


class Letters(PersistentOutbox[Letter]):
    """An outbox of one letter, whose third try is taken."""

    what = "letter"
    log = logging.getLogger("room.letters")

    def __init__(self, room: ServedRoom) -> None:
        super().__init__(room, "http://127.0.0.1:9", "t")
        self.tried = 0
        self.ends: list[tuple[datetime, str | None]] = []

    def _take_due(self, connection: Connection, now: datetime, again_at: datetime) -> Sequence[Letter]:
        self.tried += 1
        return [Letter(self.tried)]

    def _call(self, due: Letter) -> Outcome:
        answers = (Outcome({}, "away", final=False), Outcome({}, "OS-977", final=True))
        return answers[due.tries - 1] if due.tries < 3 else Outcome({}, None, final=True)

    def _finish(self, connection: Connection, due: Letter, answer: Mapping[str, Any], at: datetime) -> None:
        self.ends.append((at, None))

    def _postpone(self, connection: Connection, due: Letter, again_at: datetime, refusal: str) -> None:
        self.ends.append((again_at, refusal))


def test_a_persistent_outbox_tries_again_whatever_the_refusal_and_logs_its_code(
    room: RunningRoom, caplog: pytest.LogCaptureFixture
) -> None:
    letters = Letters(room.app.state.room)
    for _ in range(3):
        letters.send_due()
    letters.close()
    now = room.clock.now()
    assert letters.ends == [(now + 4 * SECOND, "away"), (now + 8 * SECOND, "OS-977"), (now, None)]
    logged = [(each.name, each.getMessage(), vars(each)["code"]) for each in caplog.records]
    assert logged == [("room.letters", "letter not taken", code) for code in ("away", "OS-977")]
