"""Normal forms, keyed values and the install code."""

from __future__ import annotations

import hmac
import string
from typing import List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing import binding
from signing.refusals import InstallCodeInvalid

SECRET = bytes(range(64))
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
seat_keys = st.binary(min_size=10, max_size=10).map(lambda key: key[:-1] + bytes([key[-1] & 0xE0]))


def typed(code: str) -> str:
    return code.replace("-", "")


@given(seat_keys)
def test_an_install_code_carries_its_seat_key(key: bytes) -> None:
    code = binding.install_code(key)
    assert len(code) == 19 and [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert binding.parse_install_code(code) == key
    assert binding.parse_install_code(f" {typed(code).lower()} ") == key


@given(seat_keys, st.integers(0, 15), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_caught(key: bytes, place: int, other: str) -> None:
    code = typed(binding.install_code(key))
    wrong = code[:place] + other + code[place + 1 :]
    if wrong == code:
        assert binding.parse_install_code(wrong) == key
    else:
        with pytest.raises(InstallCodeInvalid):
            binding.parse_install_code(wrong)


@given(seat_keys, st.integers(0, 15), st.integers(0, 15))
def test_every_exchange_of_two_characters_is_caught(key: bytes, one: int, two: int) -> None:
    code = list(typed(binding.install_code(key)))
    code[one], code[two] = code[two], code[one]
    if code == list(typed(binding.install_code(key))):
        return
    with pytest.raises(InstallCodeInvalid):
        binding.parse_install_code("".join(code))


def test_look_alike_characters_are_read_as_what_was_printed() -> None:
    code = binding.install_code(bytes(10))
    assert set(typed(code)) == {"0"}
    assert binding.parse_install_code("O" * 16) == bytes(10)
    for one, alias in (("1", "I"), ("1", "l")):
        with_one = next(
            c for c in (binding.install_code(bytes([n]) * 9 + b"\0") for n in range(1, 255)) if one in c
        )
        assert binding.parse_install_code(with_one.replace(one, alias)) == binding.parse_install_code(
            with_one
        )


@given(st.text())
def test_any_text_is_a_code_or_refused(text: str) -> None:
    try:
        key = binding.parse_install_code(text)
    except InstallCodeInvalid:
        return
    assert binding.parse_install_code(binding.install_code(key)) == key


@pytest.mark.parametrize("key", [b"", bytes(9), bytes(11), bytes(9) + b"\x01"])
def test_what_is_not_a_seat_key_has_no_code(key: bytes) -> None:
    with pytest.raises(ValueError, match="seat key"):
        binding.install_code(key)


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "阿依古丽·买买提",
            "阿依古丽•买买提",
            "阿依古丽．买买提",
            "阿依古丽・买买提",
            " 阿依古丽 · 买买提 ",
            "阿依古丽･买买提",
        ),
        ("张三", "张 三", "\u3000张三", "张三\u200b"),
        ("SMITH", "Smith", "ＳＭＩＴＨ"),
    ],
)
def test_spellings_of_one_name_are_one_name(spellings: Tuple[str, ...]) -> None:
    assert len({binding.normalise_name(name) for name in spellings}) == 1


def test_a_full_width_number_with_a_small_x_is_the_same_number() -> None:
    assert binding.normalise_id_number("０００００１ 19900101 ００１x") == "00000119900101001X"


@given(st.text())
def test_normal_forms_are_stable(text: str) -> None:
    for normalise in (
        binding.normalise_name,
        binding.normalise_id_number,
        binding.normalise_admission_number,
    ):
        once = normalise(text)
        assert normalise(once) == once


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_no_two_lists_of_inputs_share_a_message(one: List[bytes], two: List[bytes]) -> None:
    assert (binding.length_prefixed(*one) == binding.length_prefixed(*two)) == (one == two)


@given(st.text(string.digits, min_size=1, max_size=12), st.integers(0, 9), st.integers(0, 9))
def test_identifiers_repeat_and_differ_by_generation(number: str, one: int, two: int) -> None:
    first, second = (binding.derive_jti(SECRET, number, generation) for generation in (one, two))
    assert (first == second) == (one == two)
    assert len(first) == 32 and set(first) <= set(string.hexdigits.lower())


def test_values_are_fixed_for_all_time() -> None:
    """Licences in the field carry these: a change here breaks every one of them."""
    jti = binding.derive_jti(SECRET, "2023000001", 1)
    key = binding.derive_seat_key(SECRET, jti)
    assert (jti, key.hex(), binding.install_code(key)) == GOLDEN[:3]
    assert binding.seat_tag(key, "00000119900101001x", "2023000001").hex() == GOLDEN[3]
    assert binding.login_tag(SECRET, "测试 考生", "00000119900101001x", "2023000001").hex() == GOLDEN[4]


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_the_keyed_hash_is_the_librarys_hmac(key: bytes, message: bytes) -> None:
    assert binding.KeyedHash(key).digest(message) == hmac.digest(key, message, "sha256")


def test_secrets_made_ready_give_the_same_values() -> None:
    ready, pepper = binding.ExamSecret(SECRET), binding.KeyedHash(SECRET)
    jti = binding.derive_jti(SECRET, "2023000001", 1)
    assert binding.derive_jti(ready, "2023000001", 1) == jti
    assert binding.derive_seat_key(ready, jti) == binding.derive_seat_key(SECRET, jti)
    assert binding.login_tag(pepper, "a", "b", "c") == binding.login_tag(SECRET, "a", "b", "c")


GOLDEN = (
    "dc0bacd510da2588911a149d9fb3f6ae",
    "b8b4aa57d09fc5517500",
    "Q2TA-MNYG-KZ2N-2X8B",
    "f1591437d4c0ff1c7cc2adc5bb6fc7d1298e0b9b2e77fef6cd600fbc2d65a070",
    "fac5836cbb482df2e533df5b142a291ef092b6cccd8a13ab227b552884e7c5aa",
)
