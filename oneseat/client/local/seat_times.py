"""A seat's own formal session and extra time, as the portal last signed them, for when it cannot be reached.

The portal decides at every ticket; here they give doors, schedule, countdown and the end of a session. The
file is ``<own>/<exam>/terms-<jti>.jws``. One that is absent or does not verify counts as no answer.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from oneseat.client.local.kept_orders import read_orders
from oneseat.client.local.storage import storage_errors, write_atomically
from oneseat.client.local.vault import read_text
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.orders import orders_in_force
from signing.session_times import ANY_SEAT, SeatTerms, charter_for
from signing.tokens import SeatTimes


def charter_of_seat(folder: Path, charter: Charter, jti: str) -> Charter:
    """The charter with the sessions and times of a seat, from the exam's folder of this account.

    Orders that changed sessions count as far as they were fetched.
    """
    terms = replace(_read_terms(folder, charter, jti), jti=jti)
    return charter_for(charter, orders_in_force(charter, read_orders(folder)), terms)


def store_seat_times(folder: Path, charter: Charter, jti: str, token: str) -> None:
    """Store what the portal signed of a seat.

    Raises:
        TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid: it is not a token of this seat.
        StorageFailed: the file cannot be written.
    """
    SeatTimes.verify(token, charter.keys_for("ticket")).check_seat(charter.exam, jti)
    with storage_errors():
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(_path(folder, jti), token.encode("ascii"))


def _read_terms(folder: Path, charter: Charter, jti: str) -> SeatTerms:
    token = read_text(_path(folder, jti))
    if token is None:
        return ANY_SEAT
    try:
        times = SeatTimes.verify(token, charter.keys_for("ticket"))
        times.check_seat(charter.exam, jti)
    except OneSeatError:
        return ANY_SEAT
    return times.terms


def _path(folder: Path, jti: str) -> Path:
    return folder / f"terms-{jti}.jws"
