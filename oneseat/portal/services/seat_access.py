"""Authorises access to a seat: by its candidate's session, a service token, or a signed link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi.security import HTTPAuthorizationCredentials

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.downloads import InstallerUnknown, LinkInvalid
from oneseat.portal.services.login.visits import Visit, resume, visit_of
from oneseat.portal.services.service_tokens import is_service_token, require
from oneseat.state.accounts import service_tokens
from oneseat.state.accounts.service_tokens import Scope


@dataclass(frozen=True)
class SeatCaller:
    """An authenticated caller. ``service`` is a program's token id, empty for a candidate."""

    exam: ServedExam
    now: datetime
    service: str = ""
    own: Visit | None = None

    def visit(self, jti: str) -> Visit | None:
        """The visit to a seat: any for a program, their own for a candidate, None for all others."""
        if self.own is None:
            return visit_of(self.exam, jti, self.now)
        return self.own if self.own.seat.jti == jti else None


def identify_caller(
    exam: ServedExam,
    bearer: HTTPAuthorizationCredentials | None,
    session: str | None,
    scope: Scope,
    now: datetime,
) -> SeatCaller:
    """Authenticate a caller by a service token with ``scope`` or by a session.

    Raises:
        ServiceTokenRefused: the service token is unknown, expired or revoked.
        ScopeMissing: it does not have ``scope``.
        SessionMissing: there is no service token, and no session that is valid.
    """
    if is_service_token(bearer):
        return SeatCaller(exam, now, service=require(exam, bearer, scope, now).id)
    return SeatCaller(exam, now, own=resume(exam, session, now))


def visit_by_link(exam: ServedExam, text: str, now: datetime) -> Visit:
    """The visit that a link gives access to. A link ends with the token of the program that made it.

    Raises:
        LinkInvalid: the portal did not sign it, it has expired, or its maker's token or session has.
        InstallerUnknown: the licence was replaced since.
    """
    link = exam.signed_values.open_link(text, now)
    if link.service:
        with exam.database.reading() as connection:
            maker = service_tokens.find(connection, exam.exam, link.service)
        if maker is None or not maker.good_at(now):
            raise LinkInvalid
    visit = visit_of(exam, link.jti, now)
    if visit is None:
        raise InstallerUnknown
    if not link.service and visit.seat.session_epoch != link.epoch:
        raise LinkInvalid
    return visit
