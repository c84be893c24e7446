"""Chooses the session that an operators' page shows, by its address or by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oneseat.room.exam.served_room import CharterInForce
from signing.session_times import FORMAL, MOCK


def chosen_session(
    text: str, held: Mapping[tuple[str, int], int], charter: CharterInForce, now: datetime
) -> tuple[str, int]:
    """The session that an address names; else the one that runs or comes next, or the last one."""
    kind, _, position = text.partition("-")
    if kind in (MOCK, FORMAL) and position.isascii() and position.isdigit():
        return kind, int(position)
    ends = [(mock.closes, (MOCK, n)) for n, mock in enumerate(charter.charter.mocks)]
    ends += [(formal.ends, (FORMAL, n)) for n, formal in enumerate(charter.charter.formals)]
    coming = [place for end, place in sorted(ends) if end > now]
    return next(iter(coming), None) or max(held, default=(FORMAL, 0))
