"""Windows' proxy settings, as other programs leave them, give routes in order and never an exception."""

from __future__ import annotations

from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.client.online.winhttp.proxies import (
    DIRECT,
    ProxySettings,
    is_bypassed,
    parse_proxies,
    routes,
)

URL = "https://exam.example/e/x"


def routed(settings: ProxySettings, by_script: str = "", url: str = URL) -> List[str]:
    return list(routes(settings, url, lambda _: by_script))


@pytest.mark.parametrize(
    ("text", "proxies"),
    [
        ("", []),
        ("127.0.0.1:7890", ["127.0.0.1:7890"]),
        ("proxy.example", ["proxy.example:80"]),
        ("http://127.0.0.1:7890", ["127.0.0.1:7890"]),
        ("https=127.0.0.1:1080;http=127.0.0.1:1081", ["127.0.0.1:1080"]),
        ("http=127.0.0.1:1081;socks=127.0.0.1:1080", []),
        ("socks=127.0.0.1:1080", []),
        ("a:1; b:2\tc:3", ["a:1", "b:2", "c:3"]),
        ("[::1]:8080", ["[::1]:8080"]),
        ("user:secret@proxy.example:80", []),
        ("garbage stuff:::", ["garbage:80"]),
        ("a:999999;b\x00c", []),
        ("x" * 200, []),
    ],
)
def test_proxies_are_read_and_what_is_no_proxy_is_skipped(text: str, proxies: List[str]) -> None:
    assert parse_proxies(text, "https") == proxies


@pytest.mark.parametrize(
    ("host", "bypass", "is_named"),
    [
        ("exam.example", "", False),
        ("exam.example", "*.example", True),
        ("exam.example", "EXAM.EXAMPLE", True),
        ("exam.example", "https://exam.example;<local>", True),
        ("exam.example", "xample", False),
        ("examxexample", "exam.example", False),
        ("intranet", "<local>", True),
        ("exam.example", "<local>", False),
        ("192.168.1.5", "10.*; 192.168.*", True),
        ("exam.example", "*", True),
        ("exam.example", "(bad;*.x", False),
        ("exam.example", "(bad;*.example", True),
        ("exam.example", "[::1;**\\", False),
    ],
)
def test_exceptions_from_the_proxy_are_kept_however_malformed_the_list_is(
    host: str, bypass: str, is_named: bool
) -> None:
    assert is_bypassed(host, bypass) is is_named


def test_what_the_account_has_set_comes_before_the_direct_way() -> None:
    assert routed(ProxySettings(proxies="a:1")) == ["a:1", DIRECT]
    assert routed(ProxySettings(proxies="a:1", bypass="exam.*")) == [DIRECT]
    assert routed(ProxySettings(script_url="http://pac", proxies="a:1"), "s:2") == ["s:2", "a:1", DIRECT]
    assert routed(ProxySettings(script_url="http://pac"), "") == [DIRECT]


def test_the_networks_own_script_is_asked_for_only_when_the_direct_way_failed() -> None:
    asked: List[str] = []

    def find(script_url: str) -> str:
        asked.append(script_url)
        return "w:3"

    found = routes(ProxySettings(auto_detect=True), URL, find)
    assert next(found) == DIRECT
    assert asked == []
    assert (list(found), asked) == (["w:3"], [""])


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_setting_raises_and_the_direct_way_is_always_there(proxies: str, bypass: str, found: str) -> None:
    ways = routed(ProxySettings(True, "http://pac", proxies, bypass), found)
    assert ways.count(DIRECT) == 1
    assert len(set(ways)) == len(ways)
    assert all(way.isascii() and way.isprintable() for way in ways)
