"""Upload grants: with one, a client opens the upload page again after its ticket has ended.

A grant is a MAC of its attempt under the room's secret. So the same one is given with every look, and an
answer that was lost costs nothing; the database keeps its SHA-256 to find the attempt by.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from sqlalchemy import Connection

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.entry import EntryIncomplete, GrantUnknown, UploadOver
from oneseat.room.rules import steps
from oneseat.room.services.arrival import proofs
from oneseat.room.services.attempts.window_calls import UPLOAD, cookie_hash
from oneseat.state.room import attempts, events
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import RoomEvent
from signing.jws import b64url_encode
from signing.room_tokens import upload_message

PATH = "/enter-upload"
"""Where the client posts a grant."""


def grant_of(room: ServedRoom, attempt_id: str) -> str:
    """The upload grant of an attempt."""
    mac = hmac.new(room.secret, b"oneseat/upload-grant/v1" + attempt_id.encode(), hashlib.sha256)
    return b64url_encode(mac.digest())


def find_attempt(room: ServedRoom, connection: Connection, grant: str) -> Attempt:
    """The attempt of a grant.

    Raises:
        GrantUnknown: the grant is no attempt's.
    """
    attempt = attempts.find_by_grant(connection, room.exam, cookie_hash(grant))
    if attempt is None:
        raise GrantUnknown
    return attempt


def enter(room: ServedRoom, form: Mapping[str, str]) -> str:
    """Verify a posted grant (``grant``, ``at``, ``proof``); return the cookie of an upload window.

    Raises:
        EntryIncomplete, ProofStale, ProofSpent, EntryProofInvalid: the form or its proof is not good.
        GrantUnknown: the grant is no attempt's.
        UploadOver: the attempt's upload time is over.
    """
    grant, proof, at = form.get("grant", ""), form.get("proof", ""), form.get("at", "")
    if not (grant and proof):
        raise EntryIncomplete
    seconds, now = proofs.whole_seconds(at), room.clock.now()
    cookie = secrets.token_urlsafe(32)
    with room.database.reading() as connection:  # a stranger's form never waits for the lock, or holds it
        attempt = find_attempt(room, connection, grant)
    message = upload_message(grant, room.origin + PATH, seconds)
    proofs.verify(message, proof, attempt.device_key, seconds, now)
    if not steps.may_upload(attempt, now):
        raise UploadOver
    with room.database.writing() as connection:
        proofs.spend(room, connection, proof, seconds)
        attempts.replace_cookie(connection, attempt.id, cookie_hash(cookie), UPLOAD)
        events.append_all(connection, room.exam, attempt.id, [RoomEvent(now, "room", "upload-entered")])
    return cookie
