"""Computes the hash chain of an attempt's answers, as the page computes it."""

from __future__ import annotations

import hashlib

from signing.jws import canonical_json

GENESIS = bytes(32)
"""What the first answer of a chain follows."""


def answer_hash(
    attempt: str, question: str, sequence: int, previous: bytes, value: object, made_at: str
) -> bytes:
    """Return the SHA-256 of an answer: of canonical JSON (sorted keys, no white space, UTF-8) of its members.

    ``attempt`` is the attempt's id, which binds the chain to it. ``previous`` is lower-case hexadecimal in
    the JSON; ``made_at`` is the text that the page sent.

    Raises:
        UnicodeEncodeError: a text holds half of a surrogate pair.
    """
    members = {
        "attempt": attempt,
        "made_at": made_at,
        "previous": previous.hex(),
        "question": question,
        "sequence": sequence,
        "value": value,
    }
    return hashlib.sha256(canonical_json(members)).digest()
