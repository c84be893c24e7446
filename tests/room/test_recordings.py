"""Recordings by HTTP: signed addresses, what they take, what counts as stored, and completeness."""

from __future__ import annotations

import logging
import secrets
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from oneseat.room.api import segments as segments_api
from oneseat.room.http import arriving_uploads
from oneseat.room.rules.segments import MAX_AHEAD
from tests.patience import PATIENCE_S, wait_until
from tests.room.candidate import MIME, Arrive, Candidate, Segment
from tests.room.held_exam import ENDS, SECOND, TAIL, RunningRoom

TAKE = {"take": "a" * 24, "stream": "camera", "mime": MIME, "began_at": "2035-01-10T02:00:00Z"}


@pytest.fixture
def candidate(arrive: Arrive) -> Candidate:
    return arrive().prepare()


def announced(candidate: Candidate, content: bytes = b"x" * 400) -> tuple[Segment, str]:
    """A segment of a new take, and the address for its upload."""
    segment = Segment(secrets.token_hex(12), 0, content)
    (put,) = candidate.announce(segment, takes=[candidate.take_body(segment.take)])
    return segment, str(put["url"])


def files(room: RunningRoom) -> list[Path]:
    return [path for path in (room.exam.folder / "recordings").rglob("*") if path.is_file()]


def test_an_address_names_the_content_and_takes_it_once_and_again(
    room: RunningRoom, candidate: Candidate
) -> None:
    segment, url = announced(candidate)
    attempt = candidate.attempt["nonce"]
    name = f"recordings/test/{attempt}/camera/{segment.take}/000000-{segment.sha256}.webm"
    assert url.startswith(f"{room.exam.origin}/room/segments/{name}?")
    assert candidate.put(url, segment.content).status_code == 201
    assert candidate.put(url, segment.content).status_code == 200
    assert (room.exam.folder / "recordings" / name).read_bytes() == segment.content


@pytest.mark.parametrize("case", ["other", "longer", "shorter", "name", "signature", "attempt"])
def test_an_address_takes_nothing_else(
    room: RunningRoom, candidate: Candidate, arrive: Arrive, case: str
) -> None:
    segment, url = announced(candidate)
    other = announced(arrive().prepare())[1]
    before = files(room)
    content, wanted = segment.content, (403, "OS-501")
    if case == "other":
        content, wanted = b"y" * len(content), (409, "OS-503")
    elif case == "longer":
        content, wanted = content + b"x", (413, "OS-502")
    elif case == "shorter":
        content, wanted = content[:-1], (413, "OS-502")
    elif case == "name":
        url = url.replace("/000000-", "/000001-")
    elif case == "signature":
        url = url[:-1] + ("0" if url[-1] != "0" else "1")
    else:
        url = other.partition("?")[0] + "?" + url.partition("?")[2]
    answer = candidate.put(url, content)
    assert (answer.status_code, answer.json()["code"]) == wanted
    assert files(room) == before


def test_a_broken_upload_leaves_nothing_and_is_no_fault(
    room: RunningRoom, candidate: Candidate, caplog: pytest.LogCaptureFixture
) -> None:
    segment, url = announced(candidate, secrets.token_bytes(100_000))
    before = files(room)
    at = httpx.URL(room.url)
    path = url.removeprefix(room.exam.origin)
    head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(segment.content)}\r\n\r\n"
    with caplog.at_level(logging.INFO, "room"):
        with socket.create_connection((at.host, at.port or 0), timeout=10) as connection:
            connection.sendall(head.encode() + segment.content[:40_000])
        wait_until(lambda: any(record.name == "room.access" for record in caplog.records))
    assert not [record for record in caplog.records if record.name == "room.faults"]
    assert files(room) == before
    assert candidate.put(url, segment.content).status_code == 201


