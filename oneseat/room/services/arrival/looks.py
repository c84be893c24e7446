"""The client's look at the room: what became of its window and attempt, and the grant to upload later.

A look is checked without a lock: who looks (:func:`find_bearer`), and what the device signed (:func:`check`).
Looks that were checked share one write transaction and its statements, as beats do (:func:`take_in`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from oneseat.room.errors import RoomError
from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.refusals.entry import EntryProofInvalid, GrantUnknown, ProofSpent, UploadOver
from oneseat.room.rules import backlog, steps
from oneseat.room.services.arrival import entry, proofs, upload_grants
from oneseat.room.services.arrival.entry import VerifiedTicket
from oneseat.room.services.attempts.current_attempt import bring_up_to_date
from oneseat.room.services.attempts.window_calls import cookie_hash
from oneseat.room.services.page import guarding
from oneseat.room.services.page.attempt_view import paused_until, step_of
from oneseat.room.services.page.guarding import GuardReport
from oneseat.room.services.wire_times import wire
from oneseat.state.room import attempts, permissions, takes
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.permissions import Permission
from oneseat.state.room.takes import Take
from signing.jws import canonical_json
from signing.room_tokens import look_message

Answer = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """A look as a client sends it, with a ticket or, after its end, with the upload grant.

    ``body`` is what goes with it, as decoded from JSON.
    """

    ticket: str = field(repr=False)
    grant: str = field(repr=False)
    at: int
    sequence: int
    body: Mapping[str, Any] = field(repr=False)
    proof: str = field(repr=False)

    @property
    def credential(self) -> str:
        """The ticket or the grant."""
        return self.ticket or self.grant


@dataclass(frozen=True)
class Bearer:
    """The device of a verified ticket, or of a grant's attempt. ``charter`` was in force at that moment."""

    charter: CharterInForce = field(repr=False)
    device_key: bytes
    ticket: VerifiedTicket | None = None
    grant_hash: bytes = b""


@dataclass(frozen=True)
class CheckedLook:
    """A look that its bearer's device has signed lately, with what it reports of the guard."""

    bearer: Bearer
    report: GuardReport
    proof: str = field(repr=False)
    at: int


def look(room: ServedRoom, given: Look) -> Answer:
    """Verify a look and answer it.

    Raises:
        As :func:`find_bearer` and :func:`check`.
        ProofSpent: the proof was used before.
        TicketOfOldDevice: the seat has come from another computer with a newer ticket.
        GuardEventUnsigned: an event is not signed by the attempt's device.
    """
    (answer,) = take_in(room, [check(room, find_bearer(room, given), given)])
    if isinstance(answer, RoomError):
        raise answer
    return answer


def find_bearer(room: ServedRoom, given: Look) -> Bearer:
    """Verify a look's credential, in a transaction that takes no lock: a stranger's look waits for none.

    Raises:
        TicketInvalid, TicketOfOtherExam, TicketEnded, SessionUnknown: the ticket is not good.
        GrantUnknown: the grant is no attempt's.
        UploadOver: the attempt's upload time is over.
    """
    now = room.clock.now()
    with room.database.reading() as connection:
        charter = room.charter_in(connection)
        if given.ticket:
            verified = entry.verify_ticket(room, charter, given.ticket, now)
            return Bearer(charter, verified.device_key, verified)
        attempt = upload_grants.find_attempt(room, connection, given.grant)
    if not steps.may_upload(attempt, now):
        raise UploadOver
    return Bearer(charter, attempt.device_key, None, cookie_hash(given.grant))


def check(room: ServedRoom, bearer: Bearer, given: Look) -> CheckedLook:
    """Verify what a device has signed, without the database.

    Raises:
        ProofStale, EntryProofInvalid: the proof is not good.
        GuardReportUnusable: the report has not the form of one, or is too long.
    """
    signed = (given.credential, given.sequence, given.at, canonical_json(given.body))
    message = look_message(bearer.charter.room.api, *signed)
    proofs.verify(message, given.proof, bearer.device_key, given.at, room.clock.now())
    return CheckedLook(bearer, guarding.parse(given.body), given.proof, given.at)


def verifies(room: ServedRoom, given: Look) -> bool:
    """Whether a look's ticket and proof are good by the charter that was last read, without a query.

    A look with an upload grant is taken for good: the database alone knows grants.
    """
    charter = room.last_charter
    if charter is None or given.grant:
        return True
    try:
        verified = entry.verify_ticket(room, charter, given.ticket, room.clock.now())
        check(room, Bearer(charter, verified.device_key, verified), given)
    except RoomError:
        return False
    return True


def take_in(room: ServedRoom, given: Sequence[CheckedLook]) -> list[Answer | RoomError]:
    """Take in looks in one transaction; a refusal takes the place of its look.

    Raises:
        RoomNotReady, StateUnavailable: nothing was taken in.
    """
    with room.database.writing() as connection:
        return take_in_on(room, connection, given)


def take_in_on(
    room: ServedRoom, connection: Connection, given: Sequence[CheckedLook]
) -> list[Answer | RoomError]:
    """As :func:`take_in`, in a transaction with the write lock that the caller commits."""
    return _Group(room, connection).take_in(given)


