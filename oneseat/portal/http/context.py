"""What a handler needs of the request and of the application around it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import ip_address
from typing import TypeVar, cast
from urllib.parse import urlsplit

from fastapi import Request

from oneseat.portal.errors import AddressBusy, ExamUnknown, LoginRefused, ProofsSpent, RequestInvalid
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.rules.client_address import client_address
from oneseat.portal.rules.rate_limits import AddressLimit
from oneseat.portal.settings import PortalSettings
from signing.clock import Clock
from signing.errors import IdentityMismatch

_T = TypeVar("_T")

_EVEN_TIMED = (LoginRefused, ProofsSpent, AddressBusy, IdentityMismatch)
"""Refusals whose time must not tell how far the check had come."""


@dataclass(frozen=True)
class Portal:
    """Everything that requests share."""

    settings: PortalSettings
    clock: Clock
    exams: dict[str, ServedExam]
    limit: AddressLimit
    rehearsal: bool
    host: str | None = None

    @cached_property
    def has_hosts(self) -> bool:
        """Whether any exam has a host name of its own."""
        return any(one.hosts for one in self.settings.exams)

    def exam(self, name: str) -> ServedExam:
        """The exam of that name, for candidates and for programs.

        Raises:
            ExamUnknown: it is not served here.
            UnderMaintenance: its operators let it rest.
        """
        try:
            served = self.exams[name]
        except KeyError:
            raise ExamUnknown from None
        served.refuse_maintenance()
        return served

    def at(self, authority: str) -> Portal:
        """The portal as it is seen at a host (and port): with the exams that are served there."""
        name, colon, port = authority.lower().partition(":")
        name = name.rstrip(".")
        served = self.settings.served_at(name)
        if not self.settings.is_an_exams_own(name):
            host = None
        else:
            host = f"{name}{colon}{port}" if port.isdecimal() else name
        return replace(self, exams={exam: self.exams[exam] for exam in served}, host=host)

    @property
    def public_url(self) -> str:
        """Where candidates reach what is seen here: the exam's own host, or the portal's address."""
        public = self.settings.public_url or ""
        return f"{urlsplit(public).scheme}://{self.host}" if self.host else public

    def close(self) -> None:
        """Let go of every exam's database, and of what the limit holds."""
        self.limit.close()
        for exam in self.exams.values():
            exam.close()


def portal_of(request: Request) -> Portal:
    """The portal as this request sees it: at a host that an exam has for its own, that exam alone."""
    whole = whole_portal_of(request)
    if not whole.has_hosts:
        return whole
    return whole.at(request.headers.get("host", ""))


def whole_portal_of(request: Request) -> Portal:
    """The portal with all its exams, whatever host was asked: for those who run it."""
    return cast(Portal, request.app.state.portal)


def address_of(request: Request) -> str:
    """The address that this request's attempts count under."""
    peer = request.client.host if request.client else None
    trusted = whole_portal_of(request).settings.trusted_proxies
    # A proxy may add a line of its own behind one that came from outside: they are one list (RFC 9110, 5.3).
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")) if trusted else ""
    return client_address(peer, forwarded, trusted)


def given_address(text: str) -> str:
    """The address that a portal in front says its candidate has, as attempts are counted.

    Raises:
        RequestInvalid: it is not one.
    """
    try:
        ip_address(text)
    except ValueError:
        raise RequestInvalid(where="body.client_address") from None
    return client_address(text, "", ())


def session_cookie_name(portal: Portal, exam: str) -> str:
    """The session cookie of one exam; ``__Host-`` ties it to this very host where https allows."""
    return f"{'__Host-' if portal.settings.secure else ''}oneseat-{exam}"


def form_cookie_name(portal: Portal) -> str:
    """The cookie that ties forms to a browser."""
    return f"{'__Host-' if portal.settings.secure else ''}oneseat-form"


def session_of(request: Request, exam: str) -> str | None:
    """The session that the request brings, as a bearer token (RFC 6750) or a cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.cookies.get(session_cookie_name(portal_of(request), exam))


async def evenly(portal: Portal, proving: Awaitable[_T]) -> _T:
    """The outcome of a proof of identity; a refused one is answered no earlier than the floor."""
    started = time.monotonic()
    try:
        return await proving
    except _EVEN_TIMED:
        await asyncio.sleep(max(0.0, portal.settings.refusal_floor_s - (time.monotonic() - started)))
        raise
