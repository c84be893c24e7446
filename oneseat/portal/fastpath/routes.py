"""Routes that everybody takes in one evening, and the lane that leads to them past the framework.

Such a route is a path and one JSON body, and nothing else to resolve. FastAPI reads its
signature for the OpenAPI document as it does everywhere; its general machinery for
handlers, parameters, dependencies and answers, which costs more than proving an
identity, is passed by.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import get_type_hints

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from oneseat.portal.errors import MediaTypeRefused
from oneseat.portal.http.bodies import Bodies

JSON = "application/json"


def media_type(request: Request) -> str:
    """The media type of the request's body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


class LeanRoute(APIRoute):
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
        try:
            shaped = self._model.model_validate_json(body)
        except ValidationError as error:
            raise RequestValidationError(
                [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
            ) from None
        endpoint: Callable[..., Awaitable[Response]] = self.endpoint
        return await endpoint(request, body=shaped, **request.path_params)


class Lane:
    """Answers requests for lean routes; all others, and other methods, go on to the framework.

    ``refuse`` is what a request is answered that raised something.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Sequence[LeanRoute],
        bodies: Bodies,
        refuse: Callable[[Request, Exception], Response],
    ) -> None:
        self._app = app
        self._bodies = bodies
        self._routes = [(route.path_regex, route) for route in routes]
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        route = self._route(scope)
        if route is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await route.answer(request, await self._bodies.read(scope, receive))
        except Exception as error:  # noqa: BLE001 -- what nobody foresaw is answered too
            response = self._refuse(request, error)
        await response(scope, receive, send)

    def _route(self, scope: Scope) -> LeanRoute | None:
        """The lean route that a request is for, noted in its scope as the framework notes its own."""
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        for address, route in self._routes:
            found = address.match(scope["path"])
            if found is not None:
                scope["route"], scope["path_params"] = route, found.groupdict()
                return route
        return None
