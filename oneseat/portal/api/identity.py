"""API route for exam rooms: whether a typed identity is that of a seat."""

from __future__ import annotations

from fastapi import APIRouter, Request

from oneseat.portal.api.candidates import PREFIX
from oneseat.portal.http.application import portal_of
from oneseat.portal.sdk.models import IdentityCheckAnswer, IdentityCheckBody
from oneseat.portal.services.identity_check import TypedIdentity, check_identity
from oneseat.portal.services.service_tokens import Bearer, require
from oneseat.state.accounts.service_tokens import Scope
from oneseat.web.strict_json import JsonRoute

router = APIRouter(prefix=PREFIX, route_class=JsonRoute)


@router.post("/exams/{exam}/identity/check", response_model_exclude_none=True)
def identity_check(
    request: Request, exam: str, body: IdentityCheckBody, bearer: Bearer
) -> IdentityCheckAnswer:
    """Whether a name and an ID number are those of a seat. Needs the scope `identity:check`.

    It gives no session, no download and no install code. A seat that is not there does not agree. With an
    admission number in place of a jti, the answer names the jti where all agree, and only then.
    """
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    service = require(served, bearer, Scope.IDENTITY_CHECK, now)
    typed = TypedIdentity(body.jti, body.name, body.id_number, body.admission_number or "")
    found = check_identity(served, service, typed, now)
    return IdentityCheckAnswer(agrees=found.agrees, jti=found.jti if body.jti is None else None)
