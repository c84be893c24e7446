"""Generates the OpenAPI 3.1 document from the routes; docs/reference/openapi.json is a copy.

It adds what FastAPI cannot know: every refusal is a problem document, which callers each
operation takes, and which operations take an ``Idempotency-Key``.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from oneseat.portal.sdk.models import KeySet, Problem
from oneseat.web.problems import MEDIA_TYPE as PROBLEM

VERSION = "1"
DESCRIPTION = """\
What candidates' programs, exam rooms, and a portal in front of ours call.

Bodies are JSON, at most 16 KiB, with exactly the members shown; files are bodies by themselves. Every
refusal is a problem document (RFC 9457) with a code, a cause and a remedy in English and Chinese, to be
shown as they are. Where it carries `Retry-After`, the same may be asked again after that many seconds,
and not before.
"""

_REFUSAL = {
    "description": "A refusal, with its code, its cause and what to do.",
    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "One key for all attempts of one call: an identity check that failed is answered again, "
        "for ten minutes, without counting twice."
    ),
    "schema": {"type": "string", "minLength": 16, "maxLength": 100, "pattern": "^[!-~]+$"},
}
_SCHEMES = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "description": "The `session` that `authenticate` gave: one seat's own, for twelve hours.",
    },
    "service": {
        "type": "http",
        "scheme": "bearer",
        "description": "A service token, as `oneseat service-token make` prints it, with its scopes.",
    },
    "link": {"type": "apiKey", "in": "query", "name": "link", "description": "What a link carries."},
}
_ANONYMOUS: dict[str, list[str]] = {}
"""No authentication."""

# By path below the exam, or the whole path outside exams: alternative ways to authenticate.
_ALLOWED: dict[str, list[dict[str, list[str]]]] = {
    "authenticate": [_ANONYMOUS, {"service": ["authenticate"]}],
    "installers/{jti}": [{"session": []}, {"service": ["download"]}, {"link": []}],
    "installers/{jti}/links": [{"session": []}, {"service": ["download"]}],
    "seats/{jti}": [{"session": []}, {"service": ["seat:read"]}],
    "seat-lookups": [{"service": ["seat:read"]}],
    "seats/{jti}/help-request": [{"session": []}, {"service": ["help"]}],
    "seats/{jti}/help-request/withdrawal": [{"session": []}, {"service": ["help"]}],
    "seats/{jti}/help-request/pictures": [{"session": []}, {"service": ["help"]}],
    "seats/{jti}/help-request/pictures/{picture}": [{"session": []}, {"service": ["help"]}],
    "room/starts": [{"service": ["room:report"]}],
    "room/ends": [{"service": ["room:report"]}],
    "room/seats": [{"service": ["room:seats"]}],
    "room/incidents/{number}": [{"service": ["room:incidents"]}],
}
_IDEMPOTENT = {"authenticate", "activations"}


def describe(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The OpenAPI document of ``routes``."""
    with warnings.catch_warnings():
        # A function that answers two methods gets two operation ids below.
        warnings.filterwarnings("ignore", "Duplicate Operation ID")
        spec = get_openapi(title="OneSeat portal", version=VERSION, description=DESCRIPTION, routes=routes)
    schemas = spec["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _, models = models_json_schema(
        [(Problem, "serialization"), (KeySet, "serialization")],
        ref_template="#/components/schemas/{model}",
    )
    schemas.update(models["$defs"])
    spec["components"]["schemas"] = dict(sorted(schemas.items()))
    spec["components"]["securitySchemes"] = _SCHEMES
    api_routes = [route for route in routes if isinstance(route, APIRoute)]
    names = {
        (route.path, method.lower()): route.name for route in api_routes for method in route.methods or ()
    }
    # A route's methods are a set, whose order differs from run to run.
    spec["paths"] = {path: dict(sorted(each.items())) for path, each in spec["paths"].items()}
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            name = names[path, method]
            # What generated clients call it.
            operation["operationId"] = f"head_{name}" if method == "head" else name
            _complete(operation, path.partition("{exam}/")[2])
    return spec


def _complete(operation: dict[str, Any], name: str) -> None:
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = _REFUSAL
    operation["security"] = _ALLOWED.get(name, [_ANONYMOUS])
    if name in _IDEMPOTENT:
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
