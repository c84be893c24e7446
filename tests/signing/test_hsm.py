"""Keys in a PKCS#11 token (a real SoftHSM one): they sign as files do, in every process, and stay inside."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signing import jws
from signing.authority import custody, hsm
from signing.authority.custody import OFFLINE
from signing.authority.errors import CustodianUnavailable, KeyOffline
from signing.authority.keys import AUTHORITY, KeyRing, portal_public_keys
from signing.authority.signer import ExternalKey, Signer, TokenSeries, sign_token
from tests import softhsm
from tests.softhsm import Token

NOW = datetime(2035, 1, 1, tzinfo=UTC)
PASSPHRASE = b"correct horse"
pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    with pytest.MonkeyPatch.context() as patch:
        made = softhsm.make(tmp_path_factory.mktemp("softhsm"))
        patch.setenv("SOFTHSM2_CONF", str(made.configuration))
        hsm.SESSIONS.close_all()
        yield made
        hsm.SESSIONS.close_all()


@pytest.fixture
def ring(token: Token, tmp_path: Path) -> KeyRing:
    """A ring whose licence key lives in the token."""
    made = KeyRing.create(tmp_path / "ring", PASSPHRASE, AUTHORITY, NOW)
    made.adopt("licence", hsm.generate(token.uri, "licence", token.pin.encode()), NOW)
    return made


def test_a_token_signs_what_the_shipped_verifier_accepts(ring: KeyRing) -> None:
    again = KeyRing.open(ring.folder, PASSPHRASE, AUTHORITY)
    signer, entry = again.signer("licence"), again.entry("licence")
    assert entry.where.startswith("pkcs11:token=oneseat-test;id=") and signer.public_key == entry.public_key
    keys = {entry.kid: entry.public_key}
    assert jws.verify(sign_token(signer, "t", {"a": 1}), "t", keys) == {"a": 1}
    series = TokenSeries(signer, "t", {"exam": "demo"}, ("jti",))
    assert jws.verify(series.sign({"jti": "ab"}), "t", keys) == {"exam": "demo", "jti": "ab"}


def test_the_key_before_it_goes_on_verifying(ring: KeyRing) -> None:
    listed = portal_public_keys(ring.folder)["licence"]
    assert len(listed) == 2 and listed[-1] == ring.entry("licence").public_key
    assert [one.state for one in ring.entries if one.name == "licence"] == ["retired", "active"]
    back = ring.rotate("licence", NOW)
    assert back.where == "" and ring.signer("licence").public_key == back.public_key


def test_the_pin_is_nowhere_in_plain_text(ring: KeyRing, token: Token) -> None:
    assert len(token.pin) == 8
    for path in ring.folder.iterdir():
        assert token.pin.encode() not in path.read_bytes(), path.name
    held = ExternalKey(ring.entry("licence").where, ring.entry("licence").public_key, token.pin.encode())
    assert token.pin not in repr(held)


def test_the_private_half_cannot_be_taken_out(ring: KeyRing, token: Token) -> None:
    from pkcs11 import Attribute, ObjectClass
    from pkcs11.exceptions import PKCS11Error

    address = hsm.Address.parse(ring.entry("licence").where)
    with hsm.SESSIONS.session(address, token.pin.encode()) as session:
        key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=address.key_id)
        assert key[Attribute.SENSITIVE] and not key[Attribute.EXTRACTABLE]
        with pytest.raises(PKCS11Error):
            key[Attribute.VALUE]


def _sign_in_other_process(folder: Path, message: bytes) -> bytes:
    return KeyRing.open(folder, PASSPHRASE, AUTHORITY).signer("licence").sign(message)


@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_each_process_opens_a_session_of_its_own(ring: KeyRing, start: str) -> None:
    here = ring.signer("licence")
    before = here.sign(b"message")
    with multiprocessing.get_context(start).Pool(2) as pool:
        wanted = pool.starmap(_sign_in_other_process, [(ring.folder, b"message")] * 4)
    assert wanted == [before] * 4, "Ed25519 is deterministic"
    assert here.sign(b"message") == before, "and the parent's session still works"


def _signed_by_the_parents_signer(message: bytes) -> bytes:
    assert _INHERITED is not None
    return _INHERITED.sign(message)


_INHERITED: Signer | None = None


def test_a_signer_that_a_fork_took_over_opens_its_own_session(ring: KeyRing) -> None:
    global _INHERITED  # noqa: PLW0603 -- a forked child sees what the parent had, and only so
    _INHERITED = ring.signer("licence")
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_signed_by_the_parents_signer, (b"m",)) == _INHERITED.sign(b"m")


def test_another_key_at_the_address_is_refused(ring: KeyRing, token: Token) -> None:
    other = hsm.generate(token.uri, "other", token.pin.encode())
    wrong = ExternalKey(other.where, ring.entry("licence").public_key, token.pin.encode())
    with pytest.raises(CustodianUnavailable, match="not the listed key"):
        custody.open_signer(wrong)


def test_a_wrong_pin_is_said_to_be_one_and_not_shown(token: Token) -> None:
    hsm.SESSIONS.close_all()
    with pytest.raises(CustodianUnavailable, match="the PIN is wrong") as refused:
        hsm.generate(token.uri, "licence", b"87654321x")
    assert "87654321x" not in str(refused.value)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("pkcs11:token=absent;id=%01?module-path={module}", "no such token"),
        ("pkcs11:token=oneseat-test;id=%01?module-path={module}", "no such key"),
        ("pkcs11:token=oneseat-test?module-path={module}", "no key in it"),
        ("pkcs11:token=a?module-path=/nowhere.so&pin-value=1234", "once each"),
        ("pkcs11:token=a", "module-path, are needed"),
        ("pkcs11:token=a;id=%01?module-path=/nowhere.so", "PKCS11Error"),
        ("no-such-scheme:1", "no installed package"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(token: Token, where: str, said: str) -> None:
    with pytest.raises(CustodianUnavailable, match=said) as refused:
        custody.adopt_key(where.format(module=token.module), token.pin.encode())
    assert "1234" not in str(refused.value)


def test_addresses_read_as_they_are_written() -> None:
    text = "pkcs11:token=Exam%20keys;serial=0a1b;id=%01%ff?module-path=/usr/lib/a.so"
    address = hsm.Address.parse(text)
    assert address == hsm.Address("/usr/lib/a.so", "Exam keys", "0a1b", b"\x01\xff")
    assert address.uri == text


def test_a_key_kept_offline_verifies_and_does_not_sign(tmp_path: Path) -> None:
    ring = KeyRing.create(tmp_path / "ring", PASSPHRASE, AUTHORITY, NOW)
    ring.adopt("root", ExternalKey(OFFLINE, bytes(32)), NOW)
    again = KeyRing.open(ring.folder, PASSPHRASE, AUTHORITY)
    assert again.entry("root").public_key == bytes(32)
    with pytest.raises(KeyOffline, match="'root'"):
        again.signer("root")
