"""The faults of a form's fields that a refusal carries; plain values, so that refusals import no rules."""

from __future__ import annotations

from typing import NamedTuple

from signing.text import Text


class FieldFault(NamedTuple):
    """What is wrong with the field of that name, in a sentence that does not repeat what was typed."""

    field: str
    reason: Text
