"""The API's description (OpenAPI 3.1), made from its routes and kept at docs/reference/openapi.json.

Three things that the framework cannot know are put in here: every refusal is a problem
document and none has the framework's own shape; who may call what; and which calls take
an ``Idempotency-Key``.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from oneseat.portal.problems import MEDIA_TYPE as PROBLEM
from oneseat.portal.sdk.models import KeySet, Problem

VERSION = "1"
DESCRIPTION = """\
What candidates' programs, exam rooms, and a portal in front of ours call.

Bodies are JSON, at most 16 KiB, with exactly the members shown. Every refusal is a problem document
(RFC 9457) with a code, a cause and a remedy in English and Chinese, to be shown as they are. Where it
carries `Retry-After`, the same may be asked again after that many seconds, and not before.
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
_OPEN: dict[str, list[str]] = {}
"""For whoever asks."""

# By path below the exam, or whole where it is not an exam's: who may call it, each of the list by itself.
_ALLOWED: dict[str, list[dict[str, list[str]]]] = {
    "authenticate": [_OPEN, {"service": ["authenticate"]}],
    "installers/{jti}": [{"session": []}, {"service": ["download"]}, {"link": []}],
    "installers/{jti}/links": [{"session": []}, {"service": ["download"]}],
    "seats/{jti}": [{"session": []}, {"service": ["seat:read"]}],
    "seat-lookups": [{"service": ["seat:read"]}],
    "room/starts": [{"service": ["room:report"]}],
    "room/ends": [{"service": ["room:report"]}],
}
_SENT_AGAIN = {"authenticate", "activations"}


def document(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The whole description of the API that ``routes`` make."""
    with warnings.catch_warnings():
        # One function that answers two methods; both get names of their own below.
        warnings.filterwarnings("ignore", "Duplicate Operation ID")
        made = get_openapi(title="OneSeat portal", version=VERSION, description=DESCRIPTION, routes=routes)
    schemas = made["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _, said = models_json_schema(
        [(Problem, "serialization"), (KeySet, "serialization")],
        ref_template="#/components/schemas/{model}",
    )
    schemas.update(said["$defs"])
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    made["components"]["securitySchemes"] = _SCHEMES
    described = [route for route in routes if isinstance(route, APIRoute)]
    names = {(one.path, method.lower()): one.name for one in described for method in one.methods or ()}
    # A route's methods are a set: in which order they come differs from run to run.
    made["paths"] = {path: dict(sorted(each.items())) for path, each in made["paths"].items()}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            name = names[path, method]
            # What generated clients call it.
            operation["operationId"] = f"head_{name}" if method == "head" else name
            _complete(operation, path.partition("{exam}/")[2])
    return made


def _complete(operation: dict[str, Any], name: str) -> None:
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = _REFUSAL
    operation["security"] = _ALLOWED.get(name, [_OPEN])
    if name in _SENT_AGAIN:
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
