"""The names of cookies, and the session that a request brings."""

from __future__ import annotations

from fastapi import Request

from oneseat.portal.http.application import Portal, portal_of


def session_cookie_name(portal: Portal, exam: str) -> str:
    """The session cookie of one exam; ``__Host-`` ties it to this very host where https allows."""
    return f"{'__Host-' if portal.settings.secure else ''}oneseat-{exam}"


def browser_cookie_name(portal: Portal, exam: str) -> str:
    """The cookie that makes a browser known to a seat of one exam."""
    return f"{'__Host-' if portal.settings.secure else ''}oneseat-known-{exam}"


def wish_cookie_name(portal: Portal, exam: str) -> str:
    """The cookie by which the login page goes on to the download that was asked for without a session."""
    return f"{'__Host-' if portal.settings.secure else ''}oneseat-wish-{exam}"


def form_cookie_name(portal: Portal) -> str:
    """The cookie that ties forms to a browser."""
    return f"{'__Host-' if portal.settings.secure else ''}oneseat-form"


def session_of(request: Request, exam: str) -> str | None:
    """The session that the request brings, as a bearer token (RFC 6750) or a cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.cookies.get(session_cookie_name(portal_of(request), exam))


def help_cookie_name(portal: Portal, exam: str) -> str:
    """The cookie of a browser that made a help request without a login."""
    return f"{'__Host-' if portal.settings.secure else ''}oneseat-help-{exam}"
