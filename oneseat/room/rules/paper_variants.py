"""Decides which variant of a session's paper a seat gets: its own, or a draw that anybody can repeat."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def variant_of(own: str | None, variants: Sequence[str], jti: str, session: str) -> str | None:
    """Return the seat's own variant if there is one, else the one drawn for it; None without any.

    The draw is by the SHA-256 of the seat's pseudonym and the session: nobody chooses, a repetition gives the
    same, and each variant gets its share of the seats.
    """
    if own in variants:
        return own
    if not variants:
        return None
    drawn = hashlib.sha256(f"oneseat/paper-draw/v1\n{jti}\n{session}".encode()).digest()
    return sorted(variants)[int.from_bytes(drawn[:8], "big") % len(variants)]
