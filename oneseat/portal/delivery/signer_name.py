"""Reads from a signed installer the name that Windows shows as its publisher."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from signing import der, pe, region
from signing.errors import OneSeatError

_INTEGER = 0x02


def signer_name(installer: Path) -> str:
    """The common name in the certificate of the file's signer, or an empty text.

    The signer is found by the serial number in its SignerInfo (RFC 5652, section 5.3): the other certificates
    in the file lead to the authority's root. A file without a readable certificate has no publisher that
    Windows could show.
    """
    try:
        with installer.open("rb") as file:
            structure = pe.read_pkcs7(file, pe.read_layout(file))
        serial = _signer_serial(structure)
        certificates = pkcs7.load_der_pkcs7_certificates(structure[: _content_bytes(structure)])
    except (OneSeatError, ValueError):
        return ""
    named = (_common_name(certificate) for certificate in certificates if certificate.serial_number == serial)
    return next(named, "")


def _content_bytes(structure: bytes) -> int:
    """The length of the structure without the padding after it."""
    return der.element(structure, 0, len(structure)).end


def _signer_serial(structure: bytes) -> int | None:
    """The serial number by which the only signer is identified; None where that is done otherwise."""
    signer = der.children(structure, region.signer_path(structure)[-1])
    identifier = der.children(structure, signer[1]) if signer[1].tag == der.SEQUENCE else []
    if len(identifier) != 2 or identifier[1].tag != _INTEGER:
        return None
    return int.from_bytes(structure[identifier[1].content : identifier[1].end], "big", signed=True)


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""
