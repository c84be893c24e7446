"""Maps refusals to RFC 9457 problem documents, HTTP statuses and headers."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from oneseat.state import errors as state_errors
from oneseat.store import errors as store_errors
from oneseat.web.errors import WebError
from signing import refusals as kernel
from signing.errors import OneSeatError
from signing.jws import canonical_json

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
    store_errors.UploadUrlRefused: 403,
    store_errors.UploadSizeWrong: 413,
    store_errors.UploadDiffers: 409,
    store_errors.ObjectDiffers: 409,
}
"""HTTP statuses of refusals from other packages. Any other is answered as a fault of the server."""

_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def has_status(error: Exception) -> bool:
    """Whether an exception is a refusal that can be answered with as it is."""
    return isinstance(error, WebError) or type(error) in _STATUS


def status_of(error: OneSeatError) -> int:
    """The HTTP status that carries a refusal."""
    return error.http_status if isinstance(error, WebError) else _STATUS.get(type(error), 500)


def problem(error: OneSeatError) -> dict[str, Any]:
    """The problem document (RFC 9457, section 3) with our code, cause and remedy in both languages."""
    cause, remedy = error.cause_text, error.remedy_text
    return {
        "type": f"urn:oneseat:error:{error.code}",
        "title": _WORD.sub(" ", type(error).__name__),
        "status": status_of(error),
        "detail": cause.en,
        "code": error.code,
        "cause": cause._asdict(),
        "remedy": remedy._asdict(),
        **(error.more_members() if isinstance(error, WebError) else {}),
    }


def headers_of(error: OneSeatError) -> dict[str, str]:
    """The headers that go with a refusal."""
    headers = {"cache-control": "no-store"}
    wait_s = getattr(error, "retry_after_s", None)
    if wait_s is not None:
        headers["retry-after"] = str(wait_s)
    if getattr(error, "ends_connection", False):
        headers["connection"] = "close"
    if status_of(error) == 401:
        headers["www-authenticate"] = 'Bearer realm="oneseat"'
    return headers


def problem_response(error: OneSeatError) -> Response:
    """A refusal as an HTTP response for a program."""
    return Response(
        canonical_json(problem(error)), status_of(error), headers_of(error), media_type=MEDIA_TYPE
    )
