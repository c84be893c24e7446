"""A room process that is killed (SIGKILL) among calls and uploads loses nothing that it has acknowledged."""

from __future__ import annotations

import contextlib
import json
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from oneseat.room.rules.segments import SegmentName
from oneseat.state.database import Database
from oneseat.state.publishing import orders
from oneseat.state.room import answers, takes
from signing.authority.keys import ORDER
from signing.authority.signer import Signer, sign_token
from signing.charter import Measures
from signing.clock import FixedClock
from signing.orders import SignedOrder
from signing.session_times import PAUSE, RESUME
from tests.forked import Forked
from tests.patience import PATIENCE_S
from tests.room import served_in_a_process
from tests.room.candidate import GENESIS, Arrive, Candidate, Segment, arriving, wire
from tests.room.held_exam import ENDS, EXAM, PASSPHRASE, STARTS, HeldExam, RoomKeys, RunningRoom
from tests.signed_orders import order_of_two

ROUNDS = 2
LEAST_RECEIVED = 3


@pytest.fixture(scope="module")
def rehearsal_keys(tmp_path_factory: pytest.TempPathFactory) -> RoomKeys:
    return RoomKeys.make(tmp_path_factory.mktemp("rehearsal-keys"), rehearsal=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def exam(request: pytest.FixtureRequest, tmp_path: Path, rehearsal_keys: RoomKeys) -> Iterator[HeldExam]:
    with contextlib.ExitStack() as kept:
        state = None
        if request.param == "postgresql":
            state = kept.enter_context(request.getfixturevalue("postgres").schema())
        held = HeldExam(tmp_path / "exam", rehearsal_keys, state)
        yield held
        held.database.close()


class Process(Forked):
    """A room in a process of its own, rehearsed at a time."""

    def __init__(self, exam: HeldExam, rehearse_at: str) -> None:
        settings = exam.settings(rehearse_at=rehearse_at).model_dump(mode="json")
        super().__init__(
            served_in_a_process.main, json.dumps({**settings, "passphrase": PASSPHRASE.decode()})
        )
        self.url = self.stdout.readline().strip()


class Busy:
    """A page that announces, uploads and answers without a pause, and notes what was acknowledged."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.take = secrets.token_hex(12)
        self.announced: dict[int, Segment] = {}
        self.received: set[int] = set()
        self.head, self.sequence = GENESIS, 0

    def run(self) -> None:
        """Go on until the room is gone."""
        with contextlib.suppress(httpx.HTTPError):
            while True:
                self.one()

    def one(self) -> None:
        number = len(self.announced)
        segment = Segment(self.take, number, secrets.token_bytes(2000))
        (put,) = self.candidate.announce(segment, takes=[self.candidate.take_body(self.take)])
        self.announced[number] = segment
        assert self.candidate.put(put["url"], segment.content).status_code == 201
        self.received |= {each["n"] for each in self.candidate.stored(segment)["received"]}
        body = self.candidate.answer_body(self.sequence + 1, self.head)
        self.candidate.call("answer", **body)
        self.head, self.sequence = body["hash"], body["sequence"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_nothing_acknowledged_is_lost_by_a_kill(exam: HeldExam) -> None:
    pages: list[Busy] = []
    for _ in range(ROUNDS):
        moment = STARTS + 2 * len(pages) * timedelta(seconds=1)  # each entry's proof has a time of its own
        clock = FixedClock(moment)
        with (
            Process(exam, STARTS.isoformat()) as process,
            arriving(RunningRoom(exam, process.url, clock, None)) as arrive,  # type: ignore[arg-type]
        ):
            page = come_back(arrive, pages)
            thread = threading.Thread(target=page.run)
            thread.start()
            time.sleep(0.6)
            deadline = time.monotonic() + PATIENCE_S
            while len(page.received) <= LEAST_RECEIVED and time.monotonic() < deadline:
                time.sleep(0.02)  # a machine with other work is slower
            process.kill()
            thread.join(timeout=60)
            assert not thread.is_alive()
        pages.append(page)
        check(exam, pages)
    received = sum(len(page.received) for page in pages)
    assert received > LEAST_RECEIVED * ROUNDS, "the rooms were busy when they were killed"


def come_back(arrive: Arrive, pages: list[Busy]) -> Busy:
    """The candidate's first or next page, which takes over the answers that the room has."""
    candidate = arrive(jti=pages[0].candidate.jti, key=pages[0].candidate.key) if pages else arrive()
    kept = candidate.enter().join()["answers"]
    if pages:
        assert candidate.attempt["nonce"] == pages[0].candidate.attempt["nonce"]
    else:
        candidate.agree()
    page = Busy(candidate)
    if kept:
        page.head, page.sequence = kept[-1]["hash"], kept[-1]["sequence"]
    return page


def check(exam: HeldExam, pages: list[Busy]) -> None:
    """Everything that any page was told is in the database, and every stored file is whole."""
    attempt = pages[0].candidate.attempt["nonce"]
    database = Database.open(exam.state)
    with database.reading() as connection:
        kept = answers.list_of(connection, attempt)
        recorded = {take.take: take for take in takes.list_of(connection, attempt)}
    database.close()
    assert [answer.sequence for answer in kept] == list(range(1, len(kept) + 1))
    for page in pages:
        assert page.head in {GENESIS, *(answer.hash.hex() for answer in kept)}
        take = recorded[page.take]
        for number, segment in page.announced.items():
            known = take.sha256_of(number)
            assert known is not None and known.hex() == segment.sha256
        for number in page.received:
            assert take.is_stored(number)
            file = exam.folder / "recordings" / str(SegmentName.of(take, number))
            assert file.read_bytes() == page.announced[number].content


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_pause_outlasts_the_kill_of_the_room_that_gave_it(exam: HeldExam) -> None:
    signer = exam.keys.room.signer(ORDER)
    exam.publish(version=2, measures=Measures((signer.public_key,), 1800, 1800, may_end=True))
    clock = FixedClock(STARTS)
    with (
        Process(exam, STARTS.isoformat()) as first,
        arriving(RunningRoom(exam, first.url, clock, None)) as arrive,  # type: ignore[arg-type]
    ):
        candidate = arrive().enter()
        candidate.join()
        candidate.agree()
        give(exam, signer, 1, PAUSE, 600, STARTS)
        paused = candidate.beat()["attempt"]
        assert [pause["begins_at"] for pause in paused["pauses"]] == [wire(STARTS)]
        assert paused["ends_at"] == wire(ENDS + timedelta(minutes=10))
        first.kill()
        with Process(exam, (STARTS + timedelta(minutes=3)).isoformat()) as second:
            candidate.http.base_url = second.url
            assert candidate.beat()["attempt"] == paused, "the same window goes on, in the same pause"
            give(exam, signer, 2, RESUME, 240, STARTS + timedelta(minutes=3))
            second.kill()
        with Process(exam, (STARTS + timedelta(minutes=5)).isoformat()) as third:
            candidate.http.base_url = third.url
            resumed = candidate.beat()["attempt"]
            assert resumed["ends_at"] == wire(ENDS + timedelta(minutes=4))
            assert resumed["pauses"][0]["ends_at"] == wire(STARTS + timedelta(minutes=4))
            candidate.call("answer", **candidate.answer_body(1))


def give(exam: HeldExam, signer: Signer, number: int, act: str, seconds: int, at: datetime) -> None:
    """Give an order that two persons have signed."""
    signed = order_of_two(number, at, act=act, seconds=seconds)
    with exam.database.writing() as connection:
        assert orders.add(connection, EXAM, number, sign_token(signer, SignedOrder.TYP, signed.claims()), at)
