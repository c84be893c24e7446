"""What WinHTTP reports is read as Microsoft declares it; runs under the Windows Python only."""

from __future__ import annotations

import ctypes
import sys
import time
from typing import Any

import pytest

from oneseat.client.online.errors import PortalTimedOut, TlsRootUnknown, TlsTimeWrong
from oneseat.client.online.transport import Request, TimeLimit
from oneseat.client.online.winhttp import faults


@pytest.fixture
def library() -> Any:
    if sys.platform != "win32":
        pytest.skip("needs Windows")
    from oneseat.client.online.winhttp import library

    return library


@pytest.fixture
def winhttp() -> Any:
    if sys.platform != "win32":
        pytest.skip("needs Windows")
    from oneseat.client.online.winhttp import exchange

    return exchange


def request(url: str = "https://localhost:9/", whole_s: float = 5.0) -> Request:
    return Request(url, {}, None, 0, TimeLimit(whole_s, whole_s), may_use_proxy=False)


def test_structures_have_the_sizes_of_64_bit_windows(library: Any) -> None:
    if ctypes.sizeof(ctypes.c_void_p) != 8:
        pytest.skip("needs 64 bits")
    sizes = [library.AsyncResult, library.CurrentUserProxy, library.AutoProxyOptions, library.ProxyInfo]
    assert [ctypes.sizeof(one) for one in sizes] == [16, 32, 32, 24]


@pytest.mark.parametrize(
    ("flags", "refusal"), [(faults.DATE_INVALID, TlsTimeWrong), (faults.INVALID_CA, TlsRootUnknown)]
)
def test_flags_come_before_the_error_and_choose_the_refusal(
    winhttp: Any, library: Any, flags: int, refusal: Any
) -> None:
    exchange = winhttp.Exchange(request(), "")
    winhttp._open_exchanges[exchange._number] = exchange

    def fail() -> bool:
        bits = ctypes.c_uint32(flags)
        report(library.STATUS_SECURE_FAILURE, bits)
        report(library.STATUS_REQUEST_ERROR, library.AsyncResult(5, faults.SECURE_FAILURE))
        return True

    def report(status: int, information: Any) -> None:
        size = ctypes.sizeof(information)
        winhttp._notify(0, exchange._number, status, ctypes.addressof(information), size)

    with pytest.raises(refusal):
        exchange._run(fail)
    winhttp._notify(0, exchange._number, library.STATUS_HANDLE_CLOSING, 0, 0)
    assert exchange._number not in winhttp._open_exchanges


def test_reports_about_a_request_that_is_gone_are_ignored(winhttp: Any) -> None:
    winhttp._notify(0, 10**9, 0x200000, 0, 0)


def test_a_time_limit_that_is_over_sends_nothing(winhttp: Any) -> None:
    exchange = winhttp.Exchange(request(whole_s=0.0), "")
    began = time.monotonic()
    with pytest.raises(PortalTimedOut):
        exchange.send(0.0)
    assert time.monotonic() - began < 1
    assert exchange._handles == []
