"""Each fault between the computer and the portal has its own code and a remedy that fits it."""

from __future__ import annotations

import math
import socket
import ssl
from typing import Optional, Type

import pytest

from oneseat.client.errors import InstallCodeNeeded, PortalAnswerUnusable, PortalUnreachable
from oneseat.client.online import errors, sockets
from oneseat.client.online.errors import (
    ConnectionRefused,
    NameNotFound,
    PortalTimedOut,
    ProxyUnreachable,
    TlsOther,
    TlsRootUnknown,
    TlsTimeWrong,
)
from oneseat.client.online.winhttp import faults
from oneseat.client.reports import message
from signing.errors import OneSeatError
from signing.text import Text

PROXY = "127.0.0.1:7890"


def certificate_fault(result: int) -> ssl.SSLCertVerificationError:
    fault = ssl.SSLCertVerificationError()
    fault.verify_code = result
    return fault


@pytest.mark.parametrize(
    ("flags", "refusal", "reason"),
    [
        (faults.DATE_INVALID, TlsTimeWrong, None),
        (faults.DATE_INVALID | faults.INVALID_CA | faults.REV_FAILED, TlsTimeWrong, None),
        (faults.INVALID_CA, TlsRootUnknown, None),
        (faults.INVALID_CA | faults.REV_FAILED, TlsRootUnknown, None),
        (faults.CN_INVALID, TlsOther, errors.NAME_MISMATCH),
        (faults.CN_INVALID | faults.DATE_INVALID | faults.INVALID_CA, TlsOther, errors.NAME_MISMATCH),
        (faults.REVOKED, TlsOther, errors.CERTIFICATE_REVOKED),
        (faults.REV_FAILED, TlsOther, errors.REVOCATION_UNKNOWN),
        (faults.WRONG_USAGE, TlsOther, errors.CERTIFICATE_INVALID),
        (faults.INVALID_CERT, TlsOther, errors.CERTIFICATE_INVALID),
        (faults.CHANNEL_ERROR, TlsOther, errors.PROTOCOL_FAULT),
    ],
)
@pytest.mark.parametrize("proxy", ["", PROXY])
def test_windows_flags_about_a_certificate_choose_the_refusal(
    flags: int, refusal: Type[OneSeatError], reason: Optional[Text], proxy: str
) -> None:
    shown = faults.refusal_of(faults.SECURE_FAILURE, flags, proxy)
    if proxy and flags == faults.CHANNEL_ERROR:
        assert type(shown) is ProxyUnreachable
        return
    assert type(shown) is refusal
    assert shown.facts.get("reason") == reason


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (12002, PortalTimedOut),
        (12007, NameNotFound),
        (12029, ConnectionRefused),
        (12037, TlsTimeWrong),
        (12038, TlsOther),
        (12045, TlsRootUnknown),
        (12057, TlsOther),
        (12152, PortalAnswerUnusable),
        (12157, TlsOther),
        (12169, TlsOther),
        (12170, TlsOther),
        (12175, TlsOther),
        (12182, PortalAnswerUnusable),
        (12030, PortalUnreachable),
        (10054, PortalUnreachable),
    ],
)
def test_windows_errors_choose_the_refusal(error: int, refusal: Type[OneSeatError]) -> None:
    assert type(faults.refusal_of(error, 0, "")) is refusal


@pytest.mark.parametrize("error", [12002, 12007, 12029, 12030, 12157])
def test_a_fault_on_the_way_to_a_proxy_names_the_proxy(error: int) -> None:
    shown = faults.refusal_of(error, 0, PROXY)
    assert type(shown) is ProxyUnreachable
    assert PROXY in shown.cause_text.zh and PROXY in shown.cause_text.en


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        (certificate_fault(9), TlsTimeWrong),
        (certificate_fault(10), TlsTimeWrong),
        (certificate_fault(18), TlsRootUnknown),
        (certificate_fault(20), TlsRootUnknown),
        (certificate_fault(23), TlsOther),
        (certificate_fault(62), TlsOther),
        (ssl.SSLError("x"), TlsOther),
        (socket.timeout(), PortalTimedOut),
        (socket.gaierror(), NameNotFound),
        (ConnectionRefusedError(), ConnectionRefused),
        (ConnectionResetError(), PortalUnreachable),
        (UnicodeError("label too long"), PortalUnreachable),
    ],
)
def test_faults_of_sockets_choose_the_same_refusals(fault: Exception, refusal: Type[OneSeatError]) -> None:
    shown = sockets.refusal_of(fault)
    assert type(shown) is refusal
    assert isinstance(shown, PortalUnreachable)


def test_any_exception_of_a_library_becomes_a_refusal() -> None:
    with pytest.raises(PortalUnreachable), sockets._faults():
        raise KeyError("not in any list")


def lines_of(text: str) -> int:
    """Lines on the installer's page, which are 270 dialog units wide: 33 Chinese or 66 Latin characters."""
    return math.ceil(sum(1 if character.isascii() else 2 for character in text) / 66)


REFUSALS = [
    TlsTimeWrong(),
    TlsRootUnknown(),
    *(
        TlsOther(reason=reason)
        for reason in (
            errors.NAME_MISMATCH,
            errors.CERTIFICATE_REVOKED,
            errors.REVOCATION_UNKNOWN,
            errors.CERTIFICATE_INVALID,
            errors.PROTOCOL_FAULT,
        )
    ),
    ProxyUnreachable(proxy="proxy.campus.example.edu.cn:8080"),
    errors.ProxyLoginNeeded(proxy="proxy.campus.example.edu.cn:8080"),
    NameNotFound(),
    ConnectionRefused(),
    PortalTimedOut(),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: type(refusal).__name__)
def test_cause_and_remedy_fit_the_installers_page(refusal: PortalUnreachable) -> None:
    assert refusal.cause_text.zh.startswith("无法连接考生平台")
    needed = InstallCodeNeeded.because_of(refusal)
    lines = message(needed, "zh").decode("utf-16").splitlines()
    assert lines == [needed.code, needed.cause_text.zh, needed.remedy_text.zh]
    assert message(needed, "en").decode("utf-16").splitlines()[2] == needed.remedy_text.en
    assert lines_of(needed.cause_text.zh) <= 3 and lines_of(needed.cause_text.en) <= 3
    assert lines_of(needed.remedy_text.zh) <= 5 and lines_of(needed.remedy_text.en) <= 6
