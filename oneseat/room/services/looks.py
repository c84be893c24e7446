"""The client's look at the room: what became of its window and attempt, and the grant to upload later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.refusals.entry import GrantUnknown, UploadOver
from oneseat.room.rules import backlog, steps
from oneseat.room.services import entry, proofs, upload_grants
from oneseat.room.services.attempt_view import step_of
from oneseat.room.services.current_attempt import bring_up_to_date
from oneseat.room.services.window_calls import cookie_hash
from oneseat.room.services.wire_times import wire
from oneseat.state.room import attempts, takes
from oneseat.state.room.attempts import Attempt
from signing.room_tokens import look_message


@dataclass(frozen=True)
class Look:
    """A look as a client sends it, with a ticket or, after its end, with the upload grant.

    ``body`` is the canonical JSON of what goes with it.
    """

    ticket: str = field(repr=False)
    grant: str = field(repr=False)
    at: int
    sequence: int
    body: bytes = field(repr=False)
    proof: str = field(repr=False)


def look(room: ServedRoom, given: Look) -> dict[str, Any]:
    """Verify a look and answer it.

    Raises:
        TicketInvalid, TicketOfOtherExam, TicketEnded, SessionUnknown: the ticket is not good.
        TicketOfOldDevice: the seat has come from another computer with a newer ticket.
        GrantUnknown: the grant is no attempt's.
        UploadOver: the attempt's upload time is over.
        ProofStale, ProofSpent, EntryProofInvalid: the proof is not good.
    """
    now = room.clock.now()
    with room.database.reading() as connection:  # a stranger's look never waits for the lock, or holds it
        charter = room.charter_in(connection)
        _, device_key = _meant(room, connection, charter, given)
    credential = given.ticket or given.grant
    message = look_message(charter.room.api, credential, given.sequence, given.at, given.body)
    proofs.verify(message, given.proof, device_key, given.at, now)
    with room.database.writing() as connection:
        charter = room.charter_in(connection)
        meant, _ = _meant(room, connection, charter, given)
        attempt = meant and attempts.lock(connection, room.exam, meant.id)
        proofs.spend(room, connection, given.proof, given.at)
        if attempt is None:
            return {
                "now": wire(now),
                "window_seen_at": None,
                "attempt": None,
                "backlog": None,
                "upload": None,
            }
        attempt = bring_up_to_date(room, connection, charter, attempt, now)
        attempts.record_guard(connection, attempt.id, now)
        return {
            "now": wire(now),
            "window_seen_at": wire(attempt.window_seen_at),
            "attempt": {
                "starts_at": wire(attempt.starts_at),
                "ends_at": wire(attempt.ends_at),
                "handed_in_at": wire(attempt.handed_in_at),
                "completed_at": wire(attempt.completed_at),
                "step": step_of(charter, attempt, now).value,
            },
            "backlog": _backlog(connection, attempt),
            "upload": _upload(room, attempt),
        }


def _meant(
    room: ServedRoom, connection: Connection, charter: CharterInForce, given: Look
) -> tuple[Attempt | None, bytes]:
    """The attempt that a look means, and the key of its device; None before the first entry."""
    now = room.clock.now()
    if given.ticket:
        verified = entry.verify_ticket(room, charter, given.ticket, now)
        ticket = verified.ticket
        newest = attempts.find_newest(connection, room.exam, ticket.jti, ticket.kind, verified.session)
        if newest is not None:
            entry.require_newest_device(newest, verified)
        return newest, verified.device_key
    attempt = attempts.find_by_grant(connection, room.exam, cookie_hash(given.grant))
    if attempt is None:
        raise GrantUnknown
    if not steps.may_upload(attempt, now):
        raise UploadOver
    return attempt, attempt.device_key


def _backlog(connection: Connection, attempt: Attempt) -> dict[str, int]:
    left = backlog.of_takes(takes.list_of(connection, attempt.id))
    return {"segments": left.segments, "bytes": left.bytes}


def _upload(room: ServedRoom, attempt: Attempt) -> dict[str, Any] | None:
    """The grant, once there is a consent and until everything was received."""
    if attempt.consent_at is None or attempt.completed_at is not None:
        return None
    return {"grant": upload_grants.grant_of(room, attempt.id), "until": wire(attempt.upload_until)}
