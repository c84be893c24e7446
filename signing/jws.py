"""Signed tokens: JWS compact serialisation (RFC 7515) with ``"alg":"Ed25519"`` (RFC 8037, RFC 9864).

The verifier is stricter than the standard. It pins the algorithm and the type. Base64url must
be canonical: Python's decoder accepts flipped padding bits and trailing junk. JSON may not
repeat a key, and its texts hold no unpaired surrogates. The size limit is checked before anything is decoded.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from functools import lru_cache
from typing import Any, Dict, List, Mapping, NoReturn, Tuple

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from signing.refusals import KeyUnknown, SignatureInvalid, TokenMalformed, TokenTypeWrong
from signing.text import Text

ALGORITHM = "Ed25519"
MAX_TOKEN_BYTES = 4096
"""A licence, activation or ticket is a fraction of this."""
MAX_CHARTER_BYTES = 256 * 1024
"""A charter carries an exam's rules and its software catalogue."""

_TO_URL = bytes.maketrans(b"+/", b"-_")
_HEADER_NAMES = {"alg", "kid", "typ"}
_HEADER_TEXT = re.compile(r"[!-~]{1,64}")
_MAX_DEPTH = 32
_MAX_DIGITS = 64
"""Of a whole number: far more than any member needs, far less than what is slow to convert."""
_PUBLIC_KEY_BYTES = 32
_SIGNATURE_BYTES = 64


def b64url_bytes(data: bytes) -> bytes:
    """Encode as base64url without padding (RFC 7515, section 2), as ASCII bytes."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")


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
        raise TokenMalformed(reason=Text("not base64url", "不是 base64url 编码")) from None
    if b64url_encode(data) != text:
        raise TokenMalformed(reason=Text("base64url is not canonical", "base64url 编码不规范"))
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
    raise TokenMalformed(reason=Text(f"{name} is not JSON", f"JSON 中不允许 {name}"))


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise TokenMalformed(reason=Text("a number is too long", "其中有过长的数字"))
    return int(digits)


def _unique(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise TokenMalformed(reason=Text("a JSON key is repeated", "其中有重复的 JSON 键"))
    return members


_decode_json = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_int=_integer
).decode


def parse_json(data: bytes) -> Any:  # noqa: ANN401 -- JSON holds anything
    """Parse JSON (RFC 8259), and refuse what other parsers read in different ways or fail on later.

    Raises:
        TokenMalformed: the data is no JSON in UTF-8, repeats a key, nests more than 32 levels, or holds a
            non-finite number, a whole number of more than 64 digits or an unpaired surrogate.
    """
    try:
        value = _decode_json(data.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise TokenMalformed(reason=Text("not JSON", "不是 JSON")) from None
    # Both checks walk the value, so data that cannot fail them skips them: UTF-8 itself holds no surrogates.
    if data.count(b"[") + data.count(b"{") > _MAX_DEPTH:
        _require_depth(value, _MAX_DEPTH)
    if b"\\u" in data:
        _require_encodable(value)
    return value


def _require_depth(value: object, levels: int) -> None:
    if isinstance(value, (dict, list)):
        if not levels:
            raise TokenMalformed(reason=Text("it nests too deeply", "嵌套层数过多"))
        for inner in value.values() if isinstance(value, dict) else value:
            _require_depth(inner, levels - 1)


def _require_encodable(value: object) -> None:
    try:
        canonical_json(value)
    except UnicodeEncodeError:
        reason = Text("a text holds half of a surrogate pair", "其中的文字含有不成对的代理字符")
        raise TokenMalformed(reason=reason) from None


def parse_object(data: bytes) -> Dict[str, Any]:
    """Parse a JSON object by the rules of :func:`parse_json`.

    Raises:
        TokenMalformed: the data is anything else.
    """
    value = parse_json(data)
    if not isinstance(value, dict):
        raise TokenMalformed(reason=Text("not a JSON object", "不是 JSON 对象"))
    return value


def _split(token: str, max_bytes: int) -> Tuple[str, str, str]:
    if len(token) > max_bytes:
        raise TokenMalformed(reason=Text(f"more than {max_bytes} bytes", f"超过 {max_bytes} 字节"))
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenMalformed(reason=Text("not three parts", "不是由三段组成"))
    return parts[0], parts[1], parts[2]


def _checked_header(encoded: str, typ: str) -> str:
    header = parse_object(b64url_decode(encoded))
    if set(header) != _HEADER_NAMES or not all(map(_is_header_text, header.values())):
        raise TokenMalformed(
            reason=Text(
                "the header is not alg, kid and typ, each of 1 to 64 visible ASCII characters",
                "头部只能有 alg、kid 和 typ，且均须为 1 至 64 个可见 ASCII 字符",
            )
        )
    if header["alg"] != ALGORITHM:
        raise TokenMalformed(reason=Text("the algorithm is not Ed25519", "签名算法不是 Ed25519"))
    if header["typ"] != typ:
        raise TokenTypeWrong(found=header["typ"], wanted=typ)
    return str(header["kid"])


def _is_header_text(value: object) -> bool:
    return isinstance(value, str) and _HEADER_TEXT.fullmatch(value) is not None


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
