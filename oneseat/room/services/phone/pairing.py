"""Codes that a computer's page shows for the phone: one lets a phone in, the other lets it take over.

Both prove that whoever holds the phone sits before the candidate's computer. A pairing code carries a MAC, so
that a stranger's is refused without a query. A move code is typed, six digits long, and therefore good for
few tries.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.phones import MoveCodeWrong, PairCodeUnknown, PhonesNotUsed
from oneseat.room.services.attempts.window_calls import Call, open_call
from oneseat.room.services.wire_times import wire
from oneseat.state.room import phone_codes
from oneseat.state.room.phone_codes import MOVE, PAIR, PhoneCode
from oneseat.web.qr import qr_svg
from signing.jws import b64url_decode, b64url_encode
from signing.refusals import TokenMalformed

LIFETIME = timedelta(minutes=5)
MOST_TRIES = 5
"""Wrong codes until a new one must be shown: a guess succeeds once in 200,000."""
_RANDOM_BYTES, _MAC_BYTES = 12, 12
_DIGITS = 6
_MAX_CODE = 40


def show_pair(room: ServedRoom, cookie: str | None, epoch: int) -> dict[str, Any]:
    """Make a code that lets the candidate's phone in, as a QR code of the phone page's address.

    Raises:
        PhonesNotUsed: the exam has no phones.
        OnlyUpload: the window only finishes the upload.
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
    """
    content = secrets.token_bytes(_RANDOM_BYTES)
    return _show(room, cookie, epoch, PAIR, b64url_encode(content + _mac(room, content)))


def show_move(room: ServedRoom, cookie: str | None, epoch: int) -> dict[str, Any]:
    """Make six digits with which another phone takes over.

    Raises:
        As :func:`show_pair`.
    """
    return _show(room, cookie, epoch, MOVE, f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}")


def is_own(room: ServedRoom, code: str) -> bool:
    """Whether a pairing code was made by this room, by its MAC alone."""
    try:
        content = b64url_decode(code) if 0 < len(code) <= _MAX_CODE else b""
    except TokenMalformed:
        return False
    random, mac = content[:_RANDOM_BYTES], content[_RANDOM_BYTES:]
    return len(random) == _RANDOM_BYTES and hmac.compare_digest(mac, _mac(room, random))


def find_pair(room: ServedRoom, connection: Connection, code: str) -> PhoneCode:
    """The pairing code that a phone shows, while it is good.

    Raises:
        PairCodeUnknown: it is none, was used, or is too old.
    """
    found = None
    if is_own(room, code):
        found = phone_codes.find_by_hash(connection, room.exam, PAIR, _hash(room, PAIR, "", code))
    if found is None or found.used_at is not None or room.clock.now() >= found.until:
        raise PairCodeUnknown
    return found


def use_pair(connection: Connection, code: PhoneCode, room: ServedRoom) -> None:
    """Use up a pairing code.

    Raises:
        PairCodeUnknown: another phone has used it.
    """
    if not phone_codes.use(connection, code, room.clock.now()):
        raise PairCodeUnknown


def use_move(room: ServedRoom, jti: str, typed: str) -> bool:
    """Use up a seat's move code, in a transaction of its own: a wrong try counts whatever follows.

    Raises:
        MoveCodeWrong: it is wrong, was used, is too old, or too many wrong ones were typed.
    """
    with room.database.writing() as connection:
        code = phone_codes.find(connection, room.exam, jti, MOVE)
        now = room.clock.now()
        good = code is not None and code.used_at is None and now < code.until and code.tries < MOST_TRIES
        if code is not None and good:
            if hmac.compare_digest(code.code_hash, _hash(room, MOVE, jti, typed)):
                return phone_codes.use(connection, code, now)
            phone_codes.count_try(connection, code)
    raise MoveCodeWrong


def _show(room: ServedRoom, cookie: str | None, epoch: int, kind: str, code: str) -> dict[str, Any]:
    with open_call(room, cookie, epoch) as call:
        call.require_taking_part()
        if call.charter.charter.phone is None:
            raise PhonesNotUsed
        until = call.now + LIFETIME
        phone_codes.replace(call.connection, _code(call, kind, code, until))
        url = f"{room.origin}/phone/#{kind}={code}"
        shown = {"code": code, "url": url, "svg": qr_svg(url).decode("ascii")}
        return {"now": wire(call.now), **shown, "expires_at": wire(until)}


def _code(call: Call, kind: str, code: str, until: datetime) -> PhoneCode:
    seat = call.attempt.jti if kind == MOVE else ""
    digest = _hash(call.room, kind, seat, code)
    return PhoneCode(call.room.exam, call.attempt.jti, kind, digest, call.attempt.id, until)


def _hash(room: ServedRoom, kind: str, jti: str, code: str) -> bytes:
    """What the database keeps: six digits are found again from it only with the room's secret."""
    content = f"oneseat/phone-code/v1\n{room.exam}\n{kind}\n{jti}\n{code}".encode(errors="replace")
    return hmac.new(room.secret, content, hashlib.sha256).digest()


def _mac(room: ServedRoom, content: bytes) -> bytes:
    context = b"oneseat/phone-pair/v1" + room.exam.encode() + b"\0"
    return hmac.new(room.secret, context + content, hashlib.sha256).digest()[:_MAC_BYTES]
