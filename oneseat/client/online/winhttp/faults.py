"""Chooses the refusal for an error of WinHTTP, and for the certificate flags of its status callback.

Source: Microsoft's pages "Error Messages (Winhttp.h)" and WINHTTP_STATUS_CALLBACK.
"""

from __future__ import annotations

from oneseat.client.errors import PortalAnswerUnusable, PortalUnreachable
from oneseat.client.online.errors import (
    CERTIFICATE_INVALID,
    CERTIFICATE_REVOKED,
    NAME_MISMATCH,
    PROTOCOL_FAULT,
    REVOCATION_UNKNOWN,
    ConnectionRefused,
    NameNotFound,
    PortalTimedOut,
    ProxyUnreachable,
    TlsOther,
    TlsRootUnknown,
    TlsTimeWrong,
)
from signing.errors import OneSeatError
from signing.text import Text, verbatim

TIMEOUT = 12002
NAME_NOT_RESOLVED = 12007
CANNOT_CONNECT = 12029
SECURE_CERT_DATE_INVALID = 12037
SECURE_CERT_CN_INVALID = 12038
SECURE_INVALID_CA = 12045
SECURE_CERT_REV_FAILED = 12057
INVALID_SERVER_RESPONSE = 12152
SECURE_CHANNEL_ERROR = 12157
SECURE_INVALID_CERT = 12169
SECURE_CERT_REVOKED = 12170
SECURE_FAILURE = 12175
SECURE_CERT_WRONG_USAGE = 12179
_NOT_HTTP = frozenset((INVALID_SERVER_RESPONSE, 12150, 12181, 12182, 12183, 12184))
"""Malformed, a missing header, and too many or too large ones."""

REV_FAILED, INVALID_CERT, REVOKED, INVALID_CA = 0x01, 0x02, 0x04, 0x08
CN_INVALID, DATE_INVALID, WRONG_USAGE = 0x10, 0x20, 0x40
CHANNEL_ERROR = 0x80000000
"""Flags of WINHTTP_CALLBACK_STATUS_SECURE_FAILURE."""

_FLAG_OF = {
    SECURE_CERT_DATE_INVALID: DATE_INVALID,
    SECURE_CERT_CN_INVALID: CN_INVALID,
    SECURE_INVALID_CA: INVALID_CA,
    SECURE_CERT_REV_FAILED: REV_FAILED,
    SECURE_CHANNEL_ERROR: CHANNEL_ERROR,
    SECURE_INVALID_CERT: INVALID_CERT,
    SECURE_CERT_REVOKED: REVOKED,
    SECURE_CERT_WRONG_USAGE: WRONG_USAGE,
    SECURE_FAILURE: CHANNEL_ERROR,
}


def refusal_of(error: int, tls_flags: int, proxy: str) -> OneSeatError:
    """Choose the refusal; ``proxy`` is the one that the request went through, or empty.

    Through a proxy every fault but a bad certificate is put down to the proxy: WinHTTP does not tell a proxy
    that breaks the connection off from a portal that does.
    """
    flags = tls_flags or _FLAG_OF.get(error, 0)
    if flags and not (proxy and flags == CHANNEL_ERROR):
        return _tls_refusal(flags)
    if proxy:
        return ProxyUnreachable(proxy=proxy)
    if error in _NOT_HTTP:
        return PortalAnswerUnusable(reason=verbatim("HTTP"))
    named = {TIMEOUT: PortalTimedOut, NAME_NOT_RESOLVED: NameNotFound, CANNOT_CONNECT: ConnectionRefused}
    if error in named:
        return named[error]()
    return PortalUnreachable(reason=Text(f"connection lost, {error}", f"连接中断，{error}"))


def _tls_refusal(flags: int) -> PortalUnreachable:
    """Choose by the flag that decides what to do first.

    Another name means another server, so nothing else counts. A wrong clock also makes roots and revocation
    lists look bad, so it comes before those.
    """
    if flags & CN_INVALID:
        return TlsOther(reason=NAME_MISMATCH)
    if flags & REVOKED:
        return TlsOther(reason=CERTIFICATE_REVOKED)
    if flags & DATE_INVALID:
        return TlsTimeWrong()
    if flags & INVALID_CA:
        return TlsRootUnknown()
    if flags & (INVALID_CERT | WRONG_USAGE):
        return TlsOther(reason=CERTIFICATE_INVALID)
    return TlsOther(reason=REVOCATION_UNKNOWN if flags & REV_FAILED else PROTOCOL_FAULT)
