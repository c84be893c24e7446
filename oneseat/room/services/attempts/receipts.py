"""Signs hand-in receipts, and reads the short number of one for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.rules.answer_chain import GENESIS
from oneseat.room.services.wire_times import wire as wire_time
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.takes import Take
from signing import jws
from signing.authority.signer import sign_token
from signing.fields import unix_time
from signing.room_tokens import Receipt, takes_digest
from signing.tokens import VERSION


def sign(room: ServedRoom, attempt: Attempt, by: str, takes: Sequence[Take], now: datetime) -> str:
    """Sign the receipt of an attempt: who handed in and when, the answers' chain, the promised takes."""
    receipt = Receipt(
        exam=attempt.exam,
        jti=attempt.jti,
        attempt=attempt.id,
        kind=attempt.kind,
        session=str(attempt.session),
        at=int(now.timestamp()),
        by=by,
        answers=(attempt.answers_head or GENESIS).hex(),
        takes=takes_digest(promised_of(takes)),
        v=VERSION,
    )
    return sign_token(room.receipt_signer, Receipt.TYP, receipt.claims())


def promised_of(takes: Sequence[Take]) -> dict[str, tuple[str, int]]:
    """The stream of each take, and how many segments of it are promised or known."""
    return {take.take: (take.stream, max(take.promised or 0, take.announced)) for take in takes}


def read(token: str) -> Receipt:
    """Decode a receipt that this room signed and kept, without verifying it again."""
    return Receipt.parse(jws.parse_object(jws.b64url_decode(token.split(".")[1])))


def wire(token: str | None) -> dict[str, Any] | None:
    """A receipt as the page gets it: a number to read aloud, the time, and the token itself."""
    if token is None:
        return None
    receipt = read(token)
    return {"number": receipt.number, "at": wire_time(unix_time(receipt.at)), "token": token}
