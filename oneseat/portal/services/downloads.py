"""Handing out a seat's installer: the gate decides, the state remembers, the composition streams."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oneseat.portal.delivery.compose import ComposedInstaller, ComposedResponse
from oneseat.portal.delivery.presigned import life_s
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.downloads import InstallerUnknown
from oneseat.portal.services.gate_refusals import refusal_of
from oneseat.portal.services.visits import Visit
from oneseat.state.candidates import downloads
from signing.clock import Clock


def installer_of(exam: ServedExam, visit: Visit) -> ComposedInstaller:
    """The seat's installer as it would be sent now.

    Raises:
        NothingPublished, InstallerUnavailable: as their names say.
    """
    return exam.release_of(visit.seat).compose(visit.seat, visit.in_force.charter)


LINK_LIFE = timedelta(minutes=15)
"""Long enough for a browser that is sent there, and for one that has to begin again; no longer."""


def link_until(visit: Visit, now: datetime) -> datetime:
    """Until when a link made now is good: a quarter of an hour, and never beyond what the gate allows.

    Raises:
        WindowNotOpen, WindowClosed, SeatRevoked: the gate is shut.
    """
    until = visit.decision.fetch_until
    if until is None:
        raise refusal_of(visit.decision, visit.in_force)
    return min(now + LINK_LIFE, until)


def fetch(
    exam: ServedExam, jti: str, make_visit: Callable[[], Visit | None], method: str, clock: Clock
) -> Response:
    """The answer to a request for an installer, granted and recorded.

    ``make_visit`` says whose installer the caller may have, or raises why none. A GET
    that the window allows is recorded as a grant before its first byte is sent, so that
    it may finish within the grace.

    Raises:
        InstallerUnknown: it is another seat's.
        WindowNotOpen, WindowClosed, SeatRevoked: the gate is shut.
    """
    now = clock.now()
    visit = make_visit()
    if visit is None or visit.seat.jti != jti:
        raise InstallerUnknown
    if not visit.decision.may_fetch:
        raise refusal_of(visit.decision, visit.in_force)
    installer = installer_of(exam, visit)
    if method == "HEAD":
        return ComposedResponse(installer)
    if not visit.decision.may_resume:
        _grant(exam, jti, now)
    return _elsewhere(exam, visit, installer, now) or ComposedResponse(installer, _Finish(exam, jti, clock))


def _elsewhere(
    exam: ServedExam, visit: Visit, installer: ComposedInstaller, now: datetime
) -> Response | None:
    """Where the store serves the installer, when that is wanted and it can."""
    if exam.whole_installers is None:
        return None
    seconds = life_s(now, visit.decision, visit.in_force.rules)
    return exam.whole_installers.redirect(exam.exam, visit.seat.jti, installer, seconds)


def _grant(exam: ServedExam, jti: str, now: datetime) -> None:
    with exam.database.writing() as connection:
        downloads.grant(connection, exam.exam, jti, now)
        downloads.start(connection, jti, now)


class _Finish:
    """Records that a seat's download reached its end."""

    def __init__(self, exam: ServedExam, jti: str, clock: Clock) -> None:
        self._exam = exam
        self._jti = jti
        self._clock = clock

    async def __call__(self, reached_end: bool) -> None:
        """Called after a body; only one that reached the end of the file counts."""
        if reached_end:
            await run_in_threadpool(self._record)

    def _record(self) -> None:
        with self._exam.database.writing() as connection:
            downloads.finish(connection, self._jti, self._clock.now())
