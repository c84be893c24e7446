"""Fetches what rosters gave to seats from the portal, into the room's copy. A thread of each room process."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import httpx
from pydantic import BaseModel, Field, ValidationError

from oneseat.room.exam.seat_copy import KnownSeat
from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.services.rounds import RoundThread
from signing.seat_terms import ADJUSTMENTS
from signing.session_times import SeatTerms

FETCH_EVERY_S = 60
LOOK_EVERY_S = 5.0
"""How soon a process sees what another one has fetched."""
TIMEOUT_S = 15
_PAGE = 1000
_MOST_PAGES = 1000
_log = logging.getLogger("room.seats")


class _Seat(BaseModel):
    jti: str = Field(pattern=r"^[0-9a-f]{32}$")
    session: int | None = Field(ge=0)
    paper: str | None
    extra_minutes: int = Field(ge=0, le=1440)
    adjustments: list[str]

    def known(self) -> KnownSeat:
        # A newer portal may know codes that nobody here could explain.
        codes = tuple(code for code in self.adjustments if code in ADJUSTMENTS)
        return KnownSeat(SeatTerms(self.jti, 60 * self.extra_minutes, self.session), self.paper, codes)


class _Page(BaseModel):
    version: str
    unchanged: bool
    seats: list[_Seat]
    next: str | None


class SeatsChanged(Exception):
    """Terms were changed while their pages were read."""


class PortalSeats:
    """Reads the portal's list with a service token of scope ``room:seats``."""

    def __init__(self, room: ServedRoom, portal_url: str, token: str) -> None:
        self._room = room
        self._version = ""
        self._http = httpx.Client(
            base_url=f"{portal_url}/api/v1/exams/{room.exam}/room/",
            headers={"authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
        )

    def fetch(self) -> bool:
        """Fetch the list where it has changed; whether the portal gave an answer.

        What cannot be fetched leaves the copy as it is.

        Raises:
            StateUnavailable: the database cannot be used.
        """
        try:
            pages = list(self._pages())
        except (httpx.HTTPError, ValidationError, ValueError, SeatsChanged) as error:
            _log.warning("seats not fetched", extra={"code": _code_of(error)})
            return False
        if not pages[0].unchanged:
            known = [seat.known() for page in pages for seat in page.seats]
            self._room.seats.store(known, self._room.clock.now())
            self._version = pages[0].version
        return True

    def close(self) -> None:
        """Close the connections to the portal."""
        self._http.close()

    def _pages(self) -> Iterator[_Page]:
        first = page = self._page({"since": self._version, "limit": _PAGE})
        yield first
        for _ in range(_MOST_PAGES):
            if page.next is None:
                return
            page = self._page({"after": page.next, "limit": _PAGE})
            if page.version != first.version:
                raise SeatsChanged
            yield page

    def _page(self, body: dict[str, object]) -> _Page:
        response = self._http.post("seats", json=body)
        response.raise_for_status()
        return _Page.model_validate_json(response.content)


def _code_of(error: Exception) -> str:
    """What prevented it, for the log: an HTTP status, or the kind of failure."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"HTTP {error.response.status_code}"
    return type(error).__name__


class SeatRefresher(RoundThread):
    """The thread that fetches, at once and then each minute, and looks for what other processes fetched."""

    def __init__(self, room: ServedRoom, portal: PortalSeats, interval_s: float = LOOK_EVERY_S) -> None:
        super().__init__(_log.name, interval_s, self._round, at_once=True, close=portal.close)
        self._room, self._portal = room, portal
        self._fetched_s = float("-inf")

    def _round(self) -> None:
        if time.monotonic() - self._fetched_s >= FETCH_EVERY_S:
            self._fetched_s = time.monotonic()
            self._portal.fetch()
        self._room.seats.load()
