"""Verifies the signatures of an APK (schemes v2 and v3) under the certificate that it carries."""

from __future__ import annotations

from typing import BinaryIO

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from signing import apk, apk_signature
from signing.apk_signature import Signer
from signing.refusals import ApkSignatureWrong
from signing.text import Text

_HASHES = {"sha256": hashes.SHA256(), "sha512": hashes.SHA512()}
_PSS, _PKCS1, _ECDSA = (0x0101, 0x0102), (0x0103, 0x0104), (0x0201, 0x0202)


def verify_signatures(file: BinaryIO) -> None:
    """Verify that all signatures are of this content, by the one certificate that they name.

    Whose certificate it is, is not judged: the digest of the base says it.

    Raises:
        ApkMalformed, ApkUnsigned, RegionMalformed: the file is no signed APK that can be walked.
        ApkSignatureWrong: a signature does not verify, or is of other content.
    """
    for signer in apk_signature.check(file, apk.read_layout(file)):
        _verify(signer)


def _verify(signer: Signer) -> None:
    try:
        key = x509.load_der_x509_certificate(signer.certificate).public_key()
        encoded = key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    except (ValueError, UnsupportedAlgorithm):
        raise ApkSignatureWrong(reason=Text("its certificate cannot be read", "证书无法读取")) from None
    if encoded != signer.public_key:
        raise ApkSignatureWrong(reason=Text("its key is not the certificate's", "公钥与证书不符"))
    for algorithm, signature in signer.signatures.items():
        _verify_one(key, algorithm, signature, signer.signed_data)


def _verify_one(key: object, algorithm: int, signature: bytes, signed_data: bytes) -> None:
    digest = _HASHES[apk_signature.HASHES[algorithm]]
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm in _PKCS1:
            key.verify(signature, signed_data, padding.PKCS1v15(), digest)
        elif isinstance(key, rsa.RSAPublicKey) and algorithm in _PSS:
            key.verify(signature, signed_data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm in _ECDSA:
            key.verify(signature, signed_data, ec.ECDSA(digest))
        else:
            raise ApkSignatureWrong(reason=Text("its algorithm is not its key's", "签名算法与公钥不符"))
    except InvalidSignature:
        raise ApkSignatureWrong(reason=Text("it is not its key's", "不是该公钥的签名")) from None
