"""Encrypts a seat's extra time and adjustments at rest, bound to exam and admission number.

Values are padded to one length, so that an encrypted one tells nothing but that there is one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from signing.authority.sealing import Sealer

_LENGTH = 160
_CONTEXT = b"oneseat/seat-terms/v1"


class TermsSealer:
    """Encrypts and decrypts under an exam's delivery key. None stands for no value, and stays None."""

    def __init__(self, delivery_key: bytes, exam: str) -> None:
        self._sealer, self._exam = Sealer(delivery_key), exam

    def seal_extra(self, admission_number: str, minutes: int) -> bytes | None:
        """Encrypt extra minutes; None for no extra time."""
        return self._seal(admission_number, "extra", minutes) if minutes else None

    def open_extra(self, admission_number: str, sealed: bytes | None) -> int:
        """Decrypt extra minutes.

        Raises:
            SealBroken: they were sealed for another seat or with another key.
        """
        return 0 if sealed is None else int(json.loads(self._open(admission_number, "extra", sealed)))

    def seal_adjustments(self, admission_number: str, codes: Sequence[str]) -> bytes | None:
        """Encrypt the codes of adjustments; None for none."""
        return self._seal(admission_number, "adjustments", list(codes)) if codes else None

    def open_adjustments(self, admission_number: str, sealed: bytes | None) -> tuple[str, ...]:
        """Decrypt the codes of adjustments.

        Raises:
            SealBroken: they were sealed for another seat or with another key.
        """
        if sealed is None:
            return ()
        return tuple(map(str, json.loads(self._open(admission_number, "adjustments", sealed))))

    def _seal(self, number: str, column: str, value: int | list[str]) -> bytes:
        padded = json.dumps(value).encode().ljust(_LENGTH)
        return self._sealer.seal(padded, self._associated(number, column))

    def _open(self, number: str, column: str, sealed: bytes) -> bytes:
        return self._sealer.open(sealed, self._associated(number, column))

    def _associated(self, number: str, column: str) -> bytes:
        # None of the parts can hold a line feed.
        return b"\n".join([_CONTEXT, self._exam.encode(), number.encode(), column.encode()])
