"""Proof of possession of a phone's key: a nonce of the room's, signed by ECDSA (P-256, SHA-256) once.

A nonce carries its time and a MAC, so that asking for one costs no row: a flood of calls fills nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from sqlalchemy import Connection

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.phones import PhoneProofInvalid
from oneseat.state.room import proofs
from signing.jws import b64url_decode, b64url_encode
from signing.refusals import TokenMalformed

LIFETIME = timedelta(minutes=2)
LOGIN, RETURN = "login", "return"
"""What a proof is for."""
NOTHING = "-"
"""Where a proof names no licence, or no phone."""
_TIME_BYTES, _RANDOM_BYTES, _MAC_BYTES = 8, 12, 16
_MAX_NONCE = 64
_NUMBER_BYTES = 32
_SPKI_BYTES = 91
"""A P-256 key, uncompressed, with its algorithm (RFC 5480)."""


def nonce(room: ServedRoom) -> str:
    """A nonce that one proof may answer within :data:`LIFETIME`."""
    seconds = int(room.clock.now().timestamp())
    content = seconds.to_bytes(_TIME_BYTES, "big") + secrets.token_bytes(_RANDOM_BYTES)
    return b64url_encode(content + _mac(room, content))


def message(purpose: str, exam: str, given: str, licence: str, phone: str) -> bytes:
    """What a phone signs. ``licence`` and ``phone`` are empty where there is none."""
    digest = hashlib.sha256(licence.encode()).hexdigest() if licence else NOTHING
    return "\n".join(["oneseat/phone/v1", purpose, exam, given, digest, phone or NOTHING]).encode()


def verify(room: ServedRoom, given: str, signed: bytes, proof: str, spki: bytes) -> None:
    """Verify a nonce and a signature over a message with it, without the database; :func:`spend` it then.

    Raises:
        PhoneProofInvalid: the nonce is not the room's or too old, or the signature is not the key's.
    """
    _require_fresh(room, given)
    try:
        signature = b64url_decode(proof)
        if len(signature) != 2 * _NUMBER_BYTES:
            raise PhoneProofInvalid
        r, s = (
            int.from_bytes(half, "big") for half in (signature[:_NUMBER_BYTES], signature[_NUMBER_BYTES:])
        )
        key_of(spki).verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    except (TokenMalformed, InvalidSignature, ValueError):
        raise PhoneProofInvalid from None


def key_of(spki: bytes) -> ec.EllipticCurvePublicKey:
    """The public key of a phone.

    Raises:
        PhoneProofInvalid: it is no key on P-256, in the one form that is taken.
    """
    try:
        key = serialization.load_der_public_key(spki) if len(spki) == _SPKI_BYTES else None
    except ValueError:
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise PhoneProofInvalid
    return key


def spend(room: ServedRoom, connection: Connection, given: str) -> None:
    """Record that a nonce was answered.

    Raises:
        PhoneProofInvalid: it was before.
    """
    until = _made_at(given) + LIFETIME
    if not proofs.spend_all(connection, room.exam, {hashlib.sha256(given.encode()).digest(): until}):
        raise PhoneProofInvalid


def _require_fresh(room: ServedRoom, given: str) -> None:
    try:
        content = b64url_decode(given) if len(given) <= _MAX_NONCE else b""
    except TokenMalformed:
        content = b""
    body, mac = content[:-_MAC_BYTES], content[-_MAC_BYTES:]
    if len(body) != _TIME_BYTES + _RANDOM_BYTES or not hmac.compare_digest(mac, _mac(room, body)):
        raise PhoneProofInvalid
    if not timedelta() <= room.clock.now() - _made_at(given) + timedelta(seconds=1) <= LIFETIME:
        raise PhoneProofInvalid


def _made_at(given: str) -> datetime:
    seconds = int.from_bytes(b64url_decode(given)[:_TIME_BYTES], "big")
    return datetime.fromtimestamp(seconds, UTC)


def _mac(room: ServedRoom, content: bytes) -> bytes:
    context = b"oneseat/phone-nonce/v1" + room.exam.encode() + b"\0"
    return hmac.new(room.secret, context + content, hashlib.sha256).digest()[:_MAC_BYTES]
