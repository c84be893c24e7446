"""Authenticates requests to the room's pages for operators: entry from the desk, session, role, forms.

Passwords and codes are checked by the portal's desk alone. It gives a logged-in operator an entry that is
spent here, once, for a session of the room's own.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from fastapi import Request
from sqlalchemy import Connection
from starlette.responses import Response

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.http.application import room_of
from oneseat.room.refusals.staff import (
    StaffEntryForeign,
    StaffEntrySpent,
    StaffFormExpired,
    StaffGroupForeign,
    StaffRoleTooLow,
    StaffSessionMissing,
)
from oneseat.room.rules import duties
from oneseat.room.rules.duties import Duty
from oneseat.state.accounts import audit, operators
from oneseat.state.accounts.audit import Fact
from oneseat.state.accounts.operators import ROOM, Operator
from oneseat.state.room import groups

HOME = "/staff/"


def cookie_name(room: ServedRoom) -> str:
    """The cookie of an operator's session, which is sent to operators' pages alone."""
    return f"{'__Secure-' if room.is_secure else ''}oneseat-staff-{room.exam}"


@dataclass(frozen=True)
class StaffVisit:
    """A request of an authenticated operator."""

    room: ServedRoom
    operator: Operator
    now: datetime
    token: str = field(repr=False)

    def may(self, duty: str) -> bool:
        """Whether the operator's role includes a duty."""
        return duties.may(self.operator.role, Duty(duty))

    @property
    def watcher(self) -> str | None:
        """The operator's name where only own groups are seen; None for those who see every group."""
        return self.operator.name if duties.is_of_groups(self.operator.role) else None

    def sees(self, connection: Connection, attempt_id: str) -> bool:
        """Whether the operator may see an attempt: invigilators those of their own groups, others all."""
        if self.watcher is None:
            return True
        group = groups.find_of(connection, attempt_id)
        return group is not None and group.has(self.watcher)

    def require_sees(self, connection: Connection, attempt_id: str) -> None:
        """Refuse an attempt of another group.

        Raises:
            StaffGroupForeign: the operator sees own groups alone, and it is in none of them.
        """
        if not self.sees(connection, attempt_id):
            raise StaffGroupForeign

    @property
    def form_token(self) -> str:
        """The CSRF token of this session's forms."""
        message = b"oneseat/staff-form/v1/" + hashlib.sha256(self.token.encode()).digest()
        return hmac.new(self.room.secret, message, hashlib.sha256).hexdigest()

    def check_form(self, request: Request, token: str) -> None:
        """Verify that a form was posted from a page of this session.

        Raises:
            StaffFormExpired: it was not.
        """
        own = request.headers.get("origin") == self.room.origin
        if not (own and hmac.compare_digest(token.encode(), self.form_token.encode())):
            raise StaffFormExpired

    @contextmanager
    def audited(self, act: str, facts: dict[str, Fact]) -> Iterator[Connection]:
        """Run an act in one transaction with its entry in the audit log. The block may add to ``facts``."""
        with self.room.database.writing() as connection:
            yield connection
            audit.append(connection, self.now, self.operator.actor, act, self.room.exam, facts)


def visit(request: Request, duty: Duty = Duty.LIST) -> StaffVisit:
    """Authenticate a request's session, and check that its role includes a duty.

    Raises:
        StaffSessionMissing: there is no session, or it has ended.
        StaffRoleTooLow: the role does not include it.
    """
    room = room_of(request)
    now, token = room.clock.now(), request.cookies.get(cookie_name(room), "")
    with room.database.reading() as connection:
        operator = operators.find_by_session(connection, room.exam, token, now, ROOM)
        stale = operators.needs_touch(connection, token, now)
    if operator is None:
        raise StaffSessionMissing
    if stale:
        with room.database.writing() as connection:
            operators.touch(connection, token, now)
    if not duties.may(operator.role, duty):
        raise StaffRoleTooLow
    return StaffVisit(room, operator, now, token)


def enter(room: ServedRoom, entry: str, origin: str) -> str:
    """Spend an entry that a page of ``origin`` has posted; return the token of the new session.

    Without the check an operator's own entry on a foreign page would log its visitors in as that operator.

    Raises:
        StaffEntrySpent: it is unknown, was spent, or is too old.
        StaffEntryForeign: the page is not of the desk that gave the entry. The entry stays good.
    """
    now, host = room.clock.now(), _host_of(origin)
    with room.database.reading() as connection:  # a stranger's form never waits for the lock, or holds it
        if not operators.is_entry(connection, room.exam, entry, now):
            raise StaffEntrySpent
    if host is None or not operators.is_from_host(entry, host):
        raise StaffEntryForeign
    with room.database.writing() as connection:
        opened = operators.spend_entry(connection, room.exam, entry, now)
        if opened is not None:
            token, operator = opened
            audit.append(connection, now, operator.actor, "room.entered", room.exam, {})
            return token
    raise StaffEntrySpent


def _host_of(origin: str) -> str | None:
    """The host of a web origin or address; None where there is none, as in the origin "null"."""
    try:
        return urlsplit(origin).hostname
    except ValueError:
        return None


def leave(visited: StaffVisit) -> None:
    """End a session."""
    with visited.audited("room.left", {}) as connection:
        operators.end_session(connection, visited.token)


def set_cookie(room: ServedRoom, response: Response, token: str) -> None:
    """Give a browser its session's cookie. Lax, since it comes with a redirect after the desk's form."""
    response.set_cookie(
        cookie_name(room), token, path=HOME, secure=room.is_secure, httponly=True, samesite="lax"
    )


def delete_cookie(room: ServedRoom, response: Response) -> None:
    """Take a session's cookie away."""
    response.delete_cookie(cookie_name(room), HOME, secure=room.is_secure, httponly=True, samesite="lax")
