"""The room's own body limits and security policies, for the shared middleware."""

from __future__ import annotations

from starlette.types import Scope

from oneseat.room.exam.served_room import SEGMENTS_PATH
from oneseat.web.bodies import MAX_BODY_BYTES

MAX_CALL_BYTES = 64 * 1024
"""A page's call with 20 segments and 100 events is about 20 KiB; an answer is shorter."""
_CALLS = "/room/api/"


def policies(store_origin: str | None) -> dict[str, str]:
    """What the room's pages may load and use; ``store_origin`` is where recordings go, None for the room."""
    connect = f"'self' {store_origin}" if store_origin else "'self'"
    return {
        "content-security-policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src blob:; "
            f"worker-src 'self'; connect-src {connect}; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        ),
        "permissions-policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
    }


def body_limit(scope: Scope) -> int | None:
    """The longest body of a request in bytes; None for a segment, which is read as a stream."""
    if scope["path"].startswith(SEGMENTS_PATH):
        return None
    return MAX_CALL_BYTES if scope["path"].startswith(_CALLS) else MAX_BODY_BYTES


def is_silent(scope: Scope) -> bool:  # noqa: ARG001 -- the middleware asks about a request
    """Whether a request is left out of the log: none is."""
    return False
