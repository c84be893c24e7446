"""What both servers make of FastAPI: its settings, and refusals in place of its own answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from oneseat.web.middleware import Answer
from oneseat.web.refusals import MediaTypeRefused, MethodRefused, PageUnknown, RequestInvalid
from oneseat.web.strict_json import JSON, media_type
from signing.errors import OneSeatError


class ServerApp(FastAPI):
    """FastAPI without its own pages, redirects and telemetry, behind the middleware at ``_front``.

    A subclass sets ``_front``, whose innermost application is :meth:`_framework`.
    """

    _front: ASGIApp

    def __init__(
        self,
        *,
        title: str,
        version: str = "0.1.0",
        openapi_url: str | None = None,
        lifespan: Callable[[Any], AbstractAsyncContextManager[None]],
    ) -> None:
        super().__init__(
            title=title,
            version=version,
            openapi_url=openapi_url,
            docs_url=None,
            redoc_url=None,
            lifespan=lifespan,
            # The framework's redirects are absolute, and built from the Host that the request claims.
            redirect_slashes=False,
            # Errors may hold what a candidate sent, so the environment cannot turn telemetry on.
            telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run the lifespan."""
        scope["app"] = self
        await self._front(scope, receive, send)

    async def _framework(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)


def answer_refusals(app: FastAPI, answer: Answer) -> None:
    """Make ``answer`` the answer to refusals, and to what the framework raises."""

    async def refuse(request: Request, error: Exception) -> Response:
        return answer(request, error)

    async def refuse_route(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            response = answer(request, MethodRefused(method=request.method[:10]))
            response.headers["allow"] = ", ".join(_methods(request))
            return response
        return answer(request, PageUnknown() if error.status_code == 404 else RequestInvalid(where="body"))

    app.exception_handler(RequestValidationError)(refuse)
    app.exception_handler(HTTPException)(refuse_route)
    app.exception_handler(OneSeatError)(refuse)


def wrong_shape(request: Request, error: RequestValidationError, *, takes_json: bool) -> OneSeatError:
    """A refusal that names the wrong member and never its value."""
    first = error.errors()[0]
    in_body = first["loc"][0] == "body"
    if in_body and takes_json and media_type(request) != JSON:
        return MediaTypeRefused(wanted=JSON)
    known = [str(part) for part in first["loc"] if isinstance(part, str)]
    where = "body" if first["type"] == "extra_forbidden" else ".".join(known[:3])
    return RequestInvalid(where=f"{where} ({first['type']})")


def with_head(routes: Sequence[BaseRoute]) -> Sequence[BaseRoute]:
    """The routes of pages; those that answer GET answer HEAD too (RFC 9110, section 9.1)."""
    for route in routes:
        if isinstance(route, APIRoute) and route.methods and "GET" in route.methods:
            route.methods.add("HEAD")
    return routes


def _methods(request: Request) -> list[str]:
    """The methods of all routes at the request's path; the router names those of the first only."""
    routes = (route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE)
    return sorted({method for route in routes for method in getattr(route, "methods", None) or ()})
