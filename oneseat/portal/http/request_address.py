"""Reads from a request the network address that its attempts are counted under."""

from __future__ import annotations

from ipaddress import ip_address

from fastapi import Request

from oneseat.portal.http.application import whole_portal_of
from oneseat.portal.rules.client_address import client_address
from oneseat.web.refusals import RequestInvalid


def address_of(request: Request) -> str:
    """The address that this request's attempts count under."""
    peer = request.client.host if request.client else None
    trusted = whole_portal_of(request).settings.trusted_proxies
    # A proxy may append a header of its own to one from outside: they are one list (RFC 9110, 5.3).
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")) if trusted else ""
    return client_address(peer, forwarded, trusted)


def given_address(text: str) -> str:
    """The candidate's address that a portal in front reports, in the form that attempts are counted under.

    Raises:
        RequestInvalid: it is not an IP address.
    """
    try:
        ip_address(text)
    except ValueError:
        raise RequestInvalid(where="body.client_address") from None
    return client_address(text, "", ())
