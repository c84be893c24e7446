"""The room's copy of what rosters gave to seats: in memory for every call, in the database for restarts.

A thread asks the portal (:mod:`oneseat.room.services.portal.seat_refresh`). While it is away, the room works
on with the last copy. A seat that is not in the copy has the charter's times, every session and the usual
paper.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from oneseat.state.database import Database
from oneseat.state.room import seats
from oneseat.state.room.seats import CopiedSeat, CopyVersion
from signing.authority.sealing import Sealer
from signing.session_times import SeatTerms

PURPOSE = "seats"
"""What the room's key for this copy is derived for."""
_LENGTH = 160
"""Plain texts are padded to it: an encrypted one tells nothing of what was approved."""


@dataclass(frozen=True)
class KnownSeat:
    """A seat as the room knows it. ``adjustments`` are codes of :data:`signing.seat_terms.ADJUSTMENTS`."""

    terms: SeatTerms
    paper: str | None = None
    adjustments: tuple[str, ...] = ()


class SeatCopy:
    """The copy of one exam. Threads share it; each process has one, and reads again what another wrote."""

    def __init__(self, database: Database, exam: str, sealer: Sealer) -> None:
        self._database, self._exam, self._sealer = database, exam, sealer
        self._known: Mapping[str, KnownSeat] = {}
        self._version: CopyVersion | None = None

    def of(self, jti: str) -> KnownSeat:
        """A seat, without a query."""
        return self._known.get(jti) or KnownSeat(SeatTerms(jti))

    def knows(self, jti: str) -> bool:
        """Whether the copy has a seat; one that was never filled has none, and says nothing of them."""
        return not self._known or jti in self._known

    def of_session(self, position: int) -> set[str]:
        """The seats (jti) that rosters give a formal session, without a query."""
        here = (None, position)
        return {jti for jti, seat in self._known.items() if seat.terms.formal in here}

    def load(self) -> None:
        """Read the database where it has another version than was read last.

        Raises:
            StateUnavailable: the database cannot be used.
            SealBroken: a row was not encrypted with this room's key.
        """
        with self._database.reading() as connection:
            version = seats.version(connection, self._exam)
            if version == self._version:
                return
            rows = seats.list_all(connection, self._exam)
        self._known = {jti: self._opened(jti, row) for jti, row in rows.items()}
        self._version = version

    def store(self, known: Iterable[KnownSeat], at: datetime) -> None:
        """Make the copy these seats, in the database and here.

        Raises:
            StateUnavailable: the database cannot be used.
        """
        rows = {seat.terms.jti: self._sealed(seat) for seat in known}
        with self._database.writing() as connection:
            seats.replace_all(connection, self._exam, rows, at)
        self.load()

    def _sealed(self, seat: KnownSeat) -> CopiedSeat:
        content = [seat.terms.extra_s, list(seat.adjustments)]
        sealed = self._sealer.seal(json.dumps(content).encode().ljust(_LENGTH), seat.terms.jti.encode())
        return CopiedSeat(seat.terms.formal, seat.paper, sealed)

    def _opened(self, jti: str, row: CopiedSeat) -> KnownSeat:
        extra_s, codes = json.loads(self._sealer.open(row.sealed, jti.encode()))
        return KnownSeat(SeatTerms(jti, extra_s, row.session), row.paper, tuple(codes))
