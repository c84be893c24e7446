"""A seat's own formal session and extra time, as the portal last signed them, for when it cannot be reached.

The portal decides at every ticket; here they give doors, schedule, countdown and the end of a session. The
file is ``<own>/<exam>/terms-<jti>.jws``. One that is absent or does not verify counts as no answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Optional, Tuple

from oneseat.client.local.kept_orders import read_orders
from oneseat.client.local.storage import storage_errors, write_atomically
from oneseat.client.local.vault import read_text
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.fields import unix_time
from signing.orders import orders_in_force, signed_in_force
from signing.session_times import ANY_SEAT, Pause, SeatTerms, charter_for, effective
from signing.tokens import SeatTimes


@dataclass(frozen=True)
class SeatPauses:
    """The pauses of a seat's formal sessions by the orders on this computer.

    ``told_at`` is when the newest of these orders was given; None without any.
    """

    spans: Tuple[Pause, ...] = ()
    told_at: Optional[datetime] = None

    def are_newer(self, than: datetime) -> bool:
        """Whether an order was given after ``than``."""
        return self.told_at is not None and self.told_at > than


NO_PAUSES = SeatPauses()


def charter_of_seat(folder: Path, charter: Charter, jti: str) -> Charter:
    """The charter with the sessions and times of a seat, from the exam's folder of this account.

    Orders that changed sessions count as far as they were fetched.
    """
    return charter_for(
        charter, orders_in_force(charter, read_orders(folder)), _read_terms(folder, charter, jti)
    )


def pauses_of_seat(folder: Path, charter: Charter, jti: str) -> SeatPauses:
    """The pauses of a seat by the orders that were fetched; ``charter`` is the exam's own."""
    signed = signed_in_force(charter, read_orders(folder))
    if not signed:
        return NO_PAUSES
    held = effective(charter, [each.order for each in signed], _read_terms(folder, charter, jti))
    spans = tuple(pause for pauses in held.pauses for pause in pauses)
    return SeatPauses(spans, unix_time(max(each.at for each in signed)))


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
    """The seat's terms with its pseudonym, by which orders name it."""
    token, nothing = read_text(_path(folder, jti)), replace(ANY_SEAT, jti=jti)
    if token is None:
        return nothing
    try:
        times = SeatTimes.verify(token, charter.keys_for("ticket"))
        times.check_seat(charter.exam, jti)
    except OneSeatError:
        return nothing
    return replace(times.terms, jti=jti)


def _path(folder: Path, jti: str) -> Path:
    return folder / f"terms-{jti}.jws"
