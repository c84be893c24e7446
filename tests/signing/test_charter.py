"""A charter says what it said, and what came later than its first version may be missing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from signing.charter import Charter, CharterKey, CompanionApp, ExamRoom, from_claims
from signing.errors import CharterRejected, TokenMalformed
from tests.charters import charter

WHOLE = charter(CharterKey("licence", bytes(range(32))))
APP = CompanionApp("https://store.example/app", "ab" * 32)


def read_back(said: Charter) -> Charter:
    return from_claims(json.loads(json.dumps(said.claims())))


@pytest.mark.parametrize("app", [None, APP])
def test_a_charter_survives_its_own_claims(app: CompanionApp | None) -> None:
    needs = replace(WHOLE.requirements, phone_sign_out=("微信", "QQ"))
    said = replace(WHOLE, companion_app=app, requirements=needs)
    assert read_back(said) == said


def test_a_charter_from_before_the_phone_app_was_named_stays_readable() -> None:
    claims = WHOLE.claims()
    del claims["companion_app"]
    del claims["requirements"]["phone_sign_out"]
    old = from_claims(claims)
    assert old == WHOLE
    assert old.companion_app is None
    assert old.requirements.phone_sign_out == ()


@pytest.mark.parametrize("wrong", ["https://store.example", [], {"url": 1, "sha256": ""}, {"url": "x"}])
def test_a_malformed_phone_app_is_refused_by_name(wrong: object) -> None:
    with pytest.raises(TokenMalformed) as refused:
        from_claims({**WHOLE.claims(), "companion_app": wrong})
    assert "companion_app" in str(refused.value)


@pytest.mark.parametrize(
    "room",
    [
        ExamRoom(url="https://room.example/enter"),
        ExamRoom(url="http://127.0.0.1:8766/enter"),
        ExamRoom(program=r"Exam Room\bin\Room-2.exe"),
    ],
)
def test_a_charter_names_an_exam_room(room: ExamRoom) -> None:
    assert read_back(replace(WHOLE, exam_room=room)).exam_room == room
    claims = WHOLE.claims()
    del claims["exam_room"]
    assert from_claims(claims).exam_room is None


@pytest.mark.parametrize(
    "room",
    [
        ExamRoom(),
        ExamRoom(url="https://room.example/", program=r"Room\Room.exe"),
        ExamRoom(url="http://room.example/"),
        ExamRoom(url="http://127.0.0.1.room.example/"),
        ExamRoom(url="http://localhost@room.example/"),
        ExamRoom(url="http://localhost:1@room.example/"),
        ExamRoom(url="javascript:alert(1)"),
        ExamRoom(program=r"..\Windows\System32\cmd.exe"),
        ExamRoom(program=r"Room\..\..\Windows\cmd.exe"),
        ExamRoom(program=r"C:\Windows\System32\cmd.exe"),
        ExamRoom(program=r"\\server\share\Room.exe"),
        ExamRoom(program="Room.exe"),
        ExamRoom(program=r"Room\Room.bat"),
        ExamRoom(program=r"Room\Room.exe -x"),
    ],
)
def test_an_exam_room_that_leads_elsewhere_is_refused(room: ExamRoom) -> None:
    with pytest.raises(CharterRejected):
        read_back(replace(WHOLE, exam_room=room))
