"""The app's signature: by an RSA key alone, the same bytes each time, verified by apksigner."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from oneseat.pipeline.phone import apk_signing
from oneseat.pipeline.phone.compiling import UNSIGNED_STAGE
from oneseat.pipeline.phone.errors import PhoneIdentityUnusable, PhoneSignatureUnverified
from oneseat.pipeline.phone.signing_key import PhoneIdentity, create_development_identity, open_identity
from oneseat.pipeline.phone.toolchain import PhoneToolchain

NOW = datetime(2026, 11, 28, tzinfo=UTC)
PASSPHRASE = b"of the tests"


@pytest.mark.service
def test_signing_twice_gives_the_same_bytes(
    compiled: Path, signed: Path, identity: PhoneIdentity, toolchain: PhoneToolchain, tmp_path: Path
) -> None:
    again = tmp_path / "again.apk"
    apk_signing.sign(compiled / UNSIGNED_STAGE, again, identity, toolchain)
    assert again.read_bytes() == signed.read_bytes()


@pytest.mark.service
def test_apksigner_accepts_it_and_names_the_certificate(
    signed: Path, identity: PhoneIdentity, toolchain: PhoneToolchain
) -> None:
    apk_signing.verify(signed, identity.sha256, toolchain)
    with pytest.raises(PhoneSignatureUnverified, match="another certificate"):
        apk_signing.verify(signed, "0" * 64, toolchain)


@pytest.mark.service
def test_a_changed_byte_is_refused(
    signed: Path, identity: PhoneIdentity, toolchain: PhoneToolchain, tmp_path: Path
) -> None:
    changed = bytearray(signed.read_bytes())
    changed[60] ^= 1  # in the first entry of the ZIP file
    (tmp_path / "changed.apk").write_bytes(changed)
    with pytest.raises(PhoneSignatureUnverified, match="does not accept it"):
        apk_signing.verify(tmp_path / "changed.apk", identity.sha256, toolchain)


def test_a_development_key_is_private_and_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "identity.p12"
    create_development_identity(path, PASSPHRASE, NOW)
    assert open_identity(path, PASSPHRASE).is_development
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_operators_key_is_none_for_development(tmp_path: Path) -> None:
    path = _identity(tmp_path, rsa.generate_private_key(65537, 2048))
    assert not open_identity(path, PASSPHRASE).is_development


def test_what_cannot_sign_the_app_is_refused(tmp_path: Path) -> None:
    (tmp_path / "damaged.p12").write_bytes(b"no PKCS#12")
    curve = _identity(tmp_path / "ec", ec.generate_private_key(ec.SECP256R1()))
    short = _identity(tmp_path / "short", rsa.generate_private_key(65537, 1024))
    for path, passphrase, reason in (
        (tmp_path / "missing.p12", PASSPHRASE, "No such file"),
        (tmp_path / "damaged.p12", PASSPHRASE, "it is damaged"),
        (curve, b"another", "the passphrase is wrong"),
        (curve, PASSPHRASE, "no RSA key"),
        (short, PASSPHRASE, "1024 bits"),
    ):
        with pytest.raises(PhoneIdentityUnusable, match=reason):
            open_identity(path, passphrase)
    with pytest.raises(PhoneIdentityUnusable, match="needs a passphrase"):
        create_development_identity(tmp_path / "new.p12", b"", NOW)


def _identity(folder: Path, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Path:
    folder.mkdir(exist_ok=True)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test examination centre")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW.replace(year=2056))
        .sign(key, hashes.SHA256())
    )
    encryption = BestAvailableEncryption(PASSPHRASE)
    data = pkcs12.serialize_key_and_certificates(b"release", key, certificate, None, encryption)
    (folder / "key.p12").write_bytes(data)
    return folder / "key.p12"
