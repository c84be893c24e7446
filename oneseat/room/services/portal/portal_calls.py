"""Calls the portal with the room's service token, and empties outboxes of calls: a thread for each.

A call that cannot be made keeps nobody out: it is tried again, ever more rarely, until the portal takes or
refuses it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import httpx
from sqlalchemy import Connection

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.services.rounds import RoundThread

Due = TypeVar("Due")
"""A call that is due, as its table has it."""
Tried = TypeVar("Tried", bound="Counted")
"""The same of an outbox that counts its tries."""
AT_ONCE = 50
"""Calls of one round."""
FIRST_RETRY_S = 2
LONGEST_RETRY_S = 300
TIMEOUT_S = 15
_TRIED_AGAIN = {401, 403, 408, 425, 429}
"""Client errors that an operator or time can mend: the token, and limits."""


class Counted(Protocol):
    """A call that is due."""

    @property
    def tries(self) -> int:
        """How often it was made, with this time."""


@dataclass(frozen=True)
class Outcome:
    """What became of a call: the portal's answer, or the code of what prevented it; whether that is final."""

    answer: Mapping[str, Any] = field(repr=False)
    refusal: str | None
    final: bool


class PortalCalls:
    """The portal's API below one exam, with a service token."""

    def __init__(self, room: ServedRoom, portal_url: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=f"{portal_url}/api/v1/exams/{room.exam}/",
            headers={"authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
        )

    def post(self, route: str, body: Mapping[str, Any] | None = None) -> Outcome:
        """Post; a portal that is away is an outcome that is not final."""
        return self._call("POST", route, body)

    def put(self, route: str, body: Mapping[str, Any]) -> Outcome:
        """Put, in the same way."""
        return self._call("PUT", route, body)

    def get(self, route: str) -> Outcome:
        """Get, in the same way."""
        return self._call("GET", route, None)

    def _call(self, method: str, route: str, body: Mapping[str, Any] | None) -> Outcome:
        try:
            response = self._http.request(method, route, json=body)
        except httpx.HTTPError:
            return Outcome({}, "away", final=False)
        if response.is_success:
            return Outcome(_members(response), None, final=True)
        final = response.is_client_error and response.status_code not in _TRIED_AGAIN
        return Outcome({}, _code_of(response), final=final)

    def close(self) -> None:
        """Close the connections to the portal."""
        self._http.close()


def next_try(now: datetime, tries: int) -> datetime:
    """When a call is made again that has failed so many times."""
    return now + timedelta(seconds=min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(tries, 10)))


class Outbox(Generic[Due]):
    """Calls to the portal that wait in the database until they were made, with the room's service token."""

    def __init__(self, room: ServedRoom, portal_url: str, token: str) -> None:
        self._room = room
        self._portal = PortalCalls(room, portal_url, token)

    def send_due(self) -> int:
        """Make the calls that are due; return how many there were. One that fails holds up no other.

        Raises:
            StateUnavailable: the database cannot be used.
            Exception: what the first failing call raised, after the others were made.
        """
        now = self._room.clock.now()
        # If this process is killed meanwhile, another one makes the calls then.
        again_at = now + timedelta(seconds=2 * TIMEOUT_S)
        with self._room.database.writing() as connection:
            due = self._take_due(connection, now, again_at)
        failures: list[Exception] = []
        for each in due:
            try:
                self._send(each)
            except Exception as error:  # noqa: BLE001 -- raised below
                failures.append(error)
        if failures:
            raise failures[0]
        return len(due)

    def close(self) -> None:
        """Close the connections to the portal."""
        self._portal.close()

    def _take_due(self, connection: Connection, now: datetime, again_at: datetime) -> Sequence[Due]:
        """At most :data:`AT_ONCE` calls that are due, postponed to ``again_at``."""
        raise NotImplementedError

    def _send(self, due: Due) -> None:
        """Make a call, and record what became of it."""
        raise NotImplementedError


class PersistentOutbox(Outbox[Tried]):
    """An outbox that tries a call again whatever the portal answers, until it has taken it.

    A refusal may be of the portal's version or token, and what is sent must be there in the end. ``what``
    names a call in the log.
    """

    what: ClassVar[str]
    log: ClassVar[logging.Logger]

    def _send(self, due: Tried) -> None:
        outcome = self._call(due)
        now = self._room.clock.now()
        with self._room.database.writing() as connection:
            if outcome.refusal is None:
                self._finish(connection, due, outcome.answer, now)
                return
            self._postpone(connection, due, next_try(now, due.tries), outcome.refusal)
        self.log.warning("%s not taken", self.what, extra={"code": outcome.refusal})

    def _call(self, due: Tried) -> Outcome:
        """Make a call, outside of any transaction."""
        raise NotImplementedError

    def _finish(self, connection: Connection, due: Tried, answer: Mapping[str, Any], at: datetime) -> None:
        """Record that the portal has taken a call, and what it answered."""
        raise NotImplementedError

    def _postpone(self, connection: Connection, due: Tried, again_at: datetime, refusal: str) -> None:
        """Record why the portal has not taken a call, and when to make it again."""
        raise NotImplementedError


class OutboxSender(RoundThread):
    """The thread that empties an outbox."""

    def __init__(self, name: str, outbox: Outbox[Any], interval_s: float = 1.0) -> None:
        super().__init__(name, interval_s, outbox.send_due, close=outbox.close)


def _members(response: httpx.Response) -> Mapping[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _code_of(response: httpx.Response) -> str:
    """The code of the portal's refusal, or the HTTP status of anything else."""
    code = _members(response).get("code")
    return code[:8] if isinstance(code, str) else f"HTTP {response.status_code}"
