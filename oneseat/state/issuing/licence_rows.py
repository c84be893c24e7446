"""What goes into the state for a licence, without the database: workers that sign need nothing else of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True)
class EditionRow:
    """What all licences of one issue share. ``base`` is the Authenticode SHA-256 in hexadecimal."""

    id: int
    exam: str
    base: str
    build: str
    expires_at: datetime


class HeldSeat(NamedTuple):
    """What is stored about one seat: its newest jti, and that jti's login tag."""

    admission_number: str
    generation: int
    jti: str
    login_tag: bytes
    licensed: bool
    """Whether the newest jti has a licence for the edition asked about."""


class NewLicence(NamedTuple):
    """A licence to be written, and the seat it makes or moves on."""

    admission_number: str
    generation: int
    jti: str
    login_tag: bytes
    sealed_key: bytes
    token: str
