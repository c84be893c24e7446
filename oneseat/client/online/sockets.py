"""Transport by Python's own sockets and TLS, for tests and development on other systems than Windows.

It uses no proxy. The frozen client has neither this module's TLS nor its libraries.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from typing import Iterable, Iterator

from oneseat.client.errors import PortalAnswerUnusable, PortalUnreachable
from oneseat.client.online.errors import (
    CERTIFICATE_INVALID,
    CERTIFICATE_REVOKED,
    NAME_MISMATCH,
    PROTOCOL_FAULT,
    ConnectionRefused,
    NameNotFound,
    PortalTimedOut,
    TlsOther,
    TlsRootUnknown,
    TlsTimeWrong,
)
from oneseat.client.online.transport import Request, Response
from signing.errors import OneSeatError
from signing.text import Text, verbatim

_NOT_YET_VALID, _EXPIRED, _REVOKED, _NAME_MISMATCH = 9, 10, 23, 62
_NO_ROOT = frozenset((2, 18, 19, 20, 21, 27))
"""Results of OpenSSL's verification (``X509_V_ERR_*`` in ``x509_vfy.h``)."""


@contextlib.contextmanager
def exchange(request: Request) -> Iterator[Response]:
    """Send a request, and close its connection after the block.

    Raises:
        PortalUnreachable, PortalAnswerUnusable: see :mod:`oneseat.client.online.transport`.
    """
    with contextlib.ExitStack() as both:
        connection = both.enter_context(contextlib.closing(_connection(request)))
        # Closed too: a response that ends with its connection keeps the socket beyond it.
        yield both.enter_context(contextlib.closing(_answer(connection, request)))


def _connection(request: Request) -> http.client.HTTPConnection:
    host, timeout_s = request.parts.hostname or "", max(request.limit.left_s(), 0.001)
    if request.parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, request.port, timeout=timeout_s, context=context)
    return http.client.HTTPConnection(host, request.port, timeout=timeout_s)


def _answer(connection: http.client.HTTPConnection, request: Request) -> _Response:
    with _faults():
        connection.putrequest(request.method, request.path, skip_accept_encoding=True)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        if request.body is not None:
            connection.putheader("Content-Length", str(request.length))
        connection.endheaders()
    for chunk in _chunks(request):  # outside: an exception of the body is the caller's
        with _faults():
            connection.send(chunk)
    with _faults():
        return _Response(connection.getresponse())


def _chunks(request: Request) -> Iterable[bytes]:
    if request.body is None:
        return ()
    return (request.body,) if isinstance(request.body, bytes) else request.body


class _Response:
    """Implements :class:`oneseat.client.online.transport.Response`."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self.status = response.status
        self.location = response.getheader("Location", "")

    def close(self) -> None:
        """Let go of the socket."""
        self._response.close()

    def read(self, count: int) -> bytes:
        """Read at most ``count`` bytes, and fewer only at the body's end."""
        with _faults():
            data = self._response.read(count)
            if len(data) < count and self._response.length:
                raise http.client.IncompleteRead(data, self._response.length)
            return data


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    """Turn every exception of the libraries into a refusal: their documentation does not list them all."""
    try:
        yield
    except OneSeatError:
        raise
    except ConnectionError as fault:  # before HTTPException: a response without a first byte is both
        raise refusal_of(fault) from None
    except http.client.HTTPException:
        raise PortalAnswerUnusable(reason=verbatim("HTTP")) from None
    except Exception as fault:  # noqa: BLE001 -- see above
        raise refusal_of(fault) from None


def refusal_of(fault: Exception) -> PortalUnreachable:
    """Choose the refusal for a network fault."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return _certificate_refusal(fault.verify_code)
    if isinstance(fault, socket.timeout):
        return PortalTimedOut()
    if isinstance(fault, ssl.SSLError):
        return TlsOther(reason=PROTOCOL_FAULT)
    if isinstance(fault, socket.gaierror):
        return NameNotFound()
    if isinstance(fault, ConnectionRefusedError):
        return ConnectionRefused()
    name = type(fault).__name__
    return PortalUnreachable(reason=Text(f"connection lost, {name}", f"连接中断，{name}"))


def _certificate_refusal(result: int) -> PortalUnreachable:
    if result in (_NOT_YET_VALID, _EXPIRED):
        return TlsTimeWrong()
    if result in _NO_ROOT:
        return TlsRootUnknown()
    reasons = {_NAME_MISMATCH: NAME_MISMATCH, _REVOKED: CERTIFICATE_REVOKED}
    return TlsOther(reason=reasons.get(result, CERTIFICATE_INVALID))
