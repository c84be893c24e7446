"""Tokens: what verifies, and everything that must not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing import jws
from signing.errors import OneSeatError
from signing.refusals import KeyUnknown, SignatureInvalid, TokenMalformed, TokenTypeWrong
from tests.signing.device_signer import NaClSigner, sign_token

TYP = "oneseat-test+jws"
SIGNER = NaClSigner(bytes(32))
OTHER = NaClSigner(bytes([1]) * 32)
KEYS = {SIGNER.kid: SIGNER.public_key}
TOKEN = sign_token(SIGNER, TYP, {"exam": "demo", "n": 1})
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def signed_parts(header: bytes, payload: bytes, signer: NaClSigner = SIGNER) -> str:
    message = f"{jws.b64url_encode(header)}.{jws.b64url_encode(payload)}"
    return f"{message}.{jws.b64url_encode(signer.sign(message.encode()))}"


def header(**changes: Any) -> bytes:
    members = {"alg": "Ed25519", "kid": SIGNER.kid, "typ": TYP, **changes}
    return json.dumps({name: value for name, value in members.items() if value is not None}).encode()


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_what_is_signed_is_read_back(claims: Dict[str, Any]) -> None:
    assert jws.verify(sign_token(SIGNER, TYP, claims), TYP, KEYS) == claims


def test_the_thumbprint_is_that_of_rfc_8037() -> None:
    x = jws.b64url_decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    assert jws.thumbprint(x) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_every_single_bit_flip_is_refused() -> None:
    for bit in range(len(TOKEN) * 8):
        data = bytearray(TOKEN.encode())
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(OneSeatError):
            jws.verify(data.decode("latin-1"), TYP, KEYS)


def test_another_kind_of_token_is_refused_as_such() -> None:
    with pytest.raises(TokenTypeWrong):
        jws.verify(TOKEN, "oneseat-licence+jws", KEYS)


def test_an_unlisted_key_is_refused_as_such() -> None:
    with pytest.raises(KeyUnknown):
        jws.verify(sign_token(OTHER, TYP, {}), TYP, KEYS)


def test_a_listed_name_over_another_key_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        jws.verify(TOKEN, TYP, {SIGNER.kid: OTHER.public_key})


@pytest.mark.parametrize("alg", ["none", "None", "", "EdDSA", "HS256", "ES256", 1, ["Ed25519"]])
def test_any_other_algorithm_is_refused(alg: object) -> None:
    with pytest.raises(TokenMalformed):
        jws.verify(signed_parts(header(alg=alg), b"{}"), TYP, KEYS)


def test_an_unsigned_token_is_refused() -> None:
    message = f"{jws.b64url_encode(header(alg='none'))}.{jws.b64url_encode(b'{}')}"
    with pytest.raises(TokenMalformed):
        jws.verify(message + ".", TYP, KEYS)


def test_a_mac_keyed_with_the_public_key_is_refused() -> None:
    for alg in ("HS256", "Ed25519"):
        message = f"{jws.b64url_encode(header(alg=alg))}.{jws.b64url_encode(b'{}')}"
        mac = hmac.new(SIGNER.public_key, message.encode(), hashlib.sha256).digest()
        with pytest.raises((TokenMalformed, SignatureInvalid)):
            jws.verify(f"{message}.{jws.b64url_encode(mac)}", TYP, KEYS)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b"[]",
        b"1",
        b"",
        b'{"a":NaN}',
        b'{"a":1}x',
        b"\xff",
        b'{"a":' + b"[" * 5000,
    ],
)
def test_a_signed_payload_that_is_not_one_clean_object_is_refused(payload: bytes) -> None:
    with pytest.raises(TokenMalformed):
        jws.verify(signed_parts(header(), payload), TYP, KEYS, max_bytes=10_000)


@pytest.mark.parametrize(
    "changes",
    [
        {"crit": ["exp"]},
        {"jwk": {"kty": "OKP"}},
        {"kid": None},
        {"typ": None},
        {"kid": 1},
        {"x5u": "https://example"},
    ],
)
def test_a_header_has_three_members_and_no_others(changes: Dict[str, Any]) -> None:
    with pytest.raises(TokenMalformed):
        jws.verify(signed_parts(header(**changes), b"{}"), TYP, KEYS)


def test_a_repeated_header_member_is_refused() -> None:
    doubled = header()[:-1] + b', "typ": "' + TYP.encode() + b'"}'
    with pytest.raises(TokenMalformed):
        jws.verify(signed_parts(doubled, b"{}"), TYP, KEYS)


def test_a_long_token_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TokenMalformed, match="more than"):
        jws.verify("!" * (jws.MAX_TOKEN_BYTES + 1), TYP, KEYS)


@given(st.binary(max_size=40))
def test_only_the_canonical_encoding_is_accepted(data: bytes) -> None:
    text = jws.b64url_encode(data)
    assert jws.b64url_decode(text) == data
    for other in (
        text + "=",
        text + "\n",
        text + "A" * 4 + "=",
        " " + text,
        text.replace("_", "/").replace("-", "+") + "+",
    ):
        with pytest.raises(TokenMalformed):
            jws.b64url_decode(other)


def test_flipped_padding_bits_are_refused_although_python_decodes_them() -> None:
    assert base64.urlsafe_b64decode("QR==") == base64.urlsafe_b64decode("QQ==") == b"A"
    with pytest.raises(TokenMalformed):
        jws.b64url_decode("QR")


@given(st.text() | st.binary().map(lambda b: b.decode("latin-1")))
def test_any_text_is_refused_with_a_code(text: str) -> None:
    with pytest.raises(OneSeatError):
        jws.verify(text, TYP, KEYS)


@pytest.mark.parametrize("name", ["kid", "typ", "alg"])
@pytest.mark.parametrize("value", ["\ud800", "\x1b[2J", "a\r\nb", "", "x" * 65, "许可", "a b", "\u202e"])
def test_a_header_text_is_short_visible_ascii_or_refused_unquoted(name: str, value: str) -> None:
    with pytest.raises(TokenMalformed) as caught:
        jws.verify(signed_parts(header(**{name: value}), b"{}"), TYP, KEYS)
    shown = caught.value.diagnostics("en") + caught.value.diagnostics("zh")
    assert not value or value not in shown


@pytest.mark.parametrize(
    "text",
    [
        rb'{"a":"\ud800"}',
        rb'{"\udfff":1}',
        rb'{"a":["x",{"b":"\udc00\ud800"}]}',
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":' + b"[" * 33 + b"]" * 33 + b"}",
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
        b'{"a":' + b"1" * 65 + b"}",
        b'{"a":-' + b"9" * 5000 + b"}",
        b'{"a":NaN}',
        b'{"a":"\xed\xa0\x80"}',
        b"\xef\xbb\xbf{}",
        b"[]",
    ],
)
def test_what_parsers_read_in_different_ways_or_fail_on_later_is_refused(text: bytes) -> None:
    with pytest.raises(TokenMalformed):
        jws.parse_object(text)


def test_what_is_odd_and_sound_is_read() -> None:
    assert jws.parse_object(rb'{"a":"\ud83d\ude00"}') == {"a": "\U0001f600"}
    nested = b'{"a":' + b"[" * 31 + b"]" * 31 + b"}"
    assert jws.parse_object(nested)["a"]
    assert jws.parse_object(b'{"a":' + b"9" * 64 + b"}") == {"a": int("9" * 64)}
    assert len(jws.parse_object(b'{"a":[' + b",".join([b"{}"] * 500) + b"]}")["a"]) == 500


@given(json_values)
def test_json_that_can_be_written_is_read_back(value: Any) -> None:
    assert jws.parse_json(jws.canonical_json(value)) == value
