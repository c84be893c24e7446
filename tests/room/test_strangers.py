"""Strangers' forms cost the room no write transaction, which candidates would wait for."""

from __future__ import annotations

import pytest

from oneseat.state.database import Database
from tests.room.candidate import Arrive
from tests.room.held_exam import RunningRoom


def test_a_forged_form_takes_no_write_lock(
    room: RunningRoom, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = arrive()
    forms = [candidate.form(ticket="a.b.c"), candidate.form(proof="A" * 86)]
    database, opened = room.app.state.room.database, []
    writing = Database.writing
    monkeypatch.setattr(Database, "writing", lambda self: (opened.append(self), writing(self))[1])
    codes = [candidate.post_form(form).status_code for form in forms]
    assert codes == [403, 403]
    assert database not in opened
