"""Hot routes, dispatched before FastAPI to save its per-request overhead.

Such a route is a path and one JSON body, and nothing else to resolve. Without the setting
``fast_path`` the framework serves it like any other. With it, :class:`FastPath` parses the
body and calls the endpoint itself: FastAPI's handlers, parameters, dependencies and
responses cost more than checking an identity. The OpenAPI document is the same either way.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import get_type_hints

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from oneseat.web.bodies import MAX_BODY_BYTES, BodyReader
from oneseat.web.refusals import MediaTypeRefused
from oneseat.web.strict_json import JSON, JsonRoute, media_type, parse_strictly


class FastRoute(JsonRoute):
    """Calls ``endpoint(request, body=..., <path parameters as text>)``, which answers with a response."""

    @cached_property
    def _model(self) -> type[BaseModel]:
        model: type[BaseModel] = get_type_hints(inspect.unwrap(self.endpoint))["body"]
        return model

    async def answer(self, request: Request, body: bytes) -> Response:
        """The endpoint's answer to a body of bytes.

        Raises:
            MediaTypeRefused: the request does not say that its body is JSON.
            RequestValidationError: the body is not of the endpoint's shape.
            OneSeatError: the endpoint's refusal.
        """
        if media_type(request) != JSON:
            raise MediaTypeRefused(wanted=JSON)
        endpoint: Callable[..., Awaitable[Response]] = self.endpoint
        answering = endpoint(request, body=self._parsed(body), **request.path_params)
        del body  # thousands of requests may wait for the database; each would keep its bytes
        return await answering

    def _parsed(self, body: bytes) -> BaseModel:
        try:
            return self._model.model_validate(parse_strictly(body))
        except ValidationError as error:
            raise RequestValidationError(
                [{**item, "loc": ("body", *item["loc"])} for item in error.errors(include_url=False)]
            ) from None


class FastPath:
    """Answers POST requests for fast routes; all other requests go on to ``app``.

    ``refuse`` makes the response of a request that raised an exception. Bodies are at most ``limit_bytes``
    long.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Sequence[FastRoute],
        bodies: BodyReader,
        refuse: Callable[[Request, Exception], Response],
        limit_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._app = app
        self._bodies = bodies
        self._routes = [(route.path_regex, route) for route in routes]
        self._refuse = refuse
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        route = self._route(scope)
        if route is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await route.answer(request, await self._bodies.read(scope, receive, self._limit_bytes))
        except Exception as error:  # noqa: BLE001 -- unforeseen faults are answered too
            response = self._refuse(request, error)
        await response(scope, receive, send)

    def _route(self, scope: Scope) -> FastRoute | None:
        """The fast route that matches, put into the scope as the framework does with its own routes."""
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        for pattern, route in self._routes:
            match = pattern.match(scope["path"])
            if match is not None:
                scope["route"], scope["path_params"] = route, match.groupdict()
                return route
        return None
