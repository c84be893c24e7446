"""Per-account cache of portal answers since enrolment, in ``<own>/<exam>/``.

The candidate's account may not write the shared state, so newer charters, activations and withdrawals are
stored here. Charters and activations are signed, so their place does not matter. Deleting a withdrawal gains
nothing: the portal repeats it at the next contact, and gives no ticket to a withdrawn seat.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any, Dict, Optional

from oneseat.client.computer.protocol import Computer, NotUnwrapped
from oneseat.client.errors import PortalRefused, SeatWithdrawn, StateDamaged
from oneseat.client.local.storage import read_wrapped, storage_errors, wrapped, write_atomically
from oneseat.client.local.vault import exam_folder, read_text
from signing.jws import parse_object
from signing.refusals import TokenMalformed
from signing.text import Text


class PortalCache:
    """One account's cache for one exam. A damaged entry counts as absent."""

    def __init__(self, computer: Computer, exam: str) -> None:
        self._computer = computer
        self._exam = exam
        self._folder = exam_folder(computer.own_folder(), exam)

    def charter(self) -> Optional[str]:
        """The newest cached charter token; the caller must verify it."""
        return read_text(self._folder / "charter.jws")

    def store_charter(self, token: str) -> None:
        """Store a charter token.

        Raises:
            StorageFailed: the file cannot be written.
        """
        self._write("charter.jws", token.encode("ascii"))

    def activation(self, jti: str) -> Optional[str]:
        """The cached activation token of a seat; the caller must verify it."""
        token = self._read_entry(jti).get("activation")
        return token if isinstance(token, str) else None

    def store_activation(self, jti: str, token: str) -> None:
        """Store an activation token; this replaces a withdrawal.

        Raises:
            StorageFailed: the file cannot be written.
        """
        self._write_entry(jti, {"activation": token})

    def check_not_withdrawn(self, jti: str) -> None:
        """Check that no withdrawal is cached for a seat.

        Raises:
            SeatWithdrawn: the portal withdrew the seat, and has not activated it since.
        """
        withdrawal = self._read_entry(jti).get("withdrawn")
        if not isinstance(withdrawal, dict):
            return
        try:
            cause, advice = Text(*map(str, withdrawal["said"])), Text(*map(str, withdrawal["advice"]))
            code = str(withdrawal["code"])
        except (KeyError, TypeError):
            return
        raise SeatWithdrawn(said=cause, advice=advice, code_then=code)

    def store_withdrawal(self, jti: str, refusal: PortalRefused) -> None:
        """Store the portal's final refusal of a seat.

        Raises:
            StorageFailed: the file cannot be written.
        """
        withdrawal = {"code": refusal.code, "said": refusal.facts["said"], "advice": refusal.facts["advice"]}
        self._write_entry(jti, {"withdrawn": withdrawal})

    def _name(self, jti: str) -> str:
        return f"{jti}.bin"

    def _entropy(self, jti: str) -> bytes:
        return f"oneseat/notebook/v1\0{self._exam}\0{jti}".encode()

    def _read_entry(self, jti: str) -> Dict[str, Any]:
        with contextlib.suppress(FileNotFoundError, StateDamaged, NotUnwrapped, TokenMalformed):
            path = self._folder / self._name(jti)
            return parse_object(read_wrapped(self._computer, path, self._entropy(jti)))
        return {}

    def _write_entry(self, jti: str, entry: Dict[str, Any]) -> None:
        with storage_errors():
            data = wrapped(self._computer, json.dumps(entry).encode(), self._entropy(jti))
        self._write(self._name(jti), data)

    def _write(self, name: str, data: bytes) -> None:
        with storage_errors():
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self._folder / name, data)
