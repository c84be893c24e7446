"""Routes of pages: HEAD is answered as GET is, without the body (RFC 9110, 9.3.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi.routing import APIRoute


class PageRoute(APIRoute):
    """A page's route. FastAPI, unlike Starlette, would answer HEAD with 405."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 -- FastAPI's
        super().__init__(path, endpoint, **options)
        methods = self.methods or set()
        self.methods = methods | ({"HEAD"} if "GET" in methods else set())