def test_a_slow_upload_is_cut_off(
    room: RunningRoom, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments_api, "UPLOAD_WITHIN_S", 0.1)
    segment, url = announced(candidate)

    def dribbling() -> Iterator[bytes]:
        yield segment.content[:10]
        time.sleep(0.6)
        yield segment.content[10:]

    path = url.removeprefix(room.exam.origin)
    headers = {"content-length": str(len(segment.content))}
    answer = candidate.http.put(path, content=dribbling(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (408, "OS-223")


def test_a_segment_is_uploaded_once_at_a_time_and_a_stalled_upload_gives_way(
    room: RunningRoom, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment, url = announced(candidate)
    host, port = room.url.removeprefix("http://").split(":")
    path = url.removeprefix(room.exam.origin)
    before = files(room)
    monkeypatch.setattr(arriving_uploads, "STALLED_S", 10 * PATIENCE_S)
    with socket.create_connection((host, int(port)), timeout=30) as stalled:
        head = f"PUT {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(segment.content)}\r\n\r\n"
        stalled.sendall(head.encode() + segment.content[:5])
        wait_until(lambda: room.app.state.arriving_uploads._by_name)
        answer = candidate.put(url, segment.content)
        assert (answer.status_code, answer.json()["code"]) == (429, "OS-2151")
        monkeypatch.setattr(arriving_uploads, "STALLED_S", 0)
        assert candidate.put(url, segment.content).status_code == 201
        assert stalled.recv(100).startswith(b"HTTP/1.1 408")
    assert len(files(room)) == len(before) + 1, "of the stalled one nothing is left"


def test_numbers_cannot_leave_wide_gaps(candidate: Candidate) -> None:
    segment, _ = announced(candidate)
    far = Segment(segment.take, 1 + MAX_AHEAD, b"far")
    assert candidate.code("beat", segments=[far.body()]) == (400, "OS-184")
    assert candidate.announce(Segment(segment.take, MAX_AHEAD, b"near"))


def test_after_completion_nothing_new_is_taken(room: RunningRoom, candidate: Candidate) -> None:
    segments = candidate.record(2)
    candidate.stored(*segments)
    room.at(ENDS)
    candidate.hand_in(segments)
    assert candidate.step == "complete"
    known = candidate.take_body(segments[0].take, promised=2)
    candidate.beat(takes=[known], segments=[segments[0].body()])
    more = Segment(segments[0].take, 2, b"more")
    for said in (
        {"takes": [candidate.take_body("a" * 24)]},
        {"segments": [more.body()]},
        {"takes": [{**known, "promised": 3}]},
    ):
        assert candidate.code("beat", **said) == (409, "OS-2150")
    candidate.hand_in([*segments, more])
    assert candidate.look_left() == {"segments": 0, "bytes": 0}


def test_an_address_ends(room: RunningRoom, candidate: Candidate) -> None:
    segment, url = announced(candidate)
    room.later(timedelta(minutes=15) - SECOND)
    other, later = announced(candidate)
    room.later(SECOND)
    assert candidate.put(url, segment.content).status_code == 403
    assert candidate.put(later, other.content).status_code == 201
    (put,) = candidate.announce(segment)
    assert candidate.put(put["url"], segment.content).status_code == 201, "the page asks again"


def test_a_page_that_says_stored_is_believed_only_with_the_file(candidate: Candidate) -> None:
    segment, url = announced(candidate)
    assert candidate.stored(segment)["received"] == []
    candidate.put(url, segment.content)
    assert candidate.stored(segment)["received"] == [{"take": segment.take, "n": 0}]
    again = candidate.beat(segments=[segment.body()])
    assert (again["received"], again["puts"]) == ([{"take": segment.take, "n": 0}], [])


def test_a_segment_keeps_its_content_and_its_take_must_be_known(candidate: Candidate) -> None:
    segment, _ = announced(candidate)
    changed = Segment(segment.take, 0, b"other")
    assert candidate.code("beat", segments=[changed.body()]) == (409, "OS-2019")
    unknown = Segment(secrets.token_hex(12), 0, b"x")
    assert candidate.code("beat", segments=[unknown.body()]) == (409, "OS-2020")


@pytest.mark.parametrize(
    "said",
    [
        {"takes": [{"take": "A" * 24, "stream": "camera", "mime": MIME, "began_at": "2035-01-10T02:00:00Z"}]},
        {"takes": [{"take": "a" * 24, "stream": "desk", "mime": MIME, "began_at": "2035-01-10T02:00:00Z"}]},
        {
            "takes": [
                {
                    "take": "a" * 24,
                    "stream": "camera",
                    "mime": "text/html",
                    "began_at": "2035-01-10T02:00:00Z",
                }
            ]
        },
        {"takes": [{"take": "a" * 24, "stream": "camera", "mime": MIME, "began_at": "2035-01-10T02:00:00"}]},
        {"segments": [{"take": "a" * 24, "n": 0, "size": 0, "sha256": "0" * 64}]},
        {"segments": [{"take": "a" * 24, "n": 0, "size": 1, "sha256": "../" + "0" * 61}]},
        {"segments": [{"take": "a" * 24, "n": n, "size": 1, "sha256": "1" * 64} for n in range(21)]},
        {"stored": [{"take": "a" * 24, "n": -1}]},
    ],
    ids=["id", "stream", "mime", "zone", "size", "digest", "many", "number"],
)
def test_a_call_of_the_wrong_shape_changes_nothing(candidate: Candidate, said: dict[str, object]) -> None:
    assert candidate.code("beat", **said) == (400, "OS-184")


def test_odd_events_are_left_out_and_stop_no_upload(room: RunningRoom, candidate: Candidate) -> None:
    at = "2035-01-10T02:20:00Z"
    candidate.beat(
        events=[
            {"at": at, "code": "hidden", "facts": {"for_ms": 1200, "name": "张三", "text": "x" * 90}},
            {"at": at, "code": "Not A Code", "facts": {}},
        ]
    )
    with room.exam.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT code, facts FROM room_events WHERE source = 'page'").all()
    assert ("hidden", '{"for_ms":1200}') in [tuple(row) for row in rows]
    assert not any("张" in row[1] or "A" in row[0] for row in rows)


def test_complete_is_said_when_everything_promised_is_in_the_store(
    room: RunningRoom, candidate: Candidate
) -> None:
    segments = candidate.record(3)
    candidate.stored(segments[0], segments[1])
    room.at(ENDS)
    candidate.hand_in(segments)
    assert candidate.step == "uploading", "one is not known to be stored"
    assert candidate.look_left() == {"segments": 1, "bytes": 500}
    candidate.stored(segments[2])
    assert candidate.step == "complete"


def test_what_vanishes_from_the_store_is_missing_again(room: RunningRoom, candidate: Candidate) -> None:
    segments = candidate.record(2)
    candidate.stored(*segments)
    (lost,) = (path for path in files(room) if segments[1].sha256 in path.name)
    content = lost.read_bytes()
    lost.unlink()
    room.at(ENDS)
    candidate.hand_in(segments)
    assert candidate.step == "uploading"
    (put,) = candidate.announce(segments[1])
    assert candidate.put(put["url"], content).status_code == 201
    candidate.stored(segments[1])
    assert candidate.step == "complete"


def test_a_window_that_was_replaced_may_still_put_what_it_announced(candidate: Candidate) -> None:
    segment, url = announced(candidate)
    older = candidate.epoch
    candidate.join()
    assert candidate.code("beat", epoch=older) == (409, "OS-2010")
    assert candidate.put(url, segment.content).status_code == 201
    assert candidate.stored(segment)["received"]


def test_a_rescued_take_after_the_clocks_hand_in_is_taken_and_completes(
    room: RunningRoom, candidate: Candidate
) -> None:
    grant = candidate.look()["upload"]["grant"]
    segments = candidate.record(2)
    room.at(ENDS + TAIL)
    assert candidate.enter_upload(grant).status_code == 303
    candidate.join()
    assert (candidate.step, candidate.attempt["handed_in_by"]) == ("uploading", "clock")
    rescued = Segment(segments[0].take, 2, b"the last seconds")
    (put,) = candidate.announce(rescued)
    assert candidate.put(put["url"], rescued.content).status_code == 201
    candidate.stored(*segments, rescued)
    assert candidate.step == "uploading", "nobody has said how many there are"
    candidate.beat(takes=[candidate.take_body(rescued.take, promised=3)])
    assert candidate.step == "complete"


def test_a_grant_opens_the_upload_page_once_per_proof(room: RunningRoom, candidate: Candidate) -> None:
    grant = candidate.look()["upload"]["grant"]
    room.at(ENDS + TAIL)
    form = candidate.enter_upload(grant)
    assert (form.status_code, form.headers["location"]) == (303, "/room/upload")
    assert candidate.http.get("/room/upload").status_code == 200
    assert candidate.enter_upload(grant).status_code == 403, "the same second, the same proof"
    assert candidate.enter_upload("x" * 43).status_code == 403
    assert candidate.enter_upload(grant, proof="A" * 86).status_code == 403
