"""Functions, structures and constants of winhttp.dll, as ``winhttp.h`` declares them.

All functions exist since Windows 7. Those that answer with a BOOL leave their error in
``ctypes.get_last_error()``.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

ACCESS_TYPE_NO_PROXY, ACCESS_TYPE_NAMED_PROXY = 1, 3
FLAG_ASYNC = 0x10000000
FLAG_SECURE = 0x00800000

OPTION_CONTEXT_VALUE = 45
OPTION_DISABLE_FEATURE = 63
OPTION_SERVER_CERT_CONTEXT = 78
OPTION_SECURE_PROTOCOLS = 84
OPTION_MAX_RESPONSE_HEADER_SIZE = 91
DISABLE_COOKIES, DISABLE_REDIRECTS, DISABLE_AUTHENTICATION = 1, 2, 4
PROTOCOL_TLS1_2, PROTOCOL_TLS1_3 = 0x800, 0x2000

QUERY_STATUS_CODE, QUERY_LOCATION = 19, 33
QUERY_FLAG_NUMBER = 0x20000000
ADD_HEADER = 0x20000000

CALLBACK_FLAG_ALL = 0xFFFFFFFF
STATUS_HANDLE_CLOSING = 0x00000800
STATUS_SECURE_FAILURE = 0x00010000
STATUS_HEADERS_AVAILABLE = 0x00020000
STATUS_READ_COMPLETE = 0x00080000
STATUS_WRITE_COMPLETE = 0x00100000
STATUS_REQUEST_ERROR = 0x00200000
STATUS_SENDREQUEST_COMPLETE = 0x00400000

AUTOPROXY_AUTO_DETECT, AUTOPROXY_CONFIG_URL = 1, 2
AUTO_DETECT_TYPE_DHCP_AND_DNS = 3


class AsyncResult(ctypes.Structure):
    """WINHTTP_ASYNC_RESULT."""

    _fields_ = (("function", ctypes.c_size_t), ("error", wintypes.DWORD))


class CurrentUserProxy(ctypes.Structure):
    """WINHTTP_CURRENT_USER_IE_PROXY_CONFIG; the texts are freed by GlobalFree."""

    _fields_ = (
        ("auto_detect", wintypes.BOOL),
        ("script_url", ctypes.c_void_p),
        ("proxies", ctypes.c_void_p),
        ("bypass", ctypes.c_void_p),
    )


class AutoProxyOptions(ctypes.Structure):
    """WINHTTP_AUTOPROXY_OPTIONS."""

    _fields_ = (
        ("flags", wintypes.DWORD),
        ("auto_detect_flags", wintypes.DWORD),
        ("script_url", wintypes.LPCWSTR),
        ("reserved_pointer", ctypes.c_void_p),
        ("reserved", wintypes.DWORD),
        ("log_on_if_challenged", wintypes.BOOL),
    )


class ProxyInfo(ctypes.Structure):
    """WINHTTP_PROXY_INFO; the texts are freed by GlobalFree."""

    _fields_ = (
        ("access_type", wintypes.DWORD),
        ("proxies", ctypes.c_void_p),
        ("bypass", ctypes.c_void_p),
    )


StatusCallback = ctypes.WINFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_size_t, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD
)
"""WINHTTP_STATUS_CALLBACK: handle, context, status, information, length of the information."""

_HANDLE, _ADDRESS = ctypes.c_void_p, ctypes.c_void_p
_DWORD, _TEXT = wintypes.DWORD, wintypes.LPCWSTR

winhttp = ctypes.WinDLL("winhttp", use_last_error=True)
_kernel32 = ctypes.WinDLL("kernel32")
_crypt32 = ctypes.WinDLL("crypt32")

for _name, _result, _arguments in (
    ("WinHttpOpen", _HANDLE, (_TEXT, _DWORD, _TEXT, _TEXT, _DWORD)),
    ("WinHttpConnect", _HANDLE, (_HANDLE, _TEXT, wintypes.WORD, _DWORD)),
    ("WinHttpOpenRequest", _HANDLE, (_HANDLE, _TEXT, _TEXT, _TEXT, _TEXT, _ADDRESS, _DWORD)),
    ("WinHttpCloseHandle", wintypes.BOOL, (_HANDLE,)),
    ("WinHttpSetOption", wintypes.BOOL, (_HANDLE, _DWORD, _ADDRESS, _DWORD)),
    ("WinHttpQueryOption", wintypes.BOOL, (_HANDLE, _DWORD, _ADDRESS, _ADDRESS)),
    ("WinHttpSetTimeouts", wintypes.BOOL, (_HANDLE, *[ctypes.c_int] * 4)),
    ("WinHttpSetStatusCallback", _ADDRESS, (_HANDLE, StatusCallback, _DWORD, ctypes.c_size_t)),
    ("WinHttpAddRequestHeaders", wintypes.BOOL, (_HANDLE, _TEXT, _DWORD, _DWORD)),
    (
        "WinHttpSendRequest",
        wintypes.BOOL,
        (_HANDLE, _TEXT, _DWORD, _ADDRESS, _DWORD, _DWORD, ctypes.c_size_t),
    ),
    ("WinHttpWriteData", wintypes.BOOL, (_HANDLE, _ADDRESS, _DWORD, _ADDRESS)),
    ("WinHttpReceiveResponse", wintypes.BOOL, (_HANDLE, _ADDRESS)),
    ("WinHttpQueryHeaders", wintypes.BOOL, (_HANDLE, _DWORD, _TEXT, _ADDRESS, _ADDRESS, _ADDRESS)),
    ("WinHttpReadData", wintypes.BOOL, (_HANDLE, _ADDRESS, _DWORD, _ADDRESS)),
    ("WinHttpGetIEProxyConfigForCurrentUser", wintypes.BOOL, (_ADDRESS,)),
    ("WinHttpGetProxyForUrl", wintypes.BOOL, (_HANDLE, _TEXT, _ADDRESS, _ADDRESS)),
):
    _function = getattr(winhttp, _name)
    _function.restype, _function.argtypes = _result, _arguments
_kernel32.GlobalFree.restype, _kernel32.GlobalFree.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
_crypt32.CertFreeCertificateContext.argtypes = (ctypes.c_void_p,)


def set_number(handle: int, option: int, value: int) -> bool:
    """Set an option that is a DWORD; returns whether this Windows took it."""
    number = wintypes.DWORD(value)
    return bool(winhttp.WinHttpSetOption(handle, option, ctypes.byref(number), ctypes.sizeof(number)))


def has_certificate(request: int) -> bool:
    """Whether the response came over TLS from a server whose certificate was verified."""
    certificate, size = ctypes.c_void_p(), wintypes.DWORD(ctypes.sizeof(ctypes.c_void_p))
    known = winhttp.WinHttpQueryOption(
        request, OPTION_SERVER_CERT_CONTEXT, ctypes.byref(certificate), ctypes.byref(size)
    )
    if not known or not certificate:
        return False
    _crypt32.CertFreeCertificateContext(certificate)
    return True


def take_text(address: int) -> str:
    """Copy a text that WinHTTP allocated, and free it; empty for a null pointer."""
    if not address:
        return ""
    try:
        return ctypes.wstring_at(address)
    finally:
        _kernel32.GlobalFree(address)
