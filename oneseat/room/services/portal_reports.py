"""Sends the outbox of reports to the portal: who started, who ended. A thread of each room process.

A report that cannot be made keeps nobody out: it is tried again, ever more rarely, until the portal takes or
refuses it.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import httpx

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.services.wire_times import wire
from oneseat.state.room import reports
from oneseat.state.room.reports import DueReport
from oneseat.web.faults import code_or_none

AT_ONCE = 50
"""Reports of one round."""
FIRST_RETRY_S = 2
LONGEST_RETRY_S = 300
TIMEOUT_S = 15
_TRIED_AGAIN = {401, 403, 408, 425, 429}
"""Client errors that an operator or time can mend: the token, and limits."""
_ROUTES = {"start": "starts", "end": "ends"}
_log = logging.getLogger("room.reports")


class PortalReports:
    """Reports with a service token of scope ``room:report``."""

    def __init__(self, room: ServedRoom, portal_url: str, token: str) -> None:
        self._room = room
        self._http = httpx.Client(
            base_url=f"{portal_url}/api/v1/exams/{room.exam}/room/",
            headers={"authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
        )

    def send_due(self) -> int:
        """Send the reports that are due; return how many there were.

        Raises:
            StateUnavailable: the database cannot be used.
        """
        now = self._room.clock.now()
        retry_at = now + timedelta(seconds=2 * TIMEOUT_S)
        with self._room.database.writing() as connection:
            due = reports.take_due(connection, self._room.exam, now, retry_at, AT_ONCE)
        for report in due:
            self._send(report)
        return len(due)

    def close(self) -> None:
        """Close the connections to the portal."""
        self._http.close()

    def _send(self, report: DueReport) -> None:
        refusal, final = self._refusal(report)
        now = self._room.clock.now()
        with self._room.database.writing() as connection:
            if final:
                reports.finish(connection, report, now, refusal)
            else:
                wait_s = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(report.tries, 10))
                reports.postpone(connection, report, now + timedelta(seconds=wait_s), refusal or "")
        if refusal:
            _log.warning("report not taken", extra={"code": refusal})

    def _refusal(self, report: DueReport) -> tuple[str | None, bool]:
        """The code of what prevented a report, None if the portal took it; and whether that is final."""
        body = {"ticket": report.ticket, "at": wire(report.at)}
        try:
            response = self._http.post(_ROUTES[report.what], json=body)
        except httpx.HTTPError:
            return "away", False
        if response.is_success:
            return None, True
        code = _code_of(response)
        return code, response.is_client_error and response.status_code not in _TRIED_AGAIN


def _code_of(response: httpx.Response) -> str:
    """The code of the portal's refusal, or the HTTP status of anything else."""
    try:
        code = response.json()["code"]
    except (ValueError, KeyError, TypeError):
        code = None
    return code[:8] if isinstance(code, str) else f"HTTP {response.status_code}"


class ReportSender:
    """The thread that sends."""

    def __init__(self, reports: PortalReports, interval_s: float = 1.0) -> None:
        self._reports = reports
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="room-reports", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the report that is under way."""
        self._stop.set()
        self._thread.join(timeout=2 * TIMEOUT_S)
        self._reports.close()

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            try:
                self._reports.send_due()
            except Exception as error:  # noqa: BLE001 -- a thread that ended would report nothing
                _log.error("reports not sent: %s", type(error).__name__, extra={"code": code_or_none(error)})
