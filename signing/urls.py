"""Parses web addresses strictly: https, or plain http on loopback, in the form that all parsers share.

Spaces, control characters, credentials and backslashes are refused. Programs parse them differently (the URL
Standard of the WHATWG against RFC 3986), so a check could see another host than a browser does.
Only visible ASCII is accepted; a host name with other characters is written as punycode (RFC 3492).
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import NamedTuple, Optional

_URL = re.compile(
    r"(?P<scheme>(?i:https?))://"
    r"(?P<host>[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<rest>(?:[/?#][!-\[\]-~]*)?)"
)
_MAX_PORT = 65535


class WebAddress(NamedTuple):
    """The parts of an http or https address: ``host`` in lower case, ``rest`` what follows host and port."""

    scheme: str
    host: str
    port: Optional[int]
    rest: str

    @property
    def is_local(self) -> bool:
        """Whether the host can only be this computer."""
        return is_loopback(self.host)

    @property
    def is_secure(self) -> bool:
        """Whether it is https, or http to this computer."""
        return self.scheme == "https" or self.is_local

    @property
    def is_origin(self) -> bool:
        """Whether nothing follows the host and port, except one slash."""
        return self.rest in ("", "/")


def parse(text: str) -> Optional[WebAddress]:
    """Parse an http or https address; None if it is not in the form that all parsers agree on."""
    match = _URL.fullmatch(text)
    if match is None:
        return None
    port = None if match["port"] is None else int(match["port"])
    if port is not None and not 0 < port <= _MAX_PORT:
        return None
    host = match["host"].lower()
    if host.startswith("[") and not _is_ip(host[1:-1]):
        return None
    return WebAddress(match["scheme"].lower(), host.strip("[]"), port, match["rest"])


def is_secure(text: str) -> bool:
    """Whether it is an https address, or an http address of this computer."""
    address = parse(text)
    return address is not None and address.is_secure


def is_loopback(host: str) -> bool:
    """Whether a host name or IP address can only be this computer."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
