"""Routes that everybody takes in one evening: a path and one JSON body, and nothing else to resolve.

FastAPI reads the endpoint's signature for the OpenAPI document as it does everywhere;
only its general machinery for parameters, dependencies and answers, which costs more
than proving an identity, is passed by.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine
from functools import cached_property
from typing import Any, get_type_hints

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from portal.errors import MediaTypeRefused

JSON = "application/json"


def media_type(request: Request) -> str:
    """The media type of the request's body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


class LeanRoute(APIRoute):
    """Calls ``endpoint(request, body=..., <path parameters as text>)``, which answers with a response.

    Refusals go to the application's own handlers, which stand around all routes.
    """

    @cached_property
    def _handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.get_route_handler()

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for this address."""
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        response = await self._handler(Request(scope, receive, send))
        await response(scope, receive, send)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, made once."""
        endpoint: Callable[..., Awaitable[Response]] = self.endpoint
        model: type[BaseModel] = get_type_hints(inspect.unwrap(endpoint))["body"]

        async def handle(request: Request) -> Response:
            if media_type(request) != JSON:
                raise MediaTypeRefused(wanted=JSON)
            try:
                body = model.model_validate_json(await request.body())
            except ValidationError as error:
                raise RequestValidationError(
                    [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
                ) from None
            return await endpoint(request, body=body, **request.path_params)

        return handle
