"""Binds a seat anew to the computer that held it, where the computer lost its device key.

Within the transaction of an activation: the traits that the request carries are compared with those of the
activation in force; where enough match, the old key is retired and the seat is claimed by the new one. The
row of the activation's budget is locked before, so simultaneous requests with one licence run one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.rebinding import RebindsSpent, SeatSettling
from oneseat.portal.rules.rate_limits import seconds_until
from oneseat.portal.rules.rebinding import (
    MISMATCHES_A_DAY,
    NEEDED_TRAITS,
    REBINDS_A_DAY,
    SETTLE,
    Verdict,
    count_matches,
    decide_rebinding,
)
from oneseat.state.accounts import audit
from oneseat.state.candidates import activations, login_budget, seat_support
from oneseat.state.candidates.activations import ActiveDevice
from oneseat.state.errors import SeatTaken
from signing.binding import keyed_hash
from signing.errors import OneSeatError

ACTOR = "portal"
REBOUND, MISMATCHED = "seat.rebound", "seat.traits-mismatched"
_HASH_BYTES = 16
"""Of each peppered hash: 128 bits, since nothing but equality with one recorded value is asked."""


def pepper_traits(exam: ServedExam, jti: str, hashes: Mapping[str, bytes]) -> dict[str, str]:
    """Hash what a device sent once more, with the pepper, so that what is stored cannot be sent."""
    label, seat = b"oneseat/recorded-trait/v1", (exam.exam.encode(), jti.encode())
    return {
        name: keyed_hash(exam.peppered, label, *seat, name.encode(), value)[:_HASH_BYTES].hex()
        for name, value in hashes.items()
    }


@dataclass(frozen=True)
class SeatClaim:
    """A device's claim to a seat. ``traits`` are peppered; ``until`` is the charter's end of device changes.

    ``until`` is read before the transaction: a second connection within it could wait for others of its kind
    that hold the rest of the pool.
    """

    exam: ServedExam
    jti: str
    device_key: bytes
    token: str
    traits: Mapping[str, str]
    until: datetime
    now: datetime

    def run(self, connection: Connection) -> ActiveDevice | OneSeatError:
        """Activate the seat, bind it anew, or return the refusal; commit in each case.

        Raises:
            DeviceRetired: the seat was moved away from this device.
        """
        recorded = self.traits if len(self.traits) >= NEEDED_TRAITS else None
        while True:
            try:
                return activations.claim(
                    connection,
                    self.exam.exam,
                    self.jti,
                    self.device_key,
                    self.token,
                    self.now,
                    traits=recorded,
                )
            except SeatTaken as taken:
                refusal = self._free(connection, taken)
            if refusal is not None:
                return refusal

    def _free(self, connection: Connection, taken: SeatTaken) -> OneSeatError | None:
        """Retire the seat's key if this is its computer; None if the seat can be claimed now."""
        held = activations.lock(connection, self.jti)
        if held is None:  # moved at the desk in between
            return None
        verdict = decide_rebinding(
            held.traits,
            self.traits,
            bound_at=held.at,
            until=self.until,
            may_compare=self._may_compare(connection),
            now=self.now,
        )
        if verdict is Verdict.OTHER:
            login_budget.take_daily_token(connection, self._mismatches, self.now, MISMATCHES_A_DAY)
            self._audit(connection, MISMATCHED, held)
        if verdict in (Verdict.OTHER, Verdict.UNKNOWN):
            return taken
        if verdict is Verdict.SETTLING:
            return _settling(seconds_until(held.at + SETTLE, self.now))
        if not login_budget.take_daily_token(connection, self._rebinds, self.now, REBINDS_A_DAY):
            return RebindsSpent()
        seat_support.retire_device(connection, self.exam.exam, self.jti, self.now)
        self._audit(connection, REBOUND, held)
        return None

    def _may_compare(self, connection: Connection) -> bool:
        return login_budget.has_daily_token(connection, self._mismatches, self.now, MISMATCHES_A_DAY)

    def _audit(self, connection: Connection, act: str, held: ActiveDevice) -> None:
        facts: dict[str, audit.Fact] = {
            "jti": self.jti,
            "matched": count_matches(held.traits, self.traits),
            "recorded": len(held.traits),
        }
        audit.append(connection, self.now, ACTOR, act, self.exam.exam, facts)

    @property
    def _rebinds(self) -> bytes:
        return login_budget.rebind_subject(self.exam.peppered, self.exam.exam, self.jti)

    @property
    def _mismatches(self) -> bytes:
        return login_budget.mismatch_subject(self.exam.peppered, self.exam.exam, self.jti)


def _settling(wait_s: int) -> SeatSettling:
    refusal = SeatSettling(wait_s=wait_s)
    refusal.retry_after_s = wait_s
    return refusal
