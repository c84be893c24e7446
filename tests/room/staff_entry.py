"""Operators of a room, and how a browser of theirs comes from the desk into it, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import httpx

from oneseat.state.accounts import operators
from oneseat.state.accounts.operators import NewOperator, Role
from tests.room.candidate import Candidate
from tests.room.held_exam import BEFORE, EXAM, HeldExam, RunningRoom

FROM_DESK = {"origin": "https://desk.example:8443"}
WATCHER = Role.LEAD
"""The role of those who watch a whole session."""


@dataclass
class Staff:
    """An operator's browser in front of the room."""

    room: RunningRoom
    http: httpx.Client
    name: str = ""

    def get(self, path: str = "/staff/") -> httpx.Response:
        return self.http.get(path)

    def post(self, path: str, *, origin: str | None = None, **form: str) -> httpx.Response:
        """Post a form with the token of a page of this session."""
        shown = re.search(r'name="form_token" value="([0-9a-f]+)"', self.get().text)
        assert shown is not None
        headers = {"origin": origin or self.room.exam.origin}
        return self.http.post(path, data={"form_token": shown[1], **form}, headers=headers)

    def decide(self, candidate: Candidate, reason: str, note: str = "") -> httpx.Response:
        return self.post(f"{address(candidate)}/decision", reason=reason, note=note)


Enter = Callable[[str], Staff]
Browser = TypeVar("Browser", bound=Staff)


def hire(exam: HeldExam, roles: Mapping[str, Role], at: datetime = BEFORE) -> None:
    """Add operators, who come from the desk: they cannot log in themselves."""
    with exam.database.writing() as connection:
        for name, role in roles.items():
            operators.add(connection, NewOperator(EXAM, name, role, "no hash", None), at)


def address(candidate: Candidate) -> str:
    return f"/staff/attempts/{candidate.attempt['nonce']}"


def entry_of(room: RunningRoom, name: str) -> str:
    """What the desk gives an operator who is logged in there."""
    with room.exam.database.writing() as connection:
        return operators.open_entry(connection, "test", name, room.clock.now(), "desk.example")


@contextmanager
def entering(room: RunningRoom, browser: type[Browser]) -> Iterator[Callable[[str], Browser]]:
    """Open a browser for each operator who enters the room; all are closed at the end."""
    with ExitStack() as stack:

        def entered(name: str) -> Browser:
            http = stack.enter_context(httpx.Client(base_url=room.url, timeout=30))
            answer = http.post("/staff/enter", headers=FROM_DESK, data={"entry": entry_of(room, name)})
            assert (answer.status_code, answer.headers["location"]) == (303, "/staff/")
            return browser(room, http, name)

        yield entered
