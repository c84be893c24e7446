"""The base class of refusals that a web server answers with over HTTP."""

from __future__ import annotations

from typing import Any, ClassVar

from signing.errors import OneSeatError


class WebError(OneSeatError):
    """A refusal with an HTTP status. ``retry_after_s`` becomes a Retry-After header.

    ``ends_connection`` closes the connection after the answer, so that the rest of a body is not read.
    """

    http_status: ClassVar[int]
    retry_after_s: int | None = None
    ends_connection: bool = False

    def more_members(self) -> dict[str, Any]:
        """Further members of the problem document (RFC 9457, section 3.2)."""
        return {}
