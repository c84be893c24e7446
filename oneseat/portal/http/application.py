"""The application's shared state: settings, clock, exams and limits, as seen at one host."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast
from urllib.parse import urlsplit

from fastapi import Request

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.exam import ExamUnknown
from oneseat.portal.rules.rate_limits import AddressLimit
from oneseat.portal.services.login.identity import IdentityClaim, log_in
from oneseat.portal.services.login.visits import Visit
from oneseat.portal.settings import PortalSettings
from signing.clock import Clock

LogIn = Callable[[IdentityClaim], Awaitable[Visit]]
"""What :func:`oneseat.portal.services.login.identity.log_in` does, or the batched login in its place."""


@dataclass(frozen=True)
class Portal:
    """State shared by all requests. ``log_in`` is the plain login or the batched one."""

    settings: PortalSettings
    clock: Clock
    exams: dict[str, ServedExam]
    limit: AddressLimit
    rehearsal: bool
    log_in: LogIn = log_in
    host: str | None = None

    @cached_property
    def has_hosts(self) -> bool:
        """Whether any exam has a host name of its own."""
        return any(exam.hosts for exam in self.settings.exams)

    def exam(self, name: str) -> ServedExam:
        """The exam of that name, for candidates and for programs.

        Raises:
            ExamUnknown: it is not served here.
            UnderMaintenance: it is under maintenance.
        """
        try:
            served = self.exams[name]
        except KeyError:
            raise ExamUnknown from None
        served.refuse_maintenance()
        return served

    def at(self, authority: str) -> Portal:
        """The portal restricted to the exams that are served at a host (and port)."""
        name, colon, port = authority.lower().partition(":")
        name = name.rstrip(".")
        served = self.settings.exams_at(name)
        if not self.settings.is_exam_host(name):
            host = None
        else:
            host = f"{name}{colon}{port}" if port.isdecimal() else name
        return replace(self, exams={exam: self.exams[exam] for exam in served}, host=host)

    @property
    def public_url(self) -> str:
        """The public base URL: of the exam's own host, or the portal's address."""
        public = self.settings.public_url or ""
        return f"{urlsplit(public).scheme}://{self.host}" if self.host else public

    def close(self) -> None:
        """Close the exams' databases and the limit's connections."""
        self.limit.close()
        for exam in self.exams.values():
            exam.close()


def portal_of(request: Request) -> Portal:
    """The portal restricted to the request's host, where exams have hosts of their own."""
    whole = whole_portal_of(request)
    if not whole.has_hosts:
        return whole
    return whole.at(request.headers.get("host", ""))


def whole_portal_of(request: Request) -> Portal:
    """The portal with all its exams, for operators, at any host."""
    return cast(Portal, request.app.state.portal)
