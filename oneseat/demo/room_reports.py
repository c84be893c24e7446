"""Reports of the demonstration's exam room to the portal: who started a session, and who ended it.

The portal counts a mock interview once a room has reported its start, and lets nobody into the formal one
without it where the exam says so. A report that cannot be made keeps nobody out; the page says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import httpx

from oneseat.portal.sdk.client import PortalClient, PortalNotUnderstood, RefusedByPortal
from oneseat.portal.sdk.models import ReportAnswer, ReportBody


class Reports(Protocol):
    """Where a room reports to. Each call returns None, or the code or class of what prevented the report."""

    def start(self, ticket: str) -> str | None:
        """Report that the bearer of a ticket takes part."""
        ...

    def end(self, ticket: str) -> str | None:
        """Report that the bearer of a ticket has finished."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


class PortalReports:
    """Reports with a service token of scope ``room:report``, one at a time."""

    def __init__(self, portal: PortalClient) -> None:
        self._portal = portal
        self._lock = threading.Lock()

    def start(self, ticket: str) -> str | None:
        """Report a start."""
        return self._made(self._portal.report_start, ticket)

    def end(self, ticket: str) -> str | None:
        """Report an end."""
        return self._made(self._portal.report_end, ticket)

    def close(self) -> None:
        """Close the connection to the portal."""
        self._portal.close()

    def _made(self, report: Callable[[ReportBody], ReportAnswer], ticket: str) -> str | None:
        try:
            with self._lock:
                report(ReportBody(ticket=ticket))
        except RefusedByPortal as refusal:
            return refusal.code
        except (PortalNotUnderstood, httpx.HTTPError) as fault:
            return type(fault).__name__
        return None
