"""Maps refusals to RFC 9457 problem documents, HTTP statuses and headers."""

from __future__ import annotations

import logging
import re
from typing import Any

from starlette.responses import Response

from oneseat.portal.errors import NotReady, PortalError, PortalFault
from oneseat.state import errors as state_errors
from signing import refusals as kernel
from signing.errors import OneSeatError
from signing.jws import canonical_json
from signing.text import verbatim

MEDIA_TYPE = "application/problem+json"

_STATUS: dict[type[OneSeatError], int] = {
    kernel.DocumentInvalid: 400,
    kernel.TokenMalformed: 400,
    kernel.TokenTypeWrong: 400,
    kernel.KeyUnknown: 403,
    kernel.SignatureInvalid: 403,
    kernel.LicenceForOtherExam: 403,
    kernel.LicenceForOtherBuild: 403,
    kernel.LicenceForOtherBase: 403,
    kernel.LicenceNotYetValid: 403,
    kernel.LicenceExpired: 403,
    kernel.IdentityMismatch: 403,
    state_errors.SeatTaken: 409,
    state_errors.DeviceRetired: 409,
}
"""HTTP statuses of refusals from other packages. Any other is answered as a fault of the portal."""

_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_log = logging.getLogger("portal.faults")


def refusal_for(error: Exception, reference: str) -> OneSeatError:
    """The refusal to answer with: the error itself, or a fault with a reference into the log.

    ``reference`` is the request's identifier (:mod:`oneseat.portal.http.request_id`).
    """
    if isinstance(error, state_errors.StateUnavailable):
        # Its text names the database, which callers must not learn.
        _log.error(
            "state out of reach: %s", _origin(error), extra={"reference": reference, "code": error.code}
        )
        return NotReady(what=verbatim(error.code))
    if isinstance(error, OneSeatError) and (isinstance(error, PortalError) or type(error) in _STATUS):
        return error
    code = error.code if isinstance(error, OneSeatError) else None
    # The message may hold what a candidate typed, so only the place and the class are logged.
    _log.error("fault: %s", _origin(error), extra={"reference": reference, "code": code})
    return PortalFault(reference=reference)


def status_of(error: OneSeatError) -> int:
    """The HTTP status that carries a refusal."""
    return error.http_status if isinstance(error, PortalError) else _STATUS.get(type(error), 500)


def problem(error: OneSeatError) -> dict[str, Any]:
    """The problem document (RFC 9457, section 3) with our code, cause and remedy in both languages.

    With a challenge, the member ``challenge`` holds its token (as ``stamp``) and its question.
    """
    cause, remedy = error.cause_text, error.remedy_text
    challenge = error.challenge if isinstance(error, PortalError) else None
    more = (
        {"challenge": {"stamp": challenge.token, "question": challenge.question._asdict()}}
        if challenge
        else {}
    )
    return {
        "type": f"urn:oneseat:error:{error.code}",
        "title": _WORD.sub(" ", type(error).__name__),
        "status": status_of(error),
        "detail": cause.en,
        "code": error.code,
        "cause": cause._asdict(),
        "remedy": remedy._asdict(),
        **more,
    }


def headers_of(error: OneSeatError) -> dict[str, str]:
    """The headers that go with a refusal."""
    headers = {"cache-control": "no-store"}
    wait_s = getattr(error, "retry_after_s", None)
    if wait_s is not None:
        headers["retry-after"] = str(wait_s)
    if status_of(error) == 401:
        headers["www-authenticate"] = 'Bearer realm="oneseat"'
    return headers


def problem_response(error: OneSeatError) -> Response:
    """A refusal as an HTTP response for a program."""
    return Response(
        canonical_json(problem(error)), status_of(error), headers_of(error), media_type=MEDIA_TYPE
    )


def _origin(error: Exception) -> str:
    """Class and innermost places of an exception, without its message."""
    places = []
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return f"{type(error).__name__} at {' < '.join(reversed(places[-6:]))}"
