"""Key rings: made once, opened with the right passphrase, readable by nobody else."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signing import jws
from signing.authority import keys, sealing
from signing.authority.errors import KeyMissing, KeyRingBroken, PassphraseWrong, SealBroken
from signing.authority.keys import AUTHORITY, PORTAL, KeyRing
from signing.authority.signer import sign_token

NOW = datetime(2035, 1, 1, tzinfo=UTC)
PASSPHRASE = b"correct horse"


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.create(tmp_path / "ring", PASSPHRASE, AUTHORITY, NOW, rehearsal=True)


def test_a_ring_opens_again_with_the_same_keys(ring: KeyRing) -> None:
    again = KeyRing.open(ring.folder, PASSPHRASE, AUTHORITY)
    assert again.rehearsal and again.entries == ring.entries
    assert again.secret("exam") == ring.secret("exam") and len(ring.secret("exam")) == sealing.KEY_BYTES
    token = sign_token(again.signer("licence"), "t", {"a": 1})
    assert jws.verify(token, "t", {ring.entry("licence").kid: ring.entry("licence").public_key}) == {"a": 1}


def test_files_are_private_encrypted_and_without_their_secrets(ring: KeyRing) -> None:
    exam = ring.secret("exam")
    assert stat.S_IMODE(ring.folder.stat().st_mode) == 0o700
    for path in ring.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        data = path.read_bytes()
        assert exam not in data and PASSPHRASE not in data
        if path.suffix == ".pem":
            assert data.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")


def test_a_wrong_passphrase_is_refused_as_such(ring: KeyRing) -> None:
    with pytest.raises(PassphraseWrong):
        KeyRing.open(ring.folder, b"wrong", AUTHORITY)
    ring._passphrase = b"wrong"
    with pytest.raises(PassphraseWrong):
        ring.signer("root")


def test_a_ring_is_never_overwritten_and_never_taken_for_another_kind(ring: KeyRing) -> None:
    with pytest.raises(KeyRingBroken, match="exists"):
        KeyRing.create(ring.folder, PASSPHRASE, AUTHORITY, NOW)
    with pytest.raises(KeyRingBroken, match="portal"):
        KeyRing.open(ring.folder, PASSPHRASE, PORTAL)


def test_the_portals_ring_shares_secrets_and_has_nothing_that_mints(ring: KeyRing, tmp_path: Path) -> None:
    shared = {name: ring.secret(name) for name in ("delivery", "pepper")}
    portal = KeyRing.create(tmp_path / "portal", PASSPHRASE, PORTAL, NOW, shared=shared)
    assert portal.secret("pepper") == ring.secret("pepper") != portal.secret("session")
    for name in ("root", "licence"):
        with pytest.raises(KeyMissing):
            portal.signer(name)
    with pytest.raises(KeyMissing):
        portal.secret("exam")
    assert set(keys.portal_public_keys(portal.folder)) == {"activation", "ticket"}


def test_rotation_keeps_the_old_key_for_verifying(ring: KeyRing) -> None:
    old = ring.signer("licence").public_key
    new = ring.rotate("licence", NOW).public_key
    again = KeyRing.open(ring.folder, PASSPHRASE, AUTHORITY)
    assert again.signer("licence").public_key == new != old
    assert list(again.public_keys("licence")) == [new, old]


def test_absent_and_damaged_rings_are_told_apart(ring: KeyRing, tmp_path: Path) -> None:
    with pytest.raises(KeyMissing):
        KeyRing.open(tmp_path / "nowhere", PASSPHRASE, AUTHORITY)
    (ring.folder / ring.entry("root").file_name).unlink()
    with pytest.raises(KeyMissing):
        ring.signer("root")
    licence = ring.folder / ring.entry("licence").file_name
    licence.write_bytes((ring.folder / "ring.json").read_bytes())
    with pytest.raises(PassphraseWrong):
        ring.signer("licence")
    for damage in (b"", b"[]", b"{}", b'{"kind":"authority","rehearsal":false,"keys":[1]}'):
        (ring.folder / "ring.json").write_bytes(damage)
        with pytest.raises(KeyRingBroken):
            KeyRing.open(ring.folder, PASSPHRASE, AUTHORITY)


def test_exchanged_key_files_are_noticed(ring: KeyRing) -> None:
    root, licence = (ring.folder / ring.entry(name).file_name for name in ("root", "licence"))
    licence.write_bytes(root.read_bytes())
    with pytest.raises(KeyRingBroken):
        ring.signer("licence")


def test_sealed_secrets_open_in_their_own_context_only() -> None:
    key, other = bytes(64), bytes([1]) * 64
    sealed = sealing.seal(key, b"seat key 1", b"jti 1")
    assert sealing.unseal(key, sealed, b"jti 1") == b"seat key 1"
    assert sealed == sealing.seal(key, b"seat key 1", b"jti 1")
    for wrong in (
        (other, sealed, b"jti 1"),
        (key, sealed, b"jti 2"),
        (key, sealed[:-1], b"jti 1"),
        (key, b"", b"jti 1"),
    ):
        with pytest.raises(SealBroken):
            sealing.unseal(*wrong)
