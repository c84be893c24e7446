"""The server's signer held together with cryptography, the shipped verifier and a JOSE library."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as joserfc_jws
from joserfc.jwk import OKPKey

from signing import binding, jws
from signing.authority.signer import PrivateKeySigner, TokenSeries, sign_token
from tests.signing import device_signer

TYP = "oneseat-test+jws"
EXAM_SECRET = bytes(range(64))
SIGNER = PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(bytes(32)))
KEYS = {SIGNER.kid: SIGNER.public_key}
TOKEN = sign_token(SIGNER, TYP, {"exam": "demo", "n": 1})


@given(st.binary(min_size=32, max_size=32), st.dictionaries(st.text(), st.integers() | st.text(), max_size=4))
def test_a_device_makes_the_same_token_and_the_shipped_verifier_accepts_it(
    seed: bytes, claims: dict[str, object]
) -> None:
    server, device = (
        PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(seed)),
        device_signer.NaClSigner(seed),
    )
    token = sign_token(server, TYP, claims)
    assert token == device_signer.sign_token(device, TYP, claims)
    assert jws.verify(token, TYP, {server.kid: device.public_key}) == claims


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=2000))
def test_a_signature_is_the_one_that_another_library_makes(seed: bytes, message: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signer = PrivateKeySigner(key)
    assert signer.sign(message) == key.sign(message)
    key.public_key().verify(signer.sign(message), message)


def test_a_jose_library_accepts_ours_and_we_accept_its() -> None:
    public = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": jws.b64url_encode(SIGNER.public_key)})
    read = joserfc_jws.deserialize_compact(TOKEN, public, algorithms=["Ed25519"])
    assert json.loads(read.payload) == {"exam": "demo", "n": 1}
    assert public.thumbprint() == SIGNER.kid
    secret = {"d": jws.b64url_encode(bytes(32)), "x": jws.b64url_encode(SIGNER.public_key)}
    private = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", **secret})
    theirs = joserfc_jws.serialize_compact(
        {"alg": "Ed25519", "kid": SIGNER.kid, "typ": TYP}, b'{"a":1}', private, algorithms=["Ed25519"]
    )
    assert jws.verify(theirs, TYP, KEYS) == {"a": 1}


@given(st.text("0123456789abcdef", max_size=40), st.binary(max_size=40), st.text(max_size=20))
def test_a_series_makes_the_very_tokens_that_are_made_one_by_one(jti: str, tag: bytes, exam: str) -> None:
    shared: dict[str, object] = {"exam": exam, "iat": 5, "v": 1}
    varying = {"jti": jti, "seat": jws.b64url_encode(tag)}
    series = TokenSeries(SIGNER, TYP, {**shared, "exam": exam.replace("<", "")}, ("seat", "jti"))
    expected = sign_token(SIGNER, TYP, {**shared, "exam": exam.replace("<", ""), **varying})
    assert series.sign(varying) == expected


def test_the_seat_key_agrees_with_a_library() -> None:
    jti = binding.derive_jti(EXAM_SECRET, "2023000002", 1)
    info = b"oneseat/seat-key/v1" + bytes.fromhex(jti)
    okm = HKDF(hashes.SHA256(), 10, salt=None, info=info).derive(EXAM_SECRET)
    assert binding.derive_seat_key(EXAM_SECRET, jti) == okm[:-1] + bytes([okm[-1] & 0xE0])
