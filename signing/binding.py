"""Binds a seat to a person: keyed hashes (HMAC) and the install code.

ID numbers have few possible values, so an unkeyed hash cannot protect them. Every value
derived from one is keyed with a secret that the installer does not hold. Inputs are
length-prefixed, so that no two lists of inputs give the same message.
"""

from __future__ import annotations

import hmac
import struct
from typing import List, Tuple, Union

from signing.normal_forms import (
    NAME_FORMS,
    normalise_admission_number,
    normalise_code,
    normalise_id_number,
    normalise_name,
)
from signing.refusals import InstallCodeInvalid

SEAT_KEY_BYTES = 10
"""A seat key has 80 bits, of which the low five are zero: 15 characters of 5 bits."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_CODE_CHARACTERS = 15
_JTI_BYTES = 16
_LENGTH = struct.Struct(">I").pack


def length_prefixed(*parts: bytes) -> bytes:
    """Concatenate the parts, each after its length as four big-endian bytes."""
    return b"".join([_LENGTH(len(part)) + part for part in parts])


_IDENTIFIER, _SEAT_TAG, _LOGIN = map(
    length_prefixed, (b"oneseat/jti/v1", b"oneseat/seat-tag/v1", b"oneseat/login/v1")
)


class KeyedHash:
    """HMAC-SHA256 (RFC 2104) under one key. The key is set up once and copied for each message."""

    def __init__(self, key: bytes) -> None:
        keyed = hmac.new(key, digestmod="sha256")
        # The object in C that the standard library's wraps, where it wraps one: copies take half the time.
        self._keyed = getattr(keyed, "_hmac", None) or keyed

    def digest(self, message: bytes) -> bytes:
        """Compute the 32-byte HMAC of a message."""
        keyed = self._keyed.copy()
        keyed.update(message)
        return keyed.digest()

    def digest_parts(self, *parts: bytes) -> bytes:
        """Compute the 32-byte HMAC of length-prefixed parts."""
        return self.digest(length_prefixed(*parts))


class ExamSecret:
    """The exam's secret with HKDF's extract step done, for deriving many seats."""

    def __init__(self, secret: bytes) -> None:
        self.identifiers = KeyedHash(secret)
        self.seat_keys = KeyedHash(KeyedHash(bytes(32)).digest(secret))


def keyed_hash(key: Union[bytes, KeyedHash], *parts: bytes) -> bytes:
    """Compute HMAC-SHA256 (RFC 2104) over length-prefixed parts: 32 bytes."""
    return (key if isinstance(key, KeyedHash) else KeyedHash(key)).digest_parts(*parts)


def _as_exam_secret(exam_secret: Union[bytes, ExamSecret]) -> ExamSecret:
    return exam_secret if isinstance(exam_secret, ExamSecret) else ExamSecret(exam_secret)


def derive_jti(exam_secret: Union[bytes, ExamSecret], admission_number: str, generation: int) -> str:
    """Derive a licence's identifier: 128 bits as 32 lower-case hexadecimal characters.

    It is derived rather than random, so that an interrupted issue run resumes with the same
    result. Without the secret it is unpredictable, so it may appear in URLs.
    """
    number = normalise_admission_number(admission_number).encode()
    message = _IDENTIFIER + length_prefixed(number, generation.to_bytes(4, "big"))
    mac = _as_exam_secret(exam_secret).identifiers.digest(message)
    return mac[:_JTI_BYTES].hex()


def derive_seat_key(exam_secret: Union[bytes, ExamSecret], jti: str) -> bytes:
    """Derive the seat's secret: HKDF-SHA256 (RFC 5869, no salt), 10 bytes, low five bits zero."""
    info = b"oneseat/seat-key/v1" + bytes.fromhex(jti)
    okm = _as_exam_secret(exam_secret).seat_keys.digest(info + b"\x01")[:SEAT_KEY_BYTES]
    return okm[:-1] + bytes([okm[-1] & 0xE0])


