"""Normal forms, keyed values and the install code."""

from __future__ import annotations

import hmac
import string
from typing import List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing import binding, normal_forms
from signing.refusals import InstallCodeInvalid

SECRET = bytes(range(64))
RECORDED = {
    "阿卜杜拉·买买提": "3d287024d2623b7cf5fcf4b757e33ab8bed90fb2f11769fa33b292329fd7af99",
    "阿卜杜拉•买买提": "3d287024d2623b7cf5fcf4b757e33ab8bed90fb2f11769fa33b292329fd7af99",
    "阿卜杜拉.买买提": "b32c33cf8593a448de03189fbc2b0a1eb36f53fb90261b201c9f5a446fa17be0",
    "阿卜杜拉买买提": "07d9f21b02692afeaf02178d809ce8695f4436a4b636908871da99953d5a850e",
    "JEAN-LUC TEST": "3154f711e8d82802e0401d6c73daa61e59307655f3e353c14c37abfc8c1bde03",
}
"""Login tags under SECRET as they were computed when names had their first normal form only."""
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
    assert len({normal_forms.normalise_name(name) for name in spellings}) == 1


@pytest.mark.parametrize("dot", [*"·•‧․∙⋅●◦・･᛫⸱.．﹒。｡、-－–", " ", "\u3000", "", " · "])
def test_however_the_dot_of_a_name_is_written_it_is_one_name(dot: str) -> None:
    assert normal_forms.normalise_name(f"阿卜杜拉{dot}买买提") == "阿卜杜拉买买提"


@pytest.mark.parametrize("name", ["O'Brien-Smith J.R.", "o\u2019brien smith jr", "OBRIEN SMITH JR"])
def test_dots_hyphens_and_apostrophes_of_latin_names_are_left_out(name: str) -> None:
    assert normal_forms.normalise_name(name) == "OBRIENSMITHJR"


@pytest.mark.parametrize(
    ("private", "letter"),
    [
        *(("\ue863", "\u4dae"), ("\ue816", "\U00020087"), ("\ue81e", "\u9fb4"), ("\ue864", "\U000241fe")),
        *(("\ue843", "\u9fb9"), ("\ue854", "\u9fba"), ("\ue83b", "\U0002298f"), ("\ue7c8", "\u01f9")),
    ],
)
def test_a_letter_at_its_old_private_place_is_the_letter(private: str, letter: str) -> None:
    assert normal_forms.normalise_name(f"刘{private}") == normal_forms.normalise_name(f"刘{letter}")


def test_gbk_codes_of_rare_letters_are_the_letters_that_unicode_has() -> None:
    """Python's table for GB 18030 has 66 of the 80 at their Unicode places, and agrees."""
    codes = [bytes((0xFE, low)) for low in (*range(0x50, 0x7F), *range(0x80, 0xA1))]
    private = [chr(0xE815 + place) for place in range(80)]
    for code, old in zip(codes, private):
        decoded = code.decode("gb18030")
        assert decoded == old or decoded == normal_forms.normalise_name(old)
        assert normal_forms.normalise_name(old) < "\ue000" or normal_forms.normalise_name(old) > "\uf8ff"


@given(st.text(st.sampled_from("张三A1 ·.-'ㆍᐧꞏ⒈㏂˙\ue863\u3000"), max_size=8))
def test_a_name_is_the_same_however_it_is_spaced(name: str) -> None:
    """A space keeps a name off the fast path, and is no part of it."""
    assert normal_forms.normalise_name(name) == normal_forms.normalise_name(f" {name} ")


def test_letters_that_users_define_themselves_stay_as_they_are() -> None:
    assert normal_forms.normalise_name("张\ue000") == "张\ue000"


def test_what_cannot_be_seen_is_no_part_of_a_name() -> None:
    assert normal_forms.normalise_name("葛\ufe00\U000e0101某\u00ad\u2066") == "葛某"


def test_a_full_width_number_with_a_small_x_is_the_same_number() -> None:
    assert normal_forms.normalise_id_number("０００００１ 19900101 ００１x") == "00000119900101001X"


@given(st.text())
def test_normal_forms_are_stable(text: str) -> None:
    for normalise in (
        *normal_forms.NAME_FORMS,
        normal_forms.normalise_id_number,
        normal_forms.normalise_admission_number,
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


@pytest.mark.parametrize("name", RECORDED)
def test_a_seat_that_was_issued_under_the_first_form_of_names_is_known_again(name: str) -> None:
    tags = binding.login_tags(SECRET, name, "00000119900101001x", "2023000001")
    assert bytes.fromhex(RECORDED[name]) == tags[1]


def test_a_name_without_separators_has_one_tag_under_both_forms() -> None:
    tags = binding.login_tags(SECRET, "测试 考生", "00000119900101001x", "2023000001")
    assert [tag.hex() for tag in tags] == [GOLDEN[4], GOLDEN[4]]


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


def test_a_proof_of_the_seat_key_is_for_one_nonce_and_one_device() -> None:
    key = binding.derive_seat_key(bytes(64), "0" * 32)
    other = binding.derive_seat_key(bytes(64), "1" * 32)
    proofs = {
        binding.seat_key_proof(seat_key, nonce, device)
        for seat_key in (key, other)
        for nonce in ("a", "b")
        for device in (bytes(32), bytes([1]) * 32)
    }
    assert len(proofs) == 8 and {len(proof) for proof in proofs} == {32}
    assert binding.seat_key_proof(key, "a", bytes(32)) == binding.seat_key_proof(key, "a", bytes(32))
