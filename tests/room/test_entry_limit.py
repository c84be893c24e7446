"""An address that keeps trying without a ticket is refused at once; a ticket gets in from it all the same."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import event

from oneseat.room.http import strangers
from oneseat.room.http.strangers import StrangerLimit
from oneseat.room.refusals.entry import EntriesBusy
from tests.room.candidate import Arrive
from tests.room.held_exam import BEFORE, RunningRoom
from tests.room.test_admission import Activated


def test_a_burst_is_generous_and_is_regained() -> None:
    seconds = [0.0]
    limit = StrangerLimit(lambda: seconds[0])
    for _ in range(strangers.BURST):
        limit.check("a", lambda: False)
        limit.charge("a")
    with pytest.raises(EntriesBusy) as refused:
        limit.check("a", lambda: False)
    assert refused.value.retry_after_s == 1
    limit.check("a", lambda: True)
    limit.check("b", lambda: False)
    seconds[0] = 0.1
    limit.check("a", lambda: False)
    assert strangers.BURST >= 500


def test_a_candidate_behind_a_busy_address_is_never_kept_out(
    room: RunningRoom, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "BURST", 3)
    monkeypatch.setattr(strangers, "PER_S", 0.001)
    monkeypatch.setitem(room.app.state._state, "strangers", StrangerLimit())
    room.at(BEFORE)

    def knock(**headers: str) -> int:
        form = {"ticket": "x.y.z", "at": str(int(BEFORE.timestamp())), "proof": "p"}
        return httpx.post(f"{room.url}/enter", data=form, headers=headers, trust_env=False).status_code

    assert [knock() for _ in range(5)] == [403, 403, 403, 429, 429]
    assert knock(**{"x-forwarded-for": "192.0.2.1, 192.0.2.7"}) == 403, "another address behind the proxy"
    candidate = arrive().enter()
    candidate.join()
    assert candidate.step == "consent"
    assert knock() == 429


def test_looks_and_admissions_are_bounded_alike_and_honest_ones_never_meet_it(
    room: RunningRoom, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "BURST", 3)
    monkeypatch.setattr(strangers, "PER_S", 0.001)
    monkeypatch.setitem(room.app.state._state, "strangers", StrangerLimit())
    client = Activated(room, f"{77:032x}")
    looking, asking = arrive().enter(), client.body()
    forged = {**looking.look_body(), "proof": "A" * 86}

    def post(route: str, body: dict[str, Any]) -> int:
        return httpx.post(f"{room.url}/client/v1/{route}", json=body, trust_env=False).status_code

    assert [post("look", forged) for _ in range(2)] == [403, 403]
    queries: list[str] = []
    listener = lambda *given: queries.append(given[2])  # noqa: E731 -- it is removed below
    assert post("admission", {**asking, "proof": "A" * 86}) == 403
    event.listen(room.app.state.room.database.engine, "before_cursor_execute", listener)
    refused = [post("look", forged), post("admission", {**asking, "activation": "a.b.c"})]
    event.remove(room.app.state.room.database.engine, "before_cursor_execute", listener)
    assert (refused, queries) == ([429, 429], []), "without a query"
    assert looking.look(2)["attempt"] is not None
    assert client.code(asking) == "OS-2170", "admission is off, which is said to who is activated"
