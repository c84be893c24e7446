"""Reads the account's proxy settings, and runs proxy scripts (PAC), by WinHTTP.

WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY would do both since Windows 8.1. It does not say which proxy it takes, so
that no refusal could name it, and it searches the network for a script before each first connection.
"""

from __future__ import annotations

import ctypes
import sys

from oneseat.client.online.winhttp.proxies import ProxySettings

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

from oneseat.client.online.winhttp import library  # noqa: E402
from oneseat.client.online.winhttp.library import winhttp  # noqa: E402


def proxy_settings() -> ProxySettings:
    """Read the settings; without any, Windows refuses, and they are empty."""
    config = library.CurrentUserProxy()
    if not winhttp.WinHttpGetIEProxyConfigForCurrentUser(ctypes.byref(config)):
        return ProxySettings()
    return ProxySettings(
        bool(config.auto_detect),
        library.take_text(config.script_url),
        library.take_text(config.proxies),
        library.take_text(config.bypass),
    )


def find_by_script(script_url: str, url: str) -> str:
    """Run a proxy script for an address; the network's own if ``script_url`` is empty.

    Returns the proxies as text; empty if the script says "direct", or cannot be found or run.
    """
    session = winhttp.WinHttpOpen(None, library.ACCESS_TYPE_NO_PROXY, None, None, 0)
    if not session:
        return ""
    options, info = _options(script_url), library.ProxyInfo()
    try:
        if not winhttp.WinHttpGetProxyForUrl(session, url, ctypes.byref(options), ctypes.byref(info)):
            return ""
        library.take_text(info.bypass)
        return library.take_text(info.proxies)
    finally:
        winhttp.WinHttpCloseHandle(session)


def _options(script_url: str) -> library.AutoProxyOptions:
    if script_url:
        return library.AutoProxyOptions(flags=library.AUTOPROXY_CONFIG_URL, script_url=script_url)
    return library.AutoProxyOptions(
        flags=library.AUTOPROXY_AUTO_DETECT, auto_detect_flags=library.AUTO_DETECT_TYPE_DHCP_AND_DNS
    )
