"""Strangers' forms cost the room no write transaction, which candidates would wait for."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Connection

from oneseat.state.database import Database
from tests.room.candidate import Arrive
from tests.room.held_exam import RunningRoom


def test_a_forged_form_takes_no_write_lock(
    room: RunningRoom, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = arrive()
    forms = [candidate.form(ticket="a.b.c"), candidate.form(proof="A" * 86)]
    database = room.app.state.room.database
    opened: list[Database] = []
    real = Database.writing

    def writing(self: Database) -> AbstractContextManager[Connection]:
        opened.append(self)
        return real(self)

    monkeypatch.setattr(Database, "writing", writing)
    codes = [candidate.post_form(form).status_code for form in forms]
    assert codes == [403, 403]
    assert database not in opened
