"""Authenticates requests to the desk: session cookie, role, and CSRF tokens of forms."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from fastapi import Request
from starlette.responses import Response

from oneseat.portal.errors import NotReady
from oneseat.portal.exam.served_exam import CharterInForce, ServedExam
from oneseat.portal.http.application import Portal, whole_portal_of
from oneseat.portal.http.cookies import form_cookie_name
from oneseat.portal.refusals.desk import DeskSessionMissing, RoleTooLow
from oneseat.portal.refusals.exam import ExamUnknown, NothingPublished
from oneseat.portal.tokens.signed_values import FORM_LIFE, KNOWN_BROWSER_LIFE, form_cookie
from oneseat.state.accounts import operators
from oneseat.state.accounts.operators import Operator, Role
from oneseat.state.candidates import seat_terms
from oneseat.web.role_words import ROLE_WORDS
from signing.clock import OffsetClock

_NO_CHARTER_ZONE = ZoneInfo("Asia/Shanghai")


def served_exam(request: Request, name: str) -> ServedExam:
    """The exam of that name, also during maintenance.

    Raises:
        ExamUnknown: it is not served here.
    """
    exam = whole_portal_of(request).exams.get(name)
    if exam is None:
        raise ExamUnknown
    return exam


def cookie_name(portal: Portal, exam: str) -> str:
    """The desk's session cookie of one exam."""
    return f"{'__Host-' if portal.settings.secure else ''}oneseat-desk-{exam}"


def browser_cookie_name(portal: Portal, exam: str) -> str:
    """The cookie that makes a browser known to an operator of one exam."""
    return f"{'__Host-' if portal.settings.secure else ''}oneseat-desk-known-{exam}"


def wall_time(portal: Portal) -> datetime:
    """The real time, also while a rehearsal's clock shows another."""
    clock = portal.clock
    return clock.base.now() if isinstance(clock, OffsetClock) else clock.now()


