"""The application's shared state, and what a request brings: the window's cookie, the page's own origin."""

from __future__ import annotations

from typing import cast

from fastapi import Request
from starlette.responses import Response

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.http.few_threads import FewThreads
from oneseat.room.refusals.entry import OriginRefused


def room_of(request: Request) -> ServedRoom:
    """The room that answers."""
    return cast(ServedRoom, request.app.state.room)


def hand_ins_of(request: Request) -> FewThreads:
    """The threads in which attempts are handed in."""
    return cast(FewThreads, request.app.state.hand_in_threads)


def cookie_name(room: ServedRoom) -> str:
    """The cookie of a window; ``__Host-`` ties it to this very host where https allows."""
    return f"{'__Host-' if room.is_secure else ''}oneseat-room-{room.exam}"


def cookie_of(request: Request) -> str | None:
    """The window's cookie that a request brings."""
    return request.cookies.get(cookie_name(room_of(request)))


def set_cookie(room: ServedRoom, response: Response, cookie: str) -> None:
    """Give a window its cookie. Lax, since it comes with a redirect from another site's form."""
    response.set_cookie(
        cookie_name(room), cookie, path="/", secure=room.is_secure, httponly=True, samesite="lax"
    )


def window_of(request: Request) -> str | None:
    """The cookie of a call of the page's own scripts.

    Raises:
        OriginRefused: another site's page made the call.
    """
    require_own_page(request)
    return cookie_of(request)


def require_own_page(request: Request) -> None:
    """Refuse a call that another site's page made.

    Raises:
        OriginRefused: it did.
    """
    if request.headers.get("origin") != room_of(request).origin:
        raise OriginRefused


def phone_cookie_of(request: Request) -> str | None:
    """The cookie of a call of the phone page's own scripts.

    Raises:
        OriginRefused: another site's page made the call.
    """
    require_own_page(request)
    return request.cookies.get(_phone_cookie_name(room_of(request)))


def set_phone_cookie(room: ServedRoom, response: Response, cookie: str) -> None:
    """Give a phone its cookie, which the computer's page on the same host neither gets nor replaces."""
    response.set_cookie(
        _phone_cookie_name(room), cookie, path="/phone/", secure=room.is_secure, httponly=True, samesite="lax"
    )


def _phone_cookie_name(room: ServedRoom) -> str:
    return f"{'__Secure-' if room.is_secure else ''}oneseat-phone-{room.exam}"
