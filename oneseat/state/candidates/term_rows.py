"""Row types of seat terms, without database imports, for workers that sign."""

from __future__ import annotations

from typing import NamedTuple


class SealedTerms(NamedTuple):
    """Terms as the state keeps them: session from 0, paper, two encrypted values; None where not given."""

    session: int | None = None
    paper: str | None = None
    sealed_extra: bytes | None = None
    sealed_adjustments: bytes | None = None


NO_TERMS = SealedTerms()
"""Those of a seat of which nothing in particular was approved."""


class NewTerms(NamedTuple):
    """Terms to be written to a seat."""

    admission_number: str
    terms: SealedTerms
