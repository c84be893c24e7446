"""What the portal hands out comes back as it was, in time, for its purpose and exam, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.refusals.devices import NonceInvalid
from oneseat.portal.refusals.downloads import LinkInvalid
from oneseat.portal.refusals.login import SessionMissing
from oneseat.portal.rules.client_address import client_address
from oneseat.portal.rules.rate_limits import MemoryLimit, failure_delay
from oneseat.portal.tokens.signed_values import NONCE_LIFE, SESSION_LIFE, Session, SignedValues
from oneseat.web.refusals import FormExpired
from tests.portal.published_exam import INSIDE, SECOND

VALUES = SignedValues(b"s" * 64, "demo")
JTI = "0" * 32


def test_any_process_with_the_same_secret_accepts_it_until_it_ends() -> None:
    made = VALUES.session(JTI, INSIDE)
    other = SignedValues(b"s" * 64, "demo")
    assert other.open_session(made, INSIDE + SESSION_LIFE - SECOND) == Session("demo", JTI)
    with pytest.raises(SessionMissing):
        other.open_session(made, INSIDE + SESSION_LIFE)


@pytest.mark.parametrize("other", [SignedValues(b"t" * 64, "demo"), SignedValues(b"s" * 64, "another")])
def test_another_secret_or_exam_is_refused(other: SignedValues) -> None:
    with pytest.raises(SessionMissing):
        other.open_session(VALUES.session(JTI, INSIDE), INSIDE)
    with pytest.raises(NonceInvalid):
        other.check_nonce(VALUES.nonce(INSIDE), INSIDE)


@given(at=st.integers(0, 10_000), character=st.characters(min_codepoint=33, max_codepoint=126))
def test_any_changed_character_breaks_it(at: int, character: str) -> None:
    made = VALUES.nonce(INSIDE)
    at %= len(made)
    changed = made[:at] + character + made[at + 1 :]
    if changed != made:
        with pytest.raises(NonceInvalid):
            VALUES.check_nonce(changed, INSIDE)


@pytest.mark.parametrize("spelling", ["{}=", "{}!", "{} ", "{}\n", ".{}", "{}.", "{}" + "=" * 2000])
def test_there_is_one_spelling_only(spelling: str) -> None:
    with pytest.raises(SessionMissing):
        VALUES.open_session(spelling.format(VALUES.session(JTI, INSIDE)), INSIDE)


def test_nothing_passes_for_another_purpose() -> None:
    made = {
        "session": VALUES.session(JTI, INSIDE),
        "nonce": VALUES.nonce(INSIDE),
        "link": VALUES.link(JTI, INSIDE + SESSION_LIFE),
        "form": VALUES.form_token("mine", INSIDE),
        "challenge": VALUES.challenge(b"about", INSIDE),
    }
    readers: dict[str, Callable[[str], object]] = {
        "session": lambda text: VALUES.open_session(text, INSIDE),
        "nonce": lambda text: VALUES.check_nonce(text, INSIDE),
        "link": lambda text: VALUES.open_link(text, INSIDE),
        "form": lambda text: VALUES.check_form(text, "mine", INSIDE),
        "challenge": lambda text: VALUES.challenge_seed(text, b"about", INSIDE),
    }
    for purpose, text in made.items():
        readers[purpose](text)
        for other in readers.keys() - {purpose}:
            with pytest.raises((SessionMissing, NonceInvalid, LinkInvalid, FormExpired)):
                readers[other](text)


def test_a_server_whose_clock_is_behind_accepts_what_another_one_made() -> None:
    assert VALUES.open_session(VALUES.session(JTI, INSIDE), INSIDE - SECOND) == Session("demo", JTI)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(SessionMissing):
        VALUES.open_session("\ud800.\ud800", INSIDE)


@given(text=st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(SessionMissing):
        VALUES.open_session(text, INSIDE)


def test_nonces_are_all_different_and_short_lived() -> None:
    made = {VALUES.nonce(INSIDE) for _ in range(100)}
    assert len(made) == 100
    with pytest.raises(NonceInvalid):
        VALUES.check_nonce(made.pop(), INSIDE + NONCE_LIFE)


def test_a_form_token_belongs_to_one_browser() -> None:
    token = VALUES.form_token("mine", INSIDE)
    VALUES.check_form(token, "mine", INSIDE)
    for cookie in ("theirs", "", None):
        with pytest.raises(FormExpired):
            VALUES.check_form(token, cookie, INSIDE)


@given(failures=st.integers(0, 100_000))
def test_the_delay_never_falls_and_never_becomes_a_lock(failures: int) -> None:
    now, later = failure_delay(failures), failure_delay(failures + 1)
    assert timedelta(0) <= now <= later <= timedelta(minutes=15)
    assert (now == timedelta(0)) == (failures < 5)


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "counted"),
    [
        ("203.0.113.9", "198.51.100.1", (), "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.1", "", ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", "junk", ("10.0.0.0/8",), "unknown"),
        ("2001:db8:1:2:3:4:5:6", "", (), "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "", (), "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "", (), "203.0.113.9"),
        (None, "", (), "unknown"),
    ],
)
def test_the_address_that_counts(
    peer: str | None, forwarded: str, trusted: tuple[str, ...], counted: str
) -> None:
    assert client_address(peer, forwarded, trusted) == counted


def test_only_the_end_of_a_long_list_of_proxies_is_read() -> None:
    proxies = ("10.0.0.0/8",)
    assert client_address("10.0.0.1", f"{'6.6.6.6, ' * 10_000}198.51.100.1", proxies) == "198.51.100.1"
    assert client_address("203.0.113.9", "6.6.6.6" * 10_000, proxies) == "203.0.113.9"


def test_the_memory_of_addresses_is_bounded() -> None:
    limit = MemoryLimit(burst=1, per_minute=1, max_addresses=10)
    for number in range(1000):
        limit.charge(str(number), INSIDE)
    assert len(limit._buckets) == 10
