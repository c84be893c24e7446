"""Checks the proof that a device knows its seat's key, with which an activation passes a delay of the seat.

The key is what the install code carries. The portal shows that code to the seat's owner alone, after a
login, so a holder of a copied installer does not have it. Who has it can check ID numbers against the
licence without the portal, so a delay would protect nothing from them (ADR 94).
"""

from __future__ import annotations

import hmac

from oneseat.web.refusals import RequestInvalid
from signing.binding import seat_key_proof
from signing.jws import b64url_decode
from signing.refusals import TokenMalformed


def is_proven(proof: str | None, seat_key: bytes, nonce: str, device_key: bytes) -> bool:
    """Whether ``proof`` (base64url) is that of this seat's key, the nonce and the device; False without one.

    Raises:
        RequestInvalid: it is not base64url.
    """
    if proof is None:
        return False
    try:
        given = b64url_decode(proof)
    except TokenMalformed:
        raise RequestInvalid(where="seat_key_proof (base64url)") from None
    return hmac.compare_digest(given, seat_key_proof(seat_key, nonce, device_key))
