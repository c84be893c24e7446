"""Opens the code-signing identity, a certificate and its encrypted key; creates one for development.

`certificate.pem` holds the certificate, followed by its chain where it has one; `key.pem` holds the key as
encrypted PKCS#8 (RFC 5208).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from oneseat.pipeline.tools.errors import CodeSigningIdentityUnusable
from signing.authority.keys import write_private
from signing.os_faults import system_reason
from signing.text import Text

CERTIFICATE = "certificate.pem"
KEY = "key.pem"
DEVELOPMENT_NAME = "OneSeat development certificate - not for release"
_DEVELOPMENT_DAYS = 3650
# Windows 7 with KB4474419 verifies RSA with SHA-256; 3072 bits last beyond 2030 (NIST SP 800-57, part 1).
_RSA_BITS = 3072


@dataclass(frozen=True)
class CodeSigningIdentity:
    """A certificate that may sign code, and the key to it."""

    folder: Path
    passphrase: bytes
    subject: str
    sha256: str
    is_development: bool

    @property
    def certificate_file(self) -> Path:
        """The certificate and its chain, PEM."""
        return self.folder / CERTIFICATE

    @property
    def key_file(self) -> Path:
        """The encrypted key, PEM."""
        return self.folder / KEY


def open_identity(folder: Path, passphrase: bytes, now: datetime) -> CodeSigningIdentity:
    """Open the identity in a folder; check that certificate and key match and may sign code.

    Raises:
        CodeSigningIdentityUnusable: a file is missing or damaged, the passphrase is wrong, the key is
            another certificate's, or the certificate is not valid now or not for signing code.
    """
    try:
        certificate = x509.load_pem_x509_certificates((folder / CERTIFICATE).read_bytes())[0]
        key = serialization.load_pem_private_key((folder / KEY).read_bytes(), passphrase)
    except OSError as error:
        raise _unusable(folder, system_reason(error).about(Path(error.filename or folder).name)) from None
    except (ValueError, TypeError, UnsupportedAlgorithm, IndexError):
        raise _unusable(
            folder, Text("a file is damaged, or the passphrase is wrong", "文件已损坏，或口令不正确")
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise _unusable(
            folder,
            Text(
                "the key is neither RSA nor EC, which Windows needs",
                "密钥既不是 RSA 也不是 EC，Windows 不支持",
            ),
        )
    if key.public_key() != certificate.public_key():
        raise _unusable(folder, Text("the key belongs to another certificate", "密钥与证书不匹配"))
    _check_purpose(folder, certificate, now)
    common_name = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return CodeSigningIdentity(
        folder=folder,
        passphrase=passphrase,
        subject=str(common_name[0].value) if common_name else certificate.subject.rfc4514_string(),
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        is_development=certificate.subject == certificate.issuer,
    )


def create_development_identity(folder: Path, passphrase: bytes, now: datetime) -> CodeSigningIdentity:
    """Create a self-signed identity, which Windows does not trust: for trials, never for a release.

    Raises:
        CodeSigningIdentityUnusable: the folder already holds one, or the passphrase is empty.
    """
    if (folder / CERTIFICATE).exists() or (folder / KEY).exists():
        raise _unusable(folder, Text("it exists already", "已存在"))
    if not passphrase:
        raise _unusable(folder, Text("the key needs a passphrase", "密钥须有口令"))
    key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    certificate = _self_signed(key, now)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    encryption = serialization.BestAvailableEncryption(passphrase)
    pem = serialization.Encoding.PEM
    write_private(folder / KEY, key.private_bytes(pem, serialization.PrivateFormat.PKCS8, encryption))
    write_private(folder / CERTIFICATE, certificate.public_bytes(pem))
    return open_identity(folder, passphrase, now)


def _self_signed(key: rsa.RSAPrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DEVELOPMENT_NAME)])
    other_uses = "content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign"
    usage = dict.fromkeys(f"{other_uses} encipher_only decipher_only".split(), False)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # The clock of a rehearsal or of a candidate's computer may be behind this one.
        .not_valid_before(now - timedelta(days=_DEVELOPMENT_DAYS))
        .not_valid_after(now + timedelta(days=_DEVELOPMENT_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _check_purpose(folder: Path, certificate: x509.Certificate, now: datetime) -> None:
    if not certificate.not_valid_before_utc <= now.astimezone(UTC) <= certificate.not_valid_after_utc:
        raise _unusable(folder, Text("the certificate is out of its time", "证书不在有效期内"))
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        raise _unusable(folder, Text("the certificate names no purpose", "证书没有写明用途")) from None
    if ExtendedKeyUsageOID.CODE_SIGNING not in purposes:
        raise _unusable(folder, Text("the certificate is not for signing code", "证书不能用于代码签名"))


def _unusable(folder: Path, reason: Text) -> CodeSigningIdentityUnusable:
    return CodeSigningIdentityUnusable(folder=folder, reason=reason)
