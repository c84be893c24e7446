"""Access to a seat: by its candidate's session, by a program's service token, or by a signed link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi.security import HTTPAuthorizationCredentials

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.downloads import InstallerUnknown, LinkInvalid
from oneseat.portal.services.service_tokens import is_service_token, require
from oneseat.portal.services.visits import Visit, resume, visit_of
from oneseat.state.accounts import service_tokens
from oneseat.state.accounts.service_tokens import Scope


@dataclass(frozen=True)
class SeatCaller:
    """A caller who has shown who they are. ``service`` is a program's token id, none for a candidate."""

    exam: ServedExam
    now: datetime
    service: str = ""
    own: Visit | None = None

    def visit(self, jti: str) -> Visit | None:
        """The visit to a seat: any for a program, their own for a candidate, None for all others."""
        if self.own is None:
            return visit_of(self.exam, jti, self.now)
        return self.own if self.own.seat.jti == jti else None


def seat_caller(
    exam: ServedExam,
    bearer: HTTPAuthorizationCredentials | None,
    session: str | None,
    scope: Scope,
    now: datetime,
) -> SeatCaller:
    """Who calls, by a service token with ``scope`` or by a session.

    Raises:
        ServiceTokenRefused, ScopeMissing, SessionMissing: they may not.
    """
    if is_service_token(bearer):
        return SeatCaller(exam, now, service=require(exam, bearer, scope, now).id)
    return SeatCaller(exam, now, own=resume(exam, session, now))


def visit_by_link(exam: ServedExam, text: str, now: datetime) -> Visit:
    """The visit that a link gives access to. A link ends with the token of the program that made it.

    Raises:
        LinkInvalid: it was not made here, has run out, or its maker's token has ended.
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
    return visit
