"""What the portal hands out comes back as it was, in time, for its purpose and exam, or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.errors import FormExpired, NonceInvalid, SessionMissing
from oneseat.portal.rules.client_address import client_address
from oneseat.portal.rules.rate_limits import MemoryLimit, proof_delay
from oneseat.portal.tokens.signed_values import NONCE_LIFE, SESSION_LIFE, Session, Stamps
from tests.portal.world import INSIDE, SECOND

STAMPS = Stamps(b"s" * 64, "demo")
JTI = "0" * 32


def test_any_process_with_the_same_secret_accepts_it_until_it_ends() -> None:
    made = STAMPS.session(JTI, INSIDE)
    other = Stamps(b"s" * 64, "demo")
    assert other.open_session(made, INSIDE + SESSION_LIFE - SECOND) == Session("demo", JTI)
    with pytest.raises(SessionMissing):
        other.open_session(made, INSIDE + SESSION_LIFE)


@pytest.mark.parametrize("other", [Stamps(b"t" * 64, "demo"), Stamps(b"s" * 64, "another")])
def test_another_secret_or_exam_is_refused(other: Stamps) -> None:
    with pytest.raises(SessionMissing):
        other.open_session(STAMPS.session(JTI, INSIDE), INSIDE)
    with pytest.raises(NonceInvalid):
        other.check_nonce(STAMPS.nonce(INSIDE), INSIDE)


@given(at=st.integers(0, 10_000), character=st.characters(min_codepoint=33, max_codepoint=126))
def test_any_changed_character_breaks_it(at: int, character: str) -> None:
    made = STAMPS.nonce(INSIDE)
    at %= len(made)
    changed = made[:at] + character + made[at + 1 :]
    if changed != made:
        with pytest.raises(NonceInvalid):
            STAMPS.check_nonce(changed, INSIDE)


@given(text=st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(SessionMissing):
        STAMPS.open_session(text, INSIDE)


def test_nonces_are_all_different_and_short_lived() -> None:
    made = {STAMPS.nonce(INSIDE) for _ in range(100)}
    assert len(made) == 100
    with pytest.raises(NonceInvalid):
        STAMPS.check_nonce(made.pop(), INSIDE + NONCE_LIFE)


def test_a_form_token_belongs_to_one_browser() -> None:
    token = STAMPS.form_token("mine", INSIDE)
    STAMPS.check_form(token, "mine", INSIDE)
    for cookie in ("theirs", "", None):
        with pytest.raises(FormExpired):
            STAMPS.check_form(token, cookie, INSIDE)


@given(failures=st.integers(0, 100_000))
def test_the_delay_never_falls_and_never_becomes_a_lock(failures: int) -> None:
    now, later = proof_delay(failures), proof_delay(failures + 1)
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
