"""Live pictures: which are taken, from whom, when; that the newest alone is kept, and goes with the purge."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from oneseat.room.rules import live_pictures as rules
from oneseat.room.services.watching.live_pictures import LivePictures
from oneseat.state.room import kept, pictures, wall
from oneseat.state.room.pictures import LivePicture
from oneseat.state.tables.retention import RECORDINGS
from signing.charter import PhoneTerms, Privacy
from signing.errors import OneSeatError
from signing.text import Text
from tests import charters
from tests.room.candidate import Arrive, Candidate
from tests.room.held_exam import ENDS, EXAM, MOCKING, RunningRoom
from tests.room.phone import Phone, at_seat


def jpeg(shade: int = 120, size: tuple[int, int] = (320, 240), **options: Any) -> bytes:
    """A small picture, as a canvas encodes it."""
    target = io.BytesIO()
    Image.new("RGB", size, (shade, 90, 60)).save(target, options.pop("format", "JPEG"), **options)
    return target.getvalue()


def send(candidate: Candidate, content: bytes, stream: str = "camera", **changes: Any) -> httpx.Response:
    headers = {"origin": candidate.room.exam.origin, "content-type": "image/jpeg"}
    query = {"stream": stream, "epoch": changes.get("epoch", candidate.epoch)}
    return candidate.http.post(
        "/room/api/picture", params=query, content=content, headers=headers | changes.get("headers", {})
    )


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def stored(candidate: Candidate, stream: str = "camera") -> bytes | None:
    """What is kept of a stream, opened, after all that waited was stored."""
    taken: LivePictures = candidate.room.app.state.live_pictures
    taken.store()
    with candidate.room.exam.database.reading() as connection:
        found = pictures.find(connection, EXAM, candidate.attempt["nonce"], stream)
    return None if found is None else taken.open(found)


# ------------------------------------------------------------------------------------------------- rules


def test_a_small_baseline_jpeg_is_taken_and_nothing_else() -> None:
    good = jpeg()
    assert rules.is_small_jpeg(good)
    assert rules.is_small_jpeg(jpeg(size=(640, 360)))
    faulty = {
        "empty": b"",
        "png": jpeg(format="PNG"),
        "wide": jpeg(size=(641, 100)),
        "progressive": jpeg(progressive=True),
        "cut": good[:-2],
        "headless": good[2:],
        "long": good[:-2] + bytes(rules.MAX_BYTES) + b"\xff\xd9",
        "page": b"\xff\xd8<html><script>alert(1)</script>\xff\xd9",
    }
    assert [name for name, content in faulty.items() if rules.is_small_jpeg(content)] == []


@given(st.binary(max_size=200))
def test_no_bytes_make_the_look_at_a_jpeg_fail(content: bytes) -> None:
    assert rules.is_small_jpeg(b"\xff\xd8" + content + b"\xff\xd9") in (True, False)


def test_where_no_one_watches_the_mock_its_pictures_are_not_wanted() -> None:
    words = Text("x", "x")
    privacy = Privacy(words, words, words, mock_watched=False, data=())
    charter = replace(charters.charter(), privacy=privacy)
    wanted = [rules.are_wanted(charter, kind) for kind in ("mock", "formal")]
    watched = replace(charter, privacy=replace(privacy, mock_watched=True))
    assert wanted == [False, True]
    assert rules.are_wanted(watched, "mock") and rules.are_wanted(charters.charter(), "mock")


# ------------------------------------------------------------------------------------------------- calls


def test_the_newest_picture_of_each_stream_is_kept(arrive: Arrive, room: RunningRoom) -> None:
    candidate = arrive().prepare()
    assert candidate.join()["terms"]["picture_s"] == rules.EVERY_S
    assert send(candidate, jpeg(10)).status_code == 204
    assert send(candidate, jpeg(20)).status_code == 204, "too soon: dropped without a refusal"
    assert stored(candidate) == jpeg(10)
    room.later(timedelta(seconds=rules.EVERY_S))
    assert send(candidate, jpeg(30)).status_code == 204
    assert send(candidate, jpeg(40, (640, 360)), "screen").status_code == 204
    assert (stored(candidate), stored(candidate, "screen")) == (jpeg(30), jpeg(40, (640, 360)))
    with room.exam.database.reading() as connection:
        times = wall.picture_times_of(connection, EXAM, ("formal", 0))[candidate.attempt["nonce"]]
    assert times == {"camera": room.clock.now(), "screen": room.clock.now()}


def test_an_older_picture_of_another_process_does_not_take_its_place(
    arrive: Arrive, room: RunningRoom
) -> None:
    candidate = arrive().prepare()
    send(candidate, jpeg(10))
    assert stored(candidate) == jpeg(10)
    late = LivePicture(
        candidate.attempt["nonce"], "camera", EXAM, room.clock.now() - timedelta(seconds=9), b"-"
    )
    with room.exam.database.writing() as connection:
        pictures.save(connection, [late])
    assert stored(candidate) == jpeg(10)


def test_pictures_come_from_the_live_page_of_an_attempt_alone(arrive: Arrive, room: RunningRoom) -> None:
    candidate = arrive().enter()
    candidate.join()
    assert code(send(candidate, jpeg())) == (409, "OS-2211"), "before the consent"
    candidate.agree()
    for content in (b"", jpeg(size=(700, 20)), b"\xff\xd8\xff\xd9"):
        assert code(send(candidate, content)) == (400, "OS-2210")
    assert code(send(candidate, jpeg(), epoch=candidate.epoch - 1)) == (409, "OS-2010")
    assert code(send(candidate, jpeg(), headers={"origin": "http://evil.example"}))[0] == 403
    assert code(send(candidate, jpeg(), headers={"content-type": "text/plain"}))[0] == 415
    assert send(candidate, bytes(80_000)).status_code == 413
    assert send(candidate, jpeg(), "phone").status_code in (400, 422)
    candidate.http.cookies.clear()
    assert code(send(candidate, jpeg()))[0] == 401
    assert stored(candidate) is None


def test_after_the_end_no_picture_is_taken(arrive: Arrive, room: RunningRoom) -> None:
    candidate = arrive().prepare()
    room.at(ENDS)
    assert send(candidate, jpeg()).status_code == 204, "the recorder runs on for a moment"
    assert stored(candidate) is None


def test_what_is_kept_is_sealed_for_its_attempt_and_stream(arrive: Arrive, room: RunningRoom) -> None:
    candidate = arrive().prepare()
    send(candidate, jpeg(77))
    assert stored(candidate) == jpeg(77)
    with room.exam.database.reading() as connection:
        found = pictures.find(connection, EXAM, candidate.attempt["nonce"], "camera")
    assert found is not None and jpeg(77)[20:60] not in found.sealed
    with pytest.raises(OneSeatError):
        room.app.state.live_pictures.open(replace(found, stream="screen"))


def test_the_row_goes_with_the_recordings(arrive: Arrive, room: RunningRoom) -> None:
    candidate = arrive().prepare()
    send(candidate, jpeg())
    assert stored(candidate) is not None
    with room.exam.database.writing() as connection:
        (attempt,) = kept.list_attempts(connection, EXAM, attempt=candidate.attempt["nonce"])
        assert kept.delete_rows(connection, RECORDINGS, attempt, EXAM) == 1
    assert stored(candidate) is None


def test_a_mock_that_is_watched_sends_pictures_too(arrive: Arrive, room: RunningRoom) -> None:
    room.at(MOCKING)
    candidate = arrive("mock").prepare()
    assert send(candidate, jpeg()).status_code == 204
    assert stored(candidate) == jpeg()


def test_a_phone_sends_pictures_of_the_attempt_that_it_films(
    arrive: Arrive, room: RunningRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room.app.state.typed_identities, "seat_of", at_seat)
    room.exam.publish(version=room.exam.charter.version + 1, phone=PhoneTerms("page", "gate", 1))
    candidate = arrive().enter()
    candidate.join()
    phone = Phone(room, candidate.jti).log_in()
    headers = {"origin": room.exam.origin, "content-type": "image/jpeg"}

    def film(shade: int, **changes: int) -> httpx.Response:
        query = {"epoch": phone.view["phone"]["epoch"], **changes}
        return phone.http.post("/phone/api/picture", params=query, content=jpeg(shade), headers=headers)

    assert code(film(10)) == (409, "OS-2211"), "it films nothing yet"
    candidate.agree()
    phone.place()
    assert film(20).status_code == 204 and stored(candidate, "phone") == jpeg(20)
    assert phone.view["attempt"]["picture_s"] == rules.EVERY_S
    assert code(film(30, epoch=9)) == (409, "OS-2010")
    phone.http.cookies.clear()
    assert code(film(30))[0] == 401
    phone.close()
    room.exam.publish(version=room.exam.charter.version + 1, phone=None)
