"""Decides at which step an attempt is, from its recorded facts and the server's clock alone.

Every interval is half open: a session runs from its start up to its end, and its end belongs to the hand-in.
A reload, a re-entry or another order of calls changes no fact, and therefore no step and no time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from signing.session_times import MOCK


class Step(StrEnum):
    """What the page shows."""

    CONSENT = "consent"
    PHONE = "phone"
    DEVICES = "devices"
    IDENTITY = "identity"
    ROOM = "room"
    BEGIN = "begin"
    WAITING = "waiting"
    QUESTIONS = "questions"
    HAND_IN = "hand-in"
    UPLOADING = "uploading"
    COMPLETE = "complete"
    REFUSED = "refused"
    """Nothing more can be done here: too late to begin, or too late to upload."""


class Facts(Protocol):
    """What is recorded of an attempt, such as a :class:`oneseat.state.room.attempts.Attempt`."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def consent_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def phone_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def devices_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def identity_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def room_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def starts_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def ends_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def handed_in_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def completed_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def upload_until(self) -> datetime | None: ...  # noqa: D102


def step_of(
    facts: Facts,
    now: datetime,
    *,
    gates_until_s: int,
    last_start: datetime | None,
    identity: bool = False,
    phone: bool = False,
) -> Step:
    """Return the step of an attempt.

    ``last_start`` is a mock's latest begin, inclusive; None for a formal session. The gates of a formal
    session fall ``gates_until_s`` before its start. ``identity`` and ``phone`` are whether the exam has those
    steps.
    """
    if facts.completed_at is not None:
        return Step.COMPLETE
    if facts.handed_in_at is not None:
        return Step.UPLOADING if may_upload(facts, now) else Step.REFUSED
    if facts.consent_at is None:
        return Step.REFUSED if is_missed(facts, now, last_start) else Step.CONSENT
    running = _running_step(facts, now)
    if running is not None:
        return running
    if is_missed(facts, now, last_start):
        return Step.REFUSED
    fallen = gates_have_fallen(facts, now, gates_until_s)
    return _preparing_step(facts, fallen=fallen, identity=identity, phone=phone)


def is_missed(facts: Facts, now: datetime, last_start: datetime | None) -> bool:
    """Whether it is too late to take part: after a mock's last start, or from a formal session's end on."""
    if facts.ends_at is not None:
        return now >= facts.ends_at
    return last_start is not None and now > last_start


def may_begin(facts: Facts, now: datetime, last_start: datetime | None) -> bool:
    """Whether a mock may begin now: its steps are finished, and its last start has not passed."""
    ready = facts.consent_at is not None and facts.devices_at is not None and facts.room_at is not None
    return facts.kind == MOCK and ready and not is_missed(facts, now, last_start)


def gates_have_fallen(facts: Facts, now: datetime, gates_until_s: int) -> bool:
    """Whether what is not ready keeps nobody out any more: shortly before a formal session, and in it.

    A mock's gates never fall. It is there to find what is not ready.
    """
    if facts.kind == MOCK or facts.starts_at is None:
        return False
    return now >= facts.starts_at - timedelta(seconds=gates_until_s)


def may_hand_in(facts: Facts, now: datetime) -> bool:
    """Whether the attempt's end has come, by the server's clock."""
    return facts.ends_at is not None and now >= facts.ends_at


def may_upload(facts: Facts, now: datetime) -> bool:
    """Whether segments are taken: until the end of the upload period; before an attempt has one, yes."""
    return facts.upload_until is None or now < facts.upload_until


def recorder_stops_at(facts: Facts, tail_s: int) -> datetime | None:
    """When the recorder stops at the latest, ``tail_s`` after the end; None without an end."""
    return None if facts.ends_at is None else facts.ends_at + timedelta(seconds=tail_s)


def may_see_paper(facts: Facts, now: datetime) -> bool:
    """Whether the questions may be handed out: with a consent, from the start on, up to the hand-in."""
    if facts.consent_at is None or facts.starts_at is None or facts.handed_in_at is not None:
        return False
    return now >= facts.starts_at


def _running_step(facts: Facts, now: datetime) -> Step | None:
    """The step by the clock alone: questions from the start on, whatever was not finished before it."""
    if facts.ends_at is not None and now >= facts.ends_at:
        return Step.HAND_IN
    if facts.starts_at is not None and now >= facts.starts_at:
        return Step.QUESTIONS
    return None


def _preparing_step(facts: Facts, *, fallen: bool, identity: bool, phone: bool) -> Step:
    if facts.starts_at is not None and facts.kind == MOCK:
        return Step.WAITING  # a mock that has begun has passed its gates
    if phone and facts.phone_at is None and facts.devices_at is None and not fallen:
        return Step.PHONE
    if facts.devices_at is None:
        # Offered after the gates have fallen too, since capture needs it. It then accepts what is not ready.
        return Step.DEVICES
    if identity and facts.identity_at is None and not fallen:
        return Step.IDENTITY  # after the rules too, where new photographs were asked for
    if facts.room_at is None and not fallen:
        return Step.ROOM
    return Step.BEGIN if facts.kind == MOCK else Step.WAITING
