"""Signed tokens: JWS compact serialisation (RFC 7515) with ``"alg":"Ed25519"`` (RFC 8037, RFC 9864).

The verifier is stricter than the standard. It pins the algorithm and the type. Base64url must
be canonical: Python's decoder accepts flipped padding bits and trailing junk. JSON may not
repeat a key. The size limit is checked before anything is decoded.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from functools import lru_cache
from typing import Any, Dict, List, Mapping, NoReturn, Tuple

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from signing.refusals import KeyUnknown, SignatureInvalid, TokenMalformed, TokenTypeWrong

ALGORITHM = "Ed25519"
MAX_TOKEN_BYTES = 4096
"""A licence, activation or ticket is a fraction of this."""
MAX_CHARTER_BYTES = 256 * 1024
"""A charter carries an exam's rules and its software catalogue."""

_TO_URL = bytes.maketrans(b"+/", b"-_")
_HEADER_NAMES = {"alg", "kid", "typ"}
_PUBLIC_KEY_BYTES = 32
_SIGNATURE_BYTES = 64


def b64url_bytes(data: bytes) -> bytes:
    """Encode as base64url without padding (RFC 7515, section 2), as ASCII bytes."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL, b"=")


def b64url_encode(data: bytes) -> str:
    """Encode as base64url without padding (RFC 7515, section 2)."""
    return b64url_bytes(data).decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Decode canonical base64url without padding.

    Raises:
        TokenMalformed: the text is not base64url, or not the canonical encoding of its bytes.
    """
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise TokenMalformed(reason="not base64url") from None
    if b64url_encode(data) != text:
        raise TokenMalformed(reason="base64url is not canonical")
    return data


def thumbprint(public_key: bytes) -> str:
    """Compute the RFC 7638 thumbprint of an Ed25519 public key (32 bytes), used as ``kid``."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": b64url_encode(public_key)}
    return b64url_encode(hashlib.sha256(canonical_json(members)).digest())


_encoded = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical_json(value: object) -> bytes:
    """Encode a value as JSON with sorted keys and no white space, in UTF-8."""
    return _encoded(value).encode()


@lru_cache(maxsize=16)
def encoded_header(kid: str, typ: str) -> str:
    """Encode the header of all tokens of one key and kind; cached."""
    return b64url_encode(canonical_json({"alg": ALGORITHM, "kid": kid, "typ": typ}))


def signing_input(kid: str, typ: str, claims: Mapping[str, object]) -> bytes:
    """Build the bytes that a signature covers: encoded header, a dot, encoded payload."""
    return f"{encoded_header(kid, typ)}.{b64url_encode(canonical_json(claims))}".encode("ascii")


def _refuse_constant(name: str) -> NoReturn:
    raise TokenMalformed(reason=f"{name} is not JSON")


def _unique(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise TokenMalformed(reason="a JSON key is repeated")
    return members


def parse_object(data: bytes) -> Dict[str, Any]:
    """Parse a JSON object (RFC 8259) without repeated keys or non-finite numbers.

    Raises:
        TokenMalformed: the data is anything else.
    """
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise TokenMalformed(reason="not JSON") from None
    if not isinstance(value, dict):
        raise TokenMalformed(reason="not a JSON object")
    return value


def _split(token: str, max_bytes: int) -> Tuple[str, str, str]:
    if len(token) > max_bytes:
        raise TokenMalformed(reason=f"more than {max_bytes} bytes")
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenMalformed(reason="not three parts")
    return parts[0], parts[1], parts[2]


def _checked_header(encoded: str, typ: str) -> str:
    header = parse_object(b64url_decode(encoded))
    if set(header) != _HEADER_NAMES or not all(isinstance(value, str) for value in header.values()):
        raise TokenMalformed(reason="the header needs alg, kid and typ, and nothing else")
    if header["alg"] != ALGORITHM:
        raise TokenMalformed(reason="the algorithm is not Ed25519")
    if header["typ"] != typ:
        raise TokenTypeWrong(found=header["typ"][:40], wanted=typ)
    return str(header["kid"])


def verify_bytes(message: bytes, signature: bytes, public_key: bytes) -> None:
    """Check an Ed25519 signature (RFC 8032) over plain bytes.

    Raises:
        SignatureInvalid: the signature is not this key's over this message.
    """
    if len(signature) != _SIGNATURE_BYTES or len(public_key) != _PUBLIC_KEY_BYTES:
        raise SignatureInvalid
    try:
        crypto_sign_open(signature + message, public_key)
    except (BadSignatureError, ValueError):
        raise SignatureInvalid from None


def verify(
    token: str, typ: str, keys: Mapping[str, bytes], max_bytes: int = MAX_TOKEN_BYTES
) -> Dict[str, Any]:
    """Verify a token of kind ``typ`` and return its claims.

    ``keys`` are public keys (32 bytes) by ``kid``. Tokens longer than ``max_bytes`` are
    refused before anything is decoded.

    Raises:
        TokenMalformed: the token's form is wrong.
        TokenTypeWrong: the token is of another kind.
        KeyUnknown: ``kid`` is not among ``keys``.
        SignatureInvalid: the signature does not verify.
    """
    header, payload, encoded_signature = _split(token, max_bytes)
    kid = _checked_header(header, typ)
    signature = b64url_decode(encoded_signature)
    body = b64url_decode(payload)
    if kid not in keys:
        raise KeyUnknown
    verify_bytes(f"{header}.{payload}".encode("ascii"), signature, keys[kid])
    return parse_object(body)
