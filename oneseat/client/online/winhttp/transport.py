"""Carries a request by WinHTTP, through each proxy that Windows names and directly, until one way works.

Certificates are verified by Windows with its own roots, which it fetches on demand; nothing is relaxed.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Dict, Iterator, List, Optional

from oneseat.client.errors import PortalAnswerUnusable, PortalUnreachable
from oneseat.client.online.transport import Request, Response
from oneseat.client.online.winhttp.proxies import DIRECT, ProxySettings, routes
from signing.errors import OneSeatError

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

from oneseat.client.online.winhttp.exchange import Exchange  # noqa: E402
from oneseat.client.online.winhttp.proxy_settings import find_by_script, proxy_settings  # noqa: E402

_last_good: Dict[str, str] = {}
"""The route that worked last, by scheme, host and port: a dead proxy costs seconds once, not each time."""


@contextlib.contextmanager
def exchange(request: Request) -> Iterator[Response]:
    """Send a request, and end its exchange after the block.

    Raises:
        PortalUnreachable, PortalAnswerUnusable: see :mod:`oneseat.client.online.transport`.
    """
    answered = _first_answer(request)
    try:
        yield answered
    finally:
        answered.close()


def _first_answer(request: Request) -> Exchange:
    """Try the routes in turn; if none works, raise the fault of the first."""
    origin = f"{request.parts.scheme}://{request.parts.netloc}"
    settings = proxy_settings() if request.may_use_proxy else ProxySettings()
    faults: List[OneSeatError] = []
    for route in _routes(request.url, settings, _last_good.get(origin)):
        attempt = Exchange(request, route)
        try:
            attempt.send(request.limit.left_s() * _share(route, settings))
        except (PortalUnreachable, PortalAnswerUnusable) as fault:
            attempt.close()
            faults.append(fault)
            _last_good.pop(origin, None)
            if not attempt.may_be_repeated or request.limit.left_s() <= 0:
                break
        except BaseException:  # an exception of the body, which is the caller's
            attempt.close()
            raise
        else:
            _last_good[origin] = route
            return attempt
    raise faults[0]


def _routes(url: str, settings: ProxySettings, remembered: Optional[str]) -> Iterator[str]:
    if remembered is not None:
        yield remembered
    for route in routes(settings, url, lambda script_url: find_by_script(script_url, url)):
        if route != remembered:
            yield route


def _share(route: str, settings: ProxySettings) -> float:
    """Share of the time left that connecting may take, so that some is left for the routes that follow."""
    if route != DIRECT:
        return 1 / 2
    return 2 / 3 if settings.auto_detect else 1.0
