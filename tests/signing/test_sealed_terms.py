"""Extra time and adjustments at rest: they open for their seat alone, and their length says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.authority.errors import SealBroken
from signing.authority.sealed_terms import TermsSealer
from signing.seat_terms import ADJUSTMENTS

SEALER = TermsSealer(bytes(64), "test")


@given(st.integers(1, 1440), st.lists(st.sampled_from(sorted(ADJUSTMENTS)), min_size=1, unique=True))
def test_sealed_terms_open_for_their_seat_and_all_have_one_length(minutes: int, codes: list[str]) -> None:
    extra, adjustments = SEALER.seal_extra("1", minutes), SEALER.seal_adjustments("1", codes)
    assert extra is not None
    assert adjustments is not None
    assert SEALER.open_extra("1", extra) == minutes
    assert SEALER.open_adjustments("1", adjustments) == tuple(codes)
    assert len(extra) == len(adjustments) == 176
    for sealer, number in ((SEALER, "2"), (TermsSealer(bytes(64), "other"), "1")):
        with pytest.raises(SealBroken):
            sealer.open_extra(number, extra)
    with pytest.raises(SealBroken):
        SEALER.open_adjustments("1", extra)


def test_nothing_given_is_nothing_sealed() -> None:
    assert SEALER.seal_extra("1", 0) is None
    assert SEALER.seal_adjustments("1", ()) is None
    assert SEALER.open_extra("1", None) == 0
    assert SEALER.open_adjustments("1", None) == ()
