"""Serves a seat's installer: asks the gate, records the grant, and streams or redirects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oneseat.portal.delivery.compose import ComposedInstaller, ComposedResponse
from oneseat.portal.delivery.presigned import presigned_life_s
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.downloads import InstallerUnknown
from oneseat.portal.services.login.gate_refusals import gate_refusal
from oneseat.portal.services.login.visits import Visit
from oneseat.state.candidates import downloads
from signing.clock import Clock


def compose_installer(exam: ServedExam, visit: Visit) -> ComposedInstaller:
    """The seat's installer as it would be sent now.

    Raises:
        NothingPublished: the exam has no release.
        InstallerUnavailable: the base cannot be read from the store.
    """
    return exam.release_of(visit.seat).compose(visit.seat, visit.in_force.charter)


LINK_LIFE = timedelta(minutes=15)
"""Long enough for a browser to follow the link, and to begin again once."""


def link_expiry(visit: Visit, now: datetime) -> datetime:
    """When a link made now expires: after :data:`LINK_LIFE`, or when the gate ends the download.

    Raises:
        WindowNotOpen, WindowClosed, SeatRevoked: the gate is shut.
    """
    allowed_until = visit.decision.fetch_until
    if allowed_until is None:
        raise gate_refusal(visit.decision, visit.in_force)
    return min(now + LINK_LIFE, allowed_until)


def serve_installer(
    exam: ServedExam, jti: str, make_visit: Callable[[], Visit | None], method: str, clock: Clock
) -> Response:
    """The answer to a request for an installer, granted and recorded.

    ``make_visit`` returns the visit that the caller may act for, or raises a refusal. A GET that
    the window allows is recorded as a grant before its first byte is sent, so that the download
    may finish within the grace.

    Raises:
        InstallerUnknown: the installer is another seat's.
        NothingPublished, InstallerUnavailable: as for :func:`compose_installer`.
        WindowNotOpen, WindowClosed, SeatRevoked: the gate is shut.
    """
    now = clock.now()
    visit = make_visit()
    if visit is None or visit.seat.jti != jti:
        raise InstallerUnknown
    if not visit.decision.may_fetch:
        raise gate_refusal(visit.decision, visit.in_force)
    installer = compose_installer(exam, visit)
    if method == "HEAD":
        return ComposedResponse(installer)
    if not visit.decision.may_resume:
        _grant(exam, jti, now)
    return _redirect_to_store(exam, visit, installer, now) or ComposedResponse(
        installer, _RecordFinish(exam, jti, clock)
    )


def _redirect_to_store(
    exam: ServedExam, visit: Visit, installer: ComposedInstaller, now: datetime
) -> Response | None:
    """A redirect to the presigned URL of the whole installer, or None where there is none."""
    if exam.whole_installers is None:
        return None
    seconds = presigned_life_s(now, visit.decision, visit.in_force.rules)
    return exam.whole_installers.redirect(exam.exam, visit.seat.jti, installer, seconds)


def _grant(exam: ServedExam, jti: str, now: datetime) -> None:
    with exam.database.writing() as connection:
        downloads.grant(connection, exam.exam, jti, now)
        downloads.start(connection, jti, now)


class _RecordFinish:
    """Records that a seat's download reached its end."""

    def __init__(self, exam: ServedExam, jti: str, clock: Clock) -> None:
        self._exam = exam
        self._jti = jti
        self._clock = clock

    async def __call__(self, reached_end: bool) -> None:
        """Record a body that reached the end of the file; others are not recorded."""
        if reached_end:
            await run_in_threadpool(self._record)

    def _record(self) -> None:
        with self._exam.database.writing() as connection:
            downloads.finish(connection, self._jti, self._clock.now())
