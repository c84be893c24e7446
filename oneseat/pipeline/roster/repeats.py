"""Finds repeated numbers in a roster: two dictionaries map a number's 60-bit key to its row.

A million rows take about 180 MiB. CPython keeps an integer of up to 60 bits in 32 bytes, a longer one in 48.
"""

from __future__ import annotations

KEY_BITS = 60


class RepeatIndex:
    """Document and admission numbers seen so far, each by its key of :data:`KEY_BITS` bits.

    The keys must be a keyed hash's: the author of a roster could otherwise choose
    numbers that collide. Two of a million numbers share a key by accident once in 1.1
    million rosters.
    """

    def __init__(self) -> None:
        self._ids: dict[int, int] = {}
        self._numbers: dict[int, int] = {}
        self._unsound: set[int] = set()

    def of(self, row: int, id_key: int, number_key: int, *, sound: bool) -> tuple[int, int]:
        """Return the earlier rows with this row's document and admission number, 0 for none.

        Key 0 means no number. A ``sound`` row is added to the index if it repeats neither number.
        Of other rows only the admission number is kept, for :meth:`has_number`.
        """
        id_row, number_row = self._ids.get(id_key, 0), self._numbers.get(number_key, 0)
        if sound and not id_row and not number_row:
            self._ids[id_key] = self._numbers[number_key] = row
        elif number_key:
            self._unsound.add(number_key)
        return id_row, number_row

    def has_number(self, number_key: int) -> bool:
        """Whether any row has this admission number, sound or not."""
        return number_key in self._numbers or number_key in self._unsound
