"""Document numbers: what each kind accepts, and what it says of the rest."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing import documents
from signing.refusals import DocumentInvalid

ALL = documents.KINDS


def numbered(prefix: str, born: str = "19900101", serial: str = "001") -> str:
    first17 = f"{prefix}{born}{serial}"
    return first17 + documents.check_character(first17)


def reason(kinds: tuple[str, ...], number: str) -> str:
    with pytest.raises(DocumentInvalid) as refused:
        documents.check(kinds, number)
    return str(refused.value)


@given(
    st.from_regex(r"[0-8][0-9]{5}", fullmatch=True),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.integers(0, 999),
)
def test_any_region_and_any_real_birth_date_is_accepted(region: str, born: date, serial: int) -> None:
    number = numbered(region, born.strftime("%Y%m%d"), f"{serial:03d}")
    assert documents.check(["resident-id"], number) == "resident-id"


@given(st.integers(0, 16), st.integers(1, 9))
def test_every_wrong_digit_is_caught(place: int, shift: int) -> None:
    number = numbered("000001")
    digit = str((int(number[place]) + shift) % 10)
    with pytest.raises(DocumentInvalid):
        documents.check(["resident-id"], number[:place] + digit + number[place + 1 :])


@given(st.integers(0, 16))
def test_every_exchange_of_neighbours_is_caught(place: int) -> None:
    number = numbered("000001", "19870623", "204")
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        with pytest.raises(DocumentInvalid):
            documents.check(["resident-id"], swapped)


@pytest.mark.parametrize("prefix", ["810000", "820000", "830000"])
def test_residence_permits_are_resident_numbers(prefix: str) -> None:
    assert documents.check(["resident-id"], numbered(prefix)) == "resident-id"


def test_a_foreign_permanent_resident_has_a_kind_of_their_own() -> None:
    number = numbered("999001")
    assert documents.check(ALL, number) == "foreign-permanent-residence"
    with pytest.raises(DocumentInvalid):
        documents.check(["resident-id"], number)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("passport", "E00000000", "E0000000000"),
        ("passport", "XA0000000", "ABCDEFGH"),
        ("passport", "000000000", "000000"),
        ("hk-macao-permit", "H00000000", "A00000000"),
        ("hk-macao-permit", "M0000000001", "M000000001"),
        ("taiwan-permit", "00000000", "0000000"),
        ("officer-id", "军字第0000000号", "第0000000号"),
        ("foreign-permanent-residence", "XXX000000000000", "XX0000000000000"),
    ],
)
def test_other_kinds_have_their_own_form(kind: str, good: str, bad: str) -> None:
    assert documents.check([kind], good) == kind
    with pytest.raises(DocumentInvalid):
        documents.check([kind], bad)


def test_the_reason_says_what_to_look_at() -> None:
    assert "18 characters" in reason(("resident-id",), "1")
    assert "digits only" in reason(("resident-id",), "0" * 16 + "X0")
    assert "birth" in reason(("resident-id",), numbered("000001", "19900230"))
    good = numbered("000001")
    mistyped = good[:-1] + ("0" if good[-1] != "0" else "1")
    assert "mistyped" in reason(("resident-id",), mistyped)
    assert "mistyped" in reason(ALL, mistyped)
    assert "none of the documents" in reason(ALL, "?")


def test_a_refusal_never_repeats_the_number() -> None:
    number = numbered("000001")[:-1] + "Z"
    with pytest.raises(DocumentInvalid) as refused:
        documents.check(ALL, number)
    assert number not in refused.value.diagnostics("zh") + refused.value.diagnostics("en")


def test_every_kind_has_a_name_in_both_languages() -> None:
    assert all(documents.kind_name(kind).en and documents.kind_name(kind).zh for kind in ALL)
