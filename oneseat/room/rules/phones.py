"""Decides what a phone is worth to an attempt: whether it is there, films, has a fault, and passes the gates.

What a phone says of itself is not enough to pass: that it films is known by the takes and segments that it
announces, whose content the store must hold in the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from oneseat.state.room.attempts import Attempt
from oneseat.state.room.phones import Phone

SILENT_AFTER = timedelta(seconds=30)
"""A phone calls every few seconds; one that was not heard for so long is away."""
RECORDS_WITHIN = timedelta(seconds=90)
"""Three segments that were not announced: the phone does not film."""
RESUMES_WITHIN = timedelta(seconds=20)
"""A page that is still open films again by itself in this time after a reopening: two calls, and a camera."""
LOW_BATTERY = 15
"""Percent, without a charger."""
LOW_STORAGE_MIB = 300
"""About an hour and a half of film."""
COMPUTER_SILENT = timedelta(seconds=60)
SHOWN_AFTER_HAND_IN = timedelta(hours=12)
"""How long a phone is shown that all was received."""
ABANDONED_AFTER = timedelta(minutes=2)
"""While no computer could show a code, another phone takes over from one that is silent so long."""
CLOCK_TOLERANCE = timedelta(minutes=10)
"""How far a phone's clock may be behind for its takes to count as begun in an attempt."""


class PhoneFault(StrEnum):
    """Why a phone that was put in its place does not do what it is there for."""

    SILENT = "silent"
    NOT_RECORDING = "not-recording"
    NOT_RESUMED = "not-resumed"
    """The attempt was opened again after an end by people, and the phone has not filmed since."""
    LOW_BATTERY = "low-battery"
    LOW_STORAGE = "low-storage"


def is_present(phone: Phone | None, now: datetime) -> bool:
    """Whether the seat's phone is there: live, agreed to, and heard lately."""
    return (
        phone is not None
        and phone.is_live
        and phone.consent_at is not None
        and now - phone.seen_at <= SILENT_AFTER
    )


def is_recording(phone: Phone | None, attempt: str, now: datetime) -> bool:
    """Whether takes of an attempt have come from the phone lately."""
    if phone is None or phone.filmed != attempt or phone.recorded_at is None:
        return False
    return now - phone.recorded_at <= RECORDS_WITHIN


def is_in_place(phone: Phone | None, attempt: str, now: datetime) -> bool:
    """Whether the phone is there, was put in its place for an attempt, and films."""
    placed = phone is not None and phone.has_placed(attempt)
    return placed and is_present(phone, now) and is_recording(phone, attempt, now)


def fault_of(phone: Phone | None, attempt: Attempt, now: datetime) -> PhoneFault | None:
    """What is wrong with a phone that was put in its place, until the attempt's end; None if nothing is."""
    if phone is None or not phone.has_placed(attempt.id) or not _is_needed(attempt, now):
        return None
    if now - phone.seen_at > SILENT_AFTER:
        return PhoneFault.SILENT
    if not is_recording(phone, attempt.id, now):
        return PhoneFault.NOT_RECORDING
    return _shortage(phone.said)


def fault_since_reopening(
    phone: Phone, fault: PhoneFault, reopened_at: datetime, now: datetime
) -> PhoneFault | None:
    """The fault of a phone that does not film after a reopening: at first none, then that it is to be opened.

    ``fault`` is what :func:`fault_of` finds. It counts as it is for a phone that has filmed since.
    """
    if phone.recorded_at is not None and phone.recorded_at >= reopened_at:
        return fault
    return PhoneFault.NOT_RESUMED if now - reopened_at > RESUMES_WITHIN else None


def current(phone: Phone, attempts: Sequence[Attempt], now: datetime) -> Attempt | None:
    """The attempt that a phone films, of its seat's attempts, the newest first; None before there is one.

    Nothing is filmed before the consent. A phone that logs in after the hand-in, for an interview to come,
    is not shown what another one has filmed.
    """
    if not attempts or attempts[0].consent_at is None:
        return None
    newest = attempts[0]
    if newest.handed_in_at is None:
        return newest
    if phone.filmed != newest.id:
        return None
    over = newest.completed_at or newest.upload_until
    recent = over is None or now < over + SHOWN_AFTER_HAND_IN
    return newest if recent else None


def attempt_begun_in(began_at: datetime, attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt that a new take belongs to: the newest that was there when it began, else the oldest."""
    for attempt in attempts:
        if attempt.created_at <= began_at + CLOCK_TOLERANCE:
            return attempt
    return attempts[-1] if attempts else None


def is_computer_silent(attempt: Attempt | None, now: datetime) -> bool:
    """Whether the computer's page is away in an attempt that goes on."""
    if attempt is None or attempt.handed_in_at is not None:
        return False
    heard = attempt.window_seen_at or attempt.created_at
    return now - heard > COMPUTER_SILENT


def may_take_over(live: Phone, attempt: Attempt | None, now: datetime) -> bool:
    """Whether another phone takes over without a code: no computer could show one, and this one is away."""
    waits = attempt is None or attempt.handed_in_at is not None
    return waits and now - live.seen_at > ABANDONED_AFTER


def _is_needed(attempt: Attempt, now: datetime) -> bool:
    if attempt.consent_at is None or attempt.handed_in_at is not None:
        return False
    return attempt.ends_at is None or now < attempt.ends_at


def _shortage(said: Mapping[str, Any]) -> PhoneFault | None:
    battery, free = said.get("battery"), said.get("free_mib")
    if isinstance(battery, int) and battery <= LOW_BATTERY and said.get("charging") is not True:
        return PhoneFault.LOW_BATTERY
    if isinstance(free, int) and free < LOW_STORAGE_MIB:
        return PhoneFault.LOW_STORAGE
    return None
