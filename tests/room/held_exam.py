"""An exam held in a room of ours: rings, charter, papers, state, store, and tickets as of a portal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretBytes

from oneseat.room.app import RoomApp, create_app
from oneseat.room.settings import RoomSettings
from oneseat.state.database import Database
from oneseat.state.publishing import charters as published
from oneseat.web.serving import listen
from signing.authority.keys import AUTHORITY, PORTAL, RECEIPT, ROOM, KeyRing
from signing.authority.signer import sign_token
from signing.charter import OWN_ROOM, TYP, Charter, CharterKey, ExamRoom, RoomTerms
from signing.clock import FixedClock
from signing.jws import b64url_encode
from signing.tokens import VERSION, Ticket
from tests import charters
from tests.serving import in_thread

EXAM = "test"
PASSPHRASE = b"only for tests"
ORIGIN = "http://127.0.0.1:8790"
WAIT, ANSWER, TAIL = timedelta(minutes=3), timedelta(minutes=10), timedelta(seconds=60)
UPLOAD = timedelta(hours=72)
MOCK_OPENS, MOCK_CLOSES = charters.at(4, 10), charters.at(5, 0)
STARTS, ENDS = charters.at(10, 11), charters.at(10, 11, 10)
BEFORE = charters.at(10, 10, 20)
"""When the formal interview's candidates come."""
MOCKING = charters.at(4, 12)
SECOND = timedelta(seconds=1)

PAPER = """\
title = { zh = "测试试卷", en = "Test paper" }

[[questions]]
id = "q1"
kind = "spoken"
text = { zh = "请介绍一次合作经历。", en = "Tell of a time you worked together." }
prepare_s = 30
answer_s = 90
"""


@dataclass(frozen=True)
class RoomKeys:
    """Three rings, made once for the whole test run: opening one costs a tenth of a second a secret."""

    folder: Path
    authority: KeyRing
    portal: KeyRing
    room: KeyRing

    @classmethod
    def make(cls, folder: Path, *, rehearsal: bool = False) -> RoomKeys:
        made = charters.at(1, 0)

        def ring(kind: str, shared: dict[str, bytes] | None = None) -> KeyRing:
            return KeyRing.create(folder / kind, PASSPHRASE, kind, made, rehearsal=rehearsal, shared=shared)

        authority = ring(AUTHORITY)
        shared = {name: authority.secret(name) for name in ("delivery", "pepper")}
        return cls(folder, authority, ring(PORTAL, shared), ring(ROOM))


class HeldExam:
    """The exam in a folder, with its charter published."""

    def __init__(
        self, folder: Path, keys: RoomKeys, state: str | None = None, *, origin: str = ORIGIN, **terms: Any
    ) -> None:
        self.folder, self.keys, self.origin = folder, keys, origin
        self.state = state or str(folder / "state.db")
        self.database = Database.create(self.state, rehearsal=keys.room.rehearsal)
        self.charter = self._charter(terms)
        self.papers = folder / "papers"
        self.papers.mkdir(parents=True)
        for name in ("mock-0", "mock-1", "formal-0"):
            (self.papers / f"{name}.toml").write_text(PAPER, "utf-8")
        self.publish()

    def _charter(self, terms: dict[str, Any]) -> Charter:
        keys = self.keys
        public = (
            CharterKey("licence", keys.authority.signer("licence").public_key),
            CharterKey("activation", keys.portal.signer("activation").public_key),
            CharterKey("ticket", keys.portal.signer("ticket").public_key),
        )
        plain: dict[str, Any] = {
            "receipt_keys": (keys.room.signer(RECEIPT).public_key,),
            "mock_wait_s": int(WAIT.total_seconds()),
            "mock_answer_s": int(ANSWER.total_seconds()),
            "tail_s": int(TAIL.total_seconds()),
            "gates_until_s": 600,
            "upload_until_s": int(UPLOAD.total_seconds()),
        }
        return replace(
            charters.charter(*public, exam=EXAM),
            exam_room=ExamRoom(f"{self.origin}/enter", "", OWN_ROOM, self.origin),
            room=RoomTerms(**{**plain, **terms}),
        )

    def publish(self, **changes: Any) -> None:
        """Publish the charter, with changes."""
        self.charter = replace(self.charter, **changes)
        token = sign_token(self.keys.authority.signer("root"), TYP, self.charter.claims())
        with self.database.writing() as connection:
            published.publish(connection, EXAM, self.charter.version, token, charters.at(2, 0))

    def settings(self, **changes: Any) -> RoomSettings:
        plain: dict[str, Any] = {
            "exam": EXAM,
            "keys": self.keys.folder / ROOM,
            "passphrase": SecretBytes(PASSPHRASE),
            "root_public_key": b64url_encode(self.keys.authority.signer("root").public_key),
            "state": self.state,
            "store": str(self.folder / "recordings"),
            "papers": self.papers,
            "sweep_interval_s": 0,
        }
        return RoomSettings(**{**plain, **changes})

    def ticket(self, jti: str, device: bytes, kind: str, issued: datetime, **changes: Any) -> str:
        """A ticket as the portal signs it, until its session's end."""
        ends = ENDS if kind == "formal" else MOCK_CLOSES
        ticket = Ticket(
            exam=EXAM,
            jti=jti,
            device=b64url_encode(device),
            kind=kind,
            session="0",
            iat=int(issued.timestamp()),
            exp=int(ends.timestamp()),
            v=VERSION,
        )
        signer = self.keys.portal.signer("ticket")
        return sign_token(signer, Ticket.TYP, replace(ticket, **changes).claims())


@dataclass
class RunningRoom:
    """A room that listens, whose clock a test may move."""

    exam: HeldExam
    url: str
    clock: FixedClock
    app: RoomApp

    def at(self, moment: datetime) -> None:
        """Move the room's clock."""
        self.clock.at = moment

    def later(self, span: timedelta) -> None:
        """Move the room's clock on."""
        self.clock.at += span


@contextlib.contextmanager
def running_room(exam: HeldExam, clock: FixedClock, port: int = 0, **changes: Any) -> Iterator[RunningRoom]:
    """A real uvicorn on a loopback port, a free one by default; candidates name the charter's origin."""
    with listen("127.0.0.1", port) as listener:
        app = create_app(exam.settings(**changes), clock)
        with in_thread(app, listener, app.state.streams.close):
            yield RunningRoom(exam, "http://127.0.0.1:{1}".format(*listener.getsockname()), clock, app)
