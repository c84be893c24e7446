"""Strangers' forms cost the room no write transaction, which candidates would wait for."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Connection

from oneseat.state.database import Database
from tests.room.candidate import Arrive
from tests.room.held_exam import RunningRoom


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Database]:
    """The databases that write transactions were opened on."""
    databases: list[Database] = []
    real = Database.writing

    def writing(self: Database) -> AbstractContextManager[Connection]:
        databases.append(self)
        return real(self)

    monkeypatch.setattr(Database, "writing", writing)
    return databases


def test_a_forged_form_takes_no_write_lock(room: RunningRoom, arrive: Arrive, opened: list[Database]) -> None:
    candidate = arrive()
    forms = [candidate.form(ticket="a.b.c"), candidate.form(proof="A" * 86)]
    opened.clear()
    codes = [candidate.post_form(form).status_code for form in forms]
    assert codes == [403, 403]
    assert room.app.state.room.database not in opened


def test_a_call_with_an_unknown_cookie_and_a_forged_look_take_no_write_lock(
    room: RunningRoom, arrive: Arrive, opened: list[Database]
) -> None:
    candidate = arrive()
    looks = [{**candidate.look_body(), "proof": "A" * 86}, {**candidate.look_body(grant="g" * 43)}]
    opened.clear()
    name = "oneseat-room-test"
    candidate.http.cookies.set(name, "x" * 43)
    candidate.epoch = 1
    assert candidate.code("beat") == (401, "OS-2011")
    refused = [candidate.http.post("/client/v1/look", json=body).status_code for body in looks]
    assert refused == [403, 403]
    assert candidate.enter_upload("g" * 43).status_code == 403
    assert candidate.http.post("/staff/enter", data={"entry": "e" * 43}).status_code == 403
    assert room.app.state.room.database not in opened
