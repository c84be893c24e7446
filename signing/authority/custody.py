"""Opens keys outside a ring: in a PKCS#11 token, at a key service, or on the offline computer.

A ring names such a key by an address. ``pkcs11:`` addresses are handled here; other schemes
are looked up among the installed packages' entry points (:data:`ENTRY_POINT_GROUP`). A ring's
index can therefore select installed code only.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from signing.authority.errors import CustodianUnavailable
from signing.authority.signer import ExternalKey, Signer
from signing.text import Text

ENTRY_POINT_GROUP = "oneseat.signers"
"""Entry-point group of packages that keep keys: scheme = function(address, credential or None) -> Signer."""

OFFLINE = "offline"
"""The address of a key whose private half is on the offline computer only."""

SignerSource = Callable[[str, bytes | None], Signer]

_PROBE = b"oneseat/custody/probe/v1"


def adopt_key(where: str, credential: bytes | None) -> ExternalKey:
    """Open the key at an address and check that it signs.

    Raises:
        CustodianUnavailable: the scheme is unknown, or the key cannot be reached or does not sign.
    """
    signer = _source(where)(where, credential)
    _require_signature(signer, signer.public_key, where)
    return ExternalKey(where, signer.public_key, credential)


def open_signer(held: ExternalKey) -> Signer:
    """Open a key for signing and check that its signature verifies under the listed public key.

    Raises:
        CustodianUnavailable: the scheme is unknown, the key cannot be reached, or it is another one.
    """
    signer = _source(held.where)(held.where, held.credential)
    _require_signature(signer, held.public_key, held.where)
    return signer


def _source(where: str) -> SignerSource:
    scheme = where.partition(":")[0].lower()
    if scheme == "pkcs11":
        from signing.authority.hsm import open_key

        return open_key
    for entry_point in entry_points(group=ENTRY_POINT_GROUP, name=scheme):
        return cast("SignerSource", entry_point.load())
    raise CustodianUnavailable(
        where=where,
        reason=Text(
            f"no installed package keeps keys under '{scheme}:'", f"没有安装支持“{scheme}:”的密钥模块"
        ),
    )


def _require_signature(signer: Signer, public_key: bytes, where: str) -> None:
    """Make a test signature. A wrong key must fail here, not after a run of useless licences."""
    message = _PROBE + secrets.token_bytes(32)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signer.sign(message), message)
    except (InvalidSignature, ValueError):
        raise CustodianUnavailable(
            where=where, reason=Text("its signature is not the listed key's", "签名与所列密钥不符")
        ) from None
