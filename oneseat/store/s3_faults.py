"""Maps errors of S3 servers and botocore to this project's refusals.

Only error codes and kinds are passed on. Messages may contain signed URLs and key ids.
"""

from __future__ import annotations

import re

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from oneseat.store.errors import CredentialsRefused, StoreBusy, StoreFull, StoreUnavailable
from signing.errors import OneSeatError
from signing.text import Text, verbatim

ABSENT_CODES = frozenset({"404", "NoSuchKey", "NotFound"})
NAME_TAKEN_CODES = frozenset({"412", "PreconditionFailed", "409", "ConditionalRequestConflict"})
"""Codes of a failed conditional write: the name exists, or another writer is writing it."""

_CREDENTIALS = frozenset(
    {
        "401",
        "403",
        "AccessDenied",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidToken",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)
_BUSY = frozenset(
    {"429", "503", "RequestLimitExceeded", "ServiceUnavailable", "SlowDown", "Throttling", "TooManyRequests"}
)
_SERVER_FAULTS = frozenset({500, 502, 503, 504})
UNSUPPORTED_CODES = frozenset({"501", "NotImplemented", "405", "MethodNotAllowed"})
"""Codes of a server that does not have the operation, or a header of it."""
_FULL = frozenset({"507", "InsufficientStorage", "QuotaExceeded"})

_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.InvalidConfigError,
    boto.ProfileNotFound,
    boto.SSOError,
    boto.TokenRetrievalError,
)
_KINDS: tuple[tuple[type[BotoCoreError], Text], ...] = (
    (boto.ConnectTimeoutError, Text("it cannot be reached in time", "连接超时")),
    (boto.ReadTimeoutError, Text("it does not answer in time", "应答超时")),
    (boto.EndpointConnectionError, Text("it cannot be reached", "无法连接")),
    (boto.SSLError, Text("its certificate is not accepted", "证书未被认可")),
    (boto.ConnectionClosedError, Text("it breaks connections off", "连接被中断")),
    (boto.HTTPClientError, Text("its answers break off", "应答中途中断")),
    (boto.IncompleteReadError, Text("its answers break off", "应答中途中断")),
)


def code_of(error: ClientError) -> str:
    """Return the server's error code, or the HTTP status if the response has no body."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if re.fullmatch(r"[A-Za-z0-9.]{1,64}", code) else "UnknownError"


def is_outage(error: BotoCoreError | ClientError) -> bool:
    """Whether waiting may help: the connection failed, or the server reports a fault of its own."""
    if isinstance(error, ClientError):
        return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in _SERVER_FAULTS
    return isinstance(error, boto.HTTPClientError) and not isinstance(
        error, (boto.SSLError, boto.ProxyConnectionError)
    )


def refusal_of(where: str, error: BotoCoreError | ClientError) -> OneSeatError:
    """Map a botocore error to a refusal."""
    if isinstance(error, ClientError):
        code = code_of(error)
        reason = verbatim(f"{error.operation_name}: {code}")
        if code in _CREDENTIALS:
            return CredentialsRefused(where=where, reason=reason)
        if code in _BUSY:
            return StoreBusy(where=where, reason=reason)
        if code in _FULL:
            return StoreFull(where=where)
        return StoreUnavailable(where=where, reason=reason)
    if isinstance(error, _NO_CREDENTIALS):
        return CredentialsRefused(where=where, reason=Text("none were found", "没有找到凭据"))
    kind = next((text for of, text in _KINDS if isinstance(error, of)), verbatim(type(error).__name__))
    return StoreUnavailable(where=where, reason=kind)
