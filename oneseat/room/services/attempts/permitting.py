"""Opens and ends permissions: for a call of the desk, for leaving before the start, by an invigilator."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.help import LeaveTooLate
from oneseat.room.refusals.invigilation import PermissionRefused
from oneseat.room.rules import permissions as rules
from oneseat.room.rules.permissions import Cause, Change, Opener
from oneseat.room.services.attempts.permission_log import end_early, open_new
from oneseat.room.services.attempts.window_calls import Call, open_call
from oneseat.room.services.wire_times import wire
from oneseat.state.room import permissions
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.help_requests import RoomHelpRequest
from oneseat.state.room.permissions import NewPermission, Permission
from signing.text import Text

_HANDED_IN = Text("the candidate has handed in", "考生已经交卷")
_NO_CONSENT = Text("the candidate has not come in yet", "考生还没有进入考场")
_OPEN = Text("another one is open", "已有一项许可正在生效")
_NONE_OPEN = Text("no permission of an invigilator is open", "没有监考员开出的许可正在生效")


def leave(room: ServedRoom, cookie: str | None, epoch: int) -> dict[str, Any]:
    """Permit the candidate to leave the picture for a while; one that is open already is answered again.

    Raises:
        LeaveTooLate: the start is too near, has passed, or is not known.
        OnlyUpload: the window only finishes the upload.
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
    """
    with open_call(room, cookie, epoch) as call:
        call.require_taking_part()
        held = permissions.find_open(call.connection, room.exam, call.attempt.id, call.now)
        if held is None:
            ends = rules.leave_ends(call.now, call.attempt.starts_at)
            if ends is None or call.attempt.consent_at is None:
                raise LeaveTooLate
            open_new(call.connection, _new(call, Opener.CANDIDATE, Cause.LEAVE, ends))
        return _answer(call)


def finish(room: ServedRoom, cookie: str | None, epoch: int) -> dict[str, Any]:
    """End the permission that is open, because the candidate is back or has put the phone back.

    Raises:
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
    """
    with open_call(room, cookie, epoch) as call:
        held = permissions.find_open(call.connection, room.exam, call.attempt.id, call.now)
        if held is not None:
            end_early(call.connection, held, call.now, call.now, "candidate")
        return _answer(call)


def follow_call(connection: Connection, request: RoomHelpRequest, status: str, now: datetime) -> None:
    """Open a permission when the desk calls, and let it end soon after the call."""
    change = rules.on_status(request.status, status)
    if change is Change.OPEN:
        ends = now + rules.LONGEST
        about = (request.exam, request.attempt, Opener.DESK, Cause.CALL, now, ends, request.number)
        open_new(connection, NewPermission(*about))
    elif change is Change.END:
        held = permissions.find_open(connection, request.exam, request.attempt, now)
        if held is not None and held.reason == Cause.CALL:
            end_early(connection, held, now, now + rules.PUT_BACK, status)


def open_for_phone(call: Call) -> None:
    """Let the candidate see to a phone that has a fault; a permission that is open already is enough.

    The call knows of it at once: its answer has the page ask for it.
    """
    if permissions.find_open(call.connection, call.room.exam, call.attempt.id, call.now) is None:
        open_new(call.connection, _new(call, Opener.SYSTEM, Cause.PHONE, call.now + rules.PHONE_LONGEST))
        call.reload()


def end_for_phone(call: Call) -> None:
    """Let the permission for a phone's fault end soon: the phone is well again."""
    held = permissions.find_open(call.connection, call.room.exam, call.attempt.id, call.now)
    if held is not None and held.reason == Cause.PHONE:
        end_early(call.connection, held, call.now, call.now + rules.PUT_BACK, "phone")


def open_by_invigilator(
    connection: Connection, attempt: Attempt, cause: Cause, ends: datetime, now: datetime
) -> None:
    """Permit the candidate of a locked attempt something until ``ends``. The page learns of it by its beat.

    Raises:
        PermissionRefused: the candidate is not there, or has a permission already.
    """
    reason = _refusal(connection, attempt, now)
    if reason is not None:
        raise PermissionRefused(reason=reason)
    open_new(connection, NewPermission(attempt.exam, attempt.id, Opener.INVIGILATOR, cause, now, ends))


def end_by_invigilator(connection: Connection, attempt: Attempt, now: datetime) -> None:
    """Let an invigilator's permission end soon, with time to be back.

    Raises:
        PermissionRefused: none is open that an invigilator has opened.
    """
    held = permissions.find_open(connection, attempt.exam, attempt.id, now)
    if held is None or held.opener != Opener.INVIGILATOR or held.ended_by is not None:
        raise PermissionRefused(reason=_NONE_OPEN)
    end_early(connection, held, now, now + rules.PUT_BACK, Opener.INVIGILATOR)


def _refusal(connection: Connection, attempt: Attempt, now: datetime) -> Text | None:
    if attempt.handed_in_at is not None:
        return _HANDED_IN
    if attempt.consent_at is None:
        return _NO_CONSENT
    held = permissions.find_open(connection, attempt.exam, attempt.id, now)
    return None if held is None else _OPEN


def permission_view(held: Permission | None) -> dict[str, Any] | None:
    """A permission as the page gets it."""
    if held is None:
        return None
    return {
        "opener": held.opener,
        "reason": held.reason,
        "begins": wire(held.begins_at),
        "ends": wire(held.ends_at),
        "is_ending": held.ended_by is not None,
    }


def leave_view(starts_at: datetime | None) -> str | None:
    """Until when leaving may be asked for, as the page gets it."""
    return wire(rules.leave_until(starts_at))


def _answer(call: Call) -> dict[str, Any]:
    held = permissions.find_open(call.connection, call.room.exam, call.attempt.id, call.now)
    return {"now": wire(call.now), "permission": permission_view(held)}


def _new(call: Call, opener: Opener, cause: Cause, ends: datetime) -> NewPermission:
    return NewPermission(call.room.exam, call.attempt.id, opener, cause, call.now, ends)
