"""Serves a seat's installer or phone app: asks the gate, records the grant, and streams or redirects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oneseat.portal.delivery.compose import ComposedInstaller, ComposedResponse
from oneseat.portal.delivery.presigned import presigned_life_s
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.downloads import InstallerUnknown, PhoneAppUnknown
from oneseat.portal.services.login.gate_refusals import gate_refusal
from oneseat.portal.services.login.visits import Visit, gate_decision
from oneseat.state.candidates import downloads
from oneseat.state.candidates.downloads import Records
from oneseat.state.issuing import phone_licences
from oneseat.state.tables.activation import Download, PhoneDownload
from signing.clock import Clock


def compose_installer(exam: ServedExam, visit: Visit) -> ComposedInstaller:
    """The seat's installer as it would be sent now.

    Raises:
        NothingPublished: the exam has no release.
        InstallerUnavailable: the base cannot be read from the store.
    """
    return exam.release_of(visit.seat).compose(visit.seat, visit.in_force.charter)


def compose_phone(exam: ServedExam, visit: Visit) -> ComposedInstaller | None:
    """The seat's phone app as it would be sent now; None where the release or the seat has none.

    Raises:
        NothingPublished, InstallersWithdrawn: the exam has no release, or its files were withdrawn.
        InstallerUnavailable: the base cannot be read from the store.
    """
    with exam.database.reading() as connection:
        phone = exam.phone(connection)
        token = phone and phone_licences.find_token(connection, visit.seat.jti, phone.edition_id)
    return phone.compose(visit.seat, token, visit.in_force.charter) if phone and token else None


def for_phone(exam: ServedExam, visit: Visit, now: datetime) -> Visit:
    """The visit with the gate's decision about the phone app, whose downloads are recorded apart."""
    with exam.database.reading() as connection:
        record = downloads.find(connection, visit.seat.jti, PhoneDownload)
    seat = visit.seat._replace(granted_at=record.last_granted_at if record else None)
    return Visit(visit.seat, gate_decision(seat, visit.in_force, now), visit.in_force)


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
    visit = _own_visit(jti, make_visit)
    return _serve(_Delivery(exam, visit, clock, Download), compose_installer, method)


def serve_phone(
    exam: ServedExam, jti: str, make_visit: Callable[[], Visit | None], method: str, clock: Clock
) -> Response:
    """As :func:`serve_installer`, of the phone app.

    Raises:
        InstallerUnknown: the phone app is another seat's.
        PhoneAppUnknown: the exam has no phone app, or the seat's is not published.
        NothingPublished, InstallerUnavailable: as for :func:`compose_phone`.
        WindowNotOpen, WindowClosed, SeatRevoked: the gate is shut.
    """
    visit = for_phone(exam, _own_visit(jti, make_visit), clock.now())
    return _serve(_Delivery(exam, visit, clock, PhoneDownload), _require_phone, method)


def _require_phone(exam: ServedExam, visit: Visit) -> ComposedInstaller:
    composed = compose_phone(exam, visit)
    if composed is None:
        raise PhoneAppUnknown
    return composed


def _own_visit(jti: str, make_visit: Callable[[], Visit | None]) -> Visit:
    visit = make_visit()
    if visit is None or visit.seat.jti != jti:
        raise InstallerUnknown
    return visit


@dataclass(frozen=True)
class _Delivery:
    """One seat's download of an artefact, and the table that records it."""

    exam: ServedExam
    visit: Visit
    clock: Clock
    records: Records

    def grant(self, now: datetime) -> None:
        """Record that the download may begin, and that it does."""
        jti = self.visit.seat.jti
        with self.exam.database.writing() as connection:
            downloads.grant(connection, self.exam.exam, jti, now, self.records)
            downloads.start(connection, jti, now, self.records)

    async def record_end(self, reached_end: bool) -> None:
        """Record a body that reached the end of the file; others are not recorded."""
        if reached_end:
            await run_in_threadpool(self._record_end)

    def _record_end(self) -> None:
        with self.exam.database.writing() as connection:
            downloads.finish(connection, self.visit.seat.jti, self.clock.now(), self.records)


def _serve(
    delivery: _Delivery, compose: Callable[[ServedExam, Visit], ComposedInstaller], method: str
) -> Response:
    exam, visit, now = delivery.exam, delivery.visit, delivery.clock.now()
    if not visit.decision.may_fetch:
        raise gate_refusal(visit.decision, visit.in_force)
    composed = compose(exam, visit)
    if method == "HEAD":
        return ComposedResponse(composed)
    if not visit.decision.may_resume:
        delivery.grant(now)
    return _redirect_to_store(exam, visit, composed, now) or ComposedResponse(composed, delivery.record_end)


def _redirect_to_store(
    exam: ServedExam, visit: Visit, installer: ComposedInstaller, now: datetime
) -> Response | None:
    """A redirect to the presigned URL of the whole installer, or None where there is none."""
    if exam.whole_installers is None:
        return None
    seconds = presigned_life_s(now, visit.decision, visit.in_force.rules)
    return exam.whole_installers.redirect(exam.exam, visit.seat.jti, installer, seconds)
