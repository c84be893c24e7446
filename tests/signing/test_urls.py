"""Web addresses: what is accepted means the same host to every reader."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing import urls


@pytest.mark.parametrize(
    "url",
    [
        "https://exam.example",
        "HTTPS://Exam.Example:8443/path?query#part",
        "http://localhost:8000/",
        "http://127.0.0.1",
        "http://127.0.0.2:80/x",
        "http://[::1]:80/x",
        "https://[2001:db8::1]/",
    ],
)
def test_https_and_this_computer_are_secure(url: str) -> None:
    assert urls.is_secure(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://exam.example",
        "http://127.0.0.1.exam.example/",
        "http://localhost.exam.example/",
        "http://2130706433/",
        "http://[::1",
        "http://[::2]/",
        "https://[exam.example]/",
        "https://",
        "https:///exam.example",
        "https:exam.example",
        "//exam.example",
        "exam.example",
        "ftp://127.0.0.1/",
        "javascript:alert(1)",
        "https://exam.example:0/",
        "https://exam.example:65536/",
        "https://exam.example:80:80/",
        "https://exam.example:/",
        "",
    ],
)
def test_everything_else_is_not(url: str) -> None:
    assert not urls.is_secure(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://user@exam.example/",
        "https://user:password@exam.example/",
        "http://localhost@exam.example/",
        "http://localhost:1@exam.example/",
        r"https://exam.example\@other.example/",
        r"https:\\exam.example/",
        r"https://exam.example/a\b",
        "https://exam.example/a b",
        " https://exam.example/",
        "https://exam.example/\n",
        "https://exam.example/\x00",
        "https://exam.example/\x7f",
        "https://exam\t.example/",
        "https://exam%2eexample/",
        "https://考试.example/",
        "https://exam.example/考试",
    ],
)
def test_what_readers_may_take_differently_is_refused(url: str) -> None:
    assert urls.parse(url) is None


def test_parts() -> None:
    assert urls.parse("HTTP://[::1]:80/x?y") == urls.WebAddress("http", "::1", 80, "/x?y")
    address = urls.parse("https://Exam.Example/")
    assert address == urls.WebAddress("https", "exam.example", None, "/")
    assert address is not None and address.is_origin and not address.is_local


_PIECES = st.sampled_from(["http", "https", "://", ":", "/", "\\", "@", "?", "#", "[", "]", "."])
_PIECES |= st.sampled_from(
    ["::1", "127.0.0.1", "localhost", "exam.example", "80", "%40", "a", " ", "\t", "\n"]
)


@given(st.lists(_PIECES, max_size=9).map("".join))
def test_what_is_accepted_has_the_host_that_the_standard_library_reads(url: str) -> None:
    address = urls.parse(url)
    if address is not None:
        parts = urlsplit(url)
        assert (address.scheme, address.host, address.port) == (parts.scheme, parts.hostname, parts.port)
        assert parts.username is None and parts.password is None
