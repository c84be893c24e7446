"""The whole way with recordings in a bucket: pages upload to it directly, and its listing decides."""

from __future__ import annotations

import secrets
from pathlib import Path

import httpx

from signing.clock import FixedClock
from tests.buckets import Bucket
from tests.room.candidate import Segment, arriving
from tests.room.held_exam import BEFORE, ENDS, HeldExam, RoomKeys, running_room


def put(signed: dict[str, object], content: bytes) -> int:
    headers = signed["headers"]
    assert isinstance(headers, dict)
    return httpx.put(str(signed["url"]), content=content, headers=headers).status_code


def test_recordings_in_a_bucket(tmp_path: Path, room_keys: RoomKeys, bucket: Bucket) -> None:
    exam = HeldExam(tmp_path / "exam", room_keys)
    store = bucket.server.address(bucket.name, "rooms/one")
    with running_room(exam, FixedClock(BEFORE), store=store) as room, arriving(room) as arrive:
        candidate = arrive().prepare()
        policy = candidate.http.get("/room/").headers["content-security-policy"]
        assert f"connect-src 'self' {bucket.server.url};" in policy
        take = secrets.token_hex(12)
        segments = [Segment(take, number, secrets.token_bytes(3000)) for number in range(2)]
        puts = candidate.announce(*segments, takes=[candidate.take_body(take)])
        assert candidate.stored(*segments)["received"] == [], "the bucket has neither"
        assert put(puts[0], segments[0].content) == 200
        room.at(ENDS)
        candidate.hand_in(segments)
        assert candidate.step == "uploading"
        assert candidate.stored(*segments)["received"] == [{"take": take, "n": 0}]
        (again,) = candidate.announce(segments[1])
        assert put(again, segments[1].content) == 200
        candidate.stored(segments[1])
        assert candidate.step == "complete"
        assert candidate.http.put("/room/segments/x", content=b"x").status_code == 404
    exam.database.close()
