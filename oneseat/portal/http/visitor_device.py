"""The visitor's device: chosen by the visitor, or derived from the request's headers."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from oneseat.portal.http.application import portal_of
from oneseat.portal.rules.devices import HINTS, Device, chosen_device, device_of

DEVICE_COOKIE = "oneseat-device"
PARAMETER = "device"

_VARY = ", ".join(["Cookie", "User-Agent", *HINTS])
_ASKED_FOR = "Sec-CH-UA-Platform-Version, Sec-CH-UA-Bitness"


def visitor_device(request: Request) -> Device:
    """The visitor's device: by link or cookie if one was chosen, else by the headers."""
    for name in (request.query_params.get(PARAMETER), request.cookies.get(DEVICE_COOKIE)):
        chosen = chosen_device(name) if name else None
        if chosen is not None:
            return chosen
    hints = {name: request.headers[name] for name in HINTS if name in request.headers}
    return device_of(request.headers.get("user-agent", ""), hints)


def describe_variants(request: Request, response: Response) -> None:
    """Say what the page depends on, ask for client hints, and remember a choice until the browser closes."""
    response.headers["vary"] = _VARY
    response.headers["accept-ch"] = _ASKED_FOR
    chosen = request.query_params.get(PARAMETER)
    if chosen and chosen_device(chosen) is not None:
        secure = portal_of(request).settings.secure
        response.set_cookie(DEVICE_COOKIE, chosen, secure=secure, httponly=True, samesite="lax")
