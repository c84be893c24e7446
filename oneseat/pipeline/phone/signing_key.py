"""Opens the RSA key that signs the phone app, with its certificate in PKCS#12; creates one for development.

The key must be RSA: its signatures depend on the signed bytes alone, so that the same build is the same
file. Android takes an update of an app from the holder of the same key only, so the key is kept like the
code-signing identity. No authority issues such certificates: they are self-signed everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from oneseat.pipeline.phone.errors import PhoneIdentityUnusable
from signing.authority.keys import write_private
from signing.os_faults import system_reason
from signing.text import Text

DEVELOPMENT_NAME = "OneSeat phone development key - not for release"
_DEVELOPMENT_DAYS = 10_950
_RSA_BITS = 3072
_LEAST_BITS = 2048
_ALIAS = b"phone"
_OTHER_KIND = Text("it holds no RSA key with a certificate", "文件中没有 RSA 私钥及其证书")


@dataclass(frozen=True)
class PhoneIdentity:
    """An RSA key with its certificate in an encrypted PKCS#12 file; ``sha256`` is the certificate's."""

    path: Path
    passphrase: bytes
    sha256: str
    is_development: bool


def open_identity(path: Path, passphrase: bytes) -> PhoneIdentity:
    """Open the PKCS#12 file and check that it holds one RSA key and the certificate of it.

    Raises:
        PhoneIdentityUnusable: the file is missing or damaged, the passphrase is wrong, or the key is no RSA
            key or too short.
    """
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(path.read_bytes(), passphrase)
    except OSError as error:
        raise _unusable(path, system_reason(error)) from None
    except ValueError:
        reason = Text("it is damaged, or the passphrase is wrong", "文件已损坏，或口令不正确")
        raise _unusable(path, reason) from None
    if not isinstance(key, rsa.RSAPrivateKey) or certificate is None:
        raise _unusable(path, _OTHER_KIND)
    if key.key_size < _LEAST_BITS:
        raise _unusable(path, Text(f"its key has {key.key_size} bits", f"私钥只有 {key.key_size} 位"))
    common_name = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return PhoneIdentity(
        path=path,
        passphrase=passphrase,
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        is_development=bool(common_name and common_name[0].value == DEVELOPMENT_NAME),
    )


def create_development_identity(path: Path, passphrase: bytes, now: datetime) -> None:
    """Create a self-signed identity for trials; an app of it cannot be updated by one of the release key.

    Raises:
        PhoneIdentityUnusable: the passphrase is empty.
    """
    if not passphrase:
        raise _unusable(path, Text("the key needs a passphrase", "密钥须有口令"))
    key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DEVELOPMENT_NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DEVELOPMENT_DAYS))
        .sign(key, hashes.SHA256())
    )
    encryption = serialization.BestAvailableEncryption(passphrase)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(path, pkcs12.serialize_key_and_certificates(_ALIAS, key, certificate, None, encryption))


def _unusable(path: Path, reason: Text) -> PhoneIdentityUnusable:
    return PhoneIdentityUnusable(file=path.name, reason=reason)