@dataclass(frozen=True)
class DeskRequest:
    """A request to one exam's desk, logged in or not."""

    portal: Portal
    exam: ServedExam
    now: datetime
    token: str = field(repr=False)
    form: str = field(repr=False)
    browser: str = field(repr=False)

    @classmethod
    def of(cls, request: Request, exam: str) -> Self:
        """What the request brings."""
        portal = whole_portal_of(request)
        served = served_exam(request, exam)
        token = request.cookies.get(cookie_name(portal, exam), "")
        form = request.cookies.get(form_cookie_name(portal)) or form_cookie()
        browser = request.cookies.get(browser_cookie_name(portal, exam), "")
        return cls(portal, served, portal.clock.now(), token, form, browser)

    @property
    def home(self) -> str:
        """The URL path of this exam's desk."""
        return f"/desk/{self.exam.exam}/"

    @property
    def form_token(self) -> str:
        """The forms' CSRF token, bound to this browser and this login."""
        return self.exam.signed_values.form_token(self._form_binding, self.now)

    def check_form(self, token: str) -> None:
        """Verify a posted form's token against this browser and login.

        Raises:
            FormExpired: the token is another browser's or login's, or has expired.
        """
        self.exam.signed_values.check_form(token, self._form_binding, self.now)

    @property
    def _form_binding(self) -> str:
        # Only a hash of the session token, since scripts and extensions can read a page's content.
        return f"desk {self.form} {hashlib.sha256(self.token.encode()).hexdigest()}"

    def set_form_cookie(self, response: Response) -> None:
        """Set the cookie that binds forms to the browser."""
        self._set(response, form_cookie_name(self.portal), self.form, int(FORM_LIFE.total_seconds()))

    def set_session_cookie(self, response: Response, token: str) -> None:
        """Set the session cookie: until the browser closes, same-site, hidden from scripts."""
        self._set(response, cookie_name(self.portal, self.exam.exam), token, None)

    def set_browser_cookie(self, response: Response, value: str) -> None:
        """Set the cookie that makes the browser known to the operator."""
        name = browser_cookie_name(self.portal, self.exam.exam)
        self._set(response, name, value, int(KNOWN_BROWSER_LIFE.total_seconds()))

    def delete_session_cookie(self, response: Response) -> None:
        """Delete the session cookie."""
        name = cookie_name(self.portal, self.exam.exam)
        secure = self.portal.settings.secure
        response.delete_cookie(name, "/", secure=secure, httponly=True, samesite="strict")

    def _set(self, response: Response, name: str, value: str, life_s: int | None) -> None:
        secure = self.portal.settings.secure
        response.set_cookie(name, value, life_s, path="/", secure=secure, httponly=True, samesite="strict")

    def any_visit(self) -> DeskVisit:
        """Authenticate the request's session, of whatever role: for the way out, and on to the exam room.

        Raises:
            DeskSessionMissing: there is no session, or it has ended.
        """
        return DeskVisit(self, self._operator())

    def visit(self, needed: Role = Role.VIEWER) -> DeskVisit:
        """Authenticate the request's session and check that its role covers ``needed``.

        Raises:
            DeskSessionMissing: there is no session, or it has ended.
            RoleTooLow: the operator's role does not cover ``needed``.
        """
        return self._covering(needed, self._operator())

    def glance(self, needed: Role = Role.VIEWER) -> DeskVisit:
        """Authenticate as :meth:`visit`, for what a page fetches by itself: it does not prolong the session.

        Raises:
            DeskSessionMissing, RoleTooLow: as there.
        """
        return self._covering(needed, self._found_operator())

    def _covering(self, needed: Role, operator: Operator) -> DeskVisit:
        if not operator.role.covers(needed):
            raise RoleTooLow(role=ROLE_WORDS[needed])
        return DeskVisit(self, operator)

    def _operator(self) -> Operator:
        operator, database = self._found_operator(), self.exam.database
        with database.reading() as connection:
            stale = operators.needs_touch(connection, self.token, self.now)
        if stale:
            with database.writing() as connection:
                operators.touch(connection, self.token, self.now)
        return operator

    def _found_operator(self) -> Operator:
        if not self.token:
            raise DeskSessionMissing
        with self.exam.database.reading() as connection:
            operator = operators.find_by_session(connection, self.exam.exam, self.token, self.now)
        if operator is None:
            raise DeskSessionMissing
        return operator


@dataclass(frozen=True)
class DeskVisit:
    """A request of an authenticated operator."""

    desk: DeskRequest
    operator: Operator

    @property
    def exam(self) -> ServedExam:
        """The exam whose desk it is."""
        return self.desk.exam

    @property
    def now(self) -> datetime:
        """The portal's time at this request."""
        return self.desk.now

    def may(self, needed: str) -> bool:
        """Whether the operator's role covers another."""
        return self.operator.role.covers(Role(needed))


def charter_in_force(exam: ServedExam) -> CharterInForce | None:
    """The charter in force, or None; the desk works without one, so that the first can be uploaded."""
    try:
        return exam.charter()
    except (NothingPublished, NotReady):
        return None


def charter_for_longest(exam: ServedExam) -> CharterInForce | None:
    """As :func:`charter_in_force`, with sessions that end when the last candidate in them ends."""
    in_force = charter_in_force(exam)
    return in_force and in_force.for_seat(exam.longest_terms.current())


def charter_of_number(exam: ServedExam, admission_number: str) -> CharterInForce | None:
    """As :func:`charter_in_force`, with the sessions and times of a seat."""
    in_force = charter_in_force(exam)
    if in_force is None:
        return None
    with exam.database.reading() as connection:
        terms = seat_terms.find(connection, exam.exam, admission_number)
    return in_force.for_seat(exam.open_terms(admission_number, terms))


def zone_of(in_force: CharterInForce | None) -> ZoneInfo:
    """The time zone of the desk's times."""
    return _NO_CHARTER_ZONE if in_force is None else in_force.zone