def seat_tag(seat_key: bytes, id_number: str, admission_number: str) -> bytes:
    """Compute the 32-byte tag in a licence; only the seat's owner can compute it again."""
    number = normalise_id_number(id_number).encode()
    admission = normalise_admission_number(admission_number).encode()
    return hmac.digest(seat_key, _SEAT_TAG + length_prefixed(number, admission), "sha256")


def login_tag(pepper: Union[bytes, KeyedHash], name: str, id_number: str, admission_number: str) -> bytes:
    """Compute the 32-byte value that the state stores instead of a candidate's name and ID number."""
    keyed = pepper if isinstance(pepper, KeyedHash) else KeyedHash(pepper)
    return keyed.digest(_login_message(normalise_name(name), id_number, admission_number))


def login_tags(
    pepper: Union[bytes, KeyedHash], name: str, id_number: str, admission_number: str
) -> Tuple[bytes, ...]:
    """Compute the login tag under every normal form of names, the current one first.

    The form decides only how the name is written into the message. So all tags are equal for a name
    that all forms write alike.
    """
    keyed = pepper if isinstance(pepper, KeyedHash) else KeyedHash(pepper)
    names = [form(name) for form in NAME_FORMS]
    return tuple([keyed.digest(_login_message(each, id_number, admission_number)) for each in names])


def _login_message(name: str, id_number: str, admission_number: str) -> bytes:
    """What a login tag is the keyed hash of; the name is in a normal form already."""
    number, admission = normalise_id_number(id_number), normalise_admission_number(admission_number)
    return _LOGIN + length_prefixed(name.encode(), number.encode(), admission.encode())


_TIMES_X = [value << 1 ^ (0b100101 if value & 0b10000 else 0) for value in range(32)]
"""Each element of GF(32) = GF(2)[x] / (x^5 + x^2 + 1), multiplied by x."""


def _check_value(values: List[int]) -> int:
    """Sum of value * x^(position + 1) over GF(32), by Horner's rule.

    The 15 weights x^1 .. x^15 are distinct, none is 0 and none is 1 (the weight of the
    check character itself), because x generates the field's 31 units. So every wrong
    character and every exchange of two characters changes the sum.
    """
    total = 0
    for value in reversed(values):
        total = _TIMES_X[total ^ value]
    return total


def seat_key_proof(seat_key: bytes, nonce: str, device_public_key: bytes) -> bytes:
    """Compute a keyed hash (32 bytes) by which a device shows that it knows the seat key, without sending it.

    It covers the portal's nonce and the device's own public key, so it is of no use to another device or
    later.
    """
    return keyed_hash(seat_key, b"oneseat/seat-key-proof/v1", nonce.encode(), device_public_key)


def install_code(seat_key: bytes) -> str:
    """Encode the seat key for typing: ``XXXX-XXXX-XXXX-XXXX`` in Crockford's base 32.

    15 characters carry the key; the last one is a check character.

    Raises:
        ValueError: the key is not 10 bytes with the low five bits zero.
    """
    number = int.from_bytes(seat_key, "big")
    if len(seat_key) != SEAT_KEY_BYTES or number & 0x1F:
        raise ValueError("not a seat key")
    values = [number >> (5 * (_CODE_CHARACTERS - i)) & 0x1F for i in range(_CODE_CHARACTERS)]
    code = "".join(_ALPHABET[value] for value in [*values, _check_value(values)])
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def parse_install_code(text: str) -> bytes:
    """Decode a typed install code to the seat key.

    Case, spaces and hyphens do not matter; O reads as 0, I and L as 1.

    Raises:
        InstallCodeInvalid: the length, a character or the check character is wrong.
    """
    code = normalise_code(text).replace("-", "").translate(_READ_AS)
    if len(code) != _CODE_CHARACTERS + 1 or any(character not in _VALUES for character in code):
        raise InstallCodeInvalid
    *values, check = (_VALUES[character] for character in code)
    if _check_value(values) != check:
        raise InstallCodeInvalid
    number = 0
    for value in values:
        number = number << 5 | value
    return (number << 5).to_bytes(SEAT_KEY_BYTES, "big")
