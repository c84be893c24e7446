"""Sealed papers: two holders unlock them, not before their time; from the start on no holder is needed."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import text

from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.room.app import create_app
from oneseat.room.exam.seat_copy import KnownSeat
from oneseat.room.refusals.holders import NoRoomWaits, ShareUnusable, UnlockTooEarly
from oneseat.room.refusals.papers import PapersFaulty
from oneseat.state.accounts import audit
from oneseat.web import logs
from signing.clock import FixedClock
from signing.errors import OneSeatError
from signing.jws import b64url_encode, canonical_json
from signing.session_times import SeatTerms
from tests.postgres import Cluster
from tests.room.candidate import Candidate, arriving, opened
from tests.room.held_exam import (
    BEFORE,
    MOCKING,
    SECOND,
    STARTS,
    HeldExam,
    RoomKeys,
    RunningRoom,
    running_room,
)
from tests.room.papers.writing import choice, paper, spoken
from tests.room.sealed_exam import QUESTION, SealedExam

WINDOW = STARTS - timedelta(minutes=5)
"""From when on holders may release."""
MINUTE = timedelta(minutes=1)


@pytest.fixture
def exam(tmp_path: Path, real_keys: RoomKeys) -> Iterator[SealedExam]:
    sealed = SealedExam(tmp_path / "exam", real_keys)
    yield sealed
    sealed.database.close()


def test_a_formal_paper_in_the_clear_is_refused(tmp_path: Path, real_keys: RoomKeys) -> None:
    plain = HeldExam(tmp_path / "exam", real_keys)
    with pytest.raises(PapersFaulty) as caught:
        create_app(plain.settings(), FixedClock(BEFORE))
    assert "formal-0.toml: a formal paper must be sealed" in str(caught.value)
    assert "mock" not in str(caught.value)
    plain.database.close()


def test_the_sealed_folder_and_the_database_hold_no_question(exam: SealedExam) -> None:
    clock = FixedClock(WINDOW)
    process = exam.process(clock).round()
    exam.release(0, clock.now())
    exam.release(1, clock.now())
    assert process.round().unlocked == {"formal-0.a"}
    process.round()
    written = b"".join(path.read_bytes() for path in exam.papers.iterdir() if "formal" in path.name)
    with exam.database.reading() as connection:
        count = connection.scalar(text("SELECT count(*) FROM room_paper_keys"))
    assert count == 0, "before the start the key is in memory alone"
    key = next(iter(process.app.state.room.unlocked._keys.values())).key
    stored = (exam.folder / "state.db").read_bytes()
    for secret in (QUESTION.encode(), key):
        assert secret not in written and secret not in stored
    process.kill()


def test_no_share_alone_and_none_too_early_unlocks(exam: SealedExam) -> None:
    clock = FixedClock(WINDOW - SECOND)
    with pytest.raises(NoRoomWaits):
        exam.release(0, clock.now())
    process = exam.process(clock).round()
    with pytest.raises(UnlockTooEarly) as caught:
        exam.release(0, clock.now())
    assert "10:55" in str(caught.value)
    clock.at = WINDOW
    exam.release(0, clock.now())
    exam.release(0, clock.now())
    assert process.round().unlocked == set()
    process.round()
    assert exam.progress(clock.now()).shares == ("wang",)
    exam.release(2, clock.now())
    assert process.round().unlocked == {"formal-0.a"}
    process.round()
    assert exam.progress(clock.now()).is_done
    process.kill()


def test_a_room_on_an_altered_file_gets_no_share_before_the_sealed_time(exam: SealedExam) -> None:
    genuine = exam.papers
    exam.papers = exam.folder / "altered"
    shutil.copytree(genuine, exam.papers)
    (path,) = exam.papers.glob("formal-0.a.*")
    path.write_bytes(canonical_json({**json.loads(path.read_bytes()), "release_s": 7200}))
    process = exam.process(FixedClock(WINDOW - SECOND)).round()
    exam.papers = genuine
    with pytest.raises(UnlockTooEarly) as caught:
        exam.release(0, WINDOW - SECOND)
    assert "10:55" in str(caught.value)
    process.kill()


def test_a_strangers_key_has_no_share(exam: SealedExam) -> None:
    stranger = exam._holder("stranger")
    with pytest.raises(ShareUnusable):
        exam.releasing().send(stranger, WINDOW)


def test_who_only_writes_to_the_database_gets_no_share(exam: SealedExam) -> None:
    process = exam.process(FixedClock(WINDOW)).round()
    with exam.database.writing() as connection:
        connection.execute(text("UPDATE room_paper_processes SET public_key = :key"), {"key": bytes(32)})
    with pytest.raises(NoRoomWaits):
        exam.release(0, WINDOW)
    process.kill()


def test_a_process_that_is_started_late_gets_the_key_from_the_others(exam: SealedExam) -> None:
    clock = FixedClock(WINDOW)
    first = exam.process(clock).round()
    for holder in (1, 2):
        exam.release(holder, clock.now())
    first.round()
    late = exam.process(clock).round()
    assert late.unlocked == set()
    first.round()
    assert late.round().unlocked == {"formal-0.a"}
    first.kill()
    third = exam.process(clock).round()
    late.round()
    assert third.round().unlocked == {"formal-0.a"}, "a key that was handed on is handed on again"
    late.kill()
    third.kill()


@pytest.mark.parametrize("dialect", ["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def test_all_processes_killed_after_the_start_need_no_holder(
    dialect: str, tmp_path: Path, real_keys: RoomKeys, request: pytest.FixtureRequest
) -> None:
    state = None
    if dialect == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgres")
        schema = cluster.schema()
        state = schema.__enter__()
        request.addfinalizer(lambda: schema.__exit__(None, None, None))
    exam, clock = SealedExam(tmp_path / "exam", real_keys, state), FixedClock(BEFORE)
    with running_room(exam, clock, paper_interval_s=0) as room, arriving(room) as arrive:
        candidate = arrive().prepare()
        assert candidate.join()["sealed"]["variant"] == "a"
        clock.at = WINDOW
        unlock(room, exam)
        clock.at = STARTS - SECOND
        assert candidate.beat()["paper_key"] is None
        clock.at = STARTS
        assert candidate.beat()["paper_key"] is not None
    clock.at = STARTS + 2 * MINUTE
    with running_room(exam, clock, paper_interval_s=0) as room, arriving(room) as arrive:
        again = arrive(jti=candidate.jti, key=candidate.key).enter()
        given = again.paper()
        assert given is not None and QUESTION in given["questions"][0]["text"]["zh"]
        assert again.attempt["ends_at"] == candidate.attempt["ends_at"]
    exam.database.close()


def test_all_processes_killed_before_the_start_raise_the_alarm_and_are_unlocked_again(
    exam: SealedExam, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FixedClock(WINDOW)
    process = exam.process(clock).round()
    for holder in (0, 1):
        exam.release(holder, clock.now())
    assert process.round().unlocked == {"formal-0.a"}
    clock.at = STARTS - 2 * MINUTE
    assert process.round().releases.alarms == ()
    process.kill()
    with running_room(exam, clock, paper_interval_s=0) as room, arriving(room) as arrive:
        releases = room.app.state.releases
        with caplog.at_level(logging.CRITICAL):
            releases.one_round()
        assert "paper locked near its start" in caplog.text
        http = arrive().http
        assert http.get("/readyz").json()["alarms"] == ["paper-locked formal-0.a"]
        assert "oneseat_room_papers_locked 1.0" in http.get("/metrics").text
        candidate = arrive().prepare()
        unlock(room, exam)
        releases.one_round()
        assert http.get("/readyz").json()["alarms"] == []
        clock.at = STARTS
        given = candidate.paper()
        assert given is not None and QUESTION in given["questions"][0]["text"]["zh"]


def test_the_key_goes_to_the_live_epoch_alone_and_answers_are_compared(
    exam: SealedExam, real_keys: RoomKeys
) -> None:
    clock = FixedClock(BEFORE)
    with running_room(exam, clock, paper_interval_s=0) as room, arriving(room) as arrive:
        candidate = arrive().prepare()
        clock.at = WINDOW
        unlock(room, exam)
        clock.at = STARTS
        old = candidate.epoch
        given = candidate.paper()
        assert given is not None and given["variant"] == "a"
        assert candidate.code("beat", epoch=old) == (409, "OS-2010")
        uninvited = arrive().enter()
        assert (uninvited.join()["sealed"], uninvited.beat()["paper_key"]) == (None, None), "no consent"
        assert answer(candidate, "q2", {"chosen": ["a", "b"]}) == (409, "OS-2041")
        assert answer(candidate, "q9", {"text": "x"}) == (409, "OS-2040")
        assert answer(candidate, "q3", {"text": "好" * 501}) == (409, "OS-2041")
        assert answer(candidate, "q2", {"chosen": ["b"]}) == (200, "")


def test_an_unlocked_spare_takes_the_papers_place(exam: SealedExam) -> None:
    clock = FixedClock(BEFORE)
    with running_room(exam, clock, paper_interval_s=0) as room, arriving(room) as arrive:
        candidate = arrive().prepare()
        before = candidate.join()
        assert before["sealed"]["variant"] == "a"
        clock.at = WINDOW
        unlock(room, exam, spare=True)
        clock.at = STARTS - MINUTE
        room.app.state.releases.one_round()
        assert room.app.state.releases.alarms == ()
        clock.at = STARTS
        key = candidate.beat()["paper_key"]
        with pytest.raises(InvalidTag):
            opened(before, key)
        given = candidate.paper()
        assert given is not None and "备用的试题" in given["questions"][0]["text"]["zh"]


def test_a_seat_gets_the_variant_that_its_roster_names(exam: SealedExam) -> None:
    exam.write("formal-0.b", paper(spoken("第二卷"), choice("第二卷")))
    exam.seal("with-b")
    clock = FixedClock(BEFORE)
    with running_room(exam, clock, paper_interval_s=0) as room, arriving(room) as arrive:
        one, other = arrive(), arrive()
        seats = [KnownSeat(SeatTerms(each.jti), paper=name) for each, name in ((one, "b"), (other, "a"))]
        room.app.state.room.seats.store(seats, clock.now())
        assert [each.prepare().join()["sealed"]["variant"] for each in (one, other)] == ["b", "a"]
        clock.at = WINDOW
        unlock(room, exam)
        clock.at = STARTS
        opened_papers = [each.paper() for each in (one, other)]
        assert [each["variant"] for each in opened_papers if each] == ["b", "a"]


def test_a_mock_is_sealed_by_the_room_alike_in_all_processes(exam: SealedExam) -> None:
    clock = FixedClock(MOCKING)
    with running_room(exam, clock) as room, running_room(exam, clock) as other, arriving(room) as arrive:
        candidate = arrive("mock").prepare()
        joined = candidate.join()
        candidate.call("begin")
        clock.at += timedelta(minutes=3)
        candidate.http.base_url = other.url
        given = opened(joined, candidate.beat()["paper_key"])
        assert given is not None and "请谈谈模拟" in given["questions"][0]["text"]["zh"]


def test_each_release_is_logged_with_time_holder_and_digest(
    exam: SealedExam, caplog: pytest.LogCaptureFixture
) -> None:
    process = exam.process(FixedClock(WINDOW)).round()
    with caplog.at_level(logging.WARNING):
        for holder in (0, 2):
            exam.release(holder, WINDOW)
        process.round()
    (record,) = (each for each in caplog.records if each.message == "paper unlocked")
    digest = next(
        each for each in process.app.state.room.papers.with_holders if each.name.variant == "a"
    ).digest
    line = json.loads(logs.JsonLines(FixedClock(WINDOW), rehearsal=False).format(record))
    assert (line["time"], line["paper"], line["holders"]) == (
        WINDOW.astimezone(UTC).isoformat(timespec="milliseconds"),
        "formal-0.a",
        ["wang", "zhao"],
    )
    assert line["sha256"] == digest.hex()
    with exam.database.reading() as connection:
        entries = audit.of_acts(connection, "test", ["paper.released"])
    assert [json.loads(entry.facts)["holder"] for entry in entries] == ["wang", "zhao"]
    assert {json.loads(entry.facts)["sha256"] for entry in entries} == {digest.hex()}
    process.kill()


def unlock(room: RunningRoom, exam: SealedExam, *, spare: bool = False) -> None:
    """Two holders release their shares, and the room reads them."""
    room.app.state.releases.one_round()
    for holder in (0, 1):
        exam.release(holder, room.clock.now(), spare=spare)
    room.app.state.releases.one_round()


def answer(candidate: Candidate, question: str, value: object) -> tuple[int, str]:
    return candidate.code("answer", **candidate.answer_body(1, said=(question, value)))


def test_a_sealed_paper_of_another_exam_is_refused(exam: SealedExam) -> None:
    (path,) = exam.papers.glob("formal-0.a*")
    path.write_text(path.read_text().replace('"exam":"test"', '"exam":"other"'))
    with pytest.raises(OneSeatError) as caught:
        create_app(exam.settings(), FixedClock(BEFORE))
    assert "another exam" in str(caught.value)


def test_commands_make_holders_seal_and_unlock(
    tmp_path: Path, exam: SealedExam, capsys: pytest.CaptureFixture[str]
) -> None:
    file, secret = tmp_path / "test.toml", tmp_path / "secret"
    demo = Path(__file__).parents[2] / "exams" / "demo.toml"
    file.write_text(demo.read_text("utf-8").replace('id = "demo"', 'id = "test"'), "utf-8")
    secret.write_text("secret")
    secrets = ["--holder-passphrase-file", secret]
    clock = FixedClock(WINDOW)

    def oneseat(*command: object) -> str:
        options = ["--exam", file, "--state", exam.state, "--workspace", tmp_path / "work"]
        assert run(main_group, [str(part) for part in (*command, *options)], clock) == 0
        return capsys.readouterr().out

    for name in ("chen", "zhou"):
        assert f"{name}.pub" in oneseat("paper", "holder", tmp_path / f"{name}.key", *secrets)
    for name in ("mock-0", "mock-1"):
        exam.write(name, paper(spoken("短", "q1", 1, 2), choice("短")))
    exam.papers = tmp_path / "target"
    public = [part for name in ("chen", "zhou") for part in ("--holder", tmp_path / f"{name}.pub")]
    assert "2 sealed papers" in oneseat("paper", "seal", exam.plain, exam.papers, *public)
    assert sorted(path.name for path in exam.papers.iterdir()) == [
        "formal-0.a.sealed.json",
        "formal-0.spare.sealed.json",
        "mock-0.toml",
        "mock-1.toml",
    ]
    process = exam.process(clock).round()
    root = b64url_encode(exam.keys.authority.signer("root").public_key)
    unlock = ["room", "unlock", "formal-0", "--papers", exam.papers, "--root-key", root, "--wait", "0"]
    assert "not unlocked yet (shares there: none yet)" in oneseat(
        *unlock, "--holder", tmp_path / "chen.key", *secrets
    )
    oneseat(*unlock, "--holder", tmp_path / "zhou.key", *secrets)
    assert process.round().unlocked == {"formal-0.a"}
    process.round()
    assert "formal-0 is unlocked: 1 of 1" in oneseat(*unlock, "--holder", tmp_path / "zhou.key", *secrets)
    process.kill()
