"""The portal's own body limits, security policies and silent routes, for the shared middleware."""

from __future__ import annotations

import re

from starlette.types import Scope

from oneseat.web.bodies import MAX_BODY_BYTES

SPEED = re.compile(r"/api/v1/exams/[^/]+/speed")
"""Speed tests are not logged."""
STREAMED = re.compile(
    rf"{SPEED.pattern}|/e/[^/]+/help/pictures"
    r"|/api/v1/exams/[^/]+/(seats/[^/]+/help-request|device-help)/pictures"
)
"""Routes that read their body themselves, within limits of their own."""
DESK = "/desk/"
ORDERS = re.compile(r"/api/v1/exams/[^/]+/room/orders")
MAX_ORDER_BODY_BYTES = 72 * 1024
"""An order that lists seats has at most 64 KiB."""
MAX_DESK_BODY_BYTES = 320 * 1024
"""Operators upload charters, of at most 256 KiB."""

POLICIES = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
"""What the portal's pages may load and use."""


def body_limit(scope: Scope) -> int | None:
    """The longest body of a request in bytes; None for a route that reads its body itself."""
    if scope["method"] == "POST" and STREAMED.fullmatch(scope["path"]):
        return None
    if ORDERS.fullmatch(scope["path"]):
        return MAX_ORDER_BODY_BYTES
    return MAX_DESK_BODY_BYTES if scope["path"].startswith(DESK) else MAX_BODY_BYTES


def is_speed_test(scope: Scope, _status: int) -> bool:
    """Whether a request is one of a speed test."""
    return SPEED.fullmatch(scope["path"]) is not None
