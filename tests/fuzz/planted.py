"""A parser with a planted defect, by which the tests see that the fuzzer finds one."""

from __future__ import annotations

NAME = "planted"


def planted(data: bytes) -> bool:
    """Breaks on a word that chance alone would hardly type."""
    if len(data) > 4 and data[0] == 0x4F and data[1] == 0x53 and data[2] == 0x21:
        raise ZeroDivisionError
    return True
