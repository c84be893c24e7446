"""How far a candidate's recordings are, of all interviews that were handed in. Pure.

A room that reports no uploads leaves the state unknown, and the pages say nothing about them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oneseat.portal.rules.ticket_rules import AttendedSession, Kind, UploadReport
from oneseat.portal.rules.utc_interval import utc


class UploadState(StrEnum):
    """UNKNOWN: nothing was reported. LAPSED: something is missing, and the time to send it is over."""

    UNKNOWN = "unknown"
    LEFT = "left"
    LAPSED = "lapsed"
    COMPLETE = "complete"


@dataclass(frozen=True)
class Upload:
    """The upload that the candidate's page speaks of: of which interview, and its last report."""

    state: UploadState
    kind: Kind | None = None
    report: UploadReport | None = None

    @property
    def left_of(self) -> UploadReport | None:
        """The report of recordings that are still to be uploaded; None where there are none."""
        return self.report if self.state is UploadState.LEFT else None


NO_UPLOAD = Upload(UploadState.UNKNOWN)


def upload_of(now: datetime, attended: Iterable[AttendedSession]) -> Upload:
    """The upload to speak of at ``now``: one that goes on, else the interview's, else the last mock's.

    Only what was handed in counts: before, recordings are made and sent at the same time.
    """
    handed_in = [session for session in attended if session.ended and session.upload is not None]
    uploads = sorted(
        handed_in, key=lambda session: (session.kind is Kind.FORMAL, session.day, session.session)
    )
    found = [Upload(_state(now, session.upload), session.kind, session.upload) for session in uploads]
    left = [upload for upload in found if upload.state is UploadState.LEFT]
    return (left or found or [NO_UPLOAD])[-1]


def _state(now: datetime, report: UploadReport | None) -> UploadState:
    if report is None:
        return UploadState.UNKNOWN
    if report.complete:
        return UploadState.COMPLETE
    return UploadState.LEFT if utc(now) < utc(report.until) else UploadState.LAPSED
