"""Authorises programs by service token: a token allows what its scopes name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.services import ScopeMissing, ServiceTokenRefused
from oneseat.state.accounts import service_tokens
from oneseat.state.accounts.service_tokens import Scope, Service

_bearer = HTTPBearer(
    scheme_name="service token", description="Made by `service-token make`.", auto_error=False
)
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
"""A handler's parameter: the token that came with the request, unchecked."""


_MARK = "ost1."


def is_service_token(bearer: HTTPAuthorizationCredentials | None) -> bool:
    """Whether a bearer token has the prefix of service tokens; a candidate's session has not."""
    return bearer is not None and bearer.credentials.startswith(_MARK)


def service_token_of(request: Request) -> HTTPAuthorizationCredentials | None:
    """The request's service token, unchecked, for fast routes, which have no parameters but the body."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    bearer = HTTPAuthorizationCredentials(scheme=scheme, credentials=credentials.strip())
    return bearer if scheme.lower() == "bearer" and is_service_token(bearer) else None


def require(
    exam: ServedExam, bearer: HTTPAuthorizationCredentials | None, scope: Scope, now: datetime
) -> Service:
    """Authenticate a program and check that its token has ``scope``.

    Raises:
        ServiceTokenRefused: the token is missing, unknown, another exam's, expired or revoked.
        ScopeMissing: the token is valid and does not have ``scope``.
    """
    if bearer is None:
        raise ServiceTokenRefused
    with exam.database.reading() as connection:
        service = service_tokens.recognise(connection, exam.exam, bearer.credentials)
    if service is None or not service.good_at(now):
        raise ServiceTokenRefused
    if scope not in service.scopes:
        raise ScopeMissing(scope=scope)
    return service
