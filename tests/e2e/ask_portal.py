"""Sends requests by the client's own network code; runs under the Windows Python.

Arguments: time limit in seconds, whether proxies are used (``1`` or ``0``), and addresses. It prints one line
of JSON for each: the code of the refusal or ``ok``, its Chinese cause, and the seconds that it took.
"""

from __future__ import annotations

import json
import sys
import time

from oneseat.client.errors import PortalAnswerUnusable
from oneseat.client.online.http import HttpClient
from signing.errors import OneSeatError


def ask(url: str, timeout_s: float, *, proxied: bool) -> str:
    """Fetch an address."""
    client = HttpClient(
        url, timeout_s, lambda status, _: PortalAnswerUnusable(reason=str(status)), proxied=proxied
    )
    began = time.monotonic()
    try:
        client.fetch("", None, 1000)
        code, cause = "ok", ""
    except OneSeatError as refusal:
        code, cause = refusal.code, refusal.cause_text.zh
    return json.dumps({"code": code, "cause": cause, "seconds": time.monotonic() - began})


def main(arguments: list[str]) -> None:
    """Ask for each address in turn."""
    timeout_s, proxied, *urls = arguments
    for url in urls:
        sys.stdout.write(ask(url, float(timeout_s), proxied=proxied == "1") + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
