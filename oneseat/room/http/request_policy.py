"""The room's own body limits and security policies, for the shared middleware."""

from __future__ import annotations

from starlette.types import Scope

from oneseat.room.exam.served_room import SEGMENTS_PATH
from oneseat.web.bodies import MAX_BODY_BYTES

MAX_CALL_BYTES = 64 * 1024
"""A page's call with 20 segments and 100 events is about 20 KiB; an answer is shorter."""
MAX_IDENTITY_BYTES = 2 * 400 * 1024 + 4 * 1024
"""Two photographs of at most 300 KiB in base64, and what is typed."""
IDENTITY_PATH = "/room/api/identity"
_CALLS = ("/room/api/", "/phone/api/")
_FREQUENT = (
    "/room/api/beat",
    "/phone/api/beat",
    "/room/api/picture",
    "/phone/api/picture",
    "/client/v1/look",
    SEGMENTS_PATH,
)
_WELL = (200, 201, 204)


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
    if scope["path"] == IDENTITY_PATH:
        return MAX_IDENTITY_BYTES
    return MAX_CALL_BYTES if scope["path"].startswith(_CALLS) else MAX_BODY_BYTES


def is_silent(scope: Scope, status: int) -> bool:
    """Whether a request is left out of the log: a frequent one that went well, most by far."""
    return status in _WELL and scope["path"].startswith(_FREQUENT)
