"""Takes a candidate's requests for help, and says what became of them. The portal gets them from a thread."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.help import HelpTooOften, RoomCallbackInvalid, RoomWordsMissing
from oneseat.room.services.attempts.permitting import leave_view, permission_view
from oneseat.room.services.attempts.window_calls import Call, find_attempt, open_call
from oneseat.room.services.wire_times import wire
from oneseat.state.room import help_requests, permissions
from oneseat.state.room.help_requests import RoomHelpRequest
from oneseat.web.telephones import mask_telephone, normalise_telephone
from signing.jws import canonical_json
from signing.text import printable

PURPOSE = "help"
MOST_REQUESTS = 30
"""Requests of one attempt."""


@dataclass(frozen=True)
class AskedHelp:
    """A request as the page sends it. ``callback`` is None for who cannot take calls."""

    id: str
    reason: str
    words: str = field(repr=False)
    callback: str | None = field(repr=False)
    codes: tuple[str, ...]
    made_at: datetime


def ask(room: ServedRoom, cookie: str | None, epoch: int, asked: AskedHelp) -> dict[str, Any]:
    """Keep a request, to be passed on at once; an attempt that has an open one is answered with that.

    Raises:
        RoomCallbackInvalid, RoomWordsMissing: the form is not complete.
        HelpTooOften: the attempt has made too many requests.
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
    """
    details = _details(asked)
    with open_call(room, cookie, epoch) as call:
        newest = help_requests.find_newest(call.connection, room.exam, call.attempt.id)
        if newest is None or not (newest.is_open or newest.id == asked.id):
            _add(call, asked, details)
        return state_of(call)


def state(room: ServedRoom, cookie: str | None, epoch: int) -> dict[str, Any]:
    """What became of the newest request, and the permission that is open; nothing is written.

    Raises:
        WindowUnknown, NewerWindow: as for :func:`oneseat.room.services.attempts.window_calls.find_attempt`.
    """
    with room.database.reading() as connection:
        attempt = find_attempt(room, connection, cookie, epoch)
        charter, now = room.charter_in(connection), room.clock.now()
        return state_of(Call(room, connection, charter, attempt, now))


def withdraw(room: ServedRoom, cookie: str | None, epoch: int) -> dict[str, Any]:
    """Withdraw the open request; one that the portal does not have yet is closed at once.

    Raises:
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
    """
    with open_call(room, cookie, epoch) as call:
        newest = help_requests.find_newest(call.connection, room.exam, call.attempt.id)
        if newest is not None and newest.is_open and newest.withdrawn_at is None:
            values: dict[str, object] = {"withdrawn_at": call.now, "next_try_at": call.now}
            help_requests.change(call.connection, newest.id, **values)
            call.note("help-withdrawn")
        return state_of(call)


def state_of(call: Call) -> dict[str, Any]:
    """The newest request and the open permission, as the page gets them."""
    room, connection, attempt = call.room, call.connection, call.attempt
    newest = help_requests.find_newest(connection, room.exam, attempt.id)
    held = permissions.find_open(connection, room.exam, attempt.id, call.now)
    return {
        "now": wire(call.now),
        "help": None if newest is None else _view(room, newest),
        "permission": permission_view(held),
        "leave_until": leave_view(attempt.starts_at),
    }


def _view(room: ServedRoom, request: RoomHelpRequest) -> dict[str, Any]:
    """``portal`` is the portal's last answer, None until it has the request."""
    return {
        "id": request.id,
        "reason": request.reason,
        "made_at": wire(request.made_at),
        "open": request.is_open,
        "withdrawn": request.withdrawn_at is not None,
        "refused": request.refusal is not None and not request.is_open,
        "portal": open_json(room, request.id, request.sealed_state),
    }


def seal_json(room: ServedRoom, request_id: str, value: object) -> bytes:
    """Encrypt what belongs to a request."""
    return room.sealer(PURPOSE).seal(canonical_json(value), _context(room, request_id))


def open_json(room: ServedRoom, request_id: str, sealed: bytes | None) -> Any:  # noqa: ANN401 -- JSON
    """Decrypt what :func:`seal_json` encrypted; None stays None.

    Raises:
        SealBroken: it is another request's, or was changed.
    """
    return (
        None if sealed is None else json.loads(room.sealer(PURPOSE).open(sealed, _context(room, request_id)))
    )


def _context(room: ServedRoom, request_id: str) -> bytes:
    return f"help {room.exam} {request_id}".encode()


def _details(asked: AskedHelp) -> dict[str, Any]:
    """What is passed on and sealed, checked as the portal checks it."""
    callback = None if asked.callback is None else normalise_telephone(asked.callback)
    if callback is None and asked.callback is not None:
        raise RoomCallbackInvalid
    words = printable(asked.words.replace("\r\n", "\n").strip(), keep="\n\u3000")
    if not words and (callback is None or asked.reason == "other"):
        raise RoomWordsMissing
    masked = None if callback is None else mask_telephone(callback)
    return {"words": words, "callback": callback, "masked": masked, "codes": list(asked.codes)}


def _add(call: Call, asked: AskedHelp, details: dict[str, Any]) -> None:
    room = call.room
    if help_requests.count(call.connection, room.exam, call.attempt.id) >= MOST_REQUESTS:
        raise HelpTooOften
    if help_requests.find(call.connection, room.exam, asked.id) is not None:
        return
    request = RoomHelpRequest(
        id=asked.id,
        exam=room.exam,
        attempt=call.attempt.id,
        reason=asked.reason,
        sealed_details=seal_json(room, asked.id, details),
        made_at=asked.made_at,
        received_at=call.now,
        next_try_at=call.now,
    )
    help_requests.add(call.connection, request)
    call.note("help-asked", reason=asked.reason)