class _Group:
    """Looks of one transaction. They share the statements, except for what a guard has to tell that is new.

    Two looks may mean one attempt, by a ticket and by a grant: the second sees what the first did.
    """

    def __init__(self, room: ServedRoom, connection: Connection) -> None:
        self._room, self._connection = room, connection
        self._charter, self._now = room.charter_in(connection), room.clock.now()
        self._attempts: dict[str, Attempt] = {}

    def take_in(self, given: Sequence[CheckedLook]) -> list[Answer | RoomError]:
        """The answers, or refusals, in the looks' order."""
        meant = self._find_attempts(given)
        good = [each for each, found in zip(given, meant, strict=True) if not isinstance(found, RoomError)]
        fresh = proofs.spend_all(self._room, self._connection, {each.proof: each.at for each in good})
        results = [
            self._taken(each, found, fresh) if not isinstance(found, RoomError) else found
            for each, found in zip(given, meant, strict=True)
        ]
        watched = {
            found.id
            for each, found, result in zip(given, meant, results, strict=True)
            if isinstance(found, Attempt) and not isinstance(result, RoomError)
            if guarding.is_heard(found, each.report)
        }
        attempts.record_guards(self._connection, watched, self._now)
        return self._answered(results)

    def _find_attempts(self, given: Sequence[CheckedLook]) -> list[Attempt | RoomError | None]:
        """The locked attempt that each look means, None before the first entry; or why it is refused."""
        room, connection = self._room, self._connection
        tickets = [each.bearer.ticket for each in given if each.bearer.ticket is not None]
        newest = attempts.lock_newest(connection, room.exam, {ticket.place for ticket in tickets})
        grants = {each.bearer.grant_hash for each in given if each.bearer.ticket is None}
        by_grant = attempts.lock_by_grants(connection, room.exam, grants)
        found: list[Attempt | RoomError | None] = []
        for each in given:
            ticket = each.bearer.ticket
            attempt = by_grant.get(each.bearer.grant_hash) if ticket is None else newest.get(ticket.place)
            try:
                self._require_good(each, attempt)
            except RoomError as refusal:
                found.append(refusal)
            else:
                found.append(attempt)
        return found

    def _require_good(self, given: CheckedLook, attempt: Attempt | None) -> None:
        """Check again what may have changed since the look was checked."""
        bearer = given.bearer
        if bearer.ticket is None:
            if attempt is None:
                raise GrantUnknown
            if attempt.device_key != bearer.device_key:
                raise EntryProofInvalid
            if not steps.may_upload(attempt, self._now):
                raise UploadOver
        else:
            if bearer.charter is not self._charter:
                entry.verify_ticket(self._room, self._charter, bearer.ticket.token, self._now)
            entry.require_running(bearer.ticket.ticket, self._now)
            if attempt is not None:
                entry.require_newest_device(attempt, bearer.ticket)
        if attempt is not None:
            guarding.require_signed(attempt, given.report)

    def _taken(
        self, given: CheckedLook, found: Attempt | None, fresh: frozenset[str]
    ) -> Attempt | RoomError | None:
        """The attempt as it is after a look."""
        if given.proof not in fresh:
            return ProofSpent()
        if found is None:
            return None
        attempt = self._attempts.get(found.id, found)
        attempt = bring_up_to_date(self._room, self._connection, self._charter, attempt, self._now)
        attempt = guarding.take_in(
            self._room, self._connection, self._charter, attempt, given.report, self._now
        )
        self._attempts[attempt.id] = attempt
        return attempt

    def _answered(self, results: Sequence[Attempt | RoomError | None]) -> list[Answer | RoomError]:
        of, ids = self._connection, self._attempts.keys()
        its_takes = takes.list_of_several(of, ids)
        permitted = permissions.find_open_of(of, self._room.exam, ids, self._now)
        return [
            result
            if isinstance(result, RoomError)
            else self._answer(result, its_takes, permitted.get(result.id) if result else None)
            for result in results
        ]

    def _answer(
        self, attempt: Attempt | None, its_takes: Mapping[str, Sequence[Take]], permitted: Permission | None
    ) -> Answer:
        if attempt is None:
            nothing = dict.fromkeys(("window_seen_at", "attempt", "backlog", "upload", "guard"))
            return {"now": wire(self._now), **nothing}
        left = backlog.of_takes(its_takes.get(attempt.id, ()))
        return {
            "now": wire(self._now),
            "window_seen_at": wire(attempt.window_seen_at),
            "attempt": _times(self._charter, attempt, self._now),
            "backlog": {"segments": left.segments, "bytes": left.bytes},
            "upload": _upload(self._room, attempt),
            "guard": guarding.look_view(attempt, permitted),
        }


def _times(charter: CharterInForce, attempt: Attempt, now: datetime) -> dict[str, Any]:
    return {
        "starts_at": wire(attempt.starts_at),
        "ends_at": wire(attempt.ends_at),
        "paused_until": wire(paused_until(charter, attempt, now)),
        "handed_in_at": wire(attempt.handed_in_at),
        "completed_at": wire(attempt.completed_at),
        "step": step_of(charter, attempt, now).value,
    }


def _upload(room: ServedRoom, attempt: Attempt) -> dict[str, Any] | None:
    """The grant, once there is a consent and until everything was received."""
    if attempt.consent_at is None or attempt.completed_at is not None:
        return None
    return {"grant": upload_grants.grant_of(room, attempt.id), "until": wire(attempt.upload_until)}
