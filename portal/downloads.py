"""Handing out a seat's installer: the gate decides, the state remembers, the composition streams."""

from __future__ import annotations

from datetime import datetime

from starlette.concurrency import run_in_threadpool

from portal.compose import ComposedInstaller, ComposedResponse
from portal.errors import InstallerUnknown
from portal.login import Visit, refusal_of, resume
from portal.served import ServedExam
from signing.clock import Clock
from state import downloads


def installer_of(exam: ServedExam, visit: Visit) -> ComposedInstaller:
    """The seat's installer as it would be sent now.

    Raises:
        NothingPublished, InstallerUnavailable: as their names say.
    """
    return exam.release_of(visit.seat).compose(visit.seat, visit.in_force.charter)


def fetch(exam: ServedExam, jti: str, session: str | None, method: str, clock: Clock) -> ComposedResponse:
    """The answer to a request for an installer, granted and recorded.

    A GET that the window allows is recorded as a grant before its first byte is sent, so
    that it may finish within the grace.

    Raises:
        SessionMissing: nobody is logged in.
        InstallerUnknown: it is another seat's.
        WindowNotOpen, WindowClosed, SeatRevoked: the gate is shut.
    """
    now = clock.now()
    visit = resume(exam, session, now)
    if visit.seat.jti != jti:
        raise InstallerUnknown
    if not visit.decision.may_fetch:
        raise refusal_of(visit.decision, visit.in_force)
    installer = installer_of(exam, visit)
    if method == "HEAD":
        return ComposedResponse(installer)
    if not visit.decision.may_resume:
        _grant(exam, jti, now)
    return ComposedResponse(installer, _Finish(exam, jti, clock))


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
