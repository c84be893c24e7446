"""Row types of seats and licences, without database imports, for workers that sign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from oneseat.state.artefacts import INSTALLER


@dataclass(frozen=True)
class EditionRow:
    """The properties that licences of an edition share.

    ``base`` is a hexadecimal Authenticode SHA-256, or an APK digest where ``artefact`` is the phone app.
    """

    id: int
    exam: str
    base: str
    build: str
    expires_at: datetime
    artefact: str = INSTALLER


class StoredSeat(NamedTuple):
    """A stored seat: its newest jti, and that jti's login tag."""

    admission_number: str
    generation: int
    jti: str
    login_tag: bytes
    licensed: bool
    """Whether the newest jti has a licence for the edition asked about."""
    withdrawn: bool
    """Whether the newest jti was revoked because a roster did not name the seat."""


class NewLicence(NamedTuple):
    """A licence to be written, with the seat that it creates or advances."""

    admission_number: str
    generation: int
    jti: str
    login_tag: bytes
    sealed_key: bytes
    token: str
