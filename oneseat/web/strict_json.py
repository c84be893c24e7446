"""Parses JSON bodies by the kernel's rules, where Starlette and pydantic take the last of a repeated key."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from signing.jws import parse_json
from signing.refusals import TokenMalformed

JSON = "application/json"


def media_type(request: Request) -> str:
    """The media type of the request's body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


class JsonRequest(Request):
    """A request whose ``json`` refuses repeated keys, unpaired surrogates, deep nesting and huge numbers."""

    async def json(self) -> Any:  # noqa: ANN401 -- JSON holds anything
        """Parse the body.

        Raises:
            json.JSONDecodeError: it is not JSON by these rules, which FastAPI answers as a validation error.
        """
        try:
            return parse_json(await self.body())
        except TokenMalformed:
            raise json.JSONDecodeError("refused", "", 0) from None


class JsonRoute(APIRoute):
    """A route whose body is parsed by :class:`JsonRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's own handler."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return handle_strictly


def parse_strictly(body: bytes) -> Any:  # noqa: ANN401 -- JSON holds anything
    """Parse a body that the framework does not read.

    Raises:
        RequestValidationError: it is not JSON by the kernel's rules.
    """
    try:
        return parse_json(body)
    except TokenMalformed:
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body",)}]) from None
