"""The room as a process: what it refuses to start on, its command, its probes and its log."""

from __future__ import annotations

import io
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from oneseat.commands.room import room as room_commands
from oneseat.room.app import create_app
from oneseat.room.refusals.papers import PapersFaulty
from oneseat.room.refusals.start import (
    ReceiptKeyUnlisted,
    RoomAbsent,
    RoomRehearsalRefused,
    RoomSettingsInvalid,
)
from oneseat.room.settings import RoomSettings, checked_settings, read_token
from oneseat.web import logs
from signing.clock import FixedClock
from signing.errors import OneSeatError
from tests.room.candidate import Arrive
from tests.room.held_exam import BEFORE, PAPER, HeldExam, RoomKeys, RunningRoom


def refused(exam: HeldExam, kind: type[OneSeatError], **changes: object) -> OneSeatError:
    with pytest.raises(kind) as caught:
        create_app(exam.settings(**changes), FixedClock(BEFORE))
    return caught.value


def test_it_needs_a_charter_that_names_it(held: HeldExam, room_keys: RoomKeys) -> None:
    terms = held.charter.room
    assert terms is not None
    other = replace(terms, receipt_keys=(room_keys.authority.signer("root").public_key,))
    held.publish(room=other, version=2)
    refused(held, ReceiptKeyUnlisted)
    held.publish(exam_room=None, room=None, version=3)
    refused(held, RoomAbsent)


def test_it_rehearses_only_what_is_marked(tmp_path: Path, real_keys: RoomKeys) -> None:
    real = HeldExam(tmp_path / "exam", real_keys)
    refused(real, RoomRehearsalRefused, rehearse_at=BEFORE)
    real.database.close()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "formal-0.toml"),
        ("title =", "TOML"),
        (PAPER.replace('kind = "spoken"', 'kind = "sung"'), "questions[0].kind"),
        (PAPER.replace("answer_s = 90", ""), "questions[0].answer_s"),
        (PAPER + PAPER.partition("\n\n")[2], "has this id too"),
    ],
    ids=["missing", "toml", "kind", "member", "twice"],
)
def test_a_paper_that_cannot_be_used_is_named(held: HeldExam, text: str | None, reason: str) -> None:
    path = held.papers / "formal-0.toml"
    path.unlink() if text is None else path.write_text(text, "utf-8")
    error = refused(held, PapersFaulty)
    assert reason in str(error) and "formal-0.toml" in error.cause_text.zh


def test_settings_are_checked() -> None:
    good = {"exam": "test", "keys": ".", "passphrase": b"x", "root_public_key": "A" * 43, "state": "s"}
    good |= {"store": "s", "papers": "."}
    checked_settings(**good)
    for name, value in {
        "public_url": "http://room.example",
        "portal_url": "x",
        "root_public_key": "?",
    }.items():
        with pytest.raises(RoomSettingsInvalid) as caught:
            checked_settings(**{**good, name: value})
        assert name in str(caught.value)


def test_a_token_file_holds_a_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("ost1.a.b\n")
    (tmp_path / "empty").write_text("\n")
    assert read_token(tmp_path / "token") == "ost1.a.b"
    for name in ("empty", "missing"):
        with pytest.raises(RoomSettingsInvalid):
            read_token(tmp_path / name)


def test_probes_answer(room: RunningRoom, arrive: Arrive) -> None:
    http = arrive().http
    assert http.get("/healthz").json() == {"status": "ok", "rehearsal": True}
    assert http.get("/readyz").json() == {"status": "ready", "exam": "test", "charter": 1, "alarms": []}
    assert "oneseat_requests_total" in http.get("/metrics").text
    assert http.get("/metrics", headers={"x-forwarded-for": "192.0.2.1"}).status_code == 404
    assert http.get("/metrics", headers={"host": "stranger.example"}).status_code == 404
    assert http.get("/nothing").status_code == 404
    assert http.get("/room/api/join").status_code == 405
    for path in ("/", "/enter", "/enter-upload"):
        assert "重新进入" in http.get(path).text


def test_static_files_lie_under_one_digest(arrive: Arrive) -> None:
    candidate = arrive().enter()
    page = candidate.http.get("/room/").text
    path = page.partition('src="')[2].partition('"')[0]
    script = next(part for part in page.split('"') if part.endswith("/room.js"))
    answer = candidate.http.get(script)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert "immutable" in answer.headers["cache-control"]
    assert candidate.http.get(script.replace("/static/", "/static/0")).status_code == 404
    assert path.startswith("/room/static/")


def test_the_log_says_nothing_of_a_person(room: RunningRoom, arrive: Arrive) -> None:
    stream = io.StringIO()
    loggers = [logging.getLogger(name) for name in ("room", "uvicorn")]
    before = [(logger, logger.handlers, logger.propagate) for logger in loggers]
    logs.configure("room", stream, room.clock, rehearsal=False)
    try:
        candidate = arrive().prepare()
        candidate.record()
        candidate.code("beat", epoch=99)
    finally:
        for logger, handlers, propagate in before:
            logger.handlers, logger.propagate = handlers, propagate
    text = stream.getvalue()
    assert '"route": "/room/api/beat"' in text and '"status": 409' in text
    for secret in (candidate.jti, candidate.ticket, candidate.attempt["nonce"], "signature"):
        assert secret not in text


def test_room_serve_takes_its_settings(
    held: HeldExam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[RoomSettings] = []
    monkeypatch.setattr("oneseat.room.serve.serve", lambda settings, *_: served.append(settings))
    (tmp_path / "pass").write_bytes(b"only for tests")
    (tmp_path / "token").write_text("ost1.a.b")
    own = held.settings()
    options = {
        "--exam": "exams/demo.toml",
        "--papers": held.papers,
        "--keys": own.keys,
        "--root-key": own.root_public_key,
        "--state": own.state,
        "--recordings": own.store,
        "--token-file": tmp_path / "token",
        "--passphrase-file": tmp_path / "pass",
        "--public-url": "https://room.example",
    }
    command = ["serve", *(str(part) for pair in options.items() for part in pair)]
    ended = CliRunner().invoke(room_commands, command, obj=FixedClock(BEFORE), catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    (settings,) = served
    assert (settings.public_url, settings.store, settings.papers) == (
        "https://room.example",
        own.store,
        held.papers,
    )
    assert settings.portal_token is not None and settings.portal_token.get_secret_value() == "ost1.a.b"
