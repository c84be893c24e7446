"""Encrypts what a help request says, so that a copy of the database shows no number and no words.

AES-SIV under a key derived from the exam's pepper, which is not in the database. The request's number
is authenticated: sealed details cannot be moved to another request.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from signing.authority import sealing
from signing.binding import keyed_hash


@dataclass(frozen=True)
class Details:
    """What the candidate wrote. ``claimed`` is an admission number that was not verified."""

    callback: str | None = field(repr=False)
    words: str = field(repr=False)
    claimed: str = field(default="", repr=False)


def seal_details(pepper: bytes, exam: str, number: str, details: Details) -> bytes:
    """Encrypt the details of a request."""
    plain = json.dumps(asdict(details), ensure_ascii=False).encode()
    return sealing.seal(_key(pepper), plain, _context(exam, number))


def open_details(pepper: bytes, exam: str, number: str, sealed: bytes) -> Details:
    """Decrypt the details of a request.

    Raises:
        SealBroken: they were changed, or belong to another request.
    """
    return Details(**json.loads(sealing.unseal(_key(pepper), sealed, _context(exam, number))))


def seal_words(pepper: bytes, exam: str, number: str, words: str) -> bytes:
    """Encrypt an answer or a note of a request."""
    return sealing.seal(_key(pepper), words.encode(), _context(exam, number))


def open_words(pepper: bytes, exam: str, number: str, sealed: bytes) -> str:
    """Decrypt an answer or a note.

    Raises:
        SealBroken: it was changed, or belongs to another request.
    """
    return sealing.unseal(_key(pepper), sealed, _context(exam, number)).decode()


def limit_tag(pepper: bytes, exam: str, kind: str, value: str) -> bytes:
    """The key (32 bytes) under which requests of one callback number or address are counted."""
    return keyed_hash(pepper, b"oneseat/help-limit/v1", exam.encode(), kind.encode(), value.encode())


def _key(pepper: bytes) -> bytes:
    return b"".join(keyed_hash(pepper, b"oneseat/help-request/v1", half) for half in (b"mac", b"cipher"))


def _context(exam: str, number: str) -> bytes:
    return f"help-request {exam} {number}".encode()
