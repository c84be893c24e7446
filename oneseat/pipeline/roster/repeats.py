"""Which numbers a roster has named already, in as little memory as that takes.

A million numbers fit into 24 MiB: a table with open addressing (linear probing) holds a
64-bit key and a row for each, and no Python object. A dictionary would take five times that.
"""

from __future__ import annotations

from array import array

_FIRST_SLOTS = 1 << 12
_FILLED = 0.7
"""Beyond this share of filled slots, probing becomes long and the table doubles."""


class _Table:
    """Rows by key. Key 0 marks an empty slot, so it is never stored."""

    def __init__(self) -> None:
        self._resize(_FIRST_SLOTS)
        self._used = 0

    def find(self, key: int) -> int:
        """The row under a key, 0 where there is none."""
        keys, mask = self._keys, self._mask
        slot = key & mask
        while (found := keys[slot]) != key:
            if not found:
                return 0
            slot = (slot + 1) & mask
        return self._rows[slot]

    def add(self, key: int, row: int) -> None:
        """Remember the row of a key that is not there."""
        if self._used > self._most:
            keys, rows = self._keys, self._rows
            self._resize(2 * len(keys))
            for kept, its_row in zip(keys, rows, strict=True):
                if kept:
                    self._place(kept, its_row)
        self._used += 1
        self._place(key, row)

    def _resize(self, slots: int) -> None:
        self._mask = slots - 1
        self._most = int(slots * _FILLED)
        self._keys = array("Q", bytes(8 * slots))
        self._rows = array("I", bytes(4 * slots))

    def _place(self, key: int, row: int) -> None:
        keys, mask = self._keys, self._mask
        slot = key & mask
        while keys[slot]:
            slot = (slot + 1) & mask
        keys[slot] = key
        self._rows[slot] = row


class Repeats:
    """Document and admission numbers seen so far, each by a 64-bit key that stands for it.

    The keys must be a keyed hash's: whoever writes the roster could otherwise choose
    numbers that collide. Two of a million numbers share a key by accident once in 18
    million rosters.
    """

    def __init__(self) -> None:
        self._ids = _Table()
        self._numbers = _Table()

    def of(self, row: int, id_key: int, number_key: int, *, sound: bool) -> tuple[int, int]:
        """The rows that have this row's document and admission number already, 0 for none.

        Key 0 is no number. A ``sound`` row that repeats neither is remembered, a faulty one is not.
        """
        id_row = self._ids.find(id_key) if id_key else 0
        number_row = self._numbers.find(number_key) if number_key else 0
        if sound and not id_row and not number_row:
            self._ids.add(id_key, row)
            self._numbers.add(number_key, row)
        return id_row, number_row
