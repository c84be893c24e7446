"""Lists the routes to the portal from Windows' proxy settings: through which proxies, and directly.

Settings are text that any program may have written. What is malformed is skipped, and never raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Iterator, List
from urllib.parse import urlsplit

_PROXY = re.compile(
    r"(?:(?P<scheme>[a-z]+)=)?(?:[a-z]+://)?(?P<server>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?P<port>:[0-9]{1,5})?/?"
)
_SEPARATORS = re.compile(r"[;\s]+")
_LOCAL = "<local>"
_MAX_CHARACTERS = 100
"""Of a proxy's name: a refusal shows it."""

DIRECT = ""
"""The route without a proxy."""


@dataclass(frozen=True)
class ProxySettings:
    """Proxy settings of the account as Windows keeps them: texts are empty where nothing is set."""

    auto_detect: bool = False
    script_url: str = ""
    proxies: str = ""
    bypass: str = ""


FindByScript = Callable[[str], str]
"""Runs the proxy script (PAC) at an address, or the network's own (WPAD) for an empty one."""


def routes(settings: ProxySettings, url: str, find_by_script: FindByScript) -> Iterator[str]:
    """List routes in the order of trial, each a proxy as ``host:port``, or :data:`DIRECT`.

    What was set for this account comes first. The network's own script is tried last, although Windows asks
    for it first: the setting is on by default, hardly any network has one, and the search takes seconds.
    """
    tried: List[str] = []
    for route in _candidates(settings, url, find_by_script):
        if route not in tried:
            tried.append(route)
            yield route


def _candidates(settings: ProxySettings, url: str, find_by_script: FindByScript) -> Iterator[str]:
    parts = urlsplit(url)
    if settings.script_url:
        yield from parse_proxies(find_by_script(settings.script_url), parts.scheme)
    if not is_bypassed(parts.hostname or "", settings.bypass):
        yield from parse_proxies(settings.proxies, parts.scheme)
    yield DIRECT
    if settings.auto_detect:
        yield from parse_proxies(find_by_script(""), parts.scheme)


def parse_proxies(text: str, scheme: str) -> List[str]:
    """Parse a list of proxies, such as ``a:80`` or ``http=a:80;https=b:443``, for one scheme of address.

    SOCKS is skipped: WinHTTP does not speak it.
    """
    matches = [_PROXY.fullmatch(entry) for entry in _SEPARATORS.split(text.lower())]
    usable = [match for match in matches if match and len(match[0]) <= _MAX_CHARACTERS]
    return [
        f"{match['server']}{match['port'] or ':80'}" for match in usable if match["scheme"] in (None, scheme)
    ]


def is_bypassed(host: str, bypass: str) -> bool:
    """Whether a list such as ``*.example;192.168.*`` names a host; ``<local>`` is a name without dots."""
    patterns = [pattern for pattern in _SEPARATORS.split(bypass.lower()) if pattern]
    return any(_matches(host.lower(), pattern) for pattern in patterns)


def _matches(host: str, pattern: str) -> bool:
    if pattern == _LOCAL:
        return "." not in host and ":" not in host
    literal = re.sub(r"^[a-z]+://", "", pattern)
    return re.fullmatch(".*".join(map(re.escape, literal.split("*"))), host) is not None
